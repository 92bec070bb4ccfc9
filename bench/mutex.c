/* SPDX-License-Identifier: MIT */
/* mutex.c: a thousand coroutines want one mutex, ten million times together. ns for lock, one
 * increment and unlock. Peer: sync.Mutex.
 */
#include "bench.h"

struct work {
	struct bench_gate gate;
	goro_mutex mutex;
	int64_t counter; /* under the mutex */
	int64_t locks;   /* of each coroutine */
};

static void contender(struct work *w)
{
	bench_gate_arrive(&w->gate);
	for (int64_t i = 0; i < w->locks; i++) {
		BENCH_OK(goro_mutex_lock(&w->mutex));
		w->counter++;
		goro_mutex_unlock(&w->mutex);
	}
	bench_gate_leave(&w->gate);
}

static double measure(int n, int64_t ops)
{
	struct work w = { .mutex = GORO_MUTEX_INIT, .locks = ops / n };
	int64_t begin;
	int64_t took;

	bench_gate_init(&w.gate, n);
	for (int i = 0; i < n; i++)
		BENCH_OK(go(contender, &w));
	begin = bench_gate_open(&w.gate);
	took = bench_gate_wait(&w.gate) - begin;
	BENCH_CHECK(w.counter == w.locks * n);
	return (double)took / (double)w.counter;
}

static void body(void *arg)
{
	(void)arg;
	bench_steady("mutex_1000", measure, 1000, 10000000);
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, body);
}
