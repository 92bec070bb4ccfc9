/* SPDX-License-Identifier: MIT */
/* parked.c: a million coroutines wait on one channel; each is then woken by a value of its own.
 *
 * ns to create one and have it run up to its wait, bytes the process grew by for each of them
 * when all are parked, ns from the value to its end. From cold: the first two are mostly first
 * touches of pages. Peer: the same goroutines, `make(chan int64)`.
 */
#include <unistd.h>

#include "bench.h"
#include "meter.h"

struct crowd {
	chan(int64_t) c;
	goro_waitgroup arrived;
	goro_waitgroup left;
};

static void wait_for_value(struct crowd *crowd)
{
	int64_t v;

	goro_waitgroup_done(&crowd->arrived);
	BENCH_OK(chan_recv(crowd->c, &v));
	goro_waitgroup_done(&crowd->left);
}

static uint64_t parks(void)
{
	goro_stats stats = GORO_STATS_INIT;

	goro_stats_get(&stats);
	return stats.parks;
}

/* Having arrived, one may still be on its way to the channel. The waits counted may include a few
 * of the caller's own: so many coroutines may not be there yet, which no figure shows. */
static void await_parks(uint64_t n)
{
	while (parks() < n)
		goro_yield();
}

static void body(void *arg)
{
	struct crowd crowd = { chan_make(int64_t, 0), GORO_WAITGROUP_INIT, GORO_WAITGROUP_INIT };
	int64_t n = bench_scaled(1000000, 1000);
	uint64_t parks_before = parks();
	int64_t before = meter_memory(getpid());
	int64_t begin = goro_now();

	(void)arg;
	BENCH_CHECK(crowd.c);
	for (int64_t i = 0; i < n; i++) {
		goro_waitgroup_add(&crowd.arrived, 1);
		goro_waitgroup_add(&crowd.left, 1);
		BENCH_OK(go(wait_for_value, &crowd));
	}
	BENCH_OK(goro_waitgroup_wait(&crowd.arrived));
	bench_report("parked_create", (double)(goro_now() - begin) / (double)n, "ns");

	await_parks(parks_before + (uint64_t)n);
	bench_report(
		"parked_bytes", (double)(meter_memory(getpid()) - before) / (double)n, "bytes");

	begin = goro_now();
	for (int64_t i = 0; i < n; i++)
		BENCH_OK(chan_send(crowd.c, i));
	BENCH_OK(goro_waitgroup_wait(&crowd.left));
	bench_report("parked_wake", (double)(goro_now() - begin) / (double)n, "ns");
	chan_free(crowd.c);
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, body);
}
