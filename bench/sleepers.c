/* SPDX-License-Identifier: MIT */
/* sleepers.c: a million coroutines each sleep once, for 1 to 1000 ms. Wall and CPU time in ms,
 * creation included. No machine can do it in less than 1000 ms of wall time. Peer: time.Sleep.
 */
#include "bench.h"

static void sleeper(goro_waitgroup *all, int64_t ns)
{
	BENCH_OK(goro_sleep(ns));
	goro_waitgroup_done(all);
}

static void body(void *arg)
{
	goro_waitgroup all = GORO_WAITGROUP_INIT;
	int64_t n = bench_scaled(1000000, 1000);
	int64_t begin = goro_now();
	int64_t cpu = bench_cpu_time();

	(void)arg;
	for (int64_t i = 0; i < n; i++) {
		goro_waitgroup_add(&all, 1);
		BENCH_OK(go(sleeper, &all, (1 + i % 1000) * GORO_MILLISECOND));
	}
	BENCH_OK(goro_waitgroup_wait(&all));
	bench_report("sleepers_wall", (double)(goro_now() - begin) / GORO_MILLISECOND, "ms");
	bench_report("sleepers_cpu", (double)(bench_cpu_time() - cpu) / GORO_MILLISECOND, "ms");
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, body);
}
