#!/bin/sh
# SPDX-License-Identifier: MIT
# nightly.sh: every preset with every test, then the loops that are too long for each commit. What
# it counted comes into docs/reliability.md.
# GORO_NIGHTLY_REPEATS (default 20): how often each racing test runs.
# GORO_NIGHTLY_SOAK (default 600): how many seconds everything runs at once, release and lto; a fifth
# of it with the sanitizers.
# GORO_NIGHTLY_FAULTS (default 1800): how many seconds calls of a sample are made to fail,
# in two builds; those of each site besides.
set -eu

cd "$(dirname "$0")/.."

if [ "${1:-}" != --logged ]; then
	log=build/nightly.log
	mkdir -p build
	{ sh tests/nightly.sh --logged 2>&1 || echo "==== nightly.sh: FAILED"; } | tee "$log"
	python3 tests/figures.py "$log" build/dev/Testing/Temporary/LastTest.log
	! grep -q '^==== nightly.sh: FAILED' "$log"
	exit
fi

. tests/lib/packages.sh
. tests/lib/parts.sh

repeats=${GORO_NIGHTLY_REPEATS:-20}
soak=${GORO_NIGHTLY_SOAK:-600}
faults=${GORO_NIGHTLY_FAULTS:-1800}

# Each run has seeds of its own, which it prints when it fails.
again() {
	ctest --preset "$1" --label-regex "$2" --repeat "until-fail:$repeats"
}

# Every label; the preset leaves those out that take hours under it. What is installed and how the
# sources look is the same in all builds.
part "packages" need_all
for name in release dev clang asan tsan chaos lto hardened valgrind aarch64 aarch64-bti; do
	part "$name" preset "$name"
done
part "clang-tidy" sh tests/tidy.sh build/clang

# The long loops: what races, again and again.
for name in release chaos tsan asan; do
	part "$name, $repeats times" again "$name" 'stress|api'
done
for name in release lto; do
	part "$name, soak" "build/$name/tests/soak/soak" "$soak"
	part "$name, soak of connections" "build/$name/tests/soak/soak_net" "$soak"
done
for name in asan tsan; do
	part "$name, soak of connections" "build/$name/tests/soak/soak_net" "$((soak / 5))"
done
part "10,000 seeds" sh tests/seeds.sh release 1 10000
for name in chaos asan tsan; do
	part "seeds, $name" sh tests/seeds.sh "$name" 1 1000 -t 600
done
for name in dev asan; do
	part "$name, faults at each site" python3 tests/fault/drive.py "build/$name/tests/fault" --sites 5
	part "$name, faults" python3 tests/fault/drive.py "build/$name/tests/fault" --points 40 \
		--seconds "$faults"
done
part "mutants" python3 tests/mutants/run.py --scratch build/mutants
part "mprotect guards" env GORO_GUARD=mprotect ctest --preset release --label-regex 'unit|api|stress'
part "chaos: 1000 seeds" sh tests/chaos.sh 1 1000
part "coverage" sh tests/coverage.sh
part "lto, $repeats times" again lto 'stress|api|unit'
print_times
