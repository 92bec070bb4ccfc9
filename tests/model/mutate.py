#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mutate.py FILE FROM TO [NTH] -o OUT: a copy of FILE in which the text FROM is TO.

FROM must be there exactly once, or NTH (from 1) says which one is meant. White space in it does not
count, so that it outlives the formatter. \\n and \\t in FROM and TO are a new line and a tab.
"""
import argparse
import os
import re
import sys


class NotThere(Exception):
    pass


def mutate(text, old, new, nth=None):
    old, new = (s.replace("\\n", "\n").replace("\\t", "\t") for s in (old, new))
    words = re.findall(r"\w+|[^\w\s]", old)
    found = list(re.finditer(r"\s*".join(map(re.escape, words)), text))
    if not words or not found or (nth is None and len(found) != 1) or (nth or 1) > len(found):
        raise NotThere(f"{len(found)} times in it: {old!r}")
    at = found[(nth or 1) - 1]
    return text[:at.start()] + new + text[at.end():]


def mutate_file(path, out, old, new, nth=None):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    try:
        text = mutate(text, old, new, nth)
    except NotThere as e:
        raise NotThere(f"{path}: {e}") from None
    os.makedirs(os.path.dirname(out) or ".", exist_ok=True)
    with open(out, "w", encoding="utf-8") as f:
        f.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("nth", nargs="?", type=int)
    parser.add_argument("-o", "--out", required=True)
    a = parser.parse_args()
    try:
        mutate_file(a.file, a.out, a.old, a.new, a.nth)
    except NotThere as e:
        sys.exit(f"mutate.py: {e}")


if __name__ == "__main__":
    main()
