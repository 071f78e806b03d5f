#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Flash and RAM of the example firmware by part, what it used of its memory, and how many
instructions its handshakes took.

    table.py IMAGE ...            writes tests/firmware/table.md
    table.py --check IMAGE ...    compares with it: more than 2 % and 48 bytes off is an error when
                                  the compiler's major version is the table's; peaks and
                                  instructions may be 5 % off
"""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "tools")]
# pylint: disable=wrong-import-position
import image
from bench import NO_TICKETS, Bench, Run

TABLE = os.path.join(HERE, "table.md")
JOURNEYS = 20
ICOUNT_SHIFT = 5  # 32 ns an instruction: waiting for the host counts for little
RUN_S = 120
SLACK = {"flash": (0.02, 48), "RAM": (0.02, 48), "peak": (0.05, 64), "instructions": (0.05, 0)}


def compiler():
    version = subprocess.run(["arm-none-eabi-gcc", "-dumpfullversion"], check=True,
                             capture_output=True, text=True).stdout.strip()
    return "gcc " + version


# ---- measuring ----

def run(bench, name, tls, close_after=0, more=""):
    """One life under -icount; the server may close connections, and may have no tickets."""
    bench.serve(tls=tls, more=more)
    if close_after:
        bench.fault(close_after=close_after)
    one = Run(bench, image.Image(name).elf, "size", JOURNEYS, tls=tls)
    life = one.life("shift=%d" % ICOUNT_SHIFT)
    code = life.wait(RUN_S)
    report = life.end()
    one.close()
    if code != 0:
        raise SystemExit("%s, TLS 1.%s: exit code %s\n%s" % (name, tls[1], code,
                                                             report.last_words()))
    return report


def work(bench, name, tls):
    """Memory in bytes {what: (peak, size)} and microseconds of each piece of work."""
    plain = run(bench, name, tls)
    again = run(bench, name, tls, JOURNEYS // 2)
    known = run(bench, name, tls, JOURNEYS // 2, NO_TICKETS)
    us = {"handshake": plain.time["handshake"],
          "handshake, chain seen before": known.time["handshake"],
          "handshake, resumed": again.time["resumed"], "journey": plain.time["journey"]}
    mem = {what: (max(used, again.mem[what][0], known.mem[what][0]), size)
           for what, (used, size) in plain.mem.items()}
    return mem, us


def measure(names):
    """{(section, row, column): figure}"""
    found = {}
    bench = Bench()
    try:
        for name in names:
            for part, (flash, ram) in image.Image(name).parts().items():
                found["memory", part, name + " flash"] = flash
                found["memory", part, name + " RAM"] = ram
            for tls in ("12",) if name.endswith("-tls12") else ("12", "13"):
                mem, us = work(bench, name, tls)
                for what, (used, size) in mem.items():
                    found["use", what, "%s 1.%s peak" % (name, tls[1])] = used
                    found["use", what, name + " size"] = size
                for what, t in us.items():
                    found["work", what, "%s 1.%s instructions" % (name, tls[1])] = \
                        t * 1000 >> ICOUNT_SHIFT
    finally:
        bench.close()
    return found


# ---- the table ----

def number(value):
    return "-" if value is None else f"{value:,}".replace(",", " ")


def grid(found, section, first, total=False):
    """Rows and columns in the order in which they were found."""
    rows = list(dict.fromkeys(r for s, r, _ in found if s == section))
    columns = list(dict.fromkeys(c for s, _, c in found if s == section))
    if section == "memory":
        order = [p for p, _ in image.PARTS]
        rows.sort(key=lambda r: (order.index(r) if r in order else len(order), r))
    out = [row(first, *columns), row("---", *["--:"] * len(columns))]
    out += [row(r, *[number(found.get((section, r, c))) for c in columns]) for r in rows]
    if total:
        out.append(row("all", *[number(sum(found.get((section, r, c), 0) for r in rows))
                                for c in columns]))
    return out


def row(*cells):
    return "| " + " | ".join(cells) + " |"


def table(found):
    return "\n".join([
        "# The example firmware in figures", "",
        "Made by `make firmware-size`; `make check-firmware-size` compares. Cortex-M3, " +
        compiler() + ", `-Os`.", "",
        "## Flash and RAM by part, bytes", "",
        "From the linker's map. The flash that the spool lies on is not in it.", "",
        *grid(found, "memory", "part", total=True), "",
        "## What was used of it, bytes", "",
        f"Peaks after {JOURNEYS} journeys; stacks are painted at the start and read at the end.",
        "", *grid(found, "use", "memory"), "",
        "## Instructions", "",
        "Counted by the emulator (`-icount`) while the gateway's own steps run, interrupts and "
        "what", "preempts them included, waiting not. `journey`: all but connecting, for each of "
        f"{JOURNEYS}.", "",
        *grid(found, "work", "what"), ""])


def parse(text):
    """{(section, row, column): figure} and the compiler of a table."""
    found, section, columns = {}, "", []
    names = {"Flash": "memory", "What": "use", "Instructions": "work"}
    for line in text.splitlines():
        if line.startswith("## "):
            section, columns = names[line[3:].split()[0]], []
        cells = [c.strip() for c in line.strip("|").split("|")] if line.startswith("|") else []
        if cells and not columns:
            columns = cells
        elif cells and not set(cells[0]) <= {"-", ":"}:
            for column, cell in zip(columns[1:], cells[1:]):
                if re.fullmatch(r"-?[\d ]+", cell):
                    found[section, cells[0], column] = int(cell.replace(" ", ""))
    return found, re.search(r"gcc [\d.]+", text).group(0)


def compare(old, new):
    errors = 0
    # How much waits in lwIP's pools depends on the host's haste.
    keys = [key for key in sorted(old.keys() | new.keys()) if not key[1].startswith("lwip ")]
    for key in keys:
        a, b = old.get(key), new.get(key)
        share, room = SLACK.get(key[2].split()[-1], (0, 0))
        if (a or 0) == (b or 0):
            continue
        if a is None or b is None or abs(a - b) > max(room, a * share):
            print("%s: %s, the table says %s" % (" / ".join(key), b, a))
            errors += 1
    print("%d figures compared, %d differ%s" % (len(keys), errors,
                                                ": run 'make firmware-size'" if errors else ""))
    return errors


def main(args):
    check = args[0] == "--check"
    found = measure(args[1:] if check else args)
    text = table(found)
    if not check:
        with open(TABLE, "w", encoding="utf-8") as f:
            f.write(text)
        return 0
    with open(TABLE, encoding="utf-8") as f:
        old, made_by = parse(f.read())
    if made_by.split(".")[0] != compiler().split(".")[0]:
        print("%s here, %s in the table: not compared" % (compiler(), made_by))
        return 0
    return 1 if compare(old, parse(text)[0]) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
