# SPDX-License-Identifier: MIT
# lib.sh: what the cases share; to be sourced, with the case's own arguments:
#   CASE SOURCE BUILD LIBRARY CC
# It gives a folder $dir that is removed at the end.
set -eu

# shellcheck disable=SC2034 # not every case uses all
source=$1 build=$2 library=$3 cc=$4
here=$source/tests/cases
name=$(basename "$0" .sh)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

# The case cannot be tried here.
skip() {
	echo "skipped: $*"
	exit 0
}

need() {
	command -v "$1" >/dev/null 2>&1 || skip "no $1"
}

# Says what is run, and shows its output only if it fails.
quietly() {
	if ! "$@" >"$dir/log" 2>&1; then
		echo "failed: $*"
		cat "$dir/log"
		exit 1
	fi
}

# The last thing that was run said this.
says() {
	if ! grep -q -e "$1" "$dir/log"; then
		echo "failed: no \"$1\" in"
		cat "$dir/log"
		exit 1
	fi
}

says_not() {
	if grep -q -e "$1" "$dir/log"; then
		echo "failed: \"$1\" in"
		cat "$dir/log"
		exit 1
	fi
}

# program COMPILER FLAG...: builds the case's program, with the shared library, as $dir/program.
program() {
	compiler=$1
	shift
	case $compiler in
	*++*) suffix=cc ;;
	*) suffix=c ;;
	esac
	quietly "$compiler" -g -O1 -Wall -Wextra -Werror -I"$source/include" \
		-o "$dir/program" "$here/$name.$suffix" "$@" \
		"$library" "-Wl,-rpath,$(dirname "$library")" -pthread -ldl
}
