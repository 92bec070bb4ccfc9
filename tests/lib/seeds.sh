# SPDX-License-Identifier: MIT
# seeds.sh: many seeds in parallel, for ../seeds.sh and chaos.sh; to be sourced. Each program runs once
# for each seed and each number of workers; what fails is told with the command that repeats it.

# run_seeds VARIABLE FROM COUNT PROGRAM...: runs them with VARIABLE set to each of COUNT seeds.
#   $jobs     how many at once (default: one a processor)
#   $workers  numbers of workers (default: 2 8); "seed": one to five, by the seed
#   $seconds  begin no more after so many; 0: no limit
#   $limit    seconds until a single run hangs (default: 120)
run_seeds() {
	SEED_VARIABLE=$1
	seeds_from=$2
	seeds_last=$(($2 + $3 - 1))
	shift 3
	SEED_DIR=$(mktemp -d)
	SEED_END=0
	SEED_LIMIT=${limit:-120}
	export SEED_VARIABLE SEED_DIR SEED_END SEED_LIMIT
	trap 'rm -rf "$SEED_DIR"' EXIT
	trap 'exit 1' HUP INT TERM
	if [ "${seconds:-0}" -gt 0 ]; then
		SEED_END=$(($(date +%s) + seconds))
	fi
	: >"$SEED_DIR/failed"
	: >"$SEED_DIR/done"
	mkdir "$SEED_DIR/tmp" # what a program leaves that fails
	printf '%s\n' "$@" >"$SEED_DIR/programs"
	seeds_list | xargs -P "${jobs:-$(nproc)}" -n 2 sh tests/lib/one_seed.sh
	echo "$SEED_VARIABLE: $(wc -l <"$SEED_DIR/done") runs of $# programs with" \
		"$(sort -un "$SEED_DIR/done" | wc -l) seeds from $seeds_from on, workers: ${workers:-2 8}"
	if [ -s "$SEED_DIR/failed" ]; then
		echo "FAILED, to be repeated by:"
		cat "$SEED_DIR/failed"
		return 1
	fi
	[ -s "$SEED_DIR/done" ]
}

# Seed and number of workers, a pair a line.
seeds_list() {
	seeds_next=$seeds_from
	while [ "$seeds_next" -le "$seeds_last" ]; do
		for seeds_workers in ${workers:-2 8}; do
			[ "$seeds_workers" != seed ] || seeds_workers=$((seeds_next % 5 + 1))
			echo "$seeds_next $seeds_workers"
		done
		seeds_next=$((seeds_next + 1))
	done
}
