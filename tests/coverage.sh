#!/bin/sh
# SPDX-License-Identifier: MIT
# coverage.sh: which lines and branches of src/ the tests run. Prints those they don't, and for each
# room a line "coverage: src/<room> lines <percent> branches <percent> (...)"; fails if one of the
# rooms that tests/lib/coverage.py names has less than it asks for.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/packages.sh
. tests/lib/parts.sh

part "packages" need_all
for name in coverage coverage-chaos; do
	part "$name: build" build "$name"
	find "build/$name" -name '*.gcda' -delete
	part "$name" ctest --preset "$name"
done
part "mprotect guards" env GORO_GUARD=mprotect ctest --preset coverage --label-regex 'unit|api'
part "soak" build/coverage/tests/soak/soak 5
print_times
python3 tests/lib/coverage.py . build/coverage build/coverage-chaos
