/* SPDX-License-Identifier: MIT */
/* blocking_test.c: goro_blocking(): calls that hold up a thread, and no worker. */
#include <limits.h>
#include <stdatomic.h>
#include <unistd.h>

#include "goro_test.h"

static int return_it(void *arg)
{
	CHECK_EQ(goro_id(), 0); /* a plain thread */
	return *(int *)arg;
}

GORO_TEST(a_call_gives_what_its_function_returned)
{
	static const int values[] = { 0, 1, -1, -ECANCELED, INT_MIN, INT_MAX };

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		int local = values[i];

		CHECK_EQ(goro_blocking(return_it, &local), values[i]);
	}
}

GORO_TEST(a_call_without_a_function_is_refused)
{
	CHECK_EQ(goro_blocking(NULL, NULL), -EINVAL);
}

GORO_TEST_PLAIN(without_a_runtime_nothing_is_called)
{
	CHECK_EQ(goro_blocking(NULL, NULL), -EINVAL);
	CHECK_EQ(goro_blocking(return_it, NULL), -EPERM);
}

GORO_TEST_OUTSIDE(a_plain_thread_is_refused)
{
	test_start();
	CHECK_EQ(goro_blocking(return_it, NULL), -EPERM);
	test_stop();
}

/* A gate that jobs stand at, in their threads. */
static atomic_int running, opened, ended;

static int stand(void *arg)
{
	(void)arg;
	atomic_fetch_add(&running, 1);
	AWAIT(atomic_load(&opened));
	return 7;
}

static void stand_blocking(void)
{
	CHECK_EQ(goro_blocking(stand, NULL), 7);
	atomic_fetch_add(&ended, 1);
}

static void close_gate(void)
{
	atomic_store(&running, 0);
	atomic_store(&opened, 0);
	atomic_store(&ended, 0);
}

GORO_TEST(more_calls_than_workers_hold_nobody_up)
{
	close_gate();
	for (int i = 0; i < 20; i++)
		CHECK_EQ(go(stand_blocking), 0);
	AWAIT(atomic_load(&running) == 20);
	CHECK_EQ(goro_sleep(GORO_MILLISECOND), 0); /* coroutines go on */
	CHECK_EQ(atomic_load(&ended), 0);
	atomic_store(&opened, 1);
	await_alive(1);
	CHECK_EQ(atomic_load(&ended), 20);
}

#define MOST 64

GORO_TEST(so_many_run_at_once_and_the_others_follow)
{
	unsigned threads = test_count_threads();

	close_gate();
	for (int i = 0; i < 3 * MOST; i++)
		CHECK_EQ(go(stand_blocking), 0);
	await_parked(3 * MOST, "blocking");
	AWAIT(atomic_load(&running) == MOST);
	CHECK_LE(test_count_threads(), threads + MOST + 16 /* spares */);
	atomic_store(&opened, 1);
	await_alive(1);
	CHECK_EQ(atomic_load(&ended), 3 * MOST);
	CHECK_EQ(atomic_load(&running), 3 * MOST);
}

static chan(int) numbers;

static int send_some(void *arg)
{
	for (int i = 0; i < *(int *)arg; i++)
		CHECK_EQ(chan_send(numbers, i), 0);
	return chan_close(numbers);
}

static void send_blocking(int n)
{
	CHECK_EQ(goro_blocking(send_some, &n), 0);
}

GORO_TEST(what_runs_there_may_use_channels)
{
	int v, n = 0;

	numbers = chan_make(int, 0);
	CHECK_EQ(go(send_blocking, 100), 0);
	while (chan_recv(numbers, &v) == 0)
		CHECK_EQ(v, n++);
	CHECK_EQ(n, 100);
	await_alive(1);
	chan_free(numbers);
}

/* Cancelled ------------------------------------------------------------------------------------ */

static atomic_int withdrawn;

static int never(void *arg)
{
	(void)arg;
	CHECK_FAIL("a call that was withdrawn has begun");
}

static void wait_in_line(void)
{
	CHECK_EQ(goro_blocking(never, NULL), -ECANCELED);
	CHECK_EQ(goro_blocking(never, NULL), -ECANCELED);
	CHECK_EQ(goro_blocking(NULL, NULL), -EINVAL);
	if (atomic_fetch_add(&withdrawn, 1) == 9)
		atomic_store(&opened, 1);
}

static void leave_them(void)
{
	close_gate();
	atomic_store(&withdrawn, 0);
	for (int i = 0; i < MOST; i++)
		CHECK_EQ(go(stand_blocking), 0);
	AWAIT(atomic_load(&running) == MOST);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(go(wait_in_line), 0);
	await_parked(MOST + 10, "blocking");
}

GORO_TEST_OUTSIDE(a_cancel_withdraws_what_waits_and_waits_for_what_runs)
{
	unsigned threads = test_count_threads(), fds = test_count_fds();

	for (int i = 0; i < 2; i++) {
		test_run(test_workers(), leave_them);
		CHECK_EQ(atomic_load(&withdrawn), 10);
		CHECK_EQ(atomic_load(&ended), MOST);
		AWAIT(test_count_threads() <= threads); /* an emulator's go a little later */
	}
	CHECK_LE(test_count_fds(), fds + 2); /* the loop's may stay */
}

/* In virtual time ------------------------------------------------------------------------------ */

static int nap(void *arg)
{
	(void)arg;
	usleep(2000);
	return 3;
}

static void nap_while_others_sleep(void *arg)
{
	int64_t began = goro_now();

	(void)arg;
	for (int i = 0; i < 3; i++)
		CHECK_EQ(goro_blocking(nap, NULL), 3);
	CHECK_LT(goro_now() - began, GORO_SECOND); /* it does not jump ahead of what runs */
}

static void sleep_long(void *arg)
{
	CHECK_EQ(go(nap_while_others_sleep, NULL), 0);
	(void)arg;
	CHECK_EQ(goro_sleep(3600 * GORO_SECOND), 0);
}

GORO_TEST_PLAIN(virtual_time_waits_for_a_call)
{
	for (uint64_t seed = 0; seed < 20; seed++)
		test_run_seed(seed, sleep_long, NULL);
}
