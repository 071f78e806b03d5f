#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random mutants of the spool: one operator, constant or statement of src/spool/*.c is changed, the
fast tests of the spool are built against it and run. Prints those that no test notices; some of
them change nothing that could be noticed.

    mutants.py BUILD NUMBER [SEED [FILE...]]

BUILD is a folder in which the tests were built: make spool-mutants sees to that."""
import concurrent.futures
import glob
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

SWAPS = {
    "==": ["!="], "!=": ["=="], "<": ["<=", ">="], "<=": ["<"], ">": [">=", "<="], ">=": [">"],
    "&&": ["||"], "||": ["&&"], "+": ["-"], "-": ["+"], "+=": ["-="], "-=": ["+="],
    "++": ["--"], "--": ["++"], "&": ["|"], "|": ["&"], "*": ["+"], "/": ["*"], "%": ["/"],
    "true": ["false"], "false": ["true"], "0U": ["1U"], "1U": ["0U", "2U"], "2U": ["1U", "3U"],
    "4U": ["3U", "8U"], "16U": ["15U", "32U"], "NVT_OK": ["NVT_AGAIN"], "!": [" "],
}
TOKEN = re.compile(
    r"/\*.*?\*/|\"[^\"\n]*\"|'[^'\n]+'|^\s*#[^\n]*|->|<<|>>|&&|\|\||[=!<>+*/%|&-]=|\+\+|--|\w+|\S",
    re.S | re.M)
STATEMENT = re.compile(r"^ +(?!return\b|break\b|continue\b|static\b|const\b|struct\b|enum\b|bool\b"
                       r"|uint\w+\b|unsigned\b|nvt_err \b|case\b|default\b|else\b)[^\n{}]*;$", re.M)


def is_binary(text, start, end):
    """Whether an operator stands between two operands: no pointer, no sign."""
    return text[start - 1:start] == " " and text[end:end + 1] == " "


def mutants_of(text):
    """(from, to, replacement) of all."""
    found = []
    for match in TOKEN.finditer(text):
        token = match.group()
        if token in ("*", "&", "-", "+") and not is_binary(text, match.start(), match.end()):
            continue
        for other in SWAPS.get(token, []):
            found.append((match.start(), match.end(), other))
    for match in STATEMENT.finditer(text):
        found.append((match.start(), match.end(), " (void)0;"))
    return found


def inside_function(text, start):
    """Not in a declaration or a table of constants at the top level."""
    line = text.rfind("\n", 0, start) + 1
    return text[line:line + 1] == " "


class Bench:
    """What is linked and run for each mutant."""

    def __init__(self, build):
        self.build = build
        self.cc = os.environ.get("CC", "cc")
        obj = os.path.join(build, "obj")
        support = [path for path in glob.glob(f"{obj}/port/sim/*.o")]
        support += [path for path in glob.glob(f"{obj}/tests/sim/*.o")
                    if not os.path.basename(path).startswith("test_")]
        own = f"{obj}/tests/spool/random"
        self.programs = []
        for test in sorted(glob.glob("tests/sim/test_spool*.c")):
            name = os.path.basename(test)[:-2]
            self.programs.append((name, [f"{obj}/tests/sim/{name}.o"] + support, []))
        shared = [f"{own}/{name}.o" for name in ("faulty", "ledger", "run", "image")]
        self.programs.append(("random", [f"{own}/random.o"] + shared, ["12000", "1", "cf"]))
        self.programs.append(("random", [f"{own}/random.o"] + shared, ["6000", "1", "cfd"]))
        self.spool = {}
        for path in glob.glob("src/spool/*.c"):
            name = os.path.basename(path)[:-2]
            self.spool[name] = f"{obj}/src/spool/{name}.o"

    def compile(self, source, out):
        command = [self.cc, "-std=c99", "-O1", "-Iinclude", "-Isrc/spool", "-w", "-c", "-o", out,
                   source]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def notices(self, folder, name):
        """The program that notices the mutant whose object is in the folder; None: none does."""
        objects = [path for key, path in self.spool.items() if key != name]
        objects.append(os.path.join(folder, name + ".o"))
        for program, own, words in self.programs:
            binary = os.path.join(folder, program)
            if not os.path.exists(binary):
                subprocess.run([self.cc, "-o", binary] + own + objects +
                               [f"{self.build}/libnavette.a", "-lcmocka", "-lpthread"], check=True)
            try:
                run = subprocess.run([binary] + words, capture_output=True, timeout=60, check=False)
            except subprocess.TimeoutExpired:
                return program
            if run.returncode != 0:
                return program
        return None


def trial(bench, path, text, mutant):
    """None: it does not compile; else what noticed it, or "" when nothing did."""
    start, end, other = mutant
    name = os.path.basename(path)[:-2]
    folder = tempfile.mkdtemp()
    try:
        source = os.path.join(folder, name + ".c")
        with open(source, "w", encoding="utf-8") as out:
            out.write(text[:start] + other + text[end:])
        if not bench.compile(source, os.path.join(folder, name + ".o")):
            return None
        return bench.notices(folder, name) or ""
    finally:
        shutil.rmtree(folder)


def describe(path, text, mutant):
    start, end, other = mutant
    line = text.count("\n", 0, start) + 1
    whole = text.split("\n")[line - 1].strip()
    return f"{path}:{line}: '{text[start:end].strip()}' -> '{other.strip()}' in: {whole}"


def main():
    build, number = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    paths = sys.argv[4:] or sorted(glob.glob("src/spool/*.c"))
    everything = []
    for path in paths:
        with open(path, encoding="utf-8") as source:
            text = source.read()
        everything += [(path, text, m) for m in mutants_of(text) if inside_function(text, m[0])]
    chosen = random.Random(seed).sample(everything, min(number, len(everything)))
    bench = Bench(build)
    tried, noticed = 0, {}
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
        results = pool.map(lambda one: trial(bench, *one), chosen)
        for one, result in zip(chosen, results):
            if result is None:
                continue
            tried += 1
            noticed[result] = noticed.get(result, 0) + 1
            if result == "":
                print("survives:", describe(*one), flush=True)
    survivors = noticed.pop("", 0)
    print(", ".join(f"{name}: {count}" for name, count in sorted(noticed.items())))
    print(f"{len(everything)} possible, {tried} tried, {survivors} survive")


if __name__ == "__main__":
    main()
