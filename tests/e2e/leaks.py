#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What shows of secrets in what was printed.

    leaks.py SECRETS PRINTED ...    SECRETS: one a line

Prints "RUN SECRET" for each secret of which 8 characters in a row (or all, if it is shorter) are
there: as they are, behind escapes of JSON and of forms in any mix, or in base64. A line "## RUN"
begins what a run has printed.
"""
import base64
import re
import sys
import urllib.parse

SHARED = 8
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|[^u])", re.S)


def bare(match):
    what = match.group(1)
    return chr(int(what[1:], 16)) if len(what) == 5 else what


def views(text, depth=4):
    """The text with no, one or more escapes undone, in any order."""
    todo, seen = {text}, {text}
    for _ in range(depth):
        todo = {undone for t in todo for undone in (
            ESCAPE.sub(bare, t).encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
            urllib.parse.unquote_plus(t, errors="replace"), urllib.parse.unquote(t))} - seen
        seen |= todo
    return seen


def decoded(text):
    """What letters in a row stand for, from each of the first four on."""
    for run in re.findall(r"[A-Za-z0-9+/_-]{6,}", text):
        run = run.replace("-", "+").replace("_", "/")
        for start in range(4):
            letters = run[start:]
            letters = letters[:len(letters) // 4 * 4]
            yield base64.b64decode(letters).decode("utf-8", "replace")


def all_views(text):
    for view in views(text):
        yield view
        for inner in decoded(view):
            yield inner
            yield urllib.parse.unquote_plus(inner, errors="replace")


def parts(secret):
    return {secret[i:i + SHARED] for i in range(max(1, len(secret) - SHARED + 1))}


def main():
    with open(sys.argv[1], encoding="utf-8", errors="replace") as f:
        wanted = [(s, parts(s)) for s in sorted(set(f.read().split("\n"))) if len(s) > 3]
    run, printed = "", {}
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8", errors="replace") as f:
            for line in f.read().split("\n"):
                run = line[3:] if line.startswith("## ") else run
                printed.setdefault(run, set()).add(line)
    pieces = {p: s for s, ps in wanted for p in ps}
    sizes = {len(p) for p in pieces}
    for run, lines in printed.items():
        found = set()
        for line in lines:
            for view in all_views(line):
                for size in sizes:
                    for i in range(len(view) - size + 1):
                        if view[i:i + size] in pieces:
                            found.add(pieces[view[i:i + size]])
        for secret in sorted(found):
            print(run, secret)


main()
