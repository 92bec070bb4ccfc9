/* SPDX-License-Identifier: MIT */
/* timer_test.c: time that arrives through a channel: never early, never bunched, and gone with the
 * channel. How late it comes is nobody's promise and not looked at.
 */
#include "goro_test.h"

GORO_TEST(a_timer_fires_once_and_never_early)
{
	for (int64_t ns = 1; ns < 30 * GORO_MILLISECOND; ns *= 5) {
		int64_t due = goro_after(ns), told = 0;
		chan(int64_t) t = goro_timer(ns);

		CHECK_NE(t, NULL);
		CHECK_EQ(chan_cap(t), 1);
		CHECK_EQ(chan_recv(t, &told), 0);
		CHECK_LE(due, told);
		CHECK_LE(told, goro_now());
		CHECK_EQ(chan_recv_until(t, &told, goro_after(ns)), -ETIMEDOUT);
		chan_free(t);
	}
}

GORO_TEST(a_timer_of_no_time_fires_at_once)
{
	static const int64_t none[] = { 0, -1, -GORO_SECOND, INT64_MIN };

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		int64_t before = goro_now(), told;
		chan(int64_t) t = goro_timer(none[i]);

		CHECK_EQ(chan_recv(t, &told), 0);
		CHECK_LE(before, told);
		chan_free(t);
	}
}

GORO_TEST(a_timer_that_never_fires_can_be_freed)
{
	static const int64_t far[] = { GORO_FOREVER, GORO_FOREVER - 1, GORO_FOREVER / 2,
		3600 * GORO_SECOND };
	int64_t told;

	for (size_t i = 0; i < sizeof(far) / sizeof(*far); i++) {
		chan(int64_t) t = goro_timer(far[i]), again = goro_ticker(far[i]);

		CHECK_NE(t, NULL);
		CHECK_NE(again, NULL);
		CHECK_EQ(chan_try_recv(t, &told), -EAGAIN);
		CHECK_EQ(chan_try_recv(again, &told), -EAGAIN);
		chan_free(t);
		chan_free(again);
	}
}

GORO_TEST(a_ticker_wants_a_period_above_0)
{
	CHECK_EQ(goro_ticker(0), NULL);
	CHECK_EQ(goro_ticker(-1), NULL);
	CHECK_EQ(goro_ticker(INT64_MIN), NULL);
}

GORO_TEST(a_ticker_ticks_again_and_again_and_never_early)
{
	int64_t period = GORO_MILLISECOND, start = goro_now(), told, last = 0;
	chan(int64_t) t = goro_ticker(period);

	for (int i = 1; i <= 10; i++) {
		CHECK_EQ(chan_recv(t, &told), 0);
		CHECK_LE(start + i * period, told);
		CHECK_LT(last, told);
		last = told;
	}
	chan_free(t);
}

/* Waits until so many timers have fired, without reading any channel. */
static void await_fired(uint64_t n)
{
	goro_stats stats = GORO_STATS_INIT;

	do {
		test_relax();
		goro_stats_get(&stats);
	} while (stats.timers_fired < n);
}

GORO_TEST(a_ticker_that_nobody_reads_drops_ticks)
{
	int64_t period = GORO_MILLISECOND, told, first;
	chan(int64_t) t = goro_ticker(period);

	await_fired(6);
	CHECK_EQ(chan_len(t), 1);
	CHECK_EQ(chan_recv(t, &first), 0); /* the one that found room */
	CHECK_LE(first + 4 * period, goro_now());
	CHECK_EQ(chan_recv(t, &told), 0);
	CHECK_LE(first + 5 * period, told + period); /* those between were dropped, not kept */
	chan_free(t);
}

GORO_TEST(a_closed_ticker_says_so_and_may_be_freed)
{
	chan(int64_t) t = goro_ticker(GORO_MICROSECOND);
	int64_t told;

	CHECK_EQ(chan_close(t), 0);
	while (chan_recv(t, &told) == 0)
		;
	CHECK_EQ(told, 0);
	await_fired(3); /* into a closed channel */
	CHECK_EQ(chan_recv(t, &told), -EPIPE);
	chan_free(t);
}

GORO_TEST(a_free_while_it_fires_is_fine)
{
	for (size_t i = 0; i < test_scaled(3000); i++) {
		chan(int64_t) t = goro_ticker(GORO_MICROSECOND);
		chan(int64_t) once = goro_timer((int64_t)(i % 50) * 100);
		int64_t told;

		if (i % 2 == 0)
			CHECK_EQ(chan_recv(t, &told), 0);
		if (i % 3 == 0)
			CHECK_EQ(chan_recv(once, &told),
				0); /* and it is freed from its own wake-up */
		chan_free(once);
		chan_free(t);
	}
}

GORO_TEST(a_timer_is_a_case_of_a_select)
{
	chan(int) c = chan_make(int, 0);
	chan(int64_t) t = goro_timer(2 * GORO_MILLISECOND);
	int64_t told = 0;
	int v;

	CHECK_EQ(chan_select(chan_on_recv(c, &v), chan_on_recv(t, &told)), 1);
	CHECK_LT(0, told);
	CHECK_EQ(chan_try_select(chan_on_recv(c, &v), chan_on_recv(t, &told)), -EAGAIN);
	chan_free(c);
	chan_free(t);
}

GORO_TEST(a_thousand_timers_fire_each_at_its_time)
{
	enum { N = 1000 };
	static chan(int64_t) t[N];
	static int64_t due[N];
	uint64_t random = test_seed();
	int64_t told;

	for (int i = 0; i < N; i++) {
		int64_t ns = (int64_t)(test_random(&random) % (20 * GORO_MILLISECOND));

		due[i] = goro_after(ns);
		t[i] = goro_timer(ns);
	}
	for (int i = 0; i < N; i += 3) /* some are taken back */
		chan_free(t[i]);
	for (int i = 0; i < N; i++) {
		if (i % 3 == 0)
			continue;
		CHECK_EQ(chan_recv(t[i], &told), 0);
		CHECK_LE(due[i], told);
		chan_free(t[i]);
	}
}

GORO_TEST(a_reference_keeps_the_timer)
{
	chan(int64_t) t = goro_timer(2 * GORO_MILLISECOND);
	int64_t told;

	chan_free(chan_ref(t));
	CHECK_EQ(chan_recv(t, &told), 0);
	chan_free(t);
}

/* Outside ----------------------------------------------------------------------------------- */

GORO_TEST_OUTSIDE(without_a_runtime_there_is_no_timer)
{
	CHECK_EQ(goro_timer(1), NULL);
	CHECK_EQ(goro_ticker(1), NULL);
	test_start();
	test_stop();
	CHECK_EQ(goro_timer(1), NULL);
	CHECK_EQ(goro_ticker(GORO_SECOND), NULL);
}

GORO_TEST_OUTSIDE(a_plain_thread_may_use_timers)
{
	chan(int64_t) t, k;
	int64_t start, told;

	test_start();
	start = goro_now();
	t = goro_timer(GORO_MILLISECOND);
	k = goro_ticker(GORO_MILLISECOND);
	CHECK_EQ(chan_recv(t, &told), 0);
	CHECK_LE(start + GORO_MILLISECOND, told);
	for (int i = 1; i < 5; i++) {
		CHECK_EQ(chan_recv(k, &told), 0);
		CHECK_LE(start + i * GORO_MILLISECOND, told);
	}
	chan_free(t);
	chan_free(k);
	test_stop();
}

static void wait_for_ever(void *arg)
{
	chan(int64_t) t = arg;
	int64_t told;

	CHECK_EQ(chan_recv(t, &told), -ECANCELED);
	chan_free(t);
	chan_free(goro_timer(0)); /* during a stop: NULL or a timer, which nobody can wait for */
}

/* A channel may outlive the runtime that timed it, and even see the next one. */
GORO_TEST_OUTSIDE(a_timer_may_be_freed_after_the_stop_and_in_the_next_run)
{
	chan(int64_t) t[4];
	int64_t told;

	for (int round = 0; round < 3; round++) {
		test_start();
		t[0] = goro_timer(GORO_MICROSECOND);
		t[1] = goro_ticker(GORO_MICROSECOND);
		t[2] = goro_timer(3600 * GORO_SECOND);
		t[3] = goro_ticker(3600 * GORO_SECOND);
		CHECK_EQ(goro_go(wait_for_ever, chan_ref(t[3])), 0);
		CHECK_EQ(chan_recv(t[1], &told), 0);
		test_stop();
		CHECK_EQ(chan_recv(t[1], &told), -EPERM);
		if (round == 1) {
			test_start();
			while (chan_try_recv(t[1], &told) == 0) /* what had fired before the stop */
				CHECK_LT(0, told);
		}
		for (int i = 0; i < 4; i++)
			chan_free(t[i]);
		if (round == 1)
			test_stop();
	}
}
