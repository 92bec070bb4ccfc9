/* SPDX-License-Identifier: MIT */
/* sender_test.c: the coroutine that carries on what a write could not send: when there is none, and when
 * the runtime stops. */
#include <stdatomic.h>

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
