/* SPDX-License-Identifier: MIT */
/* time_test.c: the clock, sleeping, and one table of deadlines over every timed call. */
#include <stdatomic.h>
#include <time.h>

#include "goro_test.h"
#include "goro_waits.h"

GORO_TEST_PLAIN(the_clock_is_monotonic_and_needs_no_runtime)
{
	struct timespec ts;
	int64_t before, system, after;

	before = goro_now();
	CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
	after = goro_now();
	system = (int64_t)ts.tv_sec * GORO_SECOND + ts.tv_nsec;
	CHECK_LE(before, system);
	CHECK_LE(system, after);
	for (int i = 0; i < 1000; i++) {
		before = goro_now();
		CHECK_LE(before, goro_now());
	}
}

GORO_TEST_PLAIN(units_are_what_they_say)
{
	CHECK_EQ(GORO_MICROSECOND, 1000);
	CHECK_EQ(GORO_MILLISECOND, 1000000);
	CHECK_EQ(GORO_SECOND, 1000000000);
	CHECK_EQ(sizeof(GORO_MICROSECOND), sizeof(int64_t));
	CHECK_TRUE(_Generic(GORO_SECOND, int64_t : true, default : false));
	CHECK_EQ(GORO_FOREVER, INT64_MAX);
}

GORO_TEST_PLAIN(after_adds_and_saturates)
{
	static const int64_t huge[] = { INT64_MAX, INT64_MAX - 1 };
	int64_t now = goro_now();

	CHECK_LE(now, goro_after(0));
	CHECK_LE(now + GORO_SECOND, goro_after(GORO_SECOND));
	CHECK_LT(goro_after(GORO_SECOND), now + 3600 * GORO_SECOND);
	CHECK_LT(goro_after(-3600 * GORO_SECOND), now);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(goro_after(huge[i]), GORO_FOREVER);
	CHECK_LT(goro_after(INT64_MIN), 0);
	CHECK_LE(INT64_MIN, goro_after(INT64_MIN));
}

/* Sleep ------------------------------------------------------------------------------------ */

GORO_TEST(to_sleep_not_at_all_is_to_let_others_run)
{
	static const int64_t none[] = { 0, -1, -GORO_SECOND, INT64_MIN };

	for (int i = 0; i < 4; i++)
		CHECK_EQ(goro_sleep(none[i]), 0);
}

static void sleep_often(uint64_t state, goro_waitgroup *out)
{
	for (size_t i = 0; i < test_scaled(20); i++) {
		int64_t ns = (int64_t)(test_random(&state) % (2 * 1000 * 1000));
		int64_t until = goro_now() + ns;

		CHECK_EQ(goro_sleep(ns), 0);
		CHECK_LE(until, goro_now());
	}
	goro_waitgroup_done(out);
}

GORO_TEST(nobody_wakes_before_its_time)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;

	for (uint64_t i = 0; i < 200; i++) {
		goro_waitgroup_add(&out, 1);
		CHECK_EQ(go(sleep_often, test_seed() + i, &out), 0);
	}
	CHECK_EQ(goro_waitgroup_wait(&out), 0);
}

GORO_TEST(a_short_sleep_is_not_early_either)
{
	for (int64_t ns = 1; ns <= 100 * GORO_MICROSECOND; ns *= 10) {
		for (int i = 0; i < 20; i++) {
			int64_t until = goro_now() + ns;

			CHECK_EQ(goro_sleep(ns), 0);
			CHECK_LE(until, goro_now());
		}
	}
}

GORO_TEST_OUTSIDE(a_thread_sleeps_as_a_coroutine_does_but_not_without_a_runtime)
{
	int64_t until;

	CHECK_EQ(goro_sleep(1), -EPERM);
	CHECK_EQ(goro_sleep(0), -EPERM);
	CHECK_EQ(goro_sleep(GORO_FOREVER), -EPERM);
	test_start();
	until = goro_after(2 * GORO_MILLISECOND);
	CHECK_EQ(goro_sleep(2 * GORO_MILLISECOND), 0);
	CHECK_LE(until, goro_now());
	CHECK_EQ(goro_sleep(INT64_MIN), 0);
	test_stop();
	CHECK_EQ(goro_sleep(0), -EPERM);
}

static void sleep_an_hour(void)
{
	CHECK_EQ(goro_sleep(3600 * GORO_SECOND), -ECANCELED); /* at the end of the test */
}

GORO_TEST(a_short_sleep_begun_during_a_long_one_is_not_held_up_by_it)
{
	for (int i = 0; i < 4; i++)
		CHECK_EQ(go(sleep_an_hour), 0);
	await_parked(4, "sleep");
	CHECK_EQ(goro_sleep(GORO_MILLISECOND), 0); /* else it hangs */
}

/* Deadlines --------------------------------------------------------------------------------- */

static void check_past(const struct test_wait *w)
{
	int64_t past[] = { INT64_MIN, INT64_MIN + 1, -GORO_SECOND, -1, 0, 1, goro_now() - 1,
		goro_now(), goro_after(INT64_MIN) };

	for (size_t i = 0; i < sizeof(past) / sizeof(past[0]); i++)
		CHECK_EQ(w->call(past[i]), -ETIMEDOUT);
}

static void check_near(const struct test_wait *w)
{
	static const int64_t near[] = { 1, 1000, 100 * 1000, 2 * 1000 * 1000 };

	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		int64_t deadline = goro_after(near[i]);

		CHECK_EQ(w->call(deadline), -ETIMEDOUT);
		CHECK_LE(deadline, goro_now());
	}
}

static void check_all(void)
{
	for (size_t i = 0; i < test_nwaits; i++) {
		const struct test_wait *w = &test_waits[i];

		if (!w->timed)
			continue;
		w->prepare();
		check_past(w);
		check_near(w);
		if (w->finish != NULL)
			w->finish();
	}
}

GORO_TEST(a_coroutine_waits_until_the_deadline_and_not_at_all_if_it_has_passed)
{
	check_all();
}

GORO_TEST_OUTSIDE(a_thread_waits_until_the_deadline_and_not_at_all_if_it_has_passed)
{
	test_start();
	check_all();
	test_stop();
}

static const int64_t far[] = { INT64_MAX, INT64_MAX - 1, INT64_MAX - GORO_SECOND, INT64_MAX / 2 };

#define NFAR (sizeof(far) / sizeof(far[0]))

static void wait_far(const struct test_wait *w, int64_t deadline, atomic_int *done)
{
	CHECK_EQ(w->call(deadline), w->granted);
	atomic_fetch_add(done, 1);
}

GORO_TEST(a_deadline_far_away_neither_passes_nor_overflows)
{
	for (size_t i = 0; i < test_nwaits; i++) {
		const struct test_wait *w = &test_waits[i];

		if (!w->timed || w->grant == NULL)
			continue;
		for (size_t j = 0; j < NFAR + 1; j++) {
			int64_t deadline = j < NFAR ? far[j] : goro_after(INT64_MAX - 1);
			atomic_int done = 0;

			w->prepare();
			CHECK_EQ(go(wait_far, w, deadline, &done), 0);
			await_parked(1, w->why);
			w->grant();
			AWAIT(atomic_load(&done));
			if (w->finish != NULL)
				w->finish();
		}
	}
	await_alive(1);
}

struct far_thread {
	const struct test_wait *w;
	int64_t deadline;
	atomic_int done;
};

static void wait_far_in_a_thread(void *arg)
{
	struct far_thread *t = arg;

	wait_far(t->w, t->deadline, &t->done);
}

GORO_TEST_OUTSIDE(nor_does_it_in_a_thread)
{
	test_start();
	for (size_t i = 0; i < test_nwaits; i++) {
		const struct test_wait *w = &test_waits[i];

		if (!w->timed || w->grant == NULL)
			continue;
		for (size_t j = 0; j < NFAR; j++) {
			struct far_thread arg = { .w = w, .deadline = far[j] };
			struct test_thread thread;

			w->prepare();
			test_thread_start(&thread, wait_far_in_a_thread, &arg);
			await_threads_parked(1);
			w->grant();
			test_thread_join(&thread);
			if (w->finish != NULL)
				w->finish();
		}
	}
	test_stop();
}

static void check_nulls(void)
{
	static const int64_t any[] = { INT64_MIN, -1, 0, 1, INT64_MAX - 1, INT64_MAX };

	for (size_t i = 0; i < test_nwaits; i++)
		for (size_t j = 0; test_waits[i].call_null != NULL && j < 6; j++)
			CHECK_EQ(test_waits[i].call_null(any[j]), -EINVAL);
}

GORO_TEST_OUTSIDE(a_wrong_argument_is_told_before_any_deadline_or_a_missing_runtime)
{
	check_nulls();
	test_start();
	check_nulls();
	test_stop();
	check_nulls();
}
