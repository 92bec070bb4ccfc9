#!/bin/sh
# SPDX-License-Identifier: MIT
# one_seed.sh SEED WORKERS: one run of each program, for run_seeds of seeds.sh, which sets the
# SEED_... variables.

# fail STATUS COMMAND: all in one write, so that those of several runs do not mix.
fail() {
	echo "$2" >>"$SEED_DIR/failed"
	printf '%s\n' "==== status $1: $2
$(grep -v '^\[ RUN\|^\[       OK\|^\[=' "$log" | tail -n 100)"
}

log=$SEED_DIR/$1.$2
while read -r program; do
	if [ "$SEED_END" -gt 0 ] && [ "$(date +%s)" -ge "$SEED_END" ]; then
		break
	fi
	env "$SEED_VARIABLE=$1" TMPDIR="$SEED_DIR/tmp" GORO_TEST_SEED="$1" GORO_TEST_WORKERS="$2" \
		timeout -k 5 "$SEED_LIMIT" "$program" >"$log" 2>&1 </dev/null ||
		fail $? "$SEED_VARIABLE=$1 GORO_TEST_SEED=$1 GORO_TEST_WORKERS=$2\
${GORO_TEST_SCALE:+ GORO_TEST_SCALE=$GORO_TEST_SCALE} $program"
	echo "$1" >>"$SEED_DIR/done"
done <"$SEED_DIR/programs"
rm -f "$log"
