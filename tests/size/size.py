#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Code and static memory of each room, size of each public struct, deepest stack of each public
function, on the host and on Cortex-M.

usage: size.py FOLDER            writes tests/size/table.md (FOLDER is for intermediate files)
       size.py --check FOLDER    compares with it: more than 2 % and 48 bytes off is an error, each
                                 target only when its compiler's major version is the table's
"""
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import linked  # noqa: E402

TABLE = "tests/size/table.md"
USER_CONFIG = '-DMBEDTLS_USER_CONFIG_FILE="tests/size/target.h"'
SMALL = ["-Os", "-ffunction-sections", "-fdata-sections"]
TARGETS = [
    ("host", "", SMALL + ["-fno-pie"]),
    ("Cortex-M3", "arm-none-eabi-", ["-mcpu=cortex-m3", "-mthumb", "-I.", USER_CONFIG] + SMALL),
    ("Cortex-M4", "arm-none-eabi-", ["-mcpu=cortex-m4", "-mthumb", "-I.", USER_CONFIG] + SMALL),
]
# Code alone: structs are those of the other 32-bit targets. RISC-V brings no C library along: the
# headers are newlib's, which serve both.
NEWLIB = "/usr/include/newlib"
CODE_TARGETS = [
    ("Cortex-M0+", "arm-none-eabi-",
     ["-mcpu=cortex-m0plus", "-mthumb", "-I.", USER_CONFIG] + SMALL),
    ("Cortex-M33", "arm-none-eabi-", ["-mcpu=cortex-m33", "-mthumb", "-I.", USER_CONFIG] + SMALL),
    ("RV32IMC", "riscv64-unknown-elf-", ["-march=rv32imc", "-mabi=ilp32", "-I.", USER_CONFIG,
                                         "-idirafter", NEWLIB] + SMALL),
]
ROOMS = ["base", "http", "json", "tls", "conn", "spool", "auth", "client", "uplink", "api"]
ROOM_AIM = ("http", "json", 8192)
# The files of src/api by what their names start with (the longest fits), and the aim on Cortex-M3;
# 0: none.
SYSTEMS = [("shape", 0), ("rpc", 6144), ("rpc_geo", 0), ("rpc_cee", 0), ("coopcycle", 2048),
           ("piste", 2048), ("jindexe", 2048), ("demarches", 2048),
           ("demarches_stored", 0), ("demarches_dossiers", 0), ("demarches_act", 0),
           ("demarches_upload", 0), ("demarches_paste", 0)]
STRUCT_MIN = 32
CALLBACKS = [w for line in open("tests/size/calls.txt", encoding="utf-8")
             if line.startswith("callback ") for w in line.split()[1:]]


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, universal_newlines=True, check=False)
    if done.returncode != 0:
        sys.exit(f"size.py: '{' '.join(command[:6])} ...' failed")
    return done.stdout


def compiler(prefix):
    return run(prefix + "gcc", "-dumpfullversion").strip()


def code_of(prefix, objects):
    """(instructions and constants, static memory) of the objects, or None without any"""
    if not objects:
        return None
    lines = run(prefix + "size", *sorted(objects)).splitlines()[1:]
    numbers = [[int(n) for n in line.split()[:3]] for line in lines]
    return sum(n[0] for n in numbers), sum(n[1] + n[2] for n in numbers)


def rooms(folder, prefix):
    found = {r: code_of(prefix, glob.glob(f"{folder}/{r}_*.o")) for r in ROOMS}
    return {r: size for r, size in found.items() if size}


def systems(folder, prefix):
    objects = {}
    for path in glob.glob(f"{folder}/api_*.o"):
        name = os.path.basename(path)[4:-2]
        fits = [s for s, _ in SYSTEMS if name == s or name.startswith(s + "_")]
        if fits:
            objects.setdefault(max(fits, key=len), []).append(path)
    return {s: code_of(prefix, o)[0] for s, o in objects.items()}


def structs(folder, prefix, flags):
    names, seen = [], set()
    for path in sorted(glob.glob("include/navette/*.h")):
        if path.endswith("posix.h"):
            continue
        for name in re.findall(r"^struct (nvt_\w+) \{", open(path, encoding="utf-8").read(), re.M):
            if name not in seen:
                seen.add(name)
                names.append(name)
    source = f"{folder}/structs.c"
    with open(source, "w", encoding="utf-8") as f:
        f.write("".join(f"#include <{h[8:]}>\n" for h in sorted(glob.glob("include/navette/*.h"))
                        if not h.endswith("posix.h")))
        f.write("".join(f"char size_of_{n}[sizeof(struct {n})];\n" for n in names))
    run(prefix + "gcc", "-std=c99", "-Iinclude", "-isystem", f"{folder}/include", *flags, "-c", "-o",
        f"{folder}/structs.out", source)
    sizes = {}
    for line in run(prefix + "nm", "-S", f"{folder}/structs.out").splitlines():
        m = re.match(r"\S+ (\S+) \S size_of_(\w+)", line)
        if m:
            sizes[m.group(2)] = int(m.group(1), 16)
    return sizes


def stacks(folder):
    found = {}
    for line in run("python3", "tests/size/stack.py", folder).splitlines():
        name, size, path = line.split("\t")
        found[name] = (int(size), path)
    return found


def measure_one(base, target, code_only):
    name, prefix, flags = target
    folder = f"{base}/{name}"
    run("sh", "tests/size/callgraph.sh", folder, prefix + "gcc", *flags)
    return (compiler(prefix), rooms(folder, prefix),
            {} if code_only else structs(folder, prefix, flags),
            {} if code_only else stacks(folder), systems(folder, prefix))


def measure(base):
    coded = [t for t in CODE_TARGETS if shutil.which(t[1] + "gcc")]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [(t[0], pool.submit(measure_one, base, t, t in coded)) for t in TARGETS + coded]
        return {name: job.result() for name, job in jobs}


def row(*cells):
    return "| " + " | ".join(str(c) for c in cells) + " |"


def number(value):
    return f"{value:,}".replace(",", " ") if isinstance(value, int) else value


def table(found, programs):
    names = [t[0] for t in TARGETS]
    coded = list(found)
    version = run("sh", "tests/bench/tls-version.sh", "gcc").strip()
    out = [
        "# Size and stack", "",
        "Made by `make size`; `make check-size` compares. All with `-Os`; struct sizes and stack",
        f"depend on Mbed TLS's configuration, here the distribution's {version[0].upper()}{version[1:]}.", "",
        row("target", "compiler"), row("---", "---"),
    ]
    out += [row(n, f"gcc {found[n][0]}") for n in coded]

    out += ["", "## Code and static memory of each room, bytes", "",
            "Code is instructions and constants; Mbed TLS, the C library and the port are not in it.",
            "", row("room", *coded, "static memory"), row("---", *["--:"] * (len(coded) + 1))]
    sums = {n: 0 for n in coded}
    for room in ROOMS:
        cells = [found[n][1].get(room, (0, 0)) for n in coded]
        for n, c in zip(coded, cells):
            sums[n] += c[0]
        out.append(row(room, *[number(c[0]) for c in cells], max(c[1] for c in cells)))
    out.append(row("all", *[number(sums[n]) for n in coded],
                   max(sum(s[1] for s in found[n][1].values()) for n in coded)))

    out += ["", "## Code of each system, bytes", "",
            "The files of `src/api` by name; `shape` is what the systems share for checking and writing",
            "bodies, `rpc` the registry's journeys. A program has in it only the functions it calls.",
            "",
            row("system", *coded), row("---", *["--:"] * len(coded))]
    out += [row(s, *[number(found[n][4].get(s, "-")) for n in coded]) for s, _ in SYSTEMS]

    out += linked.table(programs, ROOMS, row, number)

    out += ["", "## Public structs, bytes", "",
            f"From {STRUCT_MIN} bytes on the host. One call with its buffers is `nvt_call`; what many",
            "calls share is `nvt_client` and `nvt_tls_config`.", "",
            row("struct", *names), row("---", *["--:"] * len(names))]
    host = found[names[0]][2]
    for name in sorted(host, key=lambda n: (-host[n], n)):
        if host[name] >= STRUCT_MIN:
            out.append(row(f"`{name}`", *[number(found[n][2][name]) for n in names]))

    out += ["", "## Deepest stack of each public function, bytes", "",
            "Without what Mbed TLS, the C library and the port use below it, which comes on top.",
            "Indirect calls are resolved by `tests/size/calls.txt`; recursion and frames of unknown",
            "size are errors. The last ones are called by Mbed TLS, on top of its own stack.", "",
            row("function", *names), row("---", *["--:"] * len(names))]
    first = found[names[1]][3]
    order = sorted(first, key=lambda n: (n in CALLBACKS, -first[n][0], n))
    for name in order:
        out.append(row(f"`{name}`", *[number(found[n][3].get(name, ("-", ""))[0]) for n in names]))
    out += ["", f"The three deepest paths on {names[1]}, frame by frame:", ""]
    out += [f"- {first[n][1]}" for n in order[:3]]
    return "\n".join(out) + "\n"


def parse(text):
    """{(section, row name, column): number} and {target: compiler} of a table."""
    numbers, compilers, section, columns = {}, {}, "", []
    for line in text.splitlines():
        if line.startswith("## "):
            section = line[3:].split(",")[0]
        if not line.startswith("|"):
            continue
        cells = [c.strip() for c in line.strip("|").split("|")]
        if cells[1].startswith("gcc "):
            compilers[cells[0]] = cells[1]
        elif cells[0] in ("room", "linked room", "linked with", "system", "struct", "function"):
            columns = cells
        elif section and not set(cells[0]) <= {"-", ":"}:
            for column, cell in zip(columns[1:], cells[1:]):
                if re.match(r"[\d ]+$", cell):
                    numbers[section, cells[0], column] = int(cell.replace(" ", ""))
    return numbers, compilers


def compare(old_text, new_text):
    old, old_cc = parse(old_text)
    new, new_cc = parse(new_text)
    errors = compared = 0
    left_out = [t for t in sorted(old_cc.keys() | new_cc.keys())
                if old_cc.get(t, "").split(".")[0] != new_cc.get(t, "").split(".")[0]]
    for t in left_out:
        print(f"{t}: {new_cc.get(t, 'no compiler')} here, {old_cc.get(t, 'nothing')} in the table: "
              "not compared")
    if "Cortex-M3" in left_out:
        left_out += [title for _, title in linked.PROGRAMS]
    for key in sorted(old.keys() | new.keys()):
        if key[2] in left_out or (key[2] == "static memory" and left_out):
            continue
        a, b = old.get(key), new.get(key)
        compared += 1
        if a is None or b is None:
            print(f"{' / '.join(key)}: {'not in the table' if a is None else 'gone'}")
            errors += 1
        elif abs(a - b) > max(48, a * 0.02):
            print(f"{' / '.join(key)}: {b}, the table says {a}")
            errors += 1
    print(f"{compared} figures compared, {errors} differ" + (": run 'make size'" if errors else ""))
    return errors


def aims(found, programs):
    small = found["Cortex-M3"]
    for program, title in linked.PROGRAMS:
        sizes = programs[1][program]
        least = min(sizes, key=sizes.get)
        print(f"{title}, spool and uplink, linked for Cortex-M3: {sizes['as it is']} bytes of code, "
              f"{sizes[least]} with {least}, aim {linked.AIM}")
    code = sum(small[1].get(r, (0, 0))[0] for r in ROOM_AIM[:2])
    print(f"{' and '.join(ROOM_AIM[:2])} on Cortex-M3: {code} bytes of code, aim {ROOM_AIM[2]}")
    for system, aim in SYSTEMS:
        if aim and system in small[4]:
            print(f"{system} on Cortex-M3: {small[4][system]} bytes of code, aim {aim}")
    one = small[2].get("nvt_client", 0) + small[2].get("nvt_call", 0)
    print(f"one client and one call on Cortex-M3: {one} bytes, aim 8192")


def main(args):
    folder = args[-1]
    os.makedirs(folder, exist_ok=True)
    found = measure(folder)
    programs = linked.measure(folder, f"{folder}/{TARGETS[1][0]}", TARGETS[1][2], ROOMS)
    text = table(found, programs)
    aims(found, programs)
    static = max(sum(s[1] for s in f[1].values()) for f in found.values())
    if static:
        print(f"the library has {static} bytes of static memory; it must have none")
        return 1
    if args[0] == "--check":
        return 1 if compare(open(TABLE, encoding="utf-8").read(), text) else 0
    with open(TABLE, "w", encoding="utf-8") as f:
        f.write(text)
    print(f"written: {TABLE}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
