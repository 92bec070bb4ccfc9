#!/bin/sh
# SPDX-License-Identifier: MIT
# tidy.sh BUILD_DIR: clang-tidy, as .clang-tidy says, over goro's own sources. BUILD_DIR has a
# compile_commands.json, best made by clang: tidy knows none of gcc's own options.
set -eu

if [ $# -ne 1 ] || [ ! -f "$1/compile_commands.json" ]; then
	echo "usage: $0 BUILD_DIR, a folder with a compile_commands.json" >&2
	exit 2
fi
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."

# Its count of warnings in headers of the system is no news.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 1' HUP INT TERM
if ! find src -name '*.c' -print0 |
	xargs -0 -n 4 -P "$(getconf _NPROCESSORS_ONLN)" clang-tidy --quiet -p "$build" \
		>"$log" 2>&1; then
	cat "$log"
	exit 1
fi
echo "clang-tidy: no findings in src"
