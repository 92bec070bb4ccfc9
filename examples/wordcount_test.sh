#!/bin/sh
# SPDX-License-Identifier: MIT
# wordcount_test.sh COMMAND...: what wordcount prints is what tr | sort | uniq -c finds, for texts
# made here to be awkward; and its options and exit statuses are what --help says. The number of
# workers is GORO_WORKERS, and in one place each of 1, 2 and 8.
set -u
export LC_ALL=C
dir=$(mktemp -d) || exit 1
trap 'chmod -R u+rwx "$dir"; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
failures=0

fail() {
	echo "FAILED: $*"
	failures=$((failures + 1))
}

# What it should print for the text on stdin.
reference() {
	tr -cs 'A-Za-z' '\n' | tr A-Z a-z | grep . | sort | uniq -c | sort -k1,1nr -k2,2 |
		sed 's/^ *//'
}

# agrees WHAT COMMAND...: it succeeds and prints what is in $dir/expected.
agrees() {
	what=$1
	shift
	"$@" >"$dir/printed" 2>"$dir/told"
	rc=$?
	[ $rc -eq 0 ] || fail "$what: exit status $rc: $(head -3 "$dir/told")"
	[ ! -s "$dir/told" ] || fail "$what: told something: $(head -3 "$dir/told")"
	cmp -s "$dir/expected" "$dir/printed" ||
		fail "$what: $(diff "$dir/expected" "$dir/printed" | cut -c1-100 | head -5)"
}

# exits STATUS WHAT COMMAND...
exits() {
	wanted=$1 what=$2
	shift 2
	"$@" >"$dir/printed" 2>"$dir/told" </dev/null
	rc=$?
	[ $rc -eq "$wanted" ] || fail "$what: exit status $rc, not $wanted"
}

tells() {
	grep -q -- "$1" "$dir/told" || fail "$what: does not tell \"$1\": $(head -3 "$dir/told")"
}

# ---- texts ----

tree=$dir/tree
mkdir -p "$tree/a/b/c" "$tree/a/.hidden" "$tree/many" "$tree/empty directory"

# Words of all lengths at all places of a block: lines whose length has no factor in common with
# the size of a block.
awk 'BEGIN {
	x = 1
	for (i = 0; i < 40000; i++) {
		x = (x * 16807) % 2147483647
		n = 1 + x % 13
		w = substr("Abcdefghijklmnopq", 1 + x % 5, n)
		printf "%s%s", w, i % 11 == 0 ? ",\n" : " "
	}
}' >"$tree/long text"
: >"$tree/empty"
printf 'no newline at the end of one' >"$tree/a/no newline"
printf 'next to it: one, Two, TWO' >"$tree/a/no newline either"
printf 'nul\000bytes\000\000are no letters\377\200caf\303\251 don'\''t x1y2z' >"$tree/a/b/binary"
printf '[\\]^_`{|}~@ around the letters: @A[ `a{ Zz' >"$tree/a/b/c/neighbours"
printf 'zbgyfvs lqvcatq zbgyfvs ugwvlyaqysrcdfplluur qkcnvmlrlistmhjnfule' >"$tree/a/same hashes"
printf 'hidden files count' >"$tree/a/.hidden/.file"
i=0
while [ $i -lt 300 ]; do
	echo "small file number $i Small" >"$tree/many/$i"
	i=$((i + 1))
done
ln -s "$dir/not this" "$tree/dangling"
ln -s "$dir/elsewhere" "$tree/link"
ln -s . "$tree/loop"
mkfifo "$tree/fifo"
echo "elsewhere is behind a link" >"$dir/elsewhere"

# A word as long as many blocks, words that end and begin at a border, and one before it.
letters() {
	head -c "$1" /dev/zero | tr '\000' "$2"
}
letters 1000000 q >"$tree/one word"
for n in 65534 65535 65536 65537 49151 49152 49153; do
	{
		letters $n A
		printf ' '
		letters $n b
		printf ' c'
	} >"$tree/border $n"
done

# ---- agreement ----

find "$tree" -type f -exec sh -c 'for f; do cat "$f"; echo; done' sh {} + | reference \
	>"$dir/expected"
[ "$(wc -l <"$dir/expected")" -gt 50 ] || fail "the reference is too short to prove anything"
for workers in 1 2 8; do
	agrees "the tree, $workers workers" "$@" --workers $workers --top 0 "$tree"
done
agrees "the tree, two times" "$@" --top=0 "$tree"
mv "$dir/expected" "$dir/all"

head -7 "$dir/all" >"$dir/expected"
agrees "the first 7" "$@" --top 7 "$tree"
head -10 "$dir/all" >"$dir/expected"
agrees "the first 10" "$@" "$tree"
cp "$dir/all" "$dir/expected"
agrees "more than there are" "$@" -t 2147483647 -w 3 "$tree"

: >"$dir/expected"
agrees "an empty file" "$@" "$tree/empty"
agrees "an empty directory" "$@" --top 0 "$tree/empty directory"
{ cat "$tree/long text"; cat "$tree/long text"; } | reference >"$dir/expected"
agrees "a file given twice" "$@" --top 0 "$tree/long text" "$tree/long text"
echo "1 $(letters 1000000 q)" >"$dir/expected"
agrees "one long word" "$@" "$tree/one word"
printf 'x y x' >"$dir/-x"
printf '2 x\n1 y\n' >"$dir/expected"
agrees "a name with a dash" "$@" -- "$dir/-x"
reference <"$dir/elsewhere" >"$dir/expected"
agrees "a link that is given" "$@" --top 0 "$tree/link"
cat "$tree/long text" | "$@" --top 0 /dev/stdin >"$dir/printed"
reference <"$tree/long text" | cmp -s - "$dir/printed" || fail "a pipe"

# ---- what is left out ----

mkdir -p "$dir/project/.git" "$dir/project/build/sub"
echo "source text" >"$dir/project/source"
echo "git" >"$dir/project/.git/config"
echo "built" >"$dir/project/build/sub/object"
: >"$dir/project/build/CMakeCache.txt"
printf '1 source\n1 text\n' >"$dir/expected"
agrees "a project" "$@" "$dir/project"
agrees "the current directory" sh -c 'cd "$1" && shift && exec "$@"' sh "$dir/project" "$@"
echo "1 built" >"$dir/expected"
agrees "a build tree that is given" "$@" "$dir/project/build"
echo "1 git" >"$dir/expected"
agrees "a .git that is given" "$@" "$dir/project/.git"

# ---- what can't be read ----

printf 'readable' >"$dir/readable"
exits 1 "a file that is not there" "$@" "$dir/nowhere" "$dir/readable"
tells "nowhere: "
[ "$(cat "$dir/printed")" = "1 readable" ] || fail "$what: the rest was not counted"
ln -s circle "$dir/circle"
exits 1 "a circle of links" "$@" "$dir/circle" "$dir/readable"
tells "circle: "
if [ "$(id -u)" -ne 0 ]; then
	mkdir "$dir/closed" "$dir/closed/directory"
	printf 'other' >"$dir/closed/other"
	printf 'secret' >"$dir/closed/file"
	chmod 0 "$dir/closed/directory" "$dir/closed/file"
	exits 1 "without permission" "$@" "$dir/closed"
	tells "closed/file: "
	tells "closed/directory: "
	[ "$(cat "$dir/printed")" = "1 other" ] || fail "$what: the rest was not counted"
fi
if [ -r /proc/self/mem ]; then # can be opened; its first page can't be read
	exits 1 "a failing read" "$@" /proc/self/mem "$dir/readable"
	tells "/proc/self/mem: "
	[ "$(cat "$dir/printed")" = "1 readable" ] || fail "$what: the rest was not counted"
fi

# ---- options ----

for bad in --workers=0 --workers=-1 --workers=x --workers= --workers=2x --top=-1 --top=x \
	--workers=99999999999999999999 --nonsense -z --top --compare=1; do
	exits 2 "the option $bad" "$@" $bad
	tells "usage: wordcount"
	[ ! -s "$dir/printed" ] || fail "$what: printed something"
done
exits 2 "too many workers" "$@" --workers 2147483647 "$dir/readable"
exits 0 "--help" "$@" --help
grep -q "^usage: wordcount" "$dir/printed" || fail "--help prints no usage"
grep -q -e "--workers N" "$dir/printed" || fail "--help does not explain the options"
exits 0 "--compare" "$@" --compare --workers 2 "$tree"
tells "^2 workers: [0-9.]* s, 1 worker: [0-9.]* s, [0-9.]* times as fast$"
head -10 "$dir/all" | cmp -s - "$dir/printed" || fail "--compare prints other words"
if [ -w /dev/full ]; then
	"$@" "$dir/readable" >/dev/full 2>"$dir/told"
	rc=$?
	[ $rc -eq 2 ] || fail "a full disk: exit status $rc, not 2"
fi

[ $failures -eq 0 ]
