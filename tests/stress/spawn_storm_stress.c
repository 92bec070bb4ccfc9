/* SPDX-License-Identifier: MIT */
/* spawn_storm: coroutines that begin coroutines, wide and deep, with and without stacks of the dead
 * to take over. Spawned = run, and nothing is left.
 */
#include "stress.h"

static uint64_t ran;
static uint64_t sum;

static void leaf(chan(uint64_t) to, uint64_t n)
{
	CHECK_EQ(chan_send(to, n), 0);
	chan_free(to);
}

/* Adds up the numbers of `size` leaves: skynet. */
static void node(chan(uint64_t) to, uint64_t first, uint64_t size)
{
	chan(uint64_t) from = chan_make(uint64_t, size % 3);
	uint64_t total = 0, v;

	for (uint64_t i = 0; i < 10; i++) {
		uint64_t part = size / 10, at = first + i * part;

		if (part <= 1)
			CHECK_EQ(go(leaf, chan_ref(from), at), 0);
		else
			CHECK_EQ(go(node, chan_ref(from), at, part), 0);
	}
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(chan_recv(from, &v), 0);
		total += v;
	}
	chan_free(from);
	leaf(to, total);
}

GORO_TEST(a_tree_of_coroutines_adds_up)
{
	for (size_t n = stress_times(30); n > 0; n--) {
		chan(uint64_t) c = chan_make(uint64_t, 0);
		uint64_t v = 0;

		CHECK_EQ(go(node, chan_ref(c), UINT64_C(0), UINT64_C(10000)), 0);
		CHECK_EQ(chan_recv(c, &v), 0);
		CHECK_EQ(v, UINT64_C(10000) * 9999 / 2);
		chan_free(c);
	}
}

static void six(int a, double b, long c, float d, const char *e, goro_waitgroup *all)
{
	CHECK_EQ(a + 1, c);
	CHECK_TRUE(b == a && d == 0.5f && e[0] == 's');
	__atomic_fetch_add(&sum, (uint64_t)a, __ATOMIC_RELAXED);
	goro_waitgroup_done(all);
}

static void one(goro_waitgroup *all)
{
	__atomic_fetch_add(&ran, 1, __ATOMIC_RELAXED);
	goro_waitgroup_done(all);
}

GORO_TEST(each_gets_its_own_arguments)
{
	goro_waitgroup all = GORO_WAITGROUP_INIT;
	int n = (int)stress_times(100000);

	ran = sum = 0;
	goro_waitgroup_add(&all, 2 * (int64_t)n);
	for (int i = 0; i < n; i++) {
		CHECK_EQ(go(six, i, (double)i, i + 1L, 0.5f, "s", &all), 0);
		CHECK_EQ(go(one, &all), 0);
		if (i % 1000 == 0)
			goro_yield();
	}
	CHECK_EQ(goro_waitgroup_wait(&all), 0);
	CHECK_EQ(ran, n);
	CHECK_EQ(sum, (uint64_t)n * (uint64_t)(n - 1) / 2);
}

/* A line: each begins the next and ends, on the stack of the one before. */
static void next_of(int left, goro_waitgroup *all)
{
	if (left > 0)
		CHECK_EQ(go(next_of, left - 1, all), 0);
	else
		goro_waitgroup_done(all);
}

GORO_TEST(a_line_of_coroutines_comes_to_its_end)
{
	goro_waitgroup all = GORO_WAITGROUP_INIT;

	goro_waitgroup_add(&all, 8);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(go(next_of, (int)stress_times(50000), &all), 0);
	CHECK_EQ(goro_waitgroup_wait(&all), 0);
	await_alive(1);
}
