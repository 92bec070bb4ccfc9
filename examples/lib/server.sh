# SPDX-License-Identifier: MIT
# server.sh: for tests of servers; to be sourced, by a POSIX shell.
#
# A server prints "listening on port N" when clients may come, and ends well by SIGTERM. Nothing here
# takes a pause for a proof: what is to happen is waited for, and a hang is ctest's to notice.

dir=$(mktemp -d)
server=
others= # processes that must not stay
trap 'status=$?; kill -KILL $server $others 2>/dev/null || true; rm -rf "$dir"; exit $status' EXIT
trap 'exit 1' HUP INT TERM
trap '' PIPE

fail() {
	echo "failed: $*"
	[ ! -s "$dir/told" ] || sed 's/^/server: /' "$dir/told"
	exit 1
}

# wait_for COMMAND...: until it succeeds.
wait_for() {
	until "$@" >/dev/null 2>&1; do
		sleep 0.02
	done
}

server_speaks() {
	kill -0 "$server" 2>/dev/null || fail "the server has ended"
	grep -q listening "$dir/said"
}

# start SERVER...: sets $server and $port. It reads from the file $input, if that is set.
start() {
	: >"$dir/said" # what the last one said is not this one's
	"$@" <"${input:-/dev/null}" >"$dir/said" 2>"$dir/told" &
	server=$!
	until server_speaks; do
		sleep 0.02
	done
	# shellcheck disable=SC2034 # for those who source this
	port=$(sed -n 's/.*port //p' "$dir/said")
}

# ended STATUS: the server has ended by itself, or was told to, with this status.
ended() {
	status=0
	wait "$server" || status=$?
	server=
	[ "$status" -eq "$1" ] || fail "the server ended with status $status, not $1"
}

stop() {
	kill -TERM "$server"
	ended 0
}

# keep: this server stays to the end of the test, and another one may start.
keep() {
	others="$others $server"
	rm "$dir/said" "$dir/told"
}

# split LAUNCHER... PROGRAM: sets $launcher, whose words have no spaces in them, and $program.
split() {
	for program; do :; done
	launcher=${*%"$program"}
}
