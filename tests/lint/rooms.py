#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Refuses what the rooms of navette promise not to do: banned functions, includes that look upwards,
system headers where there must be none, files and functions that outgrew the reader.

usage: rooms.py [FILE ...]      all of include/, src/ and port/ when none is named
       rooms.py --self-check    breaks every rule once and sees it found
"""
import glob
import os
import re
import sys

# Room -> rooms it may include besides itself. "port" is include/navette/port.h; "err" and "config"
# belong to base.
BELOW = {
    "base": set(),
    "http": {"base"},
    "json": {"base"},
    "port": {"base"},
    "tls": {"port", "base"},
    "conn": {"tls", "port", "base"},
    "spool": {"port", "base"},
    "auth": {"json", "base"},
    "client": {"conn", "auth", "tls", "http", "json", "port", "base"},
    "uplink": {"client", "spool", "conn", "auth", "tls", "http", "json", "port", "base"},
    "api": {"uplink", "spool", "client", "conn", "auth", "tls", "http", "json", "port", "base"},
    "posix": {"port", "base"},
    "ram": {"port", "base"},
    "sim": {"port", "base"},
    "lwip": {"port", "base"},
    "freertos": {"lwip", "port", "base"},
    "mps2": {"port", "base"},
    "stub": {"port", "base"},
    "selftest": {"port", "base"},
}
ALL = set(BELOW) | {"navette"}
ROOM_OF_HEADER = {"err": "base", "config": "base", "word": "base",
                  **{name: "api" for name in ("rpc", "rpc_v2", "coopcycle", "piste", "jindexe", "demarches")}}

# A program, not a library: it may include everything.
PROGRAMS = {"cli", "example", "navette"}
# Ports that go into other people's firmware keep the library's own bans.
STRICT_PORTS = ("port/lwip/", "port/freertos/", "port/ram/", "port/stub/", "port/selftest/")
PORTS = {"posix", "sim", "lwip", "freertos", "mps2", "example"}
FREESTANDING = {"stddef.h", "stdint.h", "stdbool.h", "string.h", "limits.h"}
# Third-party headers and the rooms that wrap them.
THIRD = {"jsmn.h": {"json"}, "mbedtls/": {"tls"}, "psa/": {"tls"}, "mbedtls/sha256.h": {"api"},
         "mbedtls/md5.h": {"api"}, "mbedtls/md.h": {"api"}, "mbedtls/version.h": {"api"}}

BANNED = {
    r"(m|c|re)alloc|free|aligned_alloc|posix_memalign|memalign|valloc|strn?dup|v?asprintf|getline":
        "the caller owns all memory",
    r"alloca|__builtin_alloca": "stack must be known at build time",
    r"v?f?printf|v?sn?printf|v?dprintf|puts|fputs|putchar|perror|fopen|fwrite|fread":
        "no standard I/O in the library",
    r"s?scanf|fscanf|vsscanf": "no bounds, locale",
    r"ato(i|l|ll|f)|strto(l|ll|ul|ull|d|f|ld|imax|umax)": "locale, errno, silent acceptance of junk",
    r"str(cpy|cat|ncpy|ncat|tok|tok_r)|stpn?cpy|gets": "no room given, or no end",
    r"assert": "checks must not compile out",
    r"setjmp|longjmp|signal|raise|abort|exit|_exit|atexit|system|getenv":
        "the host belongs to the port",
    r"time|gmtime|gmtime_r|localtime|localtime_r|mktime|strftime|strptime|clock":
        "time comes from the port, calendars from base",
    r"rand|srand|random|drand48": "randomness comes from the port",
    r"setlocale|localeconv|is(alpha|digit|alnum|space|upper|lower|xdigit|print|punct|cntrl|graph)"
    r"|to(upper|lower)": "depends on the locale",
    r"qsort|bsearch": "recursion and indirect calls not bounded by us",
}
BANNED_WORDS = {
    r"goto": "jumps",
    r"float|double": "no floating point in the library",
    r"errno": "no errno in the library",
    r"thread_local|_Thread_local|__thread": "no hidden state",
    r"__attribute__|__extension__|__typeof__|__asm__|asm": "compiler extension",
}
# Where a ban does not reach: (path prefix, word) -> reason.
ALLOWED = {
    ("port/posix/", "errno"): "POSIX calls report through it",
    ("port/mps2/", "asm"): "a processor's own instructions",
    ("port/mps2/", "__asm__"): "a processor's own instructions",
    ("port/mps2/", "__attribute__"): "the linker script names sections",
}
# The port may use its host; only what is unsafe everywhere stays banned there.
PORT_BANNED = {k: v for k, v in BANNED.items() if v in (
    "the caller owns all memory", "no bounds, locale", "no room given, or no end",
    "stack must be known at build time", "locale, errno, silent acceptance of junk",
    "checks must not compile out")}

FILE_MAX = 600
FUNCTION_MAX = 70
LINE_MAX = 100


def blank(text):
    """The text with comments, strings and character constants blanked, line breaks kept."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''

    def spaces(m):
        if m.group(0).startswith('"') and re.search(r"#\s*include\s*$", text[:m.start()][-40:]):
            return m.group(0)
        return re.sub(r"[^\n]", " ", m.group(0))

    return re.sub(pattern, spaces, text, flags=re.S)


def room_of(path):
    if path.startswith("include/navette/"):
        name = os.path.splitext(os.path.basename(path))[0]
        return ROOM_OF_HEADER.get(name, name)
    return path.split("/")[1]


def check_includes(path, lines):
    room = room_of(path)
    is_port = room in PORTS
    below = ALL if room in PROGRAMS else BELOW.get(room, set()) | {room}
    for number, line in enumerate(lines, 1):
        m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
        if not m:
            continue
        name = m.group(2)
        if ".." in name:
            yield number, f"include of '{name}': no path goes upwards"
        elif name.startswith("navette/"):
            target = ROOM_OF_HEADER.get(name[8:-2], name[8:-2])
            if target not in below:
                yield number, f"include of '{name}': {room} must not know {target}"
        elif m.group(1) == '"':
            near = os.path.join(os.path.dirname(path), name)
            far = os.path.join("src", name)
            if not (os.path.exists(near) or far.startswith(f"src/{room}/")) and room != "cli" \
                    and not is_port:
                yield number, f"include of '{name}': not of this room"
        elif room == "cli" or is_port or name in FREESTANDING:
            continue
        else:
            rooms = set().union(*(r for h, r in THIRD.items() if name == h or
                                  (h.endswith("/") and name.startswith(h))))
            if room not in rooms:
                yield number, f"include of <{name}>: not in room {room}"


def check_words(path, lines):
    if path.startswith("src/cli/"):
        banned = {k: v for k, v in BANNED.items()
                  if v in ("no room given, or no end", "stack must be known at build time")}
        words = {}
    elif path.startswith("port/") and not path.startswith(STRICT_PORTS):
        banned, words = PORT_BANNED, BANNED_WORDS
    else:
        banned, words = BANNED, BANNED_WORDS
    for number, line in enumerate(lines, 1):
        for pattern, reason in banned.items():
            # A call: not a member, not a declaration of another name that ends alike.
            m = re.search(rf"(?<![\w.>])({pattern})\s*\(", line)
            if m and not line.lstrip().startswith("#define"):
                yield number, f"'{m.group(1)}' is banned: {reason}"
        for pattern, reason in words.items():
            m = re.search(rf"(?<!\w)({pattern})(?!\w)", line)
            if m and not any(path.startswith(p) and m.group(1) == w for p, w in ALLOWED):
                yield number, f"'{m.group(1)}' is banned: {reason}"


def check_shape(path, text, lines):
    if not re.match(r"/\* SPDX-License-Identifier: Apache-2.0", text):
        yield 1, "no SPDX line at the top"
    if len(lines) > FILE_MAX:
        yield len(lines), f"{len(lines)} lines: split along ideas (at most {FILE_MAX})"
    start = 0
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_MAX and not line.startswith("    X("):  # a table reads in one line
            yield number, f"{len(line)} columns (at most {LINE_MAX})"
        if line == "{":
            start = number
        elif line == "}" and start:
            if number - start - 1 > FUNCTION_MAX:
                yield start, f"function of {number - start - 1} lines (at most {FUNCTION_MAX})"
            start = 0


def check(path, text):
    lines = text.split("\n")
    code = blank(text).split("\n")
    yield from check_shape(path, text, lines)
    yield from check_includes(path, code)
    yield from check_words(path, code)


SELF = [
    ("src/http/a.c", "x = malloc(3);", "banned"),
    ("src/http/a.c", "n = sprintf(b, s);", "banned"),
    ("src/cli/a.c", "strcpy(a, b);", "banned"),
    ("src/client/a.c", "goto out;", "banned"),
    ("src/json/a.c", "double d = 1;", "banned"),
    ("port/posix/a.c", "p = malloc(1);", "banned"),
    ("src/http/a.c", "#include <navette/json.h>", "must not know"),
    ("src/tls/a.c", "#include <navette/conn.h>", "must not know"),
    ("include/navette/http.h", "#include <navette/port.h>", "must not know"),
    ("src/http/a.c", "#include <stdio.h>", "not in room"),
    ("src/conn/a.c", "#include <mbedtls/ssl.h>", "not in room"),
    ("src/http/a.c", '#include "../json/walk.h"', "upwards"),
    ("port/lwip/a.c", "n = snprintf(b, 3, s);", "banned"),
    ("port/freertos/a.c", "__asm__(x);", "banned"),
    ("port/selftest/a.c", "#include <stdio.h>", "not in room"),
    ("port/stub/a.c", "#include <navette/selftest.h>", "must not know"),
    ("src/conn/a.c", "#include <navette/lwip.h>", "must not know"),
    ("include/navette/freertos.h", "#include <navette/client.h>", "must not know"),
    ("src/http/a.c", "{\n" + "\n" * 71 + "}", "function of"),
    ("src/http/a.c", "\n" * 700, "split"),
    ("src/http/a.c", "x" * 101, "columns"),
]
SELF_FINE = [
    ("src/http/a.c", '/* malloc(3) */ x = "malloc(3)";'),
    ("src/http/a.c", "nvt_span_free(x); p->free(x); c.time(p);"),
    ("src/client/a.c", "#include <navette/http.h>\n#include <stdint.h>"),
    ("port/posix/a.c", "if (errno == EINTR) {"),
    ("port/mps2/a.c", "__asm__ volatile(\"wfi\");"),
    ("port/lwip/a.c", "#include <lwip/tcp.h>\n#include <navette/lwip.h>"),
    ("port/freertos/a.c", "#include <navette/lwip.h>"),
    ("port/example/a.c", "#include <navette/navette.h>\n#include <stdio.h>"),
]


def self_check():
    head = "/* SPDX-License-Identifier: Apache-2.0 */\n"
    bad = 0
    for path, text, expected in SELF:
        if not any(expected in what for _, what in check(path, head + text)):
            print(f"rooms.py: not found in {path}: {text[:40]!r}")
            bad += 1
    for path, text in SELF_FINE:
        for _, what in check(path, head + text):
            print(f"rooms.py: found in {path}: {text[:40]!r}: {what}")
            bad += 1
    return bad


def main(args):
    if args == ["--self-check"]:
        return 1 if self_check() else 0
    files = args or sorted(f for top in ("include", "src", "port")
                           for f in glob.glob(f"{top}/**/*.[ch]", recursive=True))
    found = 0
    for path in files:
        with open(path, encoding="utf-8") as f:
            for line, what in check(path, f.read()):
                print(f"{path}:{line}: {what}")
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
