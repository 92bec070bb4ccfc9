#!/bin/sh
# SPDX-License-Identifier: MIT
# 13_echo_server_test.sh SERVER...: talks to the server through netcat: tcp and unix, several at once, and
# half closed connections. SERVER may have an emulator in front.
set -eu

dir=$(mktemp -d)
trap 'exec 9>&- 2>/dev/null || true; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
mkfifo "$dir/input"

fail() {
	echo "failed: $*"
	exit 1
}

# Starts the server; it runs until descriptor 9 is closed. Waits for its first line.
start() {
	: >"$dir/said" # what the last one said is not this one's
	"$@" <"$dir/input" >"$dir/said" &
	server=$!
	exec 9>"$dir/input"
	until grep -q listening "$dir/said"; do
		kill -0 "$server" || fail "the server has ended"
		sleep 0.05
	done
}

stop() {
	exec 9>&-
	wait "$server" || fail "the server did not end well"
}

head -c 300000 /dev/urandom >"$dir/sent"

# Sends the file, ends its side, and reads to the end.
check_echo() {
	echo_to=$1
	shift
	nc -N "$@" <"$dir/sent" >"$dir/got.$echo_to" || fail "nc $*"
	cmp "$dir/sent" "$dir/got.$echo_to" || fail "echo of nc $*"
}

start "$@"
port=$(sed 's/.*port //' "$dir/said")
check_echo 1 127.0.0.1 "$port"
pids=
for i in 1 2 3 4 5; do
	check_echo "$i" 127.0.0.1 "$port" &
	pids="$pids $!"
done
for pid in $pids; do
	wait "$pid" || fail "one of five at once"
done
stop

start "$@" unix "$dir/socket"
check_echo 1 -U "$dir/socket"
stop
test ! -e "$dir/socket" || fail "the socket's file is still there"

"$@" tcp 127.0.0.1 </dev/null >/dev/null 2>"$dir/complaint" && fail "an address without a port"
grep -q "invalid argument" "$dir/complaint" || fail "what it said: $(cat "$dir/complaint")"
