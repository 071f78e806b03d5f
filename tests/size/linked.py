#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What navette adds to a program, as linked for Cortex-M3: the programs tests/size/linked_*.c.

Mbed TLS, the C library and the compiler's own functions are left open, so that every byte counted
is navette's or the program's. Used by size.py.
"""
import glob
import os
import re
import shutil
import subprocess
import sys

CC = "arm-none-eabi-gcc"
PROGRAMS = [("linked_registry", "one system: journeys"), ("linked_all", "all five systems")]
WORDLESS = ["-DNVT_ERR_SENTENCES=0", "-DNVT_SERVER_WORDS=0"]
VARIANTS = [("as it is", []), ("without words", WORDLESS), ("-flto", ["-flto"]),
            ("-flto, without words", ["-flto"] + WORDLESS)]
SWITCHES = [flag[2:].split("=")[0] for flag in WORDLESS]
AIM = 24576
PART = re.compile(r"^ \.(?:text|rodata)\S*\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S+)$", re.M)


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, check=False)
    if done.returncode != 0:
        sys.exit(f"linked.py: '{' '.join(command[:6])} ...' failed\n{done.stderr[-2000:]}")
    return done.stdout


def build(folder, program, flags):
    """Links the program with the objects of the folder; returns the path without its suffix."""
    base = f"{folder}/{program}"
    run(CC, "-std=c99", "-Iinclude", "-isystem", f"{folder}/include", *flags, "-c", "-o",
        f"{base}.main", f"tests/size/{program}.c")
    objects = sorted(f"{folder}/{n}" for n in os.listdir(folder) if n.endswith(".o"))
    run(CC, *flags, "-nostdlib", "-Wl,--gc-sections,-e,linked_main",
        "-Wl,--unresolved-symbols=ignore-all", f"-Wl,-Map,{base}.map", "-o", f"{base}.elf",
        f"{base}.main", *objects)
    return base


def total(base):
    """Code and constants; a compiler without LTO support would leave next to nothing."""
    sizes = run("arm-none-eabi-size", f"{base}.elf").splitlines()[1].split()
    return int(sizes[0]) + int(sizes[1])


def parts(base, rooms):
    """Bytes of each room, and of the program itself as ''."""
    with open(f"{base}.map", encoding="utf-8") as f:
        text = f.read()
    found = {r: 0 for r in rooms + [""]}
    for size, path in PART.findall(text[text.index("Linker script and memory map"):]):
        room = os.path.basename(path).split("_")[0] if path.endswith(".o") else ""
        found[room] += int(size, 16)
    return found


def compile_wordless(whole, folder, flags):
    """The objects of whole, those made anew whose sources read a switch."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(whole, folder, symlinks=True)
    for source in glob.glob("src/*/*.c"):
        with open(source, encoding="utf-8") as f:
            text = f.read()
        if not source.startswith("src/cli/") and any(s in text for s in SWITCHES):
            run(CC, "-std=c99", "-Iinclude", "-isystem", f"{folder}/include", *flags, "-c", "-o",
                f"{folder}/{source[4:-2].replace('/', '_')}.o", source)


def measure(base, small, flags, rooms):
    """({program: {room: bytes}}, {program: {variant: bytes}}); small: the folder of objects that
    were compiled with flags."""
    by_room, by_variant = {}, {p: {} for p, _ in PROGRAMS}
    folders = {(): small, ("-flto",): f"{base}/linked-lto"}
    run("sh", "tests/size/callgraph.sh", folders["-flto",], CC, *flags, "-flto")
    for variant, extra in VARIANTS:
        folder = folders[tuple(f for f in extra if f not in WORDLESS)]
        if WORDLESS[0] in extra:
            whole, folder = folder, f"{folder}-wordless"
            compile_wordless(whole, folder, flags + extra)
        for program, _ in PROGRAMS:
            built = build(folder, program, flags + extra)
            by_variant[program][variant] = total(built)
            if not extra:
                by_room[program] = parts(built, rooms)
    return by_room, by_variant


def table(found, rooms, row, number):
    """The section of the size table, as lines."""
    by_room, by_variant = found
    names = [title for _, title in PROGRAMS]
    out = ["", "## Code as linked for Cortex-M3, bytes", "",
           "Two programs that make the main calls of what they use, with spool and uplink:",
           "[one](linked_registry.c) and [the other](linked_all.c). Functions that nobody calls",
           "are left out by the linker.", "",
           row("linked room", *names), row("---", *["--:"] * len(names))]
    for room in rooms + [""]:
        out.append(row(room or "the program itself",
                       *[number(by_room[p][room]) for p, _ in PROGRAMS]))
    out += ["", "In all, and with link-time optimisation, and without names, sentences and servers'",
            "words (`NVT_ERR_SENTENCES=0 NVT_SERVER_WORDS=0`):", "",
            row("linked with", *names), row("---", *["--:"] * len(names))]
    for variant, _ in VARIANTS:
        out.append(row(variant, *[number(by_variant[p][variant]) for p, _ in PROGRAMS]))
    return out
