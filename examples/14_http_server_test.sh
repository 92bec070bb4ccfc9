#!/bin/sh
# SPDX-License-Identifier: MIT
# 14_http_server_test.sh SERVER...: what curl and netcat get from it, well-behaved or not. SERVER may
# have an emulator in front.
set -eu
. "$(dirname "$0")/lib/server.sh"

# ---- clients ----

# get STATUS PATH [OPTION...]: by curl. The head goes to $dir/head, the body to $dir/body.
get() {
	wanted=$1 path=$2
	shift 2
	: >"$dir/body" # curl makes no file for nothing
	got=$(curl -sS --noproxy '*' -D "$dir/head" -o "$dir/body" -w '%{http_code}' "$@" \
		"http://127.0.0.1:$port$path" 2>"$dir/curl") || true
	[ "$got" = "$wanted" ] || fail "curl $path: $got, not $wanted; $(cat "$dir/curl")"
}

# head_has LINE, body_is TEXT: of the last answer.
head_has() {
	tr -d '\r' <"$dir/head" | grep -qix "$1" || fail "no \"$1\" in: $(cat "$dir/head")"
}

body_is() {
	printf '%b' "$1" | cmp -s - "$dir/body" || fail "body: $(head -c 200 "$dir/body")"
}

# raw STATUS TEXT: sends the text as it is, with printf's escapes, and half-closes; the first answer has
# this status. All answers are in $dir/head.
raw() {
	printf '%b' "$2" | nc -N 127.0.0.1 "$port" >"$dir/head" || fail "nc for: $2"
	case $(head -n 1 "$dir/head") in
	"HTTP/1.1 $1 "*) ;;
	*) fail "$2: $(head -n 1 "$dir/head"), not $1" ;;
	esac
}

# A client that stays: what is written to descriptor 8 is sent, what comes goes to $dir/heard, or
# to the FILE.
connect() { # [FILE]
	rm -f "$dir/pipe"
	mkfifo "$dir/pipe"
	: >"$dir/heard"
	nc 127.0.0.1 "$port" <"$dir/pipe" >"${1:-$dir/heard}" &
	client=$!
	others="$others $client"
	exec 8>"$dir/pipe"
}

# The server has closed the connection, and this is what the client has heard. The end of nc's input
# is not told to the server, but else nc would not end.
closed_after() {
	exec 8>&-
	wait "$client" || fail "nc"
	[ -z "$1" ] || grep -q "$1" "$dir/heard" || fail "no \"$1\": $(cat "$dir/heard")"
	[ -n "$1" ] || [ ! -s "$dir/heard" ] || fail "not silent: $(cat "$dir/heard")"
}

bytes() { # as the server counts them
	awk -v n="$1" 'BEGIN {
		s = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.\n"
		for (; n >= 64; n -= 64) printf "%s", s
		printf "%s", substr(s, 1, n)
	}'
}

letters() {
	head -c "$1" /dev/zero | tr '\000' a
}

host='Host: here\r\n'

# ---- what is asked for ----

start "$@"
get 200 /
body_is 'hello, world\n'
head_has 'Content-Length: 13'
head_has 'Date: [A-Z][a-z][a-z], [0-3][0-9] [A-Z][a-z][a-z] 2[0-9][0-9][0-9] [0-9:]\{8\} GMT'
! grep -qi '^Connection' "$dir/head" || fail "1.1 needs no word about keep-alive"
get 200 / --head
head_has 'Content-Length: 13'
cmp "$dir/head" "$dir/body" || fail "HEAD: a body"
get 404 /nowhere
get 404 /bytes/99999999999999999999
get 405 / -X DELETE
head_has 'Allow: GET, HEAD'
get 405 /echo
head_has 'Allow: POST, PUT'
get 200 '/?a=b'
get 200 /sleep/1
body_is 'slept\n'
for n in 0 1 63 64 16384 1000001; do
	get 200 "/bytes/$n"
	head_has "Content-Length: $n"
	bytes "$n" | cmp - "$dir/body" || fail "$n bytes"
done

# Bodies, of known and of unknown length, announced or not.
head -c 300000 /dev/urandom >"$dir/sent"
get 200 /echo -d 'a=b'
body_is 'a=b'
get 200 /echo -d ''
body_is ''
for expect in 'Expect:' 'Expect: 100-continue'; do
	get 200 /echo -H "$expect" -T "$dir/sent"
	cmp "$dir/sent" "$dir/body" || fail "echo of known length, $expect"
	get 200 /echo -H "$expect" -H 'Transfer-Encoding: chunked' -T "$dir/sent"
	cmp "$dir/sent" "$dir/body" || fail "echo of chunks, $expect"
done
head_has 'HTTP/1.1 100 Continue'

# ---- connections ----

connections=$(curl -sS --noproxy '*' -o /dev/null -w '%{num_connects} ' \
	"http://127.0.0.1:$port/bytes/[1-20]")
[ "$connections" = "1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 " ] ||
	fail "keep-alive: $connections"
get 200 / --http1.0
head_has 'Connection: close'
get 200 / --http1.0 -H 'Connection: keep-alive'
head_has 'Connection: keep-alive'
get 200 / -H 'Connection: close'
head_has 'Connection: close'
get 200 / -H 'Connection: Upgrade' -H 'Upgrade: something' # no, thanks

# Many at once.
mkdir "$dir/many"
curl -sS --noproxy '*' --parallel --parallel-max 50 -o "$dir/many/#1" \
	"http://127.0.0.1:$port/bytes/[1-300]" 2>"$dir/curl" || fail "in parallel: $(cat "$dir/curl")"
for n in 1 2 150 300; do
	bytes "$n" | cmp - "$dir/many/$n" || fail "in parallel: $n bytes"
done

# One behind the other, all sent at once, are answered in order; a HEAD and bodies are in between.
i=0
while [ $i -lt 200 ]; do
	i=$((i + 1))
	printf 'POST /echo HTTP/1.1\r\n%bContent-Length: 4\r\n\r\n%4d' "$host" $i
	printf 'HEAD / HTTP/1.1\r\n%b\r\n' "$host"
	printf 'POST /echo HTTP/1.1\r\n%bTransfer-Encoding: chunked\r\n\r\n' "$host"
	printf '2\r\n-%d\r\n3;ext=1\r\n---\r\n0\r\nTrailer: x\r\n\r\n' $((i % 10))
done >"$dir/requests"
awk 'BEGIN { for (i = 1; i <= 200; i++) printf "%4d\n-%d---\n", i, i % 10 }' >"$dir/wanted"
pipelined() {
	{
		tr -d '\r' <"$dir/heard" |
			sed '/^[A-Z][A-Za-z-]*: /d; s/HTTP\/1.1 200 OK$//; /^$/d'
		echo
	} | cmp - "$dir/wanted" || fail "pipelined: $(head -c 500 "$dir/heard")"
}
# Each body has no newline behind it, the next first line has: so both stand in one line.
nc -N 127.0.0.1 "$port" <"$dir/requests" >"$dir/heard" || fail "nc, pipelined"
pipelined

# Cut to pieces anywhere.
connect
for part in P O 'ST /ec' 'ho HT' 'TP/1.1\r' '\nHo' 'st:' ' here\r\nContent-Le' 'ngth: 1' '0\r\n\r' \
	'\n0123' '456' '789'; do
	printf '%b' "$part" >&8
done
wait_for grep -q 0123456789 "$dir/heard"
printf 'GET / HTTP/1.1\r\n%bConnection: close\r\n\r\n' "$host" >&8
closed_after 'hello, world'

# ---- limits ----

get 200 / -H "X: $(letters 14000)"
get 431 / -H "X: $(letters 17000)"
head_has 'Connection: close'
raw 431 "GET / HTTP/1.1\r\n$host$(awk 'BEGIN { for (; i < 5000; i++) printf "X: y\\r\\n" }')\r\n"
get 404 "/$(letters 14000)"
get 431 "/$(letters 17000)"
head -c 1048576 /dev/zero >"$dir/sent"
get 200 /echo -T "$dir/sent"
printf x >>"$dir/sent"
get 413 /echo -T "$dir/sent" -H 'Expect:'
get 413 /echo -T "$dir/sent" -H 'Expect:' -H 'Transfer-Encoding: chunked'
get 413 /echo -T "$dir/sent" -H 'Expect: 100-continue'
! grep -q '100 Continue' "$dir/head" || fail "asked for a body that it can't take"
get 417 /echo -d x -H 'Expect: more'

# ---- what is no request ----

raw 400 'nonsense\r\n\r\n'
raw 505 'GET /\r\n\r\n'
raw 400 "GET no-path HTTP/1.1\r\n$host\r\n"
raw 400 'GET / HTTP/1.1\r\n\r\n' # whose host?
raw 400 "GET / HTTP/1.1\r\n${host}No colon\r\n\r\n"
raw 400 "GET / HTTP/1.1\r\n${host}X: a\\0001b\r\n\r\n"
for space in ' ' '  ' '\t'; do
	raw 400 "GET / HTTP/1.1\r\n${host}X$space: y\r\n\r\n"
	raw 400 "GET / HTTP/1.1\r\n${space}X: y\r\n$host\r\n"
	raw 400 "GET / HTTP/1.1\r\nHost$space: here\r\n\r\n"
	raw 400 "POST /echo HTTP/1.1\r\n${host}Content-Length$space: 3\r\n\r\nabc"
	raw 400 "POST /echo HTTP/1.1\r\n${host}Transfer-Encoding$space: chunked\r\n\r\n0\r\n\r\n"
done
raw 400 "GET / HTTP/1.1\r\n$host$host\r\n"
raw 400 "GET / HTTP/1.1\r\n${host}X: y\r\nhOST: there\r\n\r\n"
raw 400 "GET / HTTP/1.0\r\n${host}Host: there\r\n\r\n"
raw 200 'GET / HTTP/1.0\r\n\r\n'
raw 400 'POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
raw 400 "POST /echo HTTP/1.1\r\n${host}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"
raw 400 "POST /echo HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n"
raw 400 "POST /echo HTTP/1.1\r\n${host}Content-Length: 99999999999999999999\r\n\r\n"
raw 400 "POST /echo HTTP/1.1\r\n${host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
raw 400 "POST /echo HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nxyz\r\n"
raw 400 "POST /echo HTTP/1.1\r\n${host}Content-Length: 10\r\n\r\nhalf" # and no more
raw 501 "CONNECT here:80 HTTP/1.1\r\n$host\r\n"
raw 505 "GET / HTTP/2.0\r\n$host\r\n"
raw 200 "GET http://here/ HTTP/1.1\r\n$host\r\n"
raw 200 "\r\n\r\nGET / HTTP/1.1\r\n$host\r\n"
# What comes behind a bad one is not looked at.
raw 400 "nonsense\r\n\r\nGET / HTTP/1.1\r\n$host\r\n"
[ "$(grep -c HTTP/1.1 "$dir/head")" -eq 1 ] || fail "went on behind a bad request"

# Peers that go away in the middle of an answer.
for i in 1 2 3 4 5; do
	curl -sS --noproxy '*' "http://127.0.0.1:$port/bytes/1000000000" 2>/dev/null |
		head -c 100000 >"$dir/body"
done
get 200 /
stop

# ---- the slow ----

start "$@" -r 300
connect # half a head
printf 'GET / HTTP/1.1\r\n%b' "$host" >&8
wait_for curl -fsS --noproxy '*' "http://127.0.0.1:$port/" # the first may be too slow, too
closed_after '^HTTP/1.1 408 '
connect # a byte now and then
printf 'GET / HTTP/1.1\r\nX: ' >&8
until [ -s "$dir/heard" ]; do
	printf x >&8
	sleep 0.05
done
closed_after '^HTTP/1.1 408 '
stop

start "$@" -b 300
connect
printf 'POST /echo HTTP/1.1\r\n%bContent-Length: 10\r\n\r\nhalf' "$host" >&8
closed_after '^HTTP/1.1 408 '
stop

start "$@" -i 300
connect # says nothing at all
closed_after ''
says_no_more() {
	connect
	printf 'GET / HTTP/1.1\r\n%b\r\n' "$host" >&8
	exec 8>&-
	wait "$client" && grep -q 'hello, world' "$dir/heard"
}
wait_for says_no_more # what it says may come too late
! grep -q 408 "$dir/heard" || fail "what is idle has asked for nothing"
connect # an empty line now and then begins no request
while printf '\r\n' >&8; do
	sleep 0.05
done 2>/dev/null
closed_after ''
stop

# Who does not read what he asked for doesn't hold up a stop: the deadline of the write ends it, long
# before the time that is left for answers.
start "$@" -w 300 -g 1000000
mkfifo "$dir/unread"
exec 7<>"$dir/unread"
connect "$dir/unread"
printf 'GET /bytes/1000000000000 HTTP/1.1\r\n%b\r\n' "$host" >&8
[ "$(head -c 4 <&7)" = HTTP ] || fail "nothing came"
stop
kill -KILL "$client"
exec 7>&- 8>&-

# ---- stop ----

# What is idle is closed, nobody new is let in, and what is asked already is answered.
start "$@" -g 1000000
connect
printf 'POST /echo HTTP/1.1\r\n%bContent-Length: 10\r\nExpect: 100-continue\r\n\r\n' "$host" >&8
wait_for grep -q '100 Continue' "$dir/heard"
mkfifo "$dir/quiet"
nc 127.0.0.1 "$port" <"$dir/quiet" >"$dir/idle" &
idle=$!
exec 9>"$dir/quiet"
printf 'GET / HTTP/1.1\r\n%b\r\n' "$host" >&9
wait_for grep -q 'hello, world' "$dir/idle"
kill -TERM "$server"
exec 9>&-
wait "$idle" || fail "nc, idle"
refused() {
	! nc -z 127.0.0.1 "$port"
}
wait_for refused
printf 0123456789 >&8
closed_after 0123456789
grep -q '^Connection: close' "$dir/heard" || fail "not told that it ends: $(cat "$dir/heard")"
ended 0

# Who does not come to an end is cut off.
start "$@" -g 300
connect
printf 'POST /echo HTTP/1.1\r\n%bContent-Length: 10\r\nExpect: 100-continue\r\n\r\n' "$host" >&8
wait_for grep -q '100 Continue' "$dir/heard"
kill -TERM "$server"
ended 1
closed_after 'HTTP'
