#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""model.py: builds and runs models of the real sources (model.h says what a model is).

  model.py list                              every model and its twins
  model.py engine -o FILE                    the engine, a library
  model.py build NAME -o FILE [CHANGE]       a program
  model.py run NAME [CHANGE] [-- OPTION...]  builds it in a temporary folder and runs it

CHANGE is --twin TWIN, from NAME.model, or --change FILE FROM TO [--nth N]: what mutate.py does to a
file of src/. A twin passes when it fails as its "expect" line says; --change alone hands on what
the program returned.

NAME.model beside NAME_model.c has lines of a word and a text:

  sources FILE...     of src/ (or model/, here), compiled with the model
  flags FLAG...       for the compiler
  options OPTION...   of the program (main.c)
  twin NAME           and below it: expect KIND,..., file FILE, from TEXT, to TEXT; perhaps nth N,
                      and only MODEL, where that one finds it and others take long
"""
import argparse
import os
import shlex
import subprocess
import sys
import tempfile

import mutate

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ENGINE = ["explore", "run", "threads", "wait", "memory", "view", "location", "race", "instrument", "arena",
          "report", "crash", "main", "os", "check", "current"]
COMMON = ["-std=gnu11", "-D_GNU_SOURCE", "-DGR_MODEL=1", "-g", "-fno-pie", "-fno-omit-frame-pointer",
          f"-ffile-prefix-map={ROOT}/=", "-Wall", "-Wextra", "-Werror"]
INCLUDE = [f"-I{HERE}", f"-I{HERE}/include", f"-I{ROOT}/src", f"-I{ROOT}/include"]
# Each plain access and each end of a function is told to instrument.c.
TELL = ["-O1", "-fsanitize=thread", "-fno-optimize-sibling-calls", "-Wno-unused-value",
        "-include", f"{HERE}/include/libc.h"]


def describe(name):
    """NAME.model as { sources, flags, options, twins: { name: { expect, file, from, to, nth } } }."""
    model = {"sources": [], "flags": [], "options": [], "twins": {}}
    here = model
    with open(f"{HERE}/{name}.model", encoding="utf-8") as f:
        for line in f:
            word, _, text = line.strip().partition(" ")
            text = text.strip()
            if word in ("", "#"):
                continue
            if word in ("sources", "flags", "options"):
                model[word] += text.split()
            elif word == "twin":
                here = model["twins"].setdefault(text, {"to": ""})
            else:
                here[word] = text
    return model


def names():
    return sorted(f[:-len(".model")] for f in os.listdir(HERE) if f.endswith(".model"))


def call(command):
    done = subprocess.run(command, check=False)
    if done.returncode != 0:
        sys.exit(f"model.py: {shlex.join(command)}")


def build_engine(cc, out):
    with tempfile.TemporaryDirectory() as tmp:
        machine = os.uname().machine
        jobs = [(f"{HERE}/{file}.c", file) for file in ENGINE]
        jobs += [(f"{ROOT}/src/context/context.c", "context"),
                 (f"{ROOT}/src/context/switch_{machine}.S", "switch")]
        objects = []
        for source, file in jobs:
            objects.append(f"{tmp}/{file}.o")
            call([cc, *COMMON, "-O2", "-DMODEL_ENGINE", *INCLUDE, "-c", source, "-o", objects[-1]])
        if os.path.exists(out):
            os.unlink(out)
        call(["ar", "rcs", out, *objects])


def build(cc, name, out, tmp, engine, change=None):
    """change: a dict with file, from, to and perhaps nth."""
    model = describe(name)
    include = INCLUDE
    if change is not None:
        changed = f"{tmp}/src/{change['file']}"
        nth = change.get("nth")
        try:
            mutate.mutate_file(f"{ROOT}/src/{change['file']}", changed, change["from"],
                               change["to"], nth and int(nth))
        except mutate.NotThere as e:
            sys.exit(f"model.py: {e}")
        include = [f"-ffile-prefix-map={tmp}/=", *INCLUDE[:2], f"-I{tmp}/src", *INCLUDE[2:]]
    sources = [f"{HERE}/{name}_model.c"]
    for source in model["sources"]:
        if source.startswith("model/"):
            sources.append(f"{HERE}/{source[len('model/'):]}")
        elif change is not None and source == change["file"]:
            sources.append(changed)
        else:
            sources.append(f"{ROOT}/src/{source}")
    if engine is None:
        engine = f"{tmp}/libmodel.a"
        build_engine(cc, engine)
    # -fsanitize=thread would link its library, so the link is a command of its own.
    objects = [f"{tmp}/{i}.o" for i in range(len(sources))]
    for source, made in zip(sources, objects):
        call([cc, *COMMON, *TELL, *include, *model["flags"], "-c", source, "-o", made])
    call([cc, "-no-pie", *objects, engine, "-o", out])


def change_of(args):
    if args.twin is not None:
        return describe(args.name)["twins"][args.twin]
    if args.change is not None:
        file, old, new = args.change
        return {"file": file, "from": old, "to": new, "nth": args.nth}
    return None


def run(args):
    change = change_of(args)
    with tempfile.TemporaryDirectory() as tmp:
        program = args.out or f"{tmp}/{args.name}"
        build(args.cc, args.name, program, tmp, args.engine, change)
        if args.command == "build":
            return 0
        options = describe(args.name)["options"] + args.options
        if change is not None and "expect" in change:
            options += ["--expect", change["expect"]]
        if change is not None and "only" in change:
            options += ["--only", change["only"]]
        return subprocess.run([program, *options], check=False).returncode


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["list", "engine", "build", "run"])
    parser.add_argument("name", nargs="?")
    parser.add_argument("-o", "--out")
    parser.add_argument("--cc", default="gcc")
    parser.add_argument("--engine", help="the library that `model.py engine` made")
    parser.add_argument("--twin")
    parser.add_argument("--change", nargs=3, metavar=("FILE", "FROM", "TO"))
    parser.add_argument("--nth", type=int)
    argv = sys.argv[1:]
    end = argv.index("--") if "--" in argv else len(argv)
    args = parser.parse_args(argv[:end])
    args.options = argv[end + 1:]
    if args.command == "list":
        for name in names():
            print(name, *describe(name)["twins"])
    elif args.command == "engine":
        build_engine(args.cc, args.out)
    else:
        sys.exit(run(args))


if __name__ == "__main__":
    main()
