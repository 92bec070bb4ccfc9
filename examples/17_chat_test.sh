#!/bin/sh
# SPDX-License-Identifier: MIT
# 17_chat_test.sh SERVER...: several netcats talk to each other through it; one of them does not listen.
# SERVER may have an emulator in front.
set -eu
. "$(dirname "$0")/lib/server.sh"

# client N NAME NC-ARGUMENT...: what is written to descriptor N it says, what it hears goes to $dir/NAME.
# Sets $client.
client() {
	client_fd=$1 client_name=$2
	shift 2
	mkfifo "$dir/$client_name.in"
	# It must not keep others' inputs open.
	nc -N "$@" <"$dir/$client_name.in" >"$dir/$client_name" 3>&- 4>&- 5>&- &
	client=$!
	others="$others $client"
	eval "exec $client_fd>\"\$dir/\$client_name.in\""
	heard "$client_name" '\* who are you?'
	echo "$client_name" >&"$client_fd"
	heard "$client_name" "\* welcome, $client_name"
}

heard() { # NAME LINE
	wait_for grep -qx "$2" "$dir/$1"
}

start "$@"
client 3 ann 127.0.0.1 "$port"
client 4 bob 127.0.0.1 "$port"
heard ann '\* bob is here'
client 5 eve 127.0.0.1 "$port"
heard ann '\* eve is here'
heard bob '\* eve is here'

# All others hear it, and in the order in which it was said.
for i in $(seq 50); do
	echo "number $i"
done >&3
printf 'with a carriage return\r\n\nand no end' >&4
for i in $(seq 50); do
	echo "ann: number $i"
done >"$dir/wanted"
heard bob 'ann: number 50'
heard eve 'ann: number 50'
for who in bob eve; do
	grep '^ann' "$dir/$who" | diff "$dir/wanted" - || fail "what $who heard of ann"
done
heard ann 'bob: with a carriage return'
heard ann 'bob: '
exec 4>&- # what has no end is not said
heard ann '\* bob is gone'
heard eve '\* bob is gone'
! grep -q 'no end' "$dir/ann" || fail "half a line"
! grep -q '^ann:' "$dir/ann" || fail "ann heard herself"

# A line that is too long is cut, and nothing of it is lost.
head -c 5000 /dev/zero | tr '\000' x >&5
echo >&5
echo 'short again' >&5
heard ann 'eve: short again'
[ "$(grep '^eve: x' "$dir/ann" | tr -cd x | wc -c)" -eq 5000 ] || fail "a long line"

# All talk at once. A queue has room for all that is said here, so nothing may be lost.
say_hello() {
	for i in 1 2 3 4 5; do
		echo "hello $i"
	done
}
pids=
for name in a b c d e f; do
	mkfifo "$dir/$name.in"
	nc -N 127.0.0.1 "$port" <"$dir/$name.in" >"$dir/$name" &
	pids="$pids $!"
	(
		exec >"$dir/$name.in"
		echo "$name"
		wait_for grep -q "^\* who" "$dir/$name"
		say_hello
		wait_for test -e "$dir/all are done"
	) &
done
for name in a b c d e f; do
	heard ann "$name: hello 5"
	heard eve "$name: hello 5"
done
: >"$dir/all are done"
for pid in $pids; do
	wait "$pid" || fail "one of many"
done
for name in a b c d e f; do
	heard ann "\* $name is gone"
	for who in ann eve; do
		say_hello | sed "s/^/$name: /" >"$dir/wanted"
		grep "^$name: " "$dir/$who" | diff "$dir/wanted" - || fail "what $who heard of $name"
	done
done
stop
exec 3>&- 5>&-

# Who does not listen holds up nobody. He loses lines, and is told where and how many. (A unix socket
# holds little.)
rm "$dir"/*.in
start "$@" -w 1000000 unix "$dir/socket"
client 3 ann -U "$dir/socket"
client 4 bob -U "$dir/socket"
heard ann '\* bob is here'
client 5 eve -U "$dir/socket"
heard bob '\* eve is here'
kill -STOP "$client"
filler=$(head -c 350 /dev/zero | tr '\000' .)
said=0
while [ $said -lt 1200 ]; do
	for i in $(seq 40); do # fewer than a queue holds
		said=$((said + 1))
		echo "$said $filler"
	done >&3
	heard bob "ann: $said .*"
done
[ "$(grep -c '^ann: ' "$dir/bob")" -eq $said ] || fail "bob was held up, or lost something"
kill -CONT "$client"
tick=0
until grep -q '^ann: tick' "$dir/eve"; do # in front of what comes next she is told
	tick=$((tick + 1))
	echo "tick $tick" >&3
	heard bob "ann: tick $tick"
done
awk -v said=$said '
	/^ann: [0-9]/ { if ($2 <= last + 0) exit 1; if ($2 != last + lost + 1) exit 1; last = $2; lost = 0 }
	/^\* [0-9]* lines are lost here$/ { lost += $2; all += $2 }
	/^ann: tick/ { exit 0 != last + lost - (said + $3 - 1) }
	END { if (!all) exit 1 }' "$dir/eve" || fail "what eve was told: $(grep -v '\.\.\.' "$dir/eve")"
stop
exec 3>&- 4>&- 5>&-

# In the end he is dismissed.
rm "$dir"/*.in
start "$@" -w 300 unix "$dir/socket"
client 3 ann -U "$dir/socket"
client 4 eve -U "$dir/socket"
heard ann '\* eve is here'
kill -STOP "$client"
until grep -q '^\* eve is gone' "$dir/ann"; do
	echo "$filler" >&3
done
stop
