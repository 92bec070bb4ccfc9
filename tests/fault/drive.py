#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""drive.py: makes each call of goro's to libc fail in turn, under program after program.

First each program runs without a fault, which counts its calls by kind. Then, for each kind and each
k up to that count, it runs once with the k-th call failing (at), and once with the k-th and all later
ones failing (from). With --sites it is not each k, but the first call of each site: of each way
through the library that ends in a call (fault.h). A run is good if the program ends by itself, in
time, with 0 and what it prints otherwise, or with an error that it tells: no signal, no broken
invariant, no sanitizer's report.
everything.c says 0 only if nothing is lost, nothing held, and what had failed works afterwards;
the others do not check all that they are told, and may end early.

Threads race, so neither a count nor the sites are the same each time: sites are gathered from some
runs, and points that no try reaches are counted apart.
"""
import argparse
import collections
import concurrent.futures
import os
import random
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# What no program may say, however it ends.
ALARMS = re.compile(
    r"goro: \w+/\w+\.[ch]:\d+: .*"       # a broken invariant
    r"|goro: SIG\w+ in coroutine.*"
    r"|Test failed with exception: .*"   # cmocka's name for a signal
    r"|ERROR: \w+Sanitizer.*|WARNING: \w+Sanitizer.*|runtime error: .*"
    r"|, its status is 0x[0-9a-f]*[1-9a-f]; .*")  # a child that a signal has ended

Program = collections.namedtuple("Program", "name command env")
Point = collections.namedtuple("Point", "program kind mode k site", defaults=(0,))
Result = collections.namedtuple("Result", "status said calls failed sites hung")

# As in fault.h.
SITES = 32768
SITE_KINDS = 128


def read_kinds():
    with open(os.path.join(HERE, "kinds.def")) as f:
        return re.findall(r"^FAULT\((\w+),", f.read(), re.M)


def read_in_vain():
    with open(os.path.join(HERE, "in_vain.txt")) as f:
        return [line.split(None, 2)[:2] for line in f if line[0] != "#"]


KINDS = read_kinds()
IN_VAIN = read_in_vain()


def find_programs(folder):
    programs = []
    for file in sorted(os.listdir(folder)):
        path = os.path.join(folder, file)
        if not file.startswith("fault_") or not os.access(path, os.X_OK) or os.path.isdir(path):
            continue
        name = file[len("fault_"):]
        if name == "everything":
            programs.append(Program(name, [path], {}))
            programs.append(Program(name + "+mprotect", [path], {"GORO_GUARD": "mprotect"}))
            programs.append(Program(name + "+pipe", [path], {"FAULT_ALWAYS": "vm_readv"}))
        elif name == "example_wordcount":
            words = os.path.join(ROOT, "include")
            programs.append(Program(name, [path, "--workers=2", words], {}))
        elif name.startswith("example_"):
            programs.append(Program(name, [path], {"GORO_WORKERS": "2"}))
        elif name.startswith("api_"):
            programs.append(Program(name, [path],
                                    {"GORO_TEST_WORKERS": "2", "GORO_TEST_SCALE": "100"}))
    return programs


# A disk that others write to takes its time for an fsync().
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def run(program, env, limit):
    """Runs it once. What hangs is asked for a dump (SIGALRM), and killed if it does not answer."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, \
            tempfile.NamedTemporaryFile(dir=folder) as log:
        whole = dict(os.environ, FAULT_LOG=log.name, TMPDIR=folder, **program.env)
        whole.update(env)
        child = subprocess.Popen(program.command, env=whole, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 start_new_session=True)
        hung = False
        try:
            said, _ = child.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            hung = True
            os.killpg(child.pid, signal.SIGALRM)
            try:
                said, _ = child.communicate(timeout=5)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                said, _ = child.communicate()
        data = log.read()
    words = len(KINDS) + 1 + SITES
    numbers = struct.unpack("=%dQ" % words, data.ljust(8 * words, b"\0"))
    return Result(child.returncode, said.decode(errors="replace"), dict(zip(KINDS, numbers)),
                  numbers[len(KINDS)], {n for n in numbers[len(KINDS) + 1:] if n}, hung)


def fault_env(point):
    env = {"FAULT_KIND": point.kind, "FAULT_" + point.mode.upper(): str(point.k)}
    if point.site:
        env["FAULT_SITE"] = str(point.site)
    return env


def in_vain(point):
    return any(re.fullmatch(p, point.program.name) and re.fullmatch(k, point.kind)
               for p, k in IN_VAIN)


LIBUV_ABORTS = 99  # fault_uv.c


def complaint(point, result):
    """What is wrong with a run, or None."""
    if result.status == LIBUV_ABORTS and point.kind == "uv_alloc":
        return None
    if result.hung:
        return None if in_vain(point) else "hangs"
    if result.status < 0:
        return "killed by " + signal.Signals(-result.status).name
    if point.program.name.startswith("everything") and result.status != 0:
        return "exit status %d" % result.status
    found = ALARMS.search(result.said)
    return found.group(0) if found else None


def choose(n, most, rng):
    """All of 1..n, or the first few and a sample of the rest: nearly the same one if n, which differs
    from run to run, is nearly the same."""
    if n <= most:
        return list(range(1, n + 1))
    first = (most + 1) // 2
    rest = {first + 1 + int(rng.random() * (n - first)) for _ in range(most - first)}
    return list(range(1, first + 1)) + sorted(rest)


def count(programs, options):
    """The calls of each by kind, and its sites."""
    runs = options.sites or 1
    env = {"FAULT_NOTE": "1"} if options.sites else {}

    def one(program):
        result = run(program, env, options.limit)
        if result.status != 0:
            sys.exit("%s fails without a fault:\n%s" % (program.name, result.said))
        return result

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(one, [p for p in programs for _ in range(runs)]))
    return [(program, results[i * runs].calls,
             sorted(set().union(*(r.sites for r in results[i * runs:(i + 1) * runs]))))
            for i, program in enumerate(programs)]


def points_of(program, calls, sites, options):
    """Those of one program, each with what orders them at random."""
    points = []
    for number, kind in enumerate(KINDS):
        if not re.fullmatch(options.kinds, kind):
            continue
        for mode in ("at", "from"):
            rng = random.Random("%d %s %s %s" % (options.seed, program.name, kind, mode))
            if options.sites:
                here = [Point(program, kind, mode, 1, s) for s in sites if s % SITE_KINDS == number]
            else:
                here = [Point(program, kind, mode, k)
                        for k in choose(calls[kind], options.points, rng)]
            points += [(rng.random(), point) for point in here]
    return points


def print_failure(point, what, result):
    env = dict(point.program.env, **fault_env(point))
    print("\nFAILED %s, %s %s %d: %s" % (point.program.name, point.kind, point.mode, point.k, what))
    print("  again: env %s %s" % (" ".join("%s=%s" % v for v in env.items()),
                                  " ".join(point.program.command)))
    for line in result.said.splitlines()[-40:]:
        print("  | " + line)
    sys.stdout.flush()


def drive(options):
    programs = [p for p in find_programs(options.folder) if re.search(options.programs, p.name)]
    if not programs:
        sys.exit("no such program in " + options.folder)
    counted = count(programs, options)
    points = sum((points_of(*c, options) for c in counted), [])
    points = [point for _, point in sorted(points, key=lambda p: p[0])]
    until = time.monotonic() + options.seconds if options.seconds else None
    passed, failed, missed = (collections.Counter() for _ in range(3))
    left = 0

    def one(point):
        if until is not None and time.monotonic() > until:
            return None
        limit = min(options.limit, 5) if in_vain(point) else options.limit
        for _ in range(5 if point.site else 1):
            result = run(point.program, fault_env(point), limit)
            if result.failed != 0 or complaint(point, result) is not None:
                break
        return result

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for point, result in zip(points, pool.map(one, points)):
            if result is None:
                left += 1
                continue
            what = complaint(point, result)
            if what is not None:
                failed[point.kind] += 1
                print_failure(point, what, result)
            elif result.failed == 0:
                missed[point.kind] += 1
            else:
                passed[point.kind] += 1

    print("\n%-18s %10s %8s %8s %8s" % ("kind", "calls", "passed", "failed", "missed"))
    for kind in KINDS:
        calls = sum(c[kind] for _, c, _ in counted)
        print("%-18s %10d %8d %8d %8d" % (kind, calls, passed[kind], failed[kind], missed[kind]))
    n_passed, n_failed = sum(passed.values()), sum(failed.values())
    print("fault %s: %d in %d programs, %d passed, %d failed (%d not reached, %d left for another "
          "seed; seed %d)" % ("sites" if options.sites else "points", n_passed + n_failed,
                              len(programs), n_passed, n_failed, sum(missed.values()), left,
                              options.seed))
    never = [kind for kind in KINDS if not any(c[kind] for _, c, _ in counted)]
    if never and options.every_kind:
        print("never called: " + ", ".join(never))
    return 1 if failed or not passed or (never and options.every_kind) else 0


def check_complete(library, nm):
    """Each function of others that the library calls can be made to fail, or is known not to."""
    text = subprocess.run([nm, "-p", library], stdout=subprocess.PIPE, check=True,
                          universal_newlines=True).stdout
    defined = set(re.findall(r" [A-TV-Za-tv-z] (\S+)$", text, re.M))
    wanted = set(re.findall(r" U (\S+)$", text, re.M)) - defined
    with open(os.path.join(HERE, "cannot_fail.txt")) as f:
        known = {line.split()[0] for line in f if line.strip() and line[0] != "#"}
    unknown = sorted(s for s in wanted - known
                     if not s.startswith("fault_")
                     and not re.match(r"_*(asan|ubsan|tsan|sanitizer|lsan|stack_chk)_", s))
    for symbol in unknown:
        print(symbol + ": neither in redirect.syms nor in cannot_fail.txt")
    if not any(s.startswith("fault_") for s in wanted):
        sys.exit("nothing is redirected in " + library)
    return 1 if unknown else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="where the programs fault_* are (tests/fault of a build)")
    parser.add_argument("--programs", default="", metavar="REGEX")
    parser.add_argument("--kinds", default=".*", metavar="REGEX", help="whole names of kinds.def")
    parser.add_argument("--points", type=int, default=1000000, metavar="N",
                        help="at most so many of a program, kind and mode (default: all)")
    parser.add_argument("--sites", type=int, metavar="N", help="the sites of N runs of each program")
    parser.add_argument("--seconds", type=float, metavar="S", help="begin no run after so long")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10 ** 6),
                        help="chooses the sample")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=float, default=40, metavar="S", help="longer is a hang")
    parser.add_argument("--every-kind", action="store_true", help="a kind never called is a failure")
    parser.add_argument("--complete", metavar="NM", help="instead: check the redirected library")
    options = parser.parse_args()
    if options.complete:
        return check_complete(os.path.join(options.folder, "libgoro_faulty.a"), options.complete)
    return drive(options)


if __name__ == "__main__":
    sys.exit(main())
