#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""run.py: kills mutants of the sources, one at a time, and says which check killed each.

  run.py [--files REGEX] [--checks REGEX] [--part I/N] [--seconds S] [--results FILE]
         [--scratch FOLDER]
  run.py --sample N       N of those that a quick model kills, others each day
  run.py --list           what there is, with the checks of each

mutants.py makes them; checks.txt says which checks a file's mutants must pass, the quickest first.
The sources are changed in a copy. Each check is seen to pass without a mutant before it may kill
one; a test that does not end has killed, a model that does not has not. An order is given to models
and to ThreadSanitizer alone: to the processor it is often the same instruction.

A mutant that survives must stand in survivors.txt with its reason, one that stands there must
survive, and 95 % must be killed; those whose reason begins with "equivalent:" are counted apart.
With --results, what stands in FILE is not done again, so that a run may go on where it was
stopped, and several --part may share one. Only a run that has done all that was asked can fail for
the percentage.
"""
import argparse
import filecmp
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import mutants
from mutants import model

ROOT = mutants.ROOT
MODEL_LIMIT = 600
LEAST = 95  # per cent
QUICK = r"model\.(lock|bitlock)$"  # about a second each, with the compiler's time
PARTS = ["CMakeLists.txt", "CMakePresets.json", "cmake", "docs", "examples", "include", "src", "tests"]


def read_checks(wanted):
    checks = {}
    with open(f"{mutants.HERE}/checks.txt", encoding="utf-8") as f:
        for line in f:
            words = line.split("#")[0].split()
            if words:
                checks[words[0]] = [w for w in words[1:] if re.search(wanted, w)]
    return checks


def read_survivors():
    """{ name: reason }; a line is NAME: REASON, with two spaces before the reason."""
    with open(f"{mutants.HERE}/survivors.txt", encoding="utf-8") as f:
        lines = [line.strip() for line in f if line.strip() and not line.startswith("#")]
    return dict(re.split(r"  +", line, maxsplit=1) for line in lines)


def checks_of(mutant, checks):
    names = list(dict.fromkeys(mutant.checks + checks.get(mutant.file, [])))
    if mutant.kind == "order" or "relaxed" in mutant.name:
        names = [n for n in names if n.startswith(("model.", "tsan:"))]
    return names


class Broken(Exception):
    """It cannot be built, or fails without a mutant."""


def files_of(path):
    if os.path.isfile(path):
        return [path]
    return [f"{at}/{name}" for at, _, names in os.walk(path) for name in names]


def copy(path, to):
    """Unless it is the same already, so that what was built of it still counts."""
    if not (os.path.exists(to) and filecmp.cmp(path, to, shallow=False)):
        os.makedirs(os.path.dirname(to), exist_ok=True)
        shutil.copyfile(path, to)
        shutil.copymode(path, to)


class Bench:
    """The copy of the tree, and what is built in it."""

    def __init__(self, folder, cc):
        self.folder = folder
        for part in PARTS:
            for path in files_of(f"{ROOT}/{part}"):
                copy(path, f"{folder}/{os.path.relpath(path, ROOT)}")
        self.engine = None
        self.model = [sys.executable, f"{folder}/tests/model/model.py", "--cc", cc]
        self.sound = {}  # check: how long it takes

    def call(self, command, limit):
        """Its status and output; None: it was stopped at the limit."""
        with subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, errors="replace",
                              stderr=subprocess.STDOUT, start_new_session=True) as child:
            try:
                output, _ = child.communicate(timeout=limit)
                return child.returncode, output
            except subprocess.TimeoutExpired:
                return None, ""
            finally:
                if child.poll() is None:
                    os.killpg(child.pid, signal.SIGKILL)
                    child.communicate()

    def model_fails(self, name, first):
        """Cheap bounds first: most of what is killed dies without any preemption."""
        if self.engine is None:
            self.engine = f"{self.folder}/libmodel.a"
            self.must([*self.model, "engine", "-o", self.engine])
        program = f"{self.folder}/model"
        self.must([*self.model, "--engine", self.engine, "build", name, "-o", program])
        run = [program, *model.describe(name)["options"]]
        for more in [*first, ["--preemptions", "0"], []]:
            status, output = self.call([*run, *more], MODEL_LIMIT)
            if status:
                kind = re.search(r"^(check|race|dead|deadlock|livelock|crash)\b", output, re.M)
                if kind is None:
                    raise Broken(output)
                return f"({kind.group(1)})"
        return None  # or cut off

    def must(self, command):
        status, output = self.call(command, 3600)
        if status != 0:
            raise Broken(output)

    def test_fails(self, preset, name, limit):
        build = f"build/{preset}"
        if not os.path.exists(f"{self.folder}/{build}/build.ninja"):
            self.must(["cmake", "--preset", preset, "-DGORO_BUILD_EXAMPLES=OFF",
                       "-DGORO_BUILD_BENCH=OFF", "-DGORO_INSTALL=OFF"])
        self.must(["cmake", "--build", build, "-j2", "--target", "test_" + name.replace(".", "_")])
        status, output = self.call(
            ["ctest", "--preset", preset, "--no-tests=error", "-R", f"^{re.escape(name)}$"],
            limit)
        if status is None:
            return "(hangs)"
        if status == 0:
            return None
        return "(ThreadSanitizer)" if "WARNING: ThreadSanitizer" in output else "(fails)"

    def fails(self, check, first=()):
        """How it fails; None: it passes. A hang takes ten times as long, and half a minute. `first`:
        options with which a model is likely to fail."""
        limit = 30 + 10 * self.sound.get(check, 60)
        if check.startswith("model."):
            return self.model_fails(check[len("model."):], first)
        preset, _, name = check.rpartition(":")
        return self.test_fails(preset or "dev", name, limit)

    def must_pass(self, check):
        if check not in self.sound:
            how = self.fails(check)
            began = time.monotonic()
            if how is None and not check.startswith("model."):
                how = self.fails(check)  # without building it
            if how is not None:
                raise Broken(f"{check} fails without a mutant {how}")
            self.sound[check] = time.monotonic() - began

    def killer(self, mutant, names):
        """The check that kills it, and how; "": none."""
        path = f"{self.folder}/src/{mutant.file}"
        with open(path, encoding="utf-8") as f:
            sound = f.read()
        for check in names:
            self.must_pass(check)
            try:
                with open(path, "w", encoding="utf-8") as f:
                    f.write(mutant.text)
                how = self.fails(check, mutant.first if check in mutant.checks else ())
            except Broken as e:
                raise Broken(f"{mutant.name}: {e}") from None
            finally:
                with open(path, "w", encoding="utf-8") as f:
                    f.write(sound)
            if how is not None:
                return f"{check} {how}"
        return ""


class Results:
    """What was found, in a file of lines NAME, two spaces, killer or "-"."""

    def __init__(self, path):
        self.path = path
        self.of = {}
        if path is not None and os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                for line in f:
                    name, _, killer = line.rstrip("\n").partition("  ")
                    self.of[name] = killer.replace("-", "", killer == "-")

    def add(self, mutant, killer):
        self.of[mutant.name] = killer
        print(f"src/{mutant.file}:{mutant.line}: {mutant.name.partition(' ')[2]}: "
              f"{'killed by ' + killer if killer else 'SURVIVED'}", flush=True)
        if self.path is not None:
            with open(self.path, "a", encoding="utf-8") as f:
                f.write(f"{mutant.name}  {killer or '-'}\n")


def verdict(chosen, results, whole):
    """Prints the figures; returns what is wrong."""
    done = [m for m in chosen if m.name in results.of]
    alive = [m.name for m in done if results.of[m.name] == ""]
    reasons = read_survivors()
    equal = [n for n in alive if reasons.get(n, "").startswith("equivalent:")]
    killed = len(done) - len(alive)
    wrong = [f"survived, and survivors.txt does not say why: {n}"
             for n in alive if n not in reasons]
    wrong += [f"in survivors.txt, and killed by {results.of[m.name]}: {m.name}"
              for m in done if m.name in reasons and m.name not in alive]
    if whole:
        names = {m.name for m in chosen}
        wrong += [f"in survivors.txt, and no mutant: {n}" for n in reasons if n not in names]
    if len(done) < len(chosen):
        print(f"not done: {len(chosen) - len(done)}")
    print(f"mutants: {len(done)} killed {killed} survived {len(alive)} "
          f"({100 * killed / max(1, len(done)):.1f} %)")
    print(f"without the {len(equal)} equivalent: {len(done) - len(equal)} killed {killed} "
          f"({100 * killed / max(1, len(done) - len(equal)):.1f} %)")
    if whole and len(done) == len(chosen) and 100 * killed < LEAST * (len(done) - len(equal)):
        wrong.append(f"less than {LEAST} % killed")
    return wrong


def choose(args, everyone, checks):
    if args.sample:
        quick = [m for m in everyone if m.name not in read_survivors() and
                 re.match(QUICK, (checks_of(m, checks) or [""])[0])]
        random.seed(int(time.time()) // 86400)
        return random.sample(quick, min(args.sample, len(quick)))
    part, parts = map(int, args.part.split("/"))
    return [m for i, m in enumerate(m for m in everyone if re.search(args.files, m.file))
            if i % parts == part % parts]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", default="", metavar="REGEX")
    parser.add_argument("--checks", default="", metavar="REGEX")
    parser.add_argument("--part", default="1/1", metavar="I/N")
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--results")
    parser.add_argument("--scratch")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--cc", default="gcc")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was changed is put back

    checks = read_checks(args.checks)
    everyone = mutants.all_of(checks)
    chosen = choose(args, everyone, checks)
    if args.list:
        for m in chosen:
            print(f"{m.name} [{m.kind}]:", *checks_of(m, checks))
        return 0
    ends = time.monotonic() + args.seconds
    results = Results(args.results)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(args.scratch or folder, args.cc)
        for m in chosen:
            if m.name in results.of:
                continue
            if time.monotonic() > ends:
                break
            results.add(m, bench.killer(m, checks_of(m, checks)))
    wrong = verdict(chosen, results, len(chosen) == len(everyone))
    for w in wrong:
        print(f"run.py: {w}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Broken as e:
        sys.exit(f"run.py: {str(e)[-4000:]}")
