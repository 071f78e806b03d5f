#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The gateway service beside curl on a link of 50 ms round trip.

    uplink.py SECONDS [--minutes N]     (N may be 0)

The relay delays each direction by 25 ms; the stand-in stores journeys behind it. For 1, 4, 16 and
32 connections (and 20, which the aim can be reached with) about SECONDS of journeys go to
  navette    the service: from the first line on its socket to the last journey marked delivered,
             each of them durable in the spool before it is answered; it keeps the registry's
             quota, 19 476 a minute with the room that is left for clocks
  library    the uplink alone in a small program, from a spool that was filled before, without quota
  parallel   curl --parallel with as many connections, from a file with all requests
  loop       as many shell loops, one curl for each journey (fewer journeys); its memory is that of
             one curl, as many times as there are at once
A row: journeys a minute; processor time of the whole process for each journey, start and
handshakes included; peak of all resident pages, of the private dirty ones (what the process costs
that nobody else shares), and of the heap among these, KiB. Those of navette are sampled from
/proc/PID/smaps every 50 ms. --minutes N: full load for N minutes, the profile's own quota kept.
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

LANES = (1, 4, 16, 20, 32)
AIM = 20000
ROW = "%-10s %11s %9d %9.0f %9.0f %9s %9s %9s"


class Sampler(threading.Thread):
    """Peaks of a process's memory."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peaks, self.stopped = pid, (0, 0, 0), threading.Event()
        self.start()

    def run(self):
        while not self.stopped.wait(0.05):
            self.sample()

    def sample(self):
        try:
            now = tools.proc_memory(self.pid)
        except OSError:
            return
        self.peaks = tuple(map(max, self.peaks, now))

    def stop(self):
        self.stopped.set()
        self.join()
        return self.peaks


def cpu_us(usage, count):
    return (usage.ru_utime + usage.ru_stime) * 1e6 / count


def show(name, lanes, count, seconds, cpu, memory):
    print(ROW % ((name, lanes, count, count * 60 / seconds, cpu) + memory), flush=True)


class Watcher:
    """A connection that asks for the service's figures again and again."""

    def __init__(self, rig, service):
        self.rig, self.socket = rig, rig.connect(service)
        self.answers = self.socket.makefile("rb")

    def spool(self):
        self.socket.sendall(b"status\n")
        answer = self.answers.readline()
        if not answer:
            raise SystemExit("the service is gone: see " + self.rig.path("service.log"))
        return json.loads(answer)["spool"]

    def close(self):
        self.answers.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Bench:
    def __init__(self, rig):
        self.rig = rig
        self.seed = 0
        rig.start_standin("--limit-scale", "1000", "--token-life", "3000")
        self.port = rig.start_relay("delay 25 25")
        self.token = rig.token()

    def lines(self, count):
        self.seed += 1
        return self.rig.journeys(count, self.seed)

    def stored(self):
        return self.rig.state()["journeys"]

    # ---- the service ----

    def service(self, lanes):
        for name in ("spool", "refused.jsonl"):
            if os.path.exists(self.rig.path(name)):
                os.unlink(self.rig.path(name))
        self.rig.configure(self.port, connections=lanes, spool_size=32)
        child = self.rig.start_service()
        return child, self.rig.connect(child)

    def navette(self, lanes, count):
        lines, before = self.lines(count), self.stored()
        child, producer = self.service(lanes)
        sampler = Sampler(child.pid)
        began = time.monotonic()
        feeder = threading.Thread(target=feed, args=(producer, lines))
        feeder.start()
        with Watcher(self.rig, child) as watcher:
            while watcher.spool()["delivered"] < count:
                time.sleep(0.02)
        seconds = time.monotonic() - began
        feeder.join()
        memory = sampler.stop()
        code, usage = self.rig.end_service(child)
        if code != 0 or self.stored() - before != count:
            raise SystemExit("navette: exit %d, %d of %d stored"
                             % (code, self.stored() - before, count))
        show("navette", lanes, count, seconds, cpu_us(usage, count), memory)
        return count * 60 / seconds, memory

    # ---- full load for minutes ----

    def minutes(self, lanes, minutes):
        lines = iter(self.lines(minutes * 26000))
        child, producer = self.service(lanes)
        watcher = Watcher(self.rig, child)
        answers = producer.makefile("rb")
        done = [0]
        began = time.monotonic()
        for minute in range(1, minutes + 1):
            while time.monotonic() < began + 60 * minute:
                if watcher.spool()["pending"] < 3000:
                    batch = [line for _, line in zip(range(500), lines)]
                    producer.sendall("".join(line + "\n" for line in batch).encode())
                    for _ in batch:
                        answers.readline()
                time.sleep(0.05)
            done.append(watcher.spool()["delivered"])
            print("minute %d of full load, %d connections: %d journeys delivered"
                  % (minute, lanes, done[-1] - done[-2]), flush=True)
        watcher.close()
        producer.close()
        self.rig.end_service(child)

    # ---- the library alone ----

    def library(self, lanes, count):
        lines, before = self.lines(count), self.stored()
        child = subprocess.Popen([os.path.join(tools.BUILD, "bench/uplink"), str(self.port),
                                  self.rig.path("pki/ca.pem"), str(lanes),
                                  self.rig.path("library.spool")],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self.rig.env)
        self.rig.children.append(child)
        sampler = Sampler(child.pid)
        with child.stdin as to:
            for line in [tools.KEYS["access_key"], tools.KEYS["secret_key"]] + lines:
                to.write(line.encode() + b"\n")
        seconds = float(child.stdout.read() or 0)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        memory = sampler.stop()
        if child.returncode != 0 or self.stored() - before != count:
            raise SystemExit("uplink: exit %d, %d of %d stored"
                             % (child.returncode, self.stored() - before, count))
        show("library", lanes, count, seconds, cpu_us(usage, count), memory)

    # ---- curl ----

    def curl_words(self):
        return ["--cacert", self.rig.path("pki/ca.pem"),
                "-H", "Authorization: Bearer " + self.token, "-H", "Content-Type: application/json"]

    def parallel(self, lanes, count):
        lines, before = self.lines(count), self.stored()
        url = "https://localhost:%d/v3.3/journeys" % self.port
        config = self.rig.path("curl.conf")
        each = ('url = "%s"\ncacert = "%s"\noutput = "/dev/null"\n'
                'header = "Authorization: Bearer %s"\nheader = "Content-Type: application/json"\n'
                % (url, self.rig.path("pki/ca.pem"), self.token))
        with open(config, "w", opener=tools.private) as f:
            f.write("next\n".join(each + "data-binary = %s\n" % json.dumps(line, ensure_ascii=False)
                                  for line in lines))
        self.run("parallel", lanes, count, before,
                 ["curl", "--no-progress-meter", "--parallel", "--parallel-immediate",
                  "--parallel-max", str(lanes), "-K", config])

    def loop(self, lanes, count):
        lines, before = self.lines(count), self.stored()
        folder = self.rig.path("loop")
        os.makedirs(folder, exist_ok=True)
        for i, line in enumerate(lines):
            with open(os.path.join(folder, str(i)), "w") as f:
                f.write(line)
        script = ('lanes=$1 count=$2 folder=$3 url=$4; shift 4; lane=0\n'
                  'while [ $lane -lt $lanes ]; do\n'
                  '  ( n=$lane; while [ $n -lt $count ]; do\n'
                  '      curl -s -o /dev/null "$@" --data-binary "@$folder/$n" "$url"\n'
                  '      n=$((n + lanes)); done ) &\n'
                  '  lane=$((lane + 1))\n'
                  'done; wait')
        self.run("loop", lanes, count, before,
                 ["sh", "-c", script, "sh", str(lanes), str(count), folder,
                  "https://localhost:%d/v3.3/journeys" % self.port] + self.curl_words())

    def run(self, name, lanes, count, before, words):
        began = time.monotonic()
        child = self.rig.start(*words, log="curl.log")
        sampler = Sampler(child.pid)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - began
        memory = sampler.stop()
        if child.returncode != 0 or self.stored() - before != count:
            raise SystemExit("%s: exit %d, %d of %d stored: see %s"
                             % (name, child.returncode, self.stored() - before, count,
                                self.rig.path("curl.log")))
        if name == "loop":
            memory = (self.one_curl() * lanes, "-", "-")
        show(name, lanes, count, seconds, cpu_us(usage, count), memory)

    def one_curl(self):
        peak = self.rig.path("peak")
        self.rig.run(os.path.join(tools.BUILD, "tests/peak"), peak, "curl", "-s", "-o", "/dev/null",
                     *self.curl_words(), "https://localhost:%d/v3.3/journeys/x" % self.port)
        with open(peak) as f:
            return int(f.read())


def feed(producer, lines):
    """All lines, in one go; every one must be kept."""
    with producer, producer.makefile("rb") as answers:
        writer = threading.Thread(target=producer.sendall,
                                  args=("".join(line + "\n" for line in lines).encode(),))
        writer.start()
        for _ in lines:
            answer = answers.readline()
            if b'"ok":true' not in answer.replace(b" ", b""):
                print("not kept: %s" % answer.decode(), file=sys.stderr)
                os._exit(1)
        writer.join()
        producer.shutdown(socket.SHUT_WR)


def main():
    seconds = float(sys.argv[1])
    minutes = int(sys.argv[3]) if sys.argv[2:3] == ["--minutes"] else 0
    rig = tools.Rig("bench")
    try:
        bench = Bench(rig)
        print("journeys of about 870 bytes over 50 ms, TLS 1.3 where both can\n"
              "%-10s %11s %9s %9s %9s %9s %9s %9s"
              % ("client", "connections", "journeys", "a minute", "CPU us", "RSS", "dirty", "heap"))
        rows = []
        for lanes in LANES:
            rate, memory = bench.navette(lanes, int(lanes * 18 * seconds))
            if lanes >= 16:
                rows.append((rate, memory[1], lanes))
            bench.library(lanes, int(lanes * 18 * seconds))
            bench.parallel(lanes, int(lanes * 18 * seconds))
            if lanes != 20:
                bench.loop(lanes, int(lanes * min(5 * seconds, 12)))
        print("aim: %d a minute with under 1024 KiB; the service: %s"
              % (AIM, "; ".join("%d with %d KiB private dirty (%d connections)" % row
                                for row in rows)))
        if minutes:
            bench.minutes(LANES[-1], minutes)
    finally:
        rig.close()


main()
