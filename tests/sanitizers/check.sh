#!/bin/sh
# SPDX-License-Identifier: MIT
# check.sh TOOL SOURCE LIBRARY [OPTION...]: a user's program built with a sanitizer, or run under
# valgrind, and linked with the plain library and these options. What is right is not reported,
# what is wrong is.
set -eu

tool=$1 source=$2 library=$3
shift 3
more=$*
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

build() {
	# shellcheck disable=SC2046,SC2086 # lists of options
	"$@" -g -O1 -fno-omit-frame-pointer -I"$source/include" -o "$dir/clean" \
		"$source/tests/sanitizers/clean.c" "$library" $(pkg-config --libs libuv) \
		-pthread -ldl $more
}

# expect STATUS TEXT COMMAND...: the command succeeds (0) or fails (1), and says TEXT.
expect() {
	want=$1 text=$2
	shift 2
	status=0
	"$@" >"$dir/log" 2>&1 || status=1
	if [ "$status" != "$want" ] || ! grep -q "$text" "$dir/log"; then
		echo "failed: $*: status $status, expected $want and \"$text\""
		cat "$dir/log"
		exit 1
	fi
}

need() {
	command -v "$1" >/dev/null || { echo "skipped: no $1"; exit 0; }
}

case $tool in
thread)
	need clang
	build clang -fsanitize=thread
	expect 0 success "$dir/clean"
	expect 1 "data race" "$dir/clean" race
	;;
address)
	build cc -fsanitize=address,undefined
	expect 0 success env ASAN_OPTIONS=detect_stack_use_after_return=1 "$dir/clean"
	expect 1 "stack-buffer-overflow" "$dir/clean" beyond
	;;
valgrind)
	need valgrind
	build cc
	expect 0 success valgrind --error-exitcode=9 --leak-check=full --fair-sched=try "$dir/clean"
	expect 0 "ERROR SUMMARY: 0 errors" \
		valgrind --error-exitcode=9 --leak-check=full --fair-sched=try "$dir/clean"
	;;
*)
	echo "check.sh: no tool called $tool"
	exit 2
	;;
esac
