# SPDX-License-Identifier: MIT
"""What the scripts of this folder share: building, rounds, medians, ratios, one table."""

import os
import platform
import shutil
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
NAME = "bench/" + os.path.basename(sys.argv[0])
TIMEOUT = 300


def die(message):
    sys.exit(f"{NAME}: {message}")


def say(message):
    print(f"{NAME}: {message}", file=sys.stderr)


def call(command, **kwargs):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **kwargs)
    return done.returncode, done.stdout


def build_goro(directory, examples="OFF"):
    """Configures the default build if none was named; builds either."""
    if directory is None:
        directory = os.path.join(ROOT, "build", "bench")
        code, text = call(["cmake", "-S", ROOT, "-B", directory, "-DCMAKE_BUILD_TYPE=Release",
                           "-DGORO_BUILD_BENCH=ON", "-DGORO_BUILD_TESTS=OFF",
                           f"-DGORO_BUILD_EXAMPLES={examples}"])
        if code != 0:
            die(f"cmake failed:\n{text}")
    if os.path.exists(os.path.join(directory, "CMakeCache.txt")):
        code, text = call(["cmake", "--build", directory, "-j", str(os.cpu_count() or 1)])
        if code != 0:
            die(f"the build in {directory} failed:\n{text}")
    return directory


def build_go(directory):
    """The Go programs as a command, or None: a machine without Go has an empty column."""
    if shutil.which("go") is None:
        say("no Go on this machine, its column stays empty")
        return None
    binary = os.path.join(directory, "peer")
    code, text = call(["go", "build", "-o", binary, "."], cwd=os.path.join(HERE, "peers", "go"),
                      env={**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": ""})
    if code != 0:
        say(f"the Go programs do not build, their column stays empty:\n{text}")
        return None
    return binary


def find_driver(directory, name):
    for place in ("bench", "bin", "examples", "."):
        for prefix in ("", "bench_", "bench-"):
            path = os.path.join(directory, place, prefix + name)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return path
    return None


def attempt(cell, *arguments):
    """What `cell` returns, {figure: ...} and what went wrong or None: one that fails does not end the
    run."""
    try:
        return cell(*arguments)
    except (OSError, subprocess.TimeoutExpired) as error:
        return {}, str(error)


def measure(command):
    """Runs one driver; {figure: (value, unit)}, and what went wrong or None. Raises what the system
    refuses."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    values = {}
    for line in done.stdout.splitlines():
        figure, value, unit = line.split()
        values[figure] = (float(value), unit)
    if done.returncode != 0:
        return values, (done.stderr.strip() or f"status {done.returncode}")
    return values, None


def pin(workers):
    """One worker: the server has the first CPU, the load the second. (server's, load's)"""
    cpus = sorted(os.sched_getaffinity(0))
    if workers > 1 or len(cpus) < 2:
        return set(cpus), set(cpus)
    return {cpus[0]}, {cpus[1]}


def under(cpus, command):
    return ["taskset", "-c", ",".join(map(str, sorted(cpus)))] + command


class Table:
    """Every value measured: (figure, workers) -> participant -> one value a round."""

    def __init__(self):
        self.values = {}
        self.units = {}
        self.failed = set()

    def add(self, figure, workers, who, value, unit):
        self.values.setdefault((figure, workers), {}).setdefault(who, []).append(value)
        if unit is not None:
            self.units[figure] = unit

    def all(self, figure, workers, who):
        """The rounds of one participant; a round without a figure is None."""
        return self.values.get((figure, workers), {}).get(who, [])

    def median(self, figure, workers, who):
        known = [v for v in self.all(figure, workers, who) if v is not None]
        return statistics.median(known) if known else None

    def ratios(self, figure, workers, above, below):
        pairs = zip(self.all(figure, workers, above), self.all(figure, workers, below))
        return [a / b for a, b in pairs if a is not None and b]


def show_progress(text):
    """On a terminal, one line that is overwritten; empty: wiped."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def number(value):
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def ratio(ratios):
    if not ratios:
        return "-"
    middle = f"{statistics.median(ratios):.2f}"
    return middle if len(ratios) == 1 else f"{middle} ({min(ratios):.2f}..{max(ratios):.2f})"


def print_rows(rows, left):
    """The first row is the head; the columns of `left` begin at the left."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [cell.ljust(width) if i in left else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip())


def in_turn(who, turn):
    """Every round begins with another one."""
    shift = turn % max(1, len(who))
    return who[shift:] + who[:shift]


def describe(rounds, scale, go):
    version = call(["go", "version"])[1].split()[2] if go else "absent"
    print(f"{platform.machine()}, {os.cpu_count()} CPUs, Linux {platform.release()}, "
          f"Go {version.removeprefix('go')}; {rounds} interleaved round(s)"
          + ("" if scale == 1 else f"; scale {scale}, targets do not apply"))


def add_options(parser):
    """What all scripts take."""
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--goro", metavar="BUILD_DIR", help="default: build/bench, release")
    parser.add_argument("--no-go", action="store_true", help="leave the Go column empty")
    parser.add_argument("--no-build", action="store_true", help="take --goro as it is")
    parser.add_argument("--scale", type=float, default=1, help="share of the work, to try it out")
    parser.add_argument("--strict", action="store_true", help="status 1 if a target is missed")


def check_options(parser, options):
    if options.rounds < 1 or not options.scale > 0:
        parser.error("--rounds and --scale must be positive")
    if options.no_build and not options.goro:
        parser.error("--no-build needs --goro")


def numbers(parser, option, text):
    """A list with commas."""
    try:
        found = [int(n) for n in text.split(",")]
    except ValueError:
        parser.error(f"{option} takes numbers")
    if min(found) < 1:
        parser.error(f"{option} takes positive numbers")
    return found
