#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""figures.py LOG...: puts what the tests counted into docs/reliability.md.

LOG: what tests/nightly.sh or parts of it have printed, and ctest's own logs (build/*/Testing/
Temporary/LastTest.log), where the models' figures are. If a figure stands in several places the
last one counts, for a matrix each. What no log tells is said to be missing. What can be counted in
the sources is counted there.
"""

import glob
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGE = os.path.join(ROOT, "docs", "reliability.md")
BEGIN, END = "<!-- figures.py: begin -->", "<!-- figures.py: end -->"
MISSING = "not in these runs"


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def sources(*patterns):
    return [p for pattern in patterns
            for p in glob.glob(os.path.join(ROOT, pattern), recursive=True)]


def last(pattern, text):
    found = re.findall(pattern, text, re.MULTILINE)
    return found[-1] if found else None


# What stands in the sources ----------------------------------------------------------------------


def tests_by_kind():
    row = []
    for kind in ("unit", "api", "stress", "violent"):
        text = "".join(read(p) for p in sources(f"tests/{kind}/**/*.c"))
        n = len(re.findall(r"^GORO_TEST\w*\(|^\s*(?:cmocka_unit_test\w*|\w+_start)\(\w+[,)]", text,
                           re.MULTILINE))
        row.append(f"{n} {kind}")
    models = [p for p in sources("tests/model/*.model")]
    twins = sum(len(re.findall(r"^twin ", read(p), re.MULTILINE)) for p in models)
    scripts = len(sources("tests/cases/*.sh"))
    return ", ".join(row) + f", {scripts} scripts of cases, {len(models)} files of models with " \
        f"{twins} broken twins"


def lines():
    def count(paths):
        return sum(read(p).count("\n") for p in paths)

    code = count(sources("src/**/*.[chS]", "include/**/*.h"))
    test = count(sources("tests/**/*.[ch]", "tests/**/*.py", "tests/**/*.sh", "tests/**/*.cmake",
                         "tests/**/*.model"))
    return f"{code} of code, {test} of tests ({test / code:.1f} a line)"


def suppressions():
    def with_(pattern, *where):
        return [os.path.relpath(p, ROOT) for p in sources(*where)
                if os.path.isfile(p) and p != os.path.abspath(__file__) and
                re.search(pattern, read(p))]

    named = with_(r"suppressions=|--suppressions", "tests/**/*", ".ci/*", "cmake/*", "*.json")
    named += with_(r"no_sanitize|NOLINT", "src/**/*", "include/**/*")
    apart = with_(r"no_sanitize", "tests/**/*.[ch]")
    return (", ".join(named) or "none") + \
        f" (not instrumented: functions that fault on purpose, in {', '.join(apart)})"


# What the runs said ------------------------------------------------------------------------------


def matrix(log):
    rows = {}
    part = None
    for line in log.splitlines():
        head = re.match(r"==== (.+)$", line)
        done = re.match(r"(\d+)% tests passed, (\d+) tests failed out of (\d+)", line)
        if head:
            part = head.group(1)
        elif done and part:
            failed, of = int(done.group(2)), int(done.group(3))
            rows[part] = f"{part} {of - failed} of {of}"
    return "; ".join(rows.values()) or None


def models(log):
    rows = {}
    for m in re.finditer(r"^(\S[^\n]*?) +preemptions (\d+) +stale (\d+) +executions (\d+) +steps "
                         r"(\d+) +seconds ([\d.]+) +complete$", log, re.MULTILINE):
        rows[m.group(1)] = m.groups()[1:]
    if not rows:
        return None
    total = [sum(float(r[i]) for r in rows.values()) for i in (2, 3, 4)]
    low, high = min(int(r[0]) for r in rows.values()), max(int(r[0]) for r in rows.values())
    return f"{len(rows)} models, {total[0]:,.0f} executions, {total[1]:,.0f} steps, " \
        f"{total[2]:.0f} s; {low} to {high} preemptions, loads that read old values besides"


def told(pattern, form):
    def row(log):
        found = last(pattern, log)
        return found and form.format(*(found if isinstance(found, tuple) else (found,)))
    return row


def soak(log):
    found = re.findall(r"^soak: PASS: (\d+) s, (\d+) phases, (\d+) operations", log, re.MULTILINE)
    return found and "; ".join(f"{s} s, {p} phases, {int(o):,} operations" for s, p, o in found)


def coverage(log):
    rows = dict(re.findall(r"^coverage: (src\S*) (lines [\d.]+ branches [\d.]+)", log,
                           re.MULTILINE))
    return rows and "; ".join(f"`{room}` {what}" for room, what in sorted(rows.items()))


ROWS = [
    ("tests", lambda log: tests_by_kind()),
    ("lines", lambda log: lines()),
    ("tests passed, by build", matrix),
    ("models of the real source", models),
    ("mutants", told(r"^mutants: (.+)$", "{}")),
    ("calls that fail, from each site", told(r"^fault sites: (.+)$", "{}")),
    ("calls that fail, a sample of all", told(r"^fault points: (.+)$", "{}")),
    ("deterministic seeds", told(r"^GORO_SEED: (.+)$", "{}")),
    ("chaos seeds", told(r"^GORO_CHAOS_SEED: (.+)$", "{}")),
    ("soak", soak),
    ("coverage, percent", coverage),
    ("suppressions in any sanitizer", lambda log: suppressions()),
]


def main():
    log = "\n".join(read(path) for path in sys.argv[1:])
    if not log:
        sys.exit(__doc__)
    commit = subprocess.run(["git", "-C", ROOT, "log", "-1", "--format=%h of %cs"],
                            capture_output=True, text=True, check=False).stdout.strip()
    table = "\n".join(f"| {name} | {row(log) or MISSING} |" for name, row in ROWS)
    section = f"{BEGIN}\nCounted at {commit or 'no commit'}.\n\n| what | figures |\n|---|---|\n" \
        f"{table}\n{END}"
    page = read(PAGE)
    if BEGIN not in page or END not in page:
        sys.exit(f"figures.py: {PAGE} has no place for the figures")
    begin, end = page.index(BEGIN), page.index(END) + len(END)
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(page[:begin] + section + page[end:])
    print(section)


if __name__ == "__main__":
    main()
