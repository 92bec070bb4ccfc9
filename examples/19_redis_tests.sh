#!/bin/sh
# SPDX-License-Identifier: MIT
# 19_redis_tests.sh PROGRAM...: talks to a Redis of its own, with one worker, two and eight. PROGRAM may
# have an emulator in front.
set -eu

command -v redis-server >/dev/null || {
	echo "there is no redis-server here"
	exit 77
}

dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; wait; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

fail() {
	echo "failed: $*"
	cat "$dir/log"
	exit 1
}

redis-server --port 0 --unixsocket "$dir/socket" --dir "$dir" --save '' --appendonly no \
	>"$dir/log" 2>&1 &
server=$!
until [ -S "$dir/socket" ]; do
	kill -0 "$server" || fail "redis-server has ended"
	sleep 0.05
done

cat >"$dir/wanted" <<END
8388608 bytes there and back
the sum of 100 jobs: 5050
END
for workers in 1 2 8; do
	GORO_WORKERS=$workers "$@" "$dir/socket" >"$dir/said" || fail "with $workers workers"
	diff -u "$dir/wanted" "$dir/said" || fail "with $workers workers"
done

"$@" "$dir/none" >"$dir/said" 2>&1 && fail "without a server"
grep -q "No such file" "$dir/said" || fail "what it said: $(cat "$dir/said")"
"$@" 127.0.0.1 1 >"$dir/said" 2>&1 && fail "with nobody at that port"
grep -q "refused" "$dir/said" || fail "what it said: $(cat "$dir/said")"
