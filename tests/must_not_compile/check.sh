#!/bin/sh
# SPDX-License-Identifier: MIT
# check.sh INCLUDE CASES COMPILER...: everything that a file of cases says must not compile, does
# not, for the reason given; and its twin, which differs in nothing else, compiles without a
# warning.
#
#   //! <name> -> <extended regular expression that an error must match>
#   //+ <statements that compile>
#   //- <statements that do not>
#
# The lines before the first case come before all of them.
include=$1
cases=$2
shift 2
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

flags="-std=c11 -Wall -Wextra -Wpedantic -Wcast-function-type"

# One .fits.c, one .refused.c, one .why and one .name a case.
awk -v dir="$dir" '
	function finish() {
		if (name == "")
			return
		base = dir "/" sprintf("%03d", ++n)
		print prelude "void fits(void);\nvoid fits(void)\n{\n" fits "}" >(base ".fits.c")
		print prelude "void refused(void);\nvoid refused(void)\n{\n" refused "}" \
			>(base ".refused.c")
		print why >(base ".why")
		print name >(base ".name")
		close(base ".fits.c"); close(base ".refused.c")
		close(base ".why"); close(base ".name")
	}
	/^\/\/! / {
		finish()
		at = index($0, " -> ")
		if (at == 0) { print FILENAME ":" NR ": no reason given"; exit 1 }
		name = substr($0, 5, at - 5); why = substr($0, at + 4)
		fits = refused = ""
		next
	}
	/^\/\/\+ / { fits = fits "\t" substr($0, 5) "\n"; next }
	/^\/\/- /  { refused = refused "\t" substr($0, 5) "\n"; next }
	name == "" { prelude = prelude $0 "\n" }
	END        { finish() }
' "$cases" >&2 || exit 1

failed=0
count=0
fail() {
	failed=1
	echo "$(cat "$base.name"): $1" >&2
	sed 's/^/    /' "$2" >&2
}

for why in "$dir"/*.why; do
	base=${why%.why}
	[ -e "$why" ] || break
	count=$((count + 1))
	# shellcheck disable=SC2086
	LC_ALL=C "$@" $flags -Werror -I"$include" -fsyntax-only "$base.fits.c" 2>"$base.out" ||
		fail "its twin does not compile" "$base.out"
	# shellcheck disable=SC2086
	if LC_ALL=C "$@" $flags -Werror=incompatible-pointer-types -I"$include" -fsyntax-only \
		"$base.refused.c" 2>"$base.out"; then
		fail "it compiles" "$base.refused.c"
	elif ! grep 'error:' "$base.out" | grep -Eq "$(cat "$why")"; then
		fail "no error says \"$(cat "$why")\"" "$base.out"
	fi
done

[ $count -gt 0 ] || { echo "$cases: no case in it" >&2; exit 1; }
echo "$count cases"
exit $failed
