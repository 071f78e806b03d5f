#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Joins the library into one navette.h and one navette.c.

usage: amalgamate.py FOLDER     from the project's top folder; writes both files there

The header is the public headers one behind the other. The source is every file of the library; what
a file keeps to itself (static functions and objects, constants, types, macros) gets the file's name in
front where another file uses the same word, and its macros end with the file.
"""
import glob
import os
import re
import sys

ROOMS = ["base", "http", "json", "tls", "conn", "spool", "auth", "client", "uplink", "api"]
PORTS = ["ram", "stub", "selftest"]
# Compiled only where it is asked for: it needs its host's headers.
GUARDED = {"posix": "NVT_WITH_POSIX"}
HEADERS = ["navette", "word", "ram", "stub", "selftest", "posix"]

# What must come before any header.
FIRST = """#ifdef NVT_WITH_POSIX
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#endif
#include "navette.h"
"""

TOKEN = re.compile(r"""
      (?P<space>\s+|\\\n)
    | (?P<include>\#\s*include[^\n]*)
    | (?P<comment>/\*.*?\*/|//[^\n]*)
    | (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    | (?P<word>[A-Za-z_]\w*)
    | (?P<number>\.?\d(?:[\w.]|[eEpP][+-])*)
    | (?P<sign>->|\.\.\.|.)
""", re.S | re.X)
AGGREGATES = {"struct", "union", "enum"}


def tokens(text):
    """[(kind, text)]; joined again they are the text."""
    return [(m.lastgroup, m.group()) for m in TOKEN.finditer(text)]


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def body_of(path):
    """A file without its licence line and, for a header, without its guard."""
    text = re.sub(r"\A/\* SPDX-License-Identifier: Apache-2.0 \*/\n", "", read(path))
    if path.endswith(".h"):
        text, found = re.subn(r"^#ifndef (\w+)\n#define \1\n(.*)^#endif\n\Z", r"\2", text, count=1,
                              flags=re.S | re.M)
        if not found:
            sys.exit(f"amalgamate.py: {path} has no guard around all of it")
    return text


def directives_apart(text):
    """The text as pieces (is it a preprocessor line?, piece)."""
    for piece in re.split(r"(^[ \t]*#(?:[^\n]*\\\n)*[^\n]*\n)", text, flags=re.M):
        if piece:
            yield bool(re.match(r"[ \t]*#", piece)), piece


# ---- what a file defines for itself ----

class Names:
    """File-scope words of one source: ordinary ones, tags, macros."""

    def __init__(self, text):
        self.words, self.tags, self.macros = set(), set(), set()
        code = []
        for directive, piece in directives_apart(text):
            if not directive:
                code += [t for t in tokens(piece) if t[0] not in ("space", "comment")]
                continue
            m = re.match(r"\s*#\s*define\s+(\w+)", piece)
            if m:
                self.macros.add(m.group(1))
        self.at, self.code = 0, code
        while self.at < len(code):
            self.declaration()

    def closing(self, start):
        """Behind the bracket that closes the one at start."""
        depth = 0
        for i in range(start, len(self.code)):
            sign = self.code[i][1]
            depth += (sign in "([{") - (sign in ")]}") if len(sign) == 1 else 0
            if depth == 0:
                return i + 1
        sys.exit("amalgamate.py: a bracket is not closed")

    def aggregate(self, head):
        """At the brace of a struct, union or enum: its tag and constants; goes behind it."""
        kind = [w for w in head if w in AGGREGATES][-1]
        end = self.closing(self.at)
        if head[-1] not in AGGREGATES:
            self.tags.add(head[-1])
        if kind == "enum":
            items = self.code[self.at:end]
            self.words.update(t[1] for before, t in zip(items, items[1:])
                              if before[1] in "{," and t[0] == "word")
        self.at = end

    def declaration(self):
        """One declaration or definition, from its first token to behind its last."""
        head, name = [], None
        while self.at < len(self.code):
            kind, text = self.code[self.at]
            if text == "{" and len(head) > 0 and AGGREGATES & set(head[-2:]) and name is None:
                self.aggregate(head)
                continue
            if text in "([=;{" and name is None and kind == "sign":
                name = self.name(head)
            if text in "([{":
                self.at = self.closing(self.at)
                if text == "{" and "=" not in head:
                    break
                continue
            self.at += 1
            if text == ";":
                break
            head.append(text)
        if name and ("static" in head or "typedef" in head):
            self.words.add(name)

    def name(self, head):
        """The declared name: the word in front, or the one in (*word)."""
        following = self.code[self.at + 1:self.at + 3]
        if self.code[self.at][1] == "(" and following[0][1] == "*":
            return following[1][1]
        return head[-1] if head and re.match(r"[A-Za-z_]", head[-1]) else None


# ---- giving them other names ----

def member_macros(text):
    """Macros of the file whose argument is a member: a pattern of what stands before it."""
    names = re.findall(r"#define (\w+)\((\w+)\)\s+(?:\\\n)?.*\b(?:offsetof|NVT_FIELD_AT)"
                       r"\([^,]*,\s*\2\)", text)
    macros = "".join(rf"|\b{name}\(\s*" for name, _ in names)
    return re.compile(rf"(?:(?:offsetof|NVT_FIELD_AT)\(\s*(?:struct\s+)?\w+,\s*{macros})\Z")


def rename(text, words, tags):
    """Members keep their names: behind . and ->, in the body of a struct, in offsetof()."""
    out, last, member_to = [], ["", ""], []
    to_member = member_macros(text)
    for kind, word in tokens(text):
        if kind in ("space", "comment", "include"):
            out.append(word)
            continue
        if word == "{":
            member_to.append(bool({"struct", "union"} & set(last)) and last[1] != ")")
        elif word == "}" and member_to:
            member_to.pop()
        in_members = bool(member_to) and member_to[-1] and not bracketed(out)
        if kind == "word" and last[1] in AGGREGATES:
            out.append(tags.get(word, word))
        elif kind == "word" and last[1] not in (".", "->") and not in_members \
                and not to_member.search("".join(out[-12:])):
            out.append(words.get(word, word))
        else:
            out.append(word)
        last = [last[1], word]
    return "".join(out)


def bracketed(out):
    """Inside of [ ], where a constant may stand even among members."""
    line = "".join(out[-40:])
    return line.rfind("[") > max(line.rfind("]"), line.rfind(";"), line.rfind("{"))


def words_in(text):
    return {t for kind, t in tokens(text) if kind == "word"}


def names_apart(path, text, used_by):
    """The file's text with its own names made unlike those that any other file uses."""
    own = Names(text)
    stem = re.sub(r"^(?:src|port)/|\.c$", "", path).replace("/", "_")
    taken = set().union(*(w for p, w in used_by.items() if p != path))
    words = {w: f"{stem}_{w}" for w in own.words if w in taken}
    tags = {w: f"{stem}_{w}" for w in own.tags if w in taken}
    text = rename(text, words, tags)
    ends = "".join(f"#undef {m}\n" for m in sorted(own.macros)
                   if not m.startswith("_"))
    return text + ends


# ---- the two files ----

def unneeded_out(path, text, used):
    """A room's own header without the inline functions that only tests and proofs call."""
    def keep(m):
        return m.group(0) if path.startswith("include/") or m.group(1) in used else ""

    return re.sub(r"(?:^/\*(?:(?!\*/).)*\*/\n)?^static inline [^;{]*?(\w+)\([^;{]*\)\n\{\n.*?^\}\n",
                  keep, text, flags=re.M | re.S)


def joined(path, text, seen, used=frozenset()):
    """The text with the project's headers in place of their first include, nothing for the others."""
    def include(m):
        name = m.group(1)
        if name.startswith("<navette/"):
            target = "include/" + name[1:-1]
        elif name.startswith("<"):
            return m.group(0)
        else:
            target = os.path.normpath(os.path.join(os.path.dirname(path), name[1:-1]))
        if target in seen:
            return ""
        seen.add(target)
        return joined(target, unneeded_out(target, body_of(target), used), seen, used)

    text = re.sub(r'^#include ([<"][^>"\n]+[>"])\n', include, text, flags=re.M)
    return re.sub(r"\n{3,}", "\n\n", text)


def notice(version):
    return ("/* SPDX-License-Identifier: Apache-2.0 */\n"
            f"/* navette {version}, {{}}. Made by port/amalgamation/amalgamate.py: change the\n"
            " * sources, not this file. */\n")


def header(version):
    includes = "".join(f"#include <navette/{name}.h>\n" for name in HEADERS)
    return (notice(version).format("all public headers in one") +
            "#ifndef NAVETTE_AMALGAMATION_H\n#define NAVETTE_AMALGAMATION_H\n\n" +
            joined("", includes, set()) + "\n#endif\n")


def sources():
    """[(path, guard or None)] in the order of the rooms."""
    for room in ROOMS:
        yield from ((p, None) for p in sorted(glob.glob(f"src/{room}/*.c")))
    for port in PORTS + list(GUARDED):
        yield from ((p, GUARDED.get(port)) for p in sorted(glob.glob(f"port/{port}/*.c")))


def source(version):
    files = list(sources())
    used_by = {p: words_in(read(p)) for p, _ in files}
    used = set().union(*used_by.values())
    folders = {os.path.dirname(p) for p, _ in files}
    for path in glob.glob("include/navette/*.h") + [h for d in folders for h in glob.glob(f"{d}/*.h")]:
        used_by[path] = words_in(read(path))
    seen = set(glob.glob("include/navette/*.h"))
    out = [notice(version).format("the whole library in one"), FIRST]
    for path, guard in files:
        text = joined(path, names_apart(path, body_of(path), used_by), seen, used)
        out.append(f"\n/* ==== {path} ==== */\n" + (f"#ifdef {guard}\n" if guard else "") + text +
                   ("#endif\n" if guard else ""))
    return "".join(out)


def main(args):
    if len(args) != 1:
        sys.exit(__doc__)
    version = re.search(r'NVT_VERSION "(.*)"', read("include/navette/navette.h")).group(1)
    os.makedirs(args[0], exist_ok=True)
    for name, text in (("navette.h", header(version)), ("navette.c", source(version))):
        with open(os.path.join(args[0], name), "w", encoding="utf-8") as f:
            f.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
