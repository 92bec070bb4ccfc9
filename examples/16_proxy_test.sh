#!/bin/sh
# SPDX-License-Identifier: MIT
# 16_proxy_test.sh PROXY...: netcat on both sides of it: much at once both ways, half closed, and peers
# that are not there or go away. PROXY may have an emulator in front.
set -eu
. "$(dirname "$0")/lib/server.sh"
split "$@"

head -c 5000000 /dev/urandom >"$dir/question"
tail -c 4000000 "$dir/question" >"$dir/answer"

has_all() { # FILE OF
	[ "$(wc -c <"$1")" -eq "$(wc -c <"$2")" ]
}

# A server for one client: sends FILE at once, reads to the end, and writes what it has read to $dir/asked.
serve_once() { # FILE
	rm -f "$dir/socket"
	: >"$dir/asked"
	python3 -u "$(dirname "$0")/lib/serve_once.py" "$dir/socket" "$1" >"$dir/asked" &
	peer=$!
	others="$others $peer"
	wait_for test -S "$dir/socket"
}

start "$@" tcp 127.0.0.1:0 unix "$dir/socket"

# Both ways at once, and whoever has said all still hears the other.
serve_once "$dir/answer"
nc -N 127.0.0.1 "$port" <"$dir/question" >"$dir/got" || fail "nc"
wait "$peer" || fail "the server"
cmp "$dir/question" "$dir/asked" || fail "to the server"
cmp "$dir/answer" "$dir/got" || fail "from the server"

# One after the other: the answer begins when the question has ended, and the other way round.
mkfifo "$dir/later"
serve_once "$dir/later"
nc -N 127.0.0.1 "$port" <"$dir/question" >"$dir/got" &
client=$!
exec 8>"$dir/later"
wait_for has_all "$dir/asked" "$dir/question"
cat "$dir/answer" >&8
exec 8>&-
wait "$client" || fail "nc, half closed"
wait "$peer" || fail "the server, half closed"
cmp "$dir/answer" "$dir/got" || fail "an answer behind the question's end"

serve_once "$dir/answer"
nc -N 127.0.0.1 "$port" <"$dir/later" >"$dir/got" &
client=$!
exec 8>"$dir/later"
wait_for has_all "$dir/got" "$dir/answer"
cat "$dir/question" >&8
exec 8>&-
wait "$client" || fail "nc, the other half closed"
wait "$peer" || fail "the server, the other half closed"
cmp "$dir/question" "$dir/asked" || fail "a question behind the answer's end"

# Who goes away in the middle takes the other end along, on either side.
serve_once /dev/zero
nc 127.0.0.1 "$port" </dev/null | head -c 1000000 >"$dir/got"
wait "$peer" 2>/dev/null || true # cut off
serve_once /dev/null
kill -KILL "$peer"
wait "$peer" 2>/dev/null || true
nc 127.0.0.1 "$port" </dev/zero >"$dir/got" || true # nobody there any more
serve_once "$dir/later"
nc 127.0.0.1 "$port" </dev/zero >"$dir/got" &
client=$!
exec 8>"$dir/later"
wait_for test -s "$dir/asked"
kill -KILL "$peer"
wait "$client" 2>/dev/null || true # nc would write for ever
exec 8>&-
grep -q 'connection refused' "$dir/told" || fail "not told: $(cat "$dir/told")"
kill -0 "$server" || fail "the proxy has ended"
stop

# Many at once, through two of them.
mkfifo "$dir/input"
exec 9<>"$dir/input"
input=$dir/input
# shellcheck disable=SC2086 # words
start $launcher "$(dirname "$program")/13_echo_server"
keep
input=
start "$@" tcp 127.0.0.1:0 tcp "127.0.0.1:$port"
keep
start "$@" tcp 127.0.0.1:0 tcp "127.0.0.1:$port"
pids=
for i in $(seq 20); do
	tail -c $((i * 10000)) "$dir/question" >"$dir/sent.$i"
	nc -N 127.0.0.1 "$port" <"$dir/sent.$i" >"$dir/got.$i" &
	pids="$pids $!"
done
for pid in $pids; do
	wait "$pid" || fail "one of many"
done
for i in $(seq 20); do
	cmp "$dir/sent.$i" "$dir/got.$i" || fail "number $i of many"
done
stop

status=0
"$@" tcp 127.0.0.1 tcp 127.0.0.1:1 >/dev/null 2>"$dir/told" || status=$?
[ $status -eq 1 ] || fail "an address without a port: status $status"
grep -q 'invalid argument' "$dir/told" || fail "what it said: $(cat "$dir/told")"
