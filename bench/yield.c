/* SPDX-License-Identifier: MIT */
/* yield.c: the price of giving up the worker to the next runnable coroutine.
 *
 * n coroutines yield in turn, ten million times together; 2 of them stay in the first cache, the
 * stacks and descriptors of 10,000 do not. Peer: runtime.Gosched().
 */
#include "bench.h"

struct work {
	struct bench_gate gate;
	int64_t yields; /* of each coroutine */
};

static void yielder(struct work *w)
{
	bench_gate_arrive(&w->gate);
	for (int64_t i = 0; i < w->yields; i++)
		goro_yield();
	bench_gate_leave(&w->gate);
}

static double measure(int n, int64_t ops)
{
	struct work w = { .yields = ops / n };
	int64_t begin;

	bench_gate_init(&w.gate, n);
	for (int i = 0; i < n; i++)
		BENCH_OK(go(yielder, &w));
	begin = bench_gate_open(&w.gate);
	return (double)(bench_gate_wait(&w.gate) - begin) / (double)(w.yields * n);
}

static void body(void *arg)
{
	(void)arg;
	bench_steady("yield_2", measure, 2, 10000000);
	bench_steady("yield_1000", measure, 1000, 10000000);
	bench_steady("yield_10000", measure, 10000, 10000000);
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, body);
}
