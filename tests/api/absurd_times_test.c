/* SPDX-License-Identifier: MIT */
/* absurd_times_test.c: every number is a time. Deadlines: time_test.c; here durations and periods,
 * from one end of int64_t to the other.
 */
#include <stdatomic.h>

#include "goro_test.h"

static const int64_t passed[] = { INT64_MIN, INT64_MIN + 1, INT64_MIN / 2, -GORO_SECOND, -1, 0 };
static const int64_t never[] = { INT64_MAX, INT64_MAX - 1, INT64_MAX - GORO_SECOND, INT64_MAX / 2,
	INT64_MAX / 2 + 1 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void sleep_long(int64_t ns)
{
	CHECK_EQ(goro_sleep(ns), -ECANCELED); /* the stop ends it */
}

static void sleep_them_all(void)
{
	for (size_t i = 0; i < COUNT(passed); i++)
		CHECK_EQ(goro_sleep(passed[i]), 0);
	for (size_t i = 0; i < COUNT(never); i++)
		CHECK_EQ(go(sleep_long, never[i]), 0);
	await_parked(COUNT(never), "sleep");
	CHECK_EQ(goro_sleep(GORO_MICROSECOND), 0); /* one that ends, among them */
	await_parked(COUNT(never), "sleep");
}

GORO_TEST(a_sleep_of_any_length_is_none_or_one_that_never_ends)
{
	sleep_them_all();
}

GORO_TEST(a_timer_of_any_length_fires_at_once_or_never)
{
	for (size_t i = 0; i < COUNT(passed); i++) {
		chan(int64_t) t = goro_timer(passed[i]);
		int64_t told;

		CHECK_EQ(chan_recv(t, &told), 0);
		CHECK_LE(told, goro_now());
		chan_free(t);
	}
	for (size_t i = 0; i < COUNT(never); i++) {
		chan(int64_t) t = goro_timer(never[i]);
		int64_t told;

		CHECK_EQ(goro_sleep(GORO_MICROSECOND), 0);
		CHECK_EQ(chan_try_recv(t, &told), -EAGAIN);
		chan_free(t);
	}
}

GORO_TEST(a_ticker_of_any_period_is_refused_or_never_ticks)
{
	for (size_t i = 0; i < COUNT(passed); i++)
		CHECK_TRUE(goro_ticker(passed[i]) == NULL);
	for (size_t i = 0; i < COUNT(never); i++) {
		chan(int64_t) t = goro_ticker(never[i]);
		int64_t told;

		CHECK_TRUE(t != NULL);
		CHECK_EQ(goro_sleep(GORO_MICROSECOND), 0);
		CHECK_EQ(chan_try_recv(t, &told), -EAGAIN);
		chan_free(t);
	}
}

GORO_TEST_PLAIN(sums_of_times_stay_within_their_type)
{
	for (size_t i = 0; i < COUNT(passed); i++) {
		int64_t sum = goro_after(passed[i]);

		CHECK_LE(sum, goro_now());
	}
	for (size_t i = 0; i < COUNT(never); i++)
		CHECK_LE(never[i], goro_after(never[i]));
	CHECK_EQ(goro_after(INT64_MAX), GORO_FOREVER);
	CHECK_LE(goro_after(INT64_MIN), 0);
}

static void do_nothing(void *arg)
{
	(void)arg;
}

/* Any patience of a stop is one. */
GORO_TEST_PLAIN(a_drain_time_of_any_length_is_taken)
{
	for (size_t i = 0; i < COUNT(never); i++) {
		goro_config config = GORO_CONFIG_INIT;

		config.workers = 1;
		config.drain = never[i];
		CHECK_EQ(goro_run_config(&config, do_nothing, NULL), 0);
	}
}
