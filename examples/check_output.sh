#!/bin/sh
# SPDX-License-Identifier: MIT
# check_output.sh EXPECTED COMMAND...: the command must succeed and print exactly what the file
# EXPECTED holds.
expected=$1
shift
printed=$(mktemp) || exit 1
trap 'rm -f "$printed"' EXIT
trap 'exit 1' HUP INT TERM

"$@" >"$printed"
status=$?
diff -u "$expected" "$printed" || exit 1
if [ $status -ne 0 ]; then
	echo "exit status $status" >&2
	exit 1
fi
