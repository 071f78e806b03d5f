#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a large spool costs the gateway service, by the number of journeys that wait in it.

    spool_size.py COUNT ...      (10000 100000 1000000)

For each count a spool of a MiB for 1 000 journeys is filled over the socket while no registry
answers; then the service is killed and started again with a registry that does. A row:
  file     of the spool, MiB
  intake   seconds until all are answered, each of them durable; journeys a second
  dirty    the service's own memory then, KiB (private dirty pages), and its peak of all pages
  restart  ms from the start of the process until the socket takes a connection: the whole file was
           read, from the drive
  pick     ms from there until the most urgent journey is on its way
  dirty    its memory with all of them waiting, KiB
Below, for each larger count, by how much each grew: as much as the count is linear. Exit code 1 when
one grew twice as much.
"""
import json
import os
import socket
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools"))
import rig as tools  # noqa: E402

PIECE = 1 << 16
ROW = "%9s %6s %8s %9s %8s %8s %9s %8s %8s"
MAX_MIB = 1024
SOON_MS = 20  # a first pick within it is a matter of the machine


def count_answers(s, wanted, out):
    kept = lines = 0
    with s.makefile("rb", PIECE) as answers:
        while lines < wanted:
            answer = answers.readline()
            if not answer:
                break
            lines += 1
            kept += answer.startswith(b'{"ok":true')
            if not answer.startswith(b'{"ok":true'):
                out.append(answer)
    out.append(kept)


def fill(rig, service, count):
    """Seconds that the service took for so many journeys."""
    source = subprocess.Popen([os.path.join(tools.BUILD, "tools/journeys"), "--count", str(count)],
                              stdout=subprocess.PIPE)
    told = []
    with rig.connect(service) as s:
        reader = threading.Thread(target=count_answers, args=(s, count, told))
        reader.start()
        begun = time.monotonic()
        for piece in iter(lambda: source.stdout.read(PIECE), b""):
            s.sendall(piece)
        s.shutdown(socket.SHUT_WR)
        reader.join()
        took = time.monotonic() - begun
    source.wait()
    if told[-1] != count:
        raise SystemExit("kept %d of %d: %s" % (told[-1], count, told[0]))
    return took


def end(rig, service):
    service.kill()
    service.wait()
    rig.children.remove(service)


def start_again(rig, count):
    """ms until the socket is there, and until the first journey is on its way; memory then."""
    begun = time.monotonic()
    service = rig.start_service()
    s = rig.connect(service, 120)
    there = time.monotonic()
    with s, s.makefile("rb") as answers:
        while True:
            s.sendall(b"status\n")
            status = json.loads(answers.readline())
            if status["uplink"]["attempts"] > 0:
                break
            time.sleep(0.001)
    picked = time.monotonic()
    if status["spool"]["pending"] < count - 100:
        raise SystemExit("pending after the restart: %d" % status["spool"]["pending"])
    memory = tools.proc_memory(service.pid)
    end(rig, service)
    return (there - begun) * 1000, (picked - there) * 1000, memory


def measure(count):
    rig = tools.Rig("spool-size")
    try:
        mib = min(MAX_MIB, count // 1000 + 1)
        rig.configure(1, spool_size=mib)  # nobody listens there
        service = rig.start_service()
        took = fill(rig, service, count)
        peak, dirty, _ = tools.proc_memory(service.pid)
        end(rig, service)
        rig.start_standin("--limit-scale", "1000")
        rig.configure(rig.standin_port, spool_size=mib)
        restart, pick, (_, dirty_after, _) = start_again(rig, count)
    finally:
        rig.close()
    row = (count, mib, took, count / took, dirty, peak, restart, pick, dirty_after)
    print(ROW % (count, mib, "%.1f" % took, "%.0f" % row[3], dirty, peak, "%.0f" % restart,
                 "%.1f" % pick, dirty_after), flush=True)
    return row


def main():
    counts = [int(word) for word in sys.argv[1:]] or [10000, 100000, 1000000]
    print(ROW % ("journeys", "file", "intake s", "a second", "dirty", "peak", "restart", "pick",
                 "dirty"))
    rows = [measure(count) for count in counts]
    good = True
    for before, after in zip(rows, rows[1:]):
        times, intake, memory, restart, pick = (after[i] / before[i] for i in (0, 2, 4, 6, 7))
        print("%d to %d, times %.0f: intake %.1f, memory %.1f, restart %.1f, first pick %.1f"
              % (before[0], after[0], times, intake, memory, restart, pick))
        good = good and max(intake, memory, restart) <= 2 * times and (
            pick <= 2 * times or after[7] < SOON_MS)
    return 0 if good else 1


sys.exit(main())
