/* SPDX-License-Identifier: MIT */
/* mpmc.c: n producers and n consumers on one channel of 128. ns an item.
 *
 * When the producers are done the channel is closed; the consumers receive until it is drained.
 * Peer: `for v := range c` in n goroutines.
 */
#include "bench.h"

#include <stdatomic.h>

struct work {
	struct bench_gate gate;
	goro_waitgroup producers;
	chan(int64_t) c;
	int64_t items; /* of each producer */
	_Atomic int64_t sum;
};

static void produce(struct work *w)
{
	bench_gate_arrive(&w->gate);
	for (int64_t i = 0; i < w->items; i++)
		BENCH_OK(chan_send(w->c, i));
	goro_waitgroup_done(&w->producers);
	bench_gate_leave(&w->gate);
}

static void consume(struct work *w)
{
	int64_t sum = 0;
	int64_t v;

	bench_gate_arrive(&w->gate);
	while (chan_recv(w->c, &v) == 0)
		sum += v;
	atomic_fetch_add(&w->sum, sum);
	bench_gate_leave(&w->gate);
}

static double measure(int n, int64_t ops)
{
	struct work w = { .producers = GORO_WAITGROUP_INIT, .items = ops / n };
	int64_t begin;
	int64_t took;

	w.c = chan_make(int64_t, 128);
	BENCH_CHECK(w.c);
	bench_gate_init(&w.gate, 2 * n);
	goro_waitgroup_add(&w.producers, n);
	for (int i = 0; i < n; i++) {
		BENCH_OK(go(produce, &w));
		BENCH_OK(go(consume, &w));
	}
	begin = bench_gate_open(&w.gate);
	BENCH_OK(goro_waitgroup_wait(&w.producers));
	BENCH_OK(chan_close(w.c));
	took = bench_gate_wait(&w.gate) - begin;
	BENCH_CHECK(w.sum == n * (w.items * (w.items - 1) / 2));
	chan_free(w.c);
	return (double)took / (double)(w.items * n);
}

static void body(void *arg)
{
	(void)arg;
	bench_steady("mpmc_4x4", measure, 4, 10000000);
	bench_steady("mpmc_100x100", measure, 100, 10000000);
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, body);
}
