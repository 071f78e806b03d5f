#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A producer of journeys at the service's socket.

  producer.py send SOCKET [PIECE [PAUSE]]   standard input in pieces of so many bytes (all at once),
                                            so many seconds between two; prints the answers
  producer.py deaf SOCKET FILE SECONDS      sends the file again and again and never reads; prints
                                            how many bytes went out
  producer.py gone SOCKET FILE N            sends the file, reads N answers, then resets the
                                            connection; prints them
  producer.py crowd SOCKET N                holds N connections with a question each; one line for
                                            each: "answered" or "waits"
  producer.py check-metrics                 standard input is strict Prometheus text
"""
import re
import select
import socket
import struct
import sys
import time


def connect(path):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.settimeout(30)
    return s


def read_lines(s, n=None):
    """Up to n lines, or all until the end."""
    text = b""
    while n is None or text.count(b"\n") < n:
        piece = s.recv(65536)
        if not piece:
            break
        text += piece
    return text


def send(path, piece=0, pause=0.0):
    s = connect(path)
    data = sys.stdin.buffer.read()
    answers = b""
    step = int(piece) or len(data) or 1
    for i in range(0, len(data), step):
        out = data[i:i + step]
        while out:
            readable, writable, _ = select.select([s], [s], [], 30)
            if readable:
                answers += s.recv(65536)
            if writable:
                out = out[s.send(out):]
        time.sleep(float(pause))
    s.shutdown(socket.SHUT_WR)
    sys.stdout.buffer.write(answers + read_lines(s))


def deaf(path, name, seconds):
    s = connect(path)
    s.setblocking(False)
    data = open(name, "rb").read()
    sent, end = 0, time.monotonic() + float(seconds)
    while time.monotonic() < end:
        _, writable, _ = select.select([], [s], [], 0.1)
        if writable:
            sent += s.send(data[sent % len(data):])
    print(sent)


def gone(path, name, n):
    s = connect(path)
    data = open(name, "rb").read()
    s.sendall(data[:-40])
    answers = read_lines(s, int(n))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
    sys.stdout.buffer.write(answers)


def crowd(path, n):
    all_of_them = [connect(path) for _ in range(int(n))]
    for s in all_of_them:
        s.sendall(b"status\n")
    for i, s in enumerate(all_of_them):
        readable, _, _ = select.select([s], [], [], 1)
        print("answered" if readable and s.recv(65536).endswith(b"}\n") else "waits")
        if i == 0:
            first = s
    first.close()
    readable, _, _ = select.select([all_of_them[-1]], [], [], 5)
    print("answered" if readable else "waits")


NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf'({NAME})(\{{{NAME}="[^"\\\n]*"\}})? ([0-9]+)')


def check_metrics():
    text = sys.stdin.read()
    lines = text.split("\n")
    assert lines[-2:] == ["# EOF", ""], "the last line is not # EOF"
    types, helps, seen, family = {}, set(), set(), None
    for line in lines[:-2]:
        words = line.split(" ")
        if line.startswith("# HELP "):
            assert words[2] not in helps and len(words) > 3, line
            helps.add(words[2])
        elif line.startswith("# TYPE "):
            family = words[2]
            assert family in helps and family not in types and len(words) == 4, line
            types[family] = words[3]
            assert words[3] in ("gauge", "counter"), line
        else:
            m = SAMPLE.fullmatch(line)
            assert m and m.group(1) == family, line
            assert (types[family] == "counter") == family.endswith("_total"), line
            assert (m.group(1), m.group(2)) not in seen, line
            seen.add((m.group(1), m.group(2)))
    assert set(types) == {name for name, _ in seen} == helps
    print(len(seen), "samples")


if __name__ == "__main__":
    {"send": send, "deaf": deaf, "gone": gone, "crowd": crowd,
     "check-metrics": check_metrics}[sys.argv[1]](*sys.argv[2:])
