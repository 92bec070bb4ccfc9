#!/bin/sh
# SPDX-License-Identifier: MIT
# seeds.sh PRESET FROM COUNT [-j JOBS] [-t SECONDS]: runs the racing tests in deterministic mode
# (GORO_SEED), each with the seeds FROM, FROM + 1, …, and ends at the first that fails, with the
# command that repeats it. PRESET is built already; a path to a build works too.
#
# -t: begins no further seed after that time; how many it came to is said.
#
# A seed also picks the number of workers, and the test's own random numbers. What threads outside
# the runtime do is not the seed's, and a few of these tests have such threads.
set -eu

cd "$(dirname "$0")/.."
self=tests/seeds.sh

# Not those that take long, that hold up workers in C code (nobody stands in for them here), or that
# ask what has nothing to do with order.
tests='stress_cancel_vs_wake stress_close_vs_recv stress_close_vs_send stress_cond_vs_deadline
	stress_deadline_vs_send stress_idle_vs_submit stress_mutex_vs_deadline stress_recv_then_free
	stress_select_vs_select stress_spawn_storm stress_steal_vs_pop stress_stop_vs_go
	stress_thread_vs_coro stress_timer_vs_free api_barrier api_cancel api_chan api_chan_many
	api_cond api_go api_local api_mutex api_once api_runtime_fork api_rwmutex api_select
	api_sem api_timer api_waitgroup'

scale=1000  # of the loops: another seed finds more than another round
patience=60 # seconds; each takes milliseconds

# one BUILD SEED: every test with that seed.
one() {
	env="GORO_SEED=$2 GORO_TEST_SEED=$2 GORO_TEST_WORKERS=$(($2 % 5 + 1)) GORO_TEST_SCALE=$scale"
	for test in $tests; do
		program=$1/tests/test_$test
		# shellcheck disable=SC2086 # several words
		if said=$(env $env timeout $patience "$program" 2>&1); then
			continue
		else
			status=$?
		fi
		printf '%s\n==== seed %s: %s failed, status %s; again:\n     %s %s\n' \
			"$said" "$2" "$test" "$status" "$env" "$program" >&2
		return 1
	done
}

# By xargs, which begins no more when one exits with 255, and says so; the report goes to 3.
if [ "${1:-}" = --one ]; then
	[ "$(date +%s)" -lt "$4" ] || exit 255
	one "$2" "$3" 2>&3 || { echo "failed" && exit 255; }
	echo "$3"
	exit
fi

usage() {
	echo "usage: $0 PRESET FROM COUNT [-j JOBS] [-t SECONDS]" >&2
	exit 2
}

[ $# -ge 3 ] || usage
build=$1 from=$2 count=$3
shift 3
jobs=$(nproc)
seconds=1000000
while getopts j:t: option; do
	case $option in
	j) jobs=$OPTARG ;;
	t) seconds=$OPTARG ;;
	*) usage ;;
	esac
done
[ -d "$build" ] || build=build/$build
for test in $tests; do
	if ! [ -x "$build/tests/test_$test" ]; then
		echo "$0: $build/tests/test_$test is not there" >&2
		exit 2
	fi
done

end=$(($(date +%s) + seconds))
exec 3>&2
results=$(seq "$from" $((from + count - 1)) |
	xargs -P "$jobs" -I SEED sh "$self" --one "$build" SEED "$end" 2>/dev/null) || true
passed=$(echo "$results" | grep -c '[0-9]') || true
echo "seeds: $passed of $count, from $from on, passed each of $(echo "$tests" | wc -w) tests"
case $results in
*failed* | '') exit 1 ;;
esac
