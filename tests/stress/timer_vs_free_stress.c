/* SPDX-License-Identifier: MIT */
/* timer_vs_free: timers and tickers are freed while they fire, by whoever holds them last: the
 * reader, somebody else, a plain thread.
 */
#include "stress.h"

static void read_some(chan(int64_t) t, uint64_t random, goro_waitgroup *all)
{
	int64_t told, last = 0;
	bool ok = true;

	for (size_t i = stress_below(&random, 5); i > 0; i--) {
		int rc = stress_below(&random, 2) ?
			chan_recv_until(t, &told, stress_deadline(&random)) :
			chan_select_until(stress_deadline(&random), chan_on_recv(t, &told, &ok));

		if (rc == 0 && ok) {
			CHECK_LE(last, told);
			last = told;
		} else {
			CHECK_TRUE(rc == -ETIMEDOUT || rc == -EPIPE || told == 0);
		}
	}
	chan_free(t);
	goro_waitgroup_done(all);
}

/* 0 to 30 microseconds: many fire at once, while they are being freed. */
static chan(int64_t) some_timer(uint64_t *random)
{
	int64_t ns = (int64_t)stress_below(random, 30) * GORO_MICROSECOND;
	chan(int64_t) t = stress_below(random, 2) ? goro_timer(ns) : goro_ticker(ns + 1);

	CHECK_NE(t, NULL);
	return t;
}

static void one_timer(uint64_t *random, goro_waitgroup *all)
{
	chan(int64_t) t = some_timer(random);

	for (size_t i = stress_below(random, 3); i > 0; i--) {
		goro_waitgroup_add(all, 1);
		CHECK_EQ(go(read_some, chan_ref(t), test_random(random), all), 0);
	}
	if (stress_below(random, 4) == 0)
		chan_close(t);
	stress_pause(random);
	chan_free(t);
}

static void maker(uint64_t random, int n, goro_waitgroup *all)
{
	while (n-- > 0)
		one_timer(&random, all);
	goro_waitgroup_done(all);
}

static void thread_frees(void *arg)
{
	uint64_t random = stress_seed(6, (size_t)(uintptr_t)arg);

	for (size_t n = stress_times(1500); n > 0; n--) {
		chan(int64_t) t = some_timer(&random);

		for (volatile size_t spin = stress_below(&random, 20000); spin > 0; spin--)
			;
		chan_free(t);
	}
}

GORO_TEST(a_timer_may_be_freed_at_any_moment)
{
	goro_waitgroup all = GORO_WAITGROUP_INIT;
	struct test_thread t;

	goro_waitgroup_add(&all, 4);
	for (size_t i = 0; i < 4; i++)
		CHECK_EQ(go(maker, stress_seed(1, i), (int)stress_times(2000), &all), 0);
	test_thread_start(&t, thread_frees, NULL);
	CHECK_EQ(goro_waitgroup_wait(&all), 0);
	test_thread_join(&t);
}

/* The stop comes while they fire; they are freed before it, during it and after it. */
GORO_TEST_OUTSIDE(a_stop_while_timers_fire)
{
	uint64_t random = stress_seed(2, 0);

	for (size_t n = stress_times(100); n > 0; n--) {
		chan(int64_t) t[20];

		test_start();
		for (int i = 0; i < 20; i++)
			t[i] = some_timer(&random);
		for (volatile size_t spin = stress_below(&random, 100000); spin > 0; spin--)
			;
		for (int i = 0; i < 10; i++)
			chan_free(t[i]);
		test_stop();
		for (int i = 10; i < 20; i++)
			chan_free(t[i]);
	}
}
