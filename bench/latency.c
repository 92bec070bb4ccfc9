/* SPDX-License-Identifier: MIT */
/* latency.c: how late a sleeper is while every worker is held by an endless loop.
 *
 * As many coroutines as workers compute without a scheduling point; when all of them are known
 * to run (each says so), another sleeps 1 ms again and again. Its overshoot in microseconds,
 * p50 and p99. A runtime that can neither preempt nor help itself with another thread never
 * finishes. Peer: the same loops, time.Sleep.
 */
#include "bench.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#define SAMPLES 300

static _Atomic int spinning;
static _Atomic bool stop;

static void spin(goro_waitgroup *all)
{
	volatile uint64_t turns = 0;

	atomic_fetch_add(&spinning, 1);
	while (!atomic_load_explicit(&stop, memory_order_relaxed))
		turns = turns + 1;
	goro_waitgroup_done(all);
}

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void body(void *arg)
{
	static int64_t late[SAMPLES];
	goro_waitgroup all = GORO_WAITGROUP_INIT;
	int64_t n = bench_scaled(SAMPLES, 10);

	(void)arg;
	if (n > SAMPLES)
		n = SAMPLES;
	for (int i = 0; i < bench_workers(); i++) {
		goro_waitgroup_add(&all, 1);
		BENCH_OK(go(spin, &all));
	}
	while (atomic_load(&spinning) < bench_workers())
		BENCH_OK(goro_sleep(GORO_MILLISECOND));

	for (int64_t i = 0; i < n; i++) {
		int64_t begin = goro_now();

		BENCH_OK(goro_sleep(GORO_MILLISECOND));
		late[i] = goro_now() - begin - GORO_MILLISECOND;
	}
	atomic_store(&stop, true);
	BENCH_OK(goro_waitgroup_wait(&all));

	qsort(late, (size_t)n, sizeof(*late), ascending);
	BENCH_CHECK(late[0] >= 0); /* never too early */
	bench_report("latency_p50", (double)late[n / 2] / GORO_MICROSECOND, "us");
	bench_report("latency_p99", (double)late[n * 99 / 100] / GORO_MICROSECOND, "us");
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, body);
}
