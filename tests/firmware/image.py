# SPDX-License-Identifier: Apache-2.0
"""What is in a linked image: its memory by part, and whether a heap got into it.

Read from the ELF file and the linker's map beside it (same name, .map). The NOR chip that the
emulator keeps in RAM is no part of either.
"""
import collections
import os
import re
import struct
import subprocess

import rig

RAM, CHIP = 0x20000000, 0x21000000  # below RAM: flash; from CHIP on: the NOR model
HEAP = re.compile(r"(_|__libc_|pvPort|vPort)?([mc]alloc|realloc|free)(_r)?|pvPortMalloc|vPortFree"
                  r"|_?sbrk(_r)?")
MEMBER = re.compile(r"lib\w+\.a\(\S*(malloc|free|sbrk)r?\.o\)|/heap_\d\.o$")

# Parts by the section and path of an object; the first that fits. lwIP's own folders are called as
# rooms are.
PARTS = [
    ("arena of Mbed TLS", r"^\.bss\.\S*arena"),
    ("stacks", r"^\.bss\.\S*stack|^\.stack"),
    ("board (mps2)", r"(^|[/ ])port/mps2/"),
    ("port (lwip, freertos)", r"(^|[/ ])port/(lwip|freertos|ram)/"),
    ("example", r"(^|[/ ])port/example/|/ca\.o$"),
    ("C library", r"/lib(c|g|m|gcc|nosys|rdimon)(_nano)?\.a\(|/crt\w*\.o$"),
    ("FreeRTOS", r"(?i)freertos.*/(tasks|queue|list|port|timers|event_groups)\.o"),
    ("lwIP", r"lwip"),
    ("Mbed TLS", r"mbed"),
    *(("navette " + room, r"(^|[/ ])src/%s/" % room)
      for room in ("base http json auth tls conn spool client uplink api").split()),
]
OTHER = "gaps, less strings that were merged"


class Image:
    def __init__(self, name):
        self.name = name
        self.elf = os.path.join(rig.BUILD, "firmware", name + ".elf")
        if not os.path.exists(self.elf):
            raise SystemExit("%s is not there: make firmware" % self.elf)
        with open(self.elf[:-4] + ".map", encoding="utf-8") as f:
            self.map = f.read()
        with open(self.elf, "rb") as f:
            self.sections = loaded_sections(f.read())

    def totals(self):
        """Flash and RAM in bytes."""
        flash = sum(size for at, size, stored in self.sections.values() if stored and at < CHIP)
        ram = sum(size for at, size, _ in self.sections.values() if RAM <= at < CHIP)
        return flash, ram

    def heap(self):
        """What of an allocator is in there: its symbols, and members of libraries that brought
        something (those that the linker looked at and left out do not count)."""
        symbols = subprocess.run(["arm-none-eabi-nm", self.elf], check=True, capture_output=True,
                                 text=True).stdout
        names = {line.split()[-1] for line in symbols.splitlines()}
        members = {path for section, path, _ in pieces_of(self.map)
                   if section in self.sections and MEMBER.search(path)}
        return sorted({n for n in names if HEAP.fullmatch(n)} | members)

    def parts(self):
        """{part: [flash, RAM]}; what no object brought: the stack of link.ld, gaps between two."""
        found = collections.defaultdict(lambda: [0, 0])
        for name, (at, size, stored) in self.sections.items():
            pieces = [(part_of(piece), n) for section, piece, n in pieces_of(self.map)
                      if section == name]
            pieces.append((part_of(name), size - sum(n for _, n in pieces)))
            for part, n in pieces:
                if stored and at < CHIP:
                    found[part][0] += n
                if RAM <= at < CHIP:
                    found[part][1] += n
        return {part: sizes for part, sizes in found.items() if any(sizes)}


def part_of(piece):
    for part, pattern in PARTS:
        if re.search(pattern, piece):
            return part
    return OTHER


def loaded_sections(elf):
    """{name: (address, size, whether the file holds it)} of the sections that take memory."""
    at, = struct.unpack_from("<I", elf, 32)
    entry, count, names = struct.unpack_from("<HHH", elf, 46)
    heads = [struct.unpack_from("<10I", elf, at + i * entry) for i in range(count)]
    text = elf[heads[names][4]:heads[names][4] + heads[names][5]]
    return {text[h[0]:text.index(b"\0", h[0])].decode(): (h[3], h[5], h[1] != 8)
            for h in heads if h[2] & 2 and h[5]}


def pieces_of(text):
    """(output section, "section path" of the object, size) as the map lists them; a name that is
    too long has its figures on the next line."""
    text = text[text.index("Linker script and memory map"):]
    text = re.sub(r"\n (\S+)\n {16}(?=\s*0x)", r"\n \1 ", text)
    section = ""
    pieces = []
    for line in text.splitlines():
        if re.match(r"\.\S+", line):
            section = line.split()[0]
            continue
        found = re.match(r" (\S+) +0x[0-9a-f]+ +0x([0-9a-f]+) (\S.*\.o\)?)$", line)
        if found and int(found.group(2), 16):
            pieces.append((section, found.group(1) + " " + found.group(3),
                           int(found.group(2), 16)))
    return pieces
