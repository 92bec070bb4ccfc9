#!/bin/sh
# SPDX-License-Identifier: MIT
# 15_fetcher_test.sh FETCHER...: what it says of answers of the HTTP server beside it, of answers that
# are none, and of those that never come. FETCHER may have an emulator in front.
set -eu
. "$(dirname "$0")/lib/server.sh"
here=$(dirname "$0")
split "$@"

# says STATUS ARGUMENT...: the fetcher ends with this status, and prints what is in $dir/wanted.
says() {
	wanted=$1
	shift
	status=0
	# shellcheck disable=SC2086 # words
	$launcher "$program" "$@" >"$dir/got" 2>"$dir/complaint" || status=$?
	[ "$status" -eq "$wanted" ] || fail "$*: status $status, $(cat "$dir/complaint")"
	diff "$dir/wanted" "$dir/got" || fail "fetcher $*"
}

# ---- answers, in order ----

# shellcheck disable=SC2086
start $launcher "$(dirname "$program")/14_http_server"
at=http://127.0.0.1:$port
set --
for n in 300000 0 1 20000 $(seq 2 60); do
	set -- "$@" "$at/bytes/$n"
	echo "200 $n $at/bytes/$n"
done >"$dir/wanted"
set -- "$@" "$at/nowhere" "$at" "$at/?q#fragment" "http://localhost:$port/"
{
	echo "404 23 $at/nowhere"
	echo "200 13 $at"
	echo "200 13 $at/?q#fragment"
	echo "200 13 http://localhost:$port/"
} >>"$dir/wanted"
for at_once in 1 3 1000; do
	says 0 -n $at_once -t 100000 "$@"
done

# What fails stands where it belongs, and the others are not its concern.
{
	echo "200 1 $at/bytes/1"
	for bad in nonsense https://127.0.0.1/ http:// http://:80/ http://127.0.0.1:99999/; do
		echo "failed: $bad: invalid argument"
	done
	echo "200 2 $at/bytes/2"
} >"$dir/wanted"
says 1 "$at/bytes/1" nonsense https://127.0.0.1/ http:// http://:80/ http://127.0.0.1:99999/ \
	"$at/bytes/2"
: >"$dir/wanted"
says 0
says 2 -n 0
stop

# ---- answers that are none ----

start python3 "$here/lib/peer.py" 5
at=http://127.0.0.1:$port
refused=http://127.0.0.1:$(sed 's/refused on \([0-9]*\),.*/\1/' "$dir/said")/
{
	echo "200 5 $at/length"
	echo "200 7 $at/chunks"
	echo "200 16 $at/to-the-end"
	echo "201 2 $at/continued"
	echo "200 3 $at?query"
	echo "200 3 $at?query#fragment"
	echo "200 3 $at/?query"
	for bad in cut cut-chunks cut-head nonsense nothing; do
		echo "failed: $at/$bad: protocol error"
	done
	echo "failed: $refused: connection refused"
	echo "200 5 $at/length"
} >"$dir/wanted"
says 1 "$at/length" "$at/chunks" "$at/to-the-end" "$at/continued" "$at?query" \
	"$at?query#fragment" "$at/?query" "$at/cut" "$at/cut-chunks" "$at/cut-head" "$at/nonsense" "$at/nothing" "$refused" "$at/length"

# So many at once, all of them, and never more.
set --
for n in $(seq 23); do
	set -- "$@" "$at/together"
	echo "200 0 $at/together"
done >"$dir/wanted"
says 0 -n 5 -t 100000 "$@"

# Each has a deadline of its own: it begins when it has its turn.
set --
for n in $(seq 7); do
	set -- "$@" "$at/never"
	echo "failed: $at/never: the deadline has passed"
done >"$dir/wanted"
says 1 -n 3 -t 200 "$@"
kill "$server"
