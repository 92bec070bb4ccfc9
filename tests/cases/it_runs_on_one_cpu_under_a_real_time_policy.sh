#!/bin/sh
# SPDX-License-Identifier: MIT
# SCHED_FIFO on one CPU: whoever spins keeps everybody else from running. Nobody of goro's spins
# without an end. (Tests that spin themselves are left out; and who asks for a tick a microsecond
# keeps one thread busy with them.)
. "$(dirname "$0")/lib.sh"

need chrt
need taskset
taskset -c 0 chrt -f 1 true 2>/dev/null || skip "no real-time policy for us"
for test in api_mutex api_chan_wait api_select_wait api_sem api_time api_cond \
	stress_steal_vs_pop stress_idle_vs_submit stress_thread_vs_coro stress_cond_vs_deadline; do
	quietly env GORO_TEST_SCALE=50 GORO_TEST_WORKERS=4 \
		timeout -s KILL 60 taskset -c 0 chrt -f 1 "$build/tests/test_$test"
done
