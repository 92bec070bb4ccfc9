#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh [PRESET...]: installs what is missing, builds and runs the tests of the presets of
# CMakePresets.json (default: dev and release), and ends at the first that fails. The broken twins of
# the models, and what a model has to explore after so many seconds, are left to tests/nightly.sh.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/packages.sh

if [ $# -eq 0 ]; then
	set -- dev release
fi
need_build
need_tests
for preset in "$@"; do
	need_for "$preset"
	cmake --preset "$preset"
	cmake --build --preset "$preset"
	case $preset in
	dev) GORO_MODEL_SECONDS=3 ctest --preset dev --exclude-regex '\.twin_' ;;
	# What compilers refuse and how the sources look is the same in each.
	*) ctest --preset "$preset" --label-exclude 'must_not_compile|structure' ;;
	esac
done
