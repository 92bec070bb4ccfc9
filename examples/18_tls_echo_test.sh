#!/bin/sh
# SPDX-License-Identifier: MIT
# 18_tls_echo_test.sh SERVER...: talks to the server through openssl s_client, with a certificate made on the
# spot: TLS 1.2 and 1.3, several at once, and those who speak no TLS or trust somebody else. SERVER may
# have an emulator in front.
set -eu
. "$(dirname "$0")/lib/server.sh"

# certificate NAME: made by itself, for localhost.
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=localhost -addext subjectAltName=DNS:localhost \
		-keyout "$dir/$1.key" -out "$dir/$1.pem" 2>"$dir/log" || fail "$(cat "$dir/log")"
}

# client TRUSTED OPTION...: from its input to its output. Fails where the certificate is not that one, or
# not for localhost. When its input ends it says the end, and goes.
client() {
	trusted=$1
	shift
	openssl s_client -connect "127.0.0.1:$port" -servername localhost -quiet -no_ign_eof \
		-CAfile "$trusted" -verify_hostname localhost -verify_return_error "$@" \
		2>>"$dir/log"
}

# check_echo N OPTION...: sends the file, and ends when all of it is back.
check_echo() {
	got=$dir/got.$1 back=$dir/back.$1
	shift
	mkfifo "$back"
	{
		cat "$dir/sent" || true
		read -r _ <"$back"
	} | client "$dir/server.pem" "$@" | {
		head -c "$(wc -c <"$dir/sent")" >"$got"
		echo >"$back"
	}
	cmp "$dir/sent" "$got" || fail "echo $*; $(cat "$dir/log")"
}

certificate server
certificate stranger
# No line begins with a letter, which could be a command to s_client.
head -c 100000 /dev/urandom | od -v -An -tx1 >"$dir/sent"

start "$@" "$dir/server.pem" "$dir/server.key"
check_echo 1 -tls1_3
check_echo 2 -tls1_2
pids=
for i in 3 4 5 6; do
	check_echo "$i" &
	pids="$pids $!"
done
for pid in $pids; do
	wait "$pid" || fail "one of four at once"
done

# Too old, another one's certificate, no TLS at all: each is told apart, and the server goes on.
client "$dir/server.pem" -tls1_1 -cipher 'ALL:@SECLEVEL=0' </dev/null && fail "TLS 1.1 was spoken"
wait_for grep -q 'no handshake: unsupported protocol' "$dir/told"
client "$dir/stranger.pem" </dev/null && fail "a stranger was trusted"
printf 'GET / HTTP/1.0\r\n\r\n' | nc -N 127.0.0.1 "$port" >"$dir/got" || true
wait_for grep -q 'no handshake: http request' "$dir/told"
# One that goes without a word.
printf '' | client "$dir/server.pem" >"$dir/got" || fail "no word"
check_echo 7

# refused COMPLAINT ARGUMENT...: a server that cannot begin says why, and fails.
refused() {
	complaint=$1
	shift
	"$@" >"$dir/said" 2>"$dir/complaint" && fail "it took $*"
	grep -q "$complaint" "$dir/complaint" || fail "what it said of $*: $(cat "$dir/complaint")"
}

refused 'address in use' "$@" "$dir/server.pem" "$dir/server.key" "127.0.0.1:$port"
stop
refused 'invalid argument' "$@" "$dir/server.pem" "$dir/server.key" 127.0.0.1
refused mismatch "$@" "$dir/server.pem" "$dir/stranger.key"
