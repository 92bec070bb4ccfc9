#!/bin/sh
# SPDX-License-Identifier: MIT
# 20_postgres_tests.sh PROGRAM...: asks a postgres of its own, with one worker, two and eight. PROGRAM may
# have an emulator in front.
set -eu

# Debian keeps the server's programs, by version, out of the path.
for bin in /usr/lib/postgresql/*/bin; do
	[ -x "$bin/initdb" ] && PATH=$PATH:$bin
done
command -v initdb >/dev/null || {
	echo "there is no postgres here"
	exit 77
}

dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -INT "$server"; wait; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

fail() {
	echo "failed: $*"
	cat "$dir/log"
	exit 1
}

# The server refuses root. Without a fork in between, so that `$!` is the server.
as_user=exec
if [ "$(id -u)" -eq 0 ]; then
	chown postgres "$dir"
	as_user="exec setpriv --reuid postgres --regid postgres --clear-groups"
fi

export LC_ALL=C
(cd "$dir" && $as_user initdb --pgdata "$dir/data" --username goro --auth trust --no-sync) >"$dir/log" 2>&1 ||
	fail "initdb"
(cd "$dir" && $as_user postgres -D "$dir/data" -c listen_addresses= -c "unix_socket_directories=$dir" \
	-c fsync=off -c shared_buffers=16MB -c max_connections=20) >>"$dir/log" 2>&1 &
server=$!
until grep -q "ready to accept connections" "$dir/log"; do
	kill -0 "$server" || fail "postgres has ended"
	sleep 0.05
done

cat >"$dir/wanted" <<END
8 queries wait at once
balance: 80
END
# The first host refuses, so the socket is another after a while.
info="host=127.0.0.1,$dir port=1,5432 user=goro dbname=postgres"
for workers in 1 2 8; do
	GORO_WORKERS=$workers "$@" "$info" >"$dir/said" || fail "with $workers workers"
	diff -u "$dir/wanted" "$dir/said" || fail "with $workers workers"
done

"$@" "host=$dir user=nobody dbname=postgres" >"$dir/said" 2>&1 && fail "as a stranger"
grep -q 'role "nobody" does not exist' "$dir/said" || fail "what it said: $(cat "$dir/said")"
"$@" "host=$dir/none user=goro" >"$dir/said" 2>&1 && fail "without a server"
grep -q "No such file" "$dir/said" || fail "what it said: $(cat "$dir/said")"
