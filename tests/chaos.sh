#!/bin/sh
# SPDX-License-Identifier: MIT
# chaos.sh [-j JOBS] [-w "WORKERS..."] [-t SECONDS] FROM COUNT [NAME...]: the racing tests of the
# chaos build, each once with each of COUNT seeds, at 2 and at 8 workers. NAME: a program without
# its "test_", as stress_close_vs_recv; default: the stress tests, but for the one that measures
# memory, and the API tests of what waits.
# GORO_TEST_SCALE divides the loops (default here: 50); GORO_CHAOS as in src/base/chaos.h.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/seeds.sh

while getopts j:w:t: option; do
	case $option in
	j) jobs=$OPTARG ;;
	w) workers=$OPTARG ;;
	t) seconds=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
from=${1:?FROM: the first seed}
count=${2:?COUNT: how many}
shift 2

export GORO_TEST_SCALE="${GORO_TEST_SCALE:-50}"
build=build/chaos/tests
cmake --preset chaos >/dev/null
made=$(cmake --build --preset chaos) || {
	echo "$made"
	exit 1
}
if [ $# -eq 0 ]; then
	set -- $(ls $build | grep '^test_stress_' | grep -v 'plateau' | sed 's/^test_//') \
		api_barrier api_cancel api_chan api_chan_many api_chan_outside api_chan_wait api_cond \
		api_mutex api_once api_rwmutex api_select api_select_wait api_sem api_timer api_waitgroup
fi
for name; do
	shift
	set -- "$@" "$build/test_$name"
done
run_seeds GORO_CHAOS_SEED "$from" "$count" "$@"
