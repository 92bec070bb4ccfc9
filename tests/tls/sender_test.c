/* SPDX-License-Identifier: MIT */
/* sender_test.c: the coroutine that carries on what a write could not send: when there is none, and when
 * the runtime stops. */
#include <stdatomic.h>

#include "no_stack.h"
#include "tls_support.h"

static goro_tls *ends[2];
static const char zeroes[50000];

static void check_that_it_is_over(void)
{
	char c;

	for (int i = 0; i < 2; i++) {
		CHECK_EQ(goro_tls_write(ends[0], zeroes, 1, GORO_FOREVER), -EBADF);
		CHECK_EQ(goro_tls_read(ends[0], &c, 1, GORO_FOREVER), -EBADF);
	}
}

/* The stop has closed the connections, and the sessions live until somebody closes them. */
static void check_what_a_stop_left(void)
{
	test_run(test_workers(), check_that_it_is_over);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(goro_tls_close(ends[i]), 0);
}

static void leave_a_sender(void)
{
	test_tls_pair("unix", ends);
	while (goro_tls_write(ends[0], zeroes, sizeof(zeroes), INT64_MIN) > 0)
		;
	await_parked(1, "conn write");
}

GORO_TEST_OUTSIDE(a_stop_ends_the_sender)
{
	test_run(test_workers(), leave_a_sender);
	check_what_a_stop_left();
}

static atomic_bool ended;

static void write_until_cancelled(void)
{
	ssize_t n;

	while ((n = goro_tls_write(ends[0], zeroes, sizeof(zeroes), GORO_FOREVER)) > 0)
		;
	CHECK_EQ(n, -ECANCELED);
	atomic_store(&ended, true);
}

static void leave_a_writer(void)
{
	test_tls_pair("unix", ends);
	CHECK_EQ(go(write_until_cancelled), 0);
	await_parked(1, "conn write");
}

GORO_TEST_OUTSIDE(a_stop_ends_a_write)
{
	atomic_store(&ended, false);
	test_run(test_workers(), leave_a_writer);
	CHECK_TRUE(atomic_load(&ended));
	check_what_a_stop_left();
}

/* Without a stack -------------------------------------------------------------------------------- */

/* How many bytes were written, the last of which wait for a sender that never ran. */
static size_t write_without_a_sender(goro_waitgroup *until)
{
	for (;;) {
		size_t taken = 0;
		ssize_t n;
		int before;

		test_tls_pair("unix", ends);
		test_stacks_take(until);
		before = test_stacks_refused();
		while ((n = goro_tls_write(ends[0], zeroes, sizeof(zeroes), INT64_MIN)) > 0)
			taken += (size_t)n;
		AWAIT(test_stacks_refused() > before || are_parked(1, "conn write"));
		test_stacks_give();
		if (test_stacks_refused() > before)
			return taken;
		test_tls_pair_close(ends); /* one who stood in for the worker had a stack */
	}
}

static void write_one(void)
{
	test_tls_write(ends[0], zeroes, 1);
}

static void lose_a_sender(void *arg)
{
	goro_waitgroup hold = GORO_WAITGROUP_INIT;
	size_t taken;
	ssize_t n;

	(void)arg;
	goro_waitgroup_add(&hold, 1);
	taken = write_without_a_sender(&hold);
	goro_waitgroup_done(&hold);
	/* All the same the next one has his turn, and sends first what was left. */
	CHECK_EQ(goro_tls_write(ends[0], zeroes, 1, INT64_MIN), -ETIMEDOUT);
	CHECK_EQ(go(write_one), 0);
	await_parked(1, "conn write");
	for (size_t left = taken + 1; left > 0; left -= (size_t)n) {
		char buf[5000];

		n = goro_tls_read(
			ends[1], buf, left < sizeof(buf) ? left : sizeof(buf), GORO_FOREVER);
		CHECK_LT(0, n);
	}
	test_tls_pair_close(ends);
}

GORO_TEST_PLAIN(a_sender_without_a_stack_is_done_without)
{
	test_run_on_one_worker(lose_a_sender);
}
