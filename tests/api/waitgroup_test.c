/* SPDX-License-Identifier: MIT */
/* waitgroup_test.c: goro_waitgroup through the public header. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "goro_test.h"

#define MOST (INT64_MAX >> 8)

GORO_TEST(nobody_waits_for_nothing)
{
	goro_waitgroup w = GORO_WAITGROUP_INIT;

	CHECK_EQ(goro_waitgroup_wait(&w), 0);
	CHECK_EQ(goro_waitgroup_wait_until(&w, INT64_MIN), 0);
	goro_waitgroup_add(&w, 0);
	CHECK_EQ(goro_waitgroup_wait(&w), 0);
	goro_waitgroup_add(&w, 5);
	CHECK_EQ(goro_waitgroup_wait_until(&w, 0), -ETIMEDOUT);
	goro_waitgroup_add(&w, -5);
	CHECK_EQ(goro_waitgroup_wait(&w), 0);
}

static void write_and_finish(goro_waitgroup *w, int *value, int i)
{
	*value = i;
	goro_waitgroup_done(w);
}

GORO_TEST(who_has_waited_sees_what_all_have_written_and_may_use_it_again)
{
	goro_waitgroup w = GORO_WAITGROUP_INIT;
	int values[20];

	for (int round = 0; round < (int)test_scaled(200); round++) {
		for (int i = 0; i < 20; i++) {
			goro_waitgroup_add(&w, 1);
			CHECK_EQ(go(write_and_finish, &w, &values[i], round + i), 0);
		}
		CHECK_EQ(goro_waitgroup_wait(&w), 0);
		for (int i = 0; i < 20; i++)
			CHECK_EQ(values[i], round + i);
	}
}

GORO_TEST(it_may_end_with_the_frame_of_who_waits)
{
	for (size_t i = 0; i < test_scaled(5000); i++) {
		goro_waitgroup w = GORO_WAITGROUP_INIT;
		int values[3];

		goro_waitgroup_add(&w, 3);
		for (int j = 0; j < 3; j++)
			CHECK_EQ(go(write_and_finish, &w, &values[j], j), 0);
		CHECK_EQ(goro_waitgroup_wait(&w), 0);
		memset(&w, 0xff, sizeof(w)); /* whoever still touches it finds it broken */
	}
}

static void wait_then_count(goro_waitgroup *w, atomic_int *woken)
{
	CHECK_EQ(goro_waitgroup_wait(w), 0);
	atomic_fetch_add(woken, 1);
}

struct waiting_thread {
	goro_waitgroup *w;
	atomic_int *woken;
};

static void wait_in_a_thread(void *arg)
{
	struct waiting_thread *t = arg;

	wait_then_count(t->w, t->woken);
}

GORO_TEST_OUTSIDE(all_who_wait_are_woken_at_zero_and_not_before)
{
	goro_waitgroup w = GORO_WAITGROUP_INIT;
	atomic_int woken = 0;
	struct waiting_thread arg = { &w, &woken };
	struct test_thread threads[2];

	test_start();
	goro_waitgroup_add(&w, 2);
	for (int i = 0; i < 30; i++)
		CHECK_EQ(go(wait_then_count, &w, &woken), 0);
	for (int i = 0; i < 2; i++)
		test_thread_start(&threads[i], wait_in_a_thread, &arg);
	await_parked(30, "waitgroup");
	await_threads_parked(2);
	goro_waitgroup_done(&w);
	CHECK_EQ(goro_waitgroup_wait_until(&w, goro_after(GORO_MILLISECOND)), -ETIMEDOUT);
	CHECK_EQ(atomic_load(&woken), 0);
	goro_waitgroup_done(&w);
	for (int i = 0; i < 2; i++)
		test_thread_join(&threads[i]);
	await_alive(0);
	CHECK_EQ(atomic_load(&woken), 32);
	test_stop();
}

static void wait_again_and_again(goro_waitgroup *w, atomic_int *stop, atomic_int *left)
{
	while (!atomic_load(stop)) {
		int rc = goro_waitgroup_wait_until(w, goro_after(5000));

		CHECK_TRUE(rc == 0 || rc == -ETIMEDOUT);
		goro_yield();
	}
	atomic_fetch_add(left, 1);
}

GORO_TEST(waiters_that_give_up_do_not_disturb_the_others)
{
	goro_waitgroup w = GORO_WAITGROUP_INIT;
	atomic_int stop = 0, left = 0;
	int value;

	for (int i = 0; i < 4; i++)
		CHECK_EQ(go(wait_again_and_again, &w, &stop, &left), 0);
	for (size_t i = 0; i < test_scaled(2000); i++) {
		goro_waitgroup_add(&w, 1);
		CHECK_EQ(go(write_and_finish, &w, &value, (int)i), 0);
		CHECK_EQ(goro_waitgroup_wait(&w), 0);
		CHECK_EQ(value, i);
	}
	atomic_store(&stop, 1);
	AWAIT(atomic_load(&left) == 4);
}

/* Misuse ----------------------------------------------------------------------------------- */

GORO_TEST_OUTSIDE(null_is_refused_and_without_a_runtime_it_counts_but_nobody_waits)
{
	goro_waitgroup w = GORO_WAITGROUP_INIT;

	CHECK_EQ(goro_waitgroup_wait(NULL), -EINVAL);
	CHECK_EQ(goro_waitgroup_wait_until(NULL, 0), -EINVAL);
	CHECK_EQ(goro_waitgroup_wait(&w), -EPERM);
	goro_waitgroup_add(&w, 3);
	goro_waitgroup_done(&w);
	CHECK_EQ(goro_waitgroup_wait_until(&w, 0), -EPERM);
	test_start();
	CHECK_EQ(goro_waitgroup_wait(NULL), -EINVAL);
	CHECK_EQ(goro_waitgroup_wait_until(NULL, INT64_MIN), -EINVAL);
	CHECK_EQ(goro_waitgroup_wait_until(&w, 0), -ETIMEDOUT);
	goro_waitgroup_add(&w, -2);
	CHECK_EQ(goro_waitgroup_wait(&w), 0);
	test_stop();
	CHECK_EQ(goro_waitgroup_wait(&w), -EPERM);
}

GORO_TEST(it_counts_as_far_as_it_says)
{
	goro_waitgroup w = GORO_WAITGROUP_INIT;

	goro_waitgroup_add(&w, MOST);
	CHECK_EQ(goro_waitgroup_wait_until(&w, 0), -ETIMEDOUT);
	goro_waitgroup_add(&w, -MOST);
	CHECK_EQ(goro_waitgroup_wait(&w), 0);
}

static void add_to_null(void *arg)
{
	(void)arg;
	goro_waitgroup_add(NULL, 1);
}

static void done_on_null(void *arg)
{
	(void)arg;
	goro_waitgroup_done(NULL);
}

static void add(void *arg)
{
	goro_waitgroup w = GORO_WAITGROUP_INIT;

	goro_waitgroup_add(&w, 1);
	goro_waitgroup_add(&w, *(int64_t *)arg);
}

GORO_TEST_PLAIN(misuse_is_told_and_aborts)
{
	int64_t too_low = -2, lowest = INT64_MIN, too_high = MOST, highest = INT64_MAX;

	CHECK_CHILD_DIES(add_to_null, NULL, SIGABRT, "NULL waitgroup");
	CHECK_CHILD_DIES(done_on_null, NULL, SIGABRT, "NULL waitgroup");
	CHECK_CHILD_DIES(add, &too_low, SIGABRT, "waitgroup below zero");
	CHECK_CHILD_DIES(add, &lowest, SIGABRT, "waitgroup below zero");
	CHECK_CHILD_DIES(add, &too_high, SIGABRT, "waitgroup above");
	CHECK_CHILD_DIES(add, &highest, SIGABRT, "waitgroup above");
}
