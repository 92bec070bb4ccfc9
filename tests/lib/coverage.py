# SPDX-License-Identifier: MIT
"""coverage.py ROOT BUILD...: lines and branches of src/ as gcc's counters in the BUILDs have them.

Prints each line that never ran and each branch that was never taken, then a line for each room:

    coverage: src/sched lines 98.1 branches 95.4

and ends with status 1 if a room of LEAST has less than so many percent of its branches.

A branch is one way out of a place where the compiler's code goes two or more ways. Those of
GR_CHECK and GR_DEBUG do not count, down to the end of the statement: what fails there is goro
itself, and the process ends. Nothing else is left out. A header's inline function is what all the
files that use it have made of it.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys

LEAST = {"src/sched": 95.0, "src/chan": 95.0, "src/sync": 95.0, "src/context": 95.0,
         "src/io": 90.0, "src/netpoll": 90.0}
INVARIANT = re.compile(r"\bGR_(CHECK|DEBUG)\(")


class Line:
    def __init__(self):
        self.count = 0
        self.function = ""
        self.seen = []

    def add(self, line):
        counts = [branch["count"] for branch in line["branches"]]
        self.count += line["count"]
        self.function = line.get("function_name", self.function)
        if counts:
            self.seen.append(counts)

    def branches(self):
        """Summed up; where a function was inlined, its branches come once for each time."""
        sums = [0] * min(map(len, self.seen), default=0)
        for counts in self.seen:
            for i, count in enumerate(counts):
                sums[i % len(sums)] += count
        return sums


def read_counts(root, build, files):
    """Adds to files: {path below root: {number: Line}}"""
    said = subprocess.run(
        ["gcov", "--branch-probabilities", "--branch-counts", "--json-format", "--stdout",
         *sorted(build.glob("**/*.gcno"))],
        check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=build).stdout
    for unit in said.splitlines():
        for file in json.loads(unit)["files"]:
            path = (build / file["file"]).resolve()
            if root / "src" not in path.parents:
                continue
            for line in file["lines"]:
                files[str(path.relative_to(root))][line["line_number"]].add(line)


def invariants(source):
    """The numbers of the lines of statements that begin with GR_CHECK or GR_DEBUG."""
    inside, found = False, set()
    for number, text in enumerate(source, 1):
        inside = inside or INVARIANT.search(text) is not None
        if inside:
            found.add(number)
            inside = not text.rstrip().endswith(";")
    return found


class Room:
    def __init__(self):
        self.lines = self.run = self.branches = self.taken = 0

    def add_file(self, path, lines, source):
        skipped = invariants(source)
        for number, line in sorted(lines.items()):
            text = source[number - 1].strip()
            self.lines += 1
            self.run += line.count > 0
            if line.count == 0:
                print(f"{path}:{number}: {line.function}: never run: {text}")
            if number in skipped:
                continue
            branches = line.branches()
            self.branches += len(branches)
            self.taken += sum(count > 0 for count in branches)
            for i, count in enumerate(branches):
                if count == 0 and line.count > 0:
                    print(f"{path}:{number}: {line.function}: branch {i + 1} of "
                          f"{len(branches)} never taken: {text}")


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def main():
    root, *builds = (pathlib.Path(name).resolve() for name in sys.argv[1:])
    files = collections.defaultdict(lambda: collections.defaultdict(Line))
    for build in builds:
        read_counts(root, build, files)
    rooms, everything = collections.defaultdict(Room), Room()
    for path, lines in sorted(files.items()):
        source = (root / path).read_text().splitlines()
        rooms[str(pathlib.Path(path).parent)].add_file(path, lines, source)
    for room in rooms.values():
        for name in vars(everything):
            setattr(everything, name, getattr(everything, name) + getattr(room, name))
    short = [name for name, least in LEAST.items()
             if percent(rooms[name].taken, rooms[name].branches) < least]
    print()
    for name, room in sorted(rooms.items()) + [("src", everything)]:
        print(f"coverage: {name} lines {percent(room.run, room.lines):.1f} "
              f"branches {percent(room.taken, room.branches):.1f} "
              f"({room.taken} of {room.branches})")
    if short:
        print(f"coverage: too few of the branches: {', '.join(short)}")
    return 1 if short else 0


sys.exit(main())
