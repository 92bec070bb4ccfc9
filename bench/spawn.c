/* SPDX-License-Identifier: MIT */
/* spawn.c: a coroutine's whole life: created, run, counted, gone.
 *
 * In batches of a thousand, each waited for through a waitgroup, so that what is measured is a
 * program that spawns all the time and not a pile of unstarted ones (skynet and parked are that).
 * Peer: `go f(&wg)` with sync.WaitGroup.
 */
#include "bench.h"

static void leaf(goro_waitgroup *all)
{
	goro_waitgroup_done(all);
}

static double measure(int batch, int64_t ops)
{
	goro_waitgroup all = GORO_WAITGROUP_INIT;
	int64_t rounds = ops / batch;
	int64_t begin = goro_now();

	for (int64_t r = 0; r < rounds; r++) {
		for (int i = 0; i < batch; i++) {
			goro_waitgroup_add(&all, 1);
			BENCH_OK(go(leaf, &all));
		}
		BENCH_OK(goro_waitgroup_wait(&all));
	}
	return (double)(goro_now() - begin) / (double)(rounds * batch);
}

static void body(void *arg)
{
	(void)arg;
	bench_steady("spawn_exit", measure, 1000, 3000000);
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, body);
}
