#!/bin/sh
# SPDX-License-Identifier: MIT
# demo.sh [ARGUMENT...]: installs what is missing, builds goro and runs examples/wordcount: the most
# frequent words of this tree, and how much faster all processors count them than one does.
# Arguments are passed on: `sh examples/demo.sh --top 20 ~/texts`.
set -eu

# Paths among the arguments are of the folder that the caller is in, so that stays.
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/lib/packages.sh"

build=$root/build/demo
need_build
cmake -S "$root" -B "$build" -G Ninja -DGORO_BUILD_TESTS=OFF -DGORO_BUILD_BENCH=OFF >/dev/null
cmake --build "$build" --target example_wordcount
if [ $# -eq 0 ]; then
	set -- "$root"
fi
exec "$build/examples/wordcount" --compare "$@"
