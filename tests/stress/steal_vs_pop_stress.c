/* SPDX-License-Identifier: MIT */
/* steal_vs_pop: queues that are filled and emptied by their owner while others take half. Whatever
 * was begun runs, once; whoever yields comes back.
 */
#include "stress.h"

static uint64_t begun, ran;
static goro_waitgroup all;

static void leaf(uint64_t *seen)
{
	CHECK_EQ(__atomic_fetch_add(seen, 1, __ATOMIC_RELAXED), 0); /* not twice */
	__atomic_fetch_add(&ran, 1, __ATOMIC_RELAXED);
	goro_waitgroup_done(&all);
}

#define BURST 300

/* Bursts longer and shorter than a ring, with yields between: full, empty, and overflowing. */
static void owner(uint64_t random, int rounds)
{
	static _Alignas(64) uint64_t seen_by[16][BURST];
	static unsigned owners;
	uint64_t *seen = seen_by[__atomic_fetch_add(&owners, 1, __ATOMIC_RELAXED) % 16];

	while (rounds-- > 0) {
		size_t n = 1 + stress_below(&random, BURST - 1);

		for (size_t i = 0; i < n; i++)
			__atomic_store_n(&seen[i], 0, __ATOMIC_RELAXED);
		goro_waitgroup_add(&all, (int64_t)n);
		__atomic_fetch_add(&begun, n, __ATOMIC_RELAXED);
		for (size_t i = 0; i < n; i++) {
			CHECK_EQ(go(leaf, &seen[i]), 0);
			stress_pause(&random);
		}
		for (size_t i = 0; i < n;) { /* all have run before their marks are used again */
			goro_yield();
			while (i < n && __atomic_load_n(&seen[i], __ATOMIC_RELAXED) == 1)
				i++;
		}
	}
	goro_waitgroup_done(&all);
}

GORO_TEST(what_is_begun_runs_once)
{
	begun = ran = 0;
	all = GORO_WAITGROUP_INIT;
	goro_waitgroup_add(&all, 16);
	for (size_t i = 0; i < 16; i++)
		CHECK_EQ(go(owner, stress_seed(0, i), (int)stress_times(150)), 0);
	CHECK_EQ(goro_waitgroup_wait(&all), 0);
	CHECK_EQ(ran, begun);
}

static void yielder(int n)
{
	uint64_t id = goro_id();

	for (int i = 0; i < n; i++) {
		goro_yield();
		CHECK_EQ(goro_id(), id);
	}
	__atomic_fetch_add(&ran, 1, __ATOMIC_RELAXED);
	goro_waitgroup_done(&all);
}

GORO_TEST(who_yields_comes_back)
{
	size_t counts[] = { 1, 2, 3, 7, 100, 1000 };

	for (size_t k = 0; k < sizeof(counts) / sizeof(*counts); k++) {
		size_t n = counts[k];

		ran = 0;
		all = GORO_WAITGROUP_INIT;
		goro_waitgroup_add(&all, (int64_t)n);
		for (size_t i = 0; i < n; i++)
			CHECK_EQ(go(yielder, (int)stress_times(1000000 / n)), 0);
		CHECK_EQ(goro_waitgroup_wait(&all), 0);
		CHECK_EQ(ran, n);
	}
}
