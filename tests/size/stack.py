#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Deepest stack of each public function, from gcc's call-graph output (-fcallgraph-info=su).

usage: stack.py FOLDER            NAME BYTES PATH for each public function, deepest first
       stack.py --check FOLDER    only what makes such figures worthless, exit 1 if there is any:
                                  recursion, frames of unknown size, indirect calls and outside
                                  functions that tests/size/calls.txt does not name

Functions outside the library (Mbed TLS, the C library, the port) are not counted: what they need
comes on top; and what Mbed TLS calls back (the callbacks of calls.txt, listed too) stands on top of
that. The path ends with the names of those that are called from its deepest point.
"""
import glob
import re
import sys

NODE = re.compile(r'node: \{ title: "([^"]+)" label: "([^"]*)"')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"(?: label: "([^"]*)")?')
FRAME = re.compile(r"(\d+) bytes \(([^)]*)\)")
TABLE = "tests/size/calls.txt"
INDIRECT = "__indirect_call"


class Table:
    """calls.txt: who an indirect call reaches, which outside functions there may be."""

    def __init__(self, path):
        self.reach = {}
        self.outside = []
        self.callbacks = []
        self.used = set()
        for line in open(path, encoding="utf-8"):
            words = line.split("#")[0].split()
            if not words:
                continue
            if words[0] == "outside":
                self.outside += words[1:]
            elif words[0] == "callback":
                self.callbacks += words[1:]
            else:
                self.reach[words[0]] = words[1:]

    def is_outside(self, name):
        for pattern in self.outside:
            if name == pattern or (pattern.endswith("*") and name.startswith(pattern[:-1])):
                self.used.add(pattern)
                return True
        return False


def enclosing(where):
    """The source's name for the function around FILE:LINE:COLUMN, wherever it was inlined to."""
    path, line = where.split(":")[:2]
    name = "?"
    for number, text in enumerate(open(path, encoding="utf-8"), 1):
        if number > int(line):
            break
        m = re.match(r"[A-Za-z_][\w\s*]*?\b(\w+)\(", text)
        if m and not text.rstrip().endswith(";"):
            name = m.group(1)
    return f"{path}:{name}"


class Graph:
    def __init__(self, folder, table):
        self.table = table
        self.frame = {}  # title -> bytes
        self.kind = {}  # title -> static, dynamic, ...
        self.calls = {}  # title -> set of titles
        self.problems = []
        self.done = {}
        for path in sorted(glob.glob(f"{folder}/*.ci")):
            self.read(path)
        self.by_name = {re.sub(r"\.(isra|part|constprop|cold)\.\d+", "", t.split(":")[-1]): t
                        for t in self.frame}
        self.resolve()

    def read(self, path):
        for line in open(path, encoding="utf-8"):
            m = NODE.match(line)
            if m:
                frame = FRAME.search(m.group(2))
                if frame:
                    self.frame[m.group(1)] = int(frame.group(1))
                    self.kind[m.group(1)] = frame.group(2)
                continue
            m = EDGE.match(line)
            if m:
                target = m.group(2)
                if target == INDIRECT:
                    target = f"{INDIRECT}@{m.group(3)}"
                self.calls.setdefault(m.group(1), set()).add(target)

    def problem(self, text):
        if text not in self.problems:
            self.problems.append(text)

    def resolve(self):
        """Puts the functions of the table in the place of the indirect calls."""
        for targets in self.calls.values():
            for target in [t for t in targets if t.startswith(INDIRECT)]:
                targets.discard(target)
                where = target.split("@")[1]
                if not re.match(r".+:\d+:\d+$", where):
                    self.problem(f"indirect call at an unknown place '{where}'")
                    continue
                key = enclosing(where)
                if key not in self.table.reach:
                    self.problem(f"{where}: indirect call in {key} is not in {TABLE}")
                    continue
                self.table.used.add(key)
                for name in self.table.reach[key]:
                    if name not in self.by_name and name not in ("port", "caller") \
                            and not self.table.is_outside(name):
                        self.problem(f"{TABLE}: {key} reaches unknown {name}")
                    targets.add(self.by_name.get(name, name))

    def depth(self, title, above=()):
        """(bytes, path, outside functions) of the deepest chain from title on."""
        if title in above:
            cycle = above[above.index(title):] + (title,)
            self.problem("recursion: " + " > ".join(t.split(":")[-1] for t in cycle))
            return 0, [], set()
        if title in self.done:
            return self.done[title]
        if title not in self.frame:
            if title not in ("port", "caller") and not self.table.is_outside(title):
                self.problem(f"{above[-1].split(':')[-1]} calls {title}, "
                             f"which is neither ours nor listed in {TABLE}")
            return 0, [], {title}
        if self.kind[title] not in ("static", "dynamic,bounded"):
            self.problem(f"{title}: frame of unknown size ({self.kind[title]})")
        best = (0, [], set())
        outside = set()
        for callee in sorted(self.calls.get(title, ())):
            found = self.depth(callee, above + (title,))
            if callee not in self.frame:
                outside |= found[2]
            if found[0] > best[0]:
                best = found
        name = title.split(":")[-1].split(".")[0]
        ends = best[2] if best[1] else outside
        self.done[title] = (self.frame[title] + best[0],
                            [f"{name} {self.frame[title]}"] + best[1], ends)
        return self.done[title]


def public_names():
    names = []
    for path in sorted(glob.glob("include/navette/*.h")):
        text = re.sub(r"/\*.*?\*/", "", open(path, encoding="utf-8").read(), flags=re.S)
        names += re.findall(r"\b(nvt_\w+)\s*\([^;{]*\)\s*;", text)
    return names


def main(args):
    check = args[:1] == ["--check"]
    folder = args[-1]
    graph = Graph(folder, Table(TABLE))
    if not graph.frame:
        graph.problem(f"no call graph in {folder}")
    for title in sorted(graph.frame):
        graph.depth(title)
    for name in graph.table.callbacks:
        if name not in graph.by_name:
            graph.problem(f"{TABLE}: callback {name} is not there")
    if check:
        unused = set(graph.table.reach) - graph.table.used
        for key in sorted(unused):
            graph.problem(f"{TABLE}: nothing needs {key} any more")
    else:
        names = list(dict.fromkeys(public_names())) + graph.table.callbacks
        rows = [(graph.depth(t), n) for n in names for t in [graph.by_name.get(n)] if t]
        for (size, path, outside), name in sorted(rows, key=lambda r: (-r[0][0], r[1])):
            end = f" (+ {', '.join(sorted(outside))})" if outside else ""
            print(f"{name}\t{size}\t{' > '.join(path)}{end}")
    for problem in graph.problems:
        print(problem, file=sys.stderr)
    return 1 if graph.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
