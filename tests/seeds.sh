#!/bin/sh
# SPDX-License-Identifier: MIT
# seeds.sh PRESET FROM COUNT [-j JOBS] [-t SECONDS]: runs the racing tests in deterministic mode
# (GORO_SEED) with each of COUNT seeds, and says how to repeat what fails. PRESET is built already; a
# path to a build works too. -t: begins no further run after that time.
#
# A seed also picks the number of workers, and the test's own random numbers. What threads outside
# the runtime do is not the seed's, and a few of these tests have such threads.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/seeds.sh

# Not those that take long, that hold up workers in C code (nobody stands in for them here), or that
# ask what has nothing to do with order.
tests='stress_cancel_vs_wake stress_close_vs_recv stress_close_vs_send stress_cond_vs_deadline
	stress_deadline_vs_send stress_idle_vs_submit stress_mutex_vs_deadline stress_recv_then_free
	stress_select_vs_select stress_spawn_storm stress_steal_vs_pop stress_stop_vs_go
	stress_thread_vs_coro stress_timer_vs_free api_barrier api_cancel api_chan api_chan_many
	api_cond api_go api_local api_mutex api_once api_runtime_fork api_rwmutex api_select
	api_sem api_timer api_waitgroup'

usage() {
	echo "usage: $0 PRESET FROM COUNT [-j JOBS] [-t SECONDS]" >&2
	exit 2
}

[ $# -ge 3 ] || usage
build=$1 from=$2 count=$3
shift 3
while getopts j:t: option; do
	case $option in
	j) jobs=$OPTARG ;;
	t) seconds=$OPTARG ;;
	*) usage ;;
	esac
done
[ -d "$build" ] || build=build/$build

set --
for test in $tests; do
	set -- "$@" "$build/tests/test_$test"
	if ! [ -x "$build/tests/test_$test" ]; then
		echo "$0: $build/tests/test_$test is not there" >&2
		exit 2
	fi
done
export GORO_TEST_SCALE=1000 # of the loops: another seed finds more than another round
workers=seed limit=60
run_seeds GORO_SEED "$from" "$count" "$@"
