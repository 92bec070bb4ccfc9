#!/bin/sh
# SPDX-License-Identifier: MIT
# C++: each coroutine throws and catches for itself, through frames that have parked and moved to
# other threads meanwhile, and destructors run on the way.
. "$(dirname "$0")/lib.sh"

tried=
for compiler in g++ clang++; do
	command -v $compiler >/dev/null 2>&1 || continue
	tried=yes
	program $compiler -std=c++11
	quietly "$dir/program"
done
[ -n "$tried" ] || skip "no C++ compiler"
