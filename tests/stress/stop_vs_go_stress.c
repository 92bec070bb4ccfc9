/* SPDX-License-Identifier: MIT */
/* stop_vs_go: threads and coroutines begin coroutines while the runtime stops. What go() has taken
 * runs before the stop returns; what it has refused never does.
 */
#include "stress.h"

#define THREADS 3

static uint64_t taken, ran;
static bool quit;

static void count(void *arg)
{
	(void)arg;
	__atomic_fetch_add(&ran, 1, __ATOMIC_RELAXED);
}

/* A coroutine that begins others, during the stop too; n generations of it. */
static void breed(int n)
{
	for (int i = 0; n > 0 && i < 2; i++)
		if (go(breed, n - 1) == 0)
			__atomic_fetch_add(&taken, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&ran, 1, __ATOMIC_RELAXED);
}

static void thread_begins(void *arg)
{
	uint64_t random = stress_seed(3, (size_t)(uintptr_t)arg);

	while (!__atomic_load_n(&quit, __ATOMIC_ACQUIRE)) {
		int rc = stress_below(&random, 4) == 0 ? go(breed, 4) : goro_go(count, NULL);

		if (rc == 0)
			__atomic_fetch_add(&taken, 1, __ATOMIC_RELAXED);
		else
			CHECK_EQ(rc, -EPERM);
		for (volatile size_t spin = stress_below(&random, 5000); spin > 0; spin--)
			;
	}
}

GORO_TEST_OUTSIDE(what_is_taken_runs_before_the_stop_returns)
{
	struct test_thread t[THREADS];
	uint64_t random = stress_seed(0, 0), before, after;

	taken = ran = 0;
	quit = false;
	for (size_t i = 0; i < THREADS; i++)
		test_thread_start(&t[i], thread_begins, (void *)(uintptr_t)i);
	for (size_t n = stress_times(80); n > 0; n--) {
		test_start();
		for (volatile size_t spin = stress_below(&random, 200000); spin > 0; spin--)
			;
		test_stop();
		before = __atomic_load_n(&ran, __ATOMIC_RELAXED);
		for (volatile size_t spin = stress_below(&random, 20000); spin > 0; spin--)
			;
		after = __atomic_load_n(&ran, __ATOMIC_RELAXED);
		CHECK_EQ(before, after); /* nothing runs on behind a stop */
	}
	__atomic_store_n(&quit, true, __ATOMIC_RELEASE);
	for (size_t i = 0; i < THREADS; i++)
		test_thread_join(&t[i]);
	CHECK_EQ(taken, ran);
}

/* Threads that wait while it stops are sent away, and those that come later too. */
static chan(int) channel;

static void thread_waits(void *arg)
{
	uint64_t random = stress_seed(4, (size_t)(uintptr_t)arg);

	while (!__atomic_load_n(&quit, __ATOMIC_ACQUIRE)) {
		int v,
			rc = stress_below(&random, 2) ?
			chan_recv(channel, &v) :
			chan_send_until(channel, 1, goro_after(100000));

		CHECK_TRUE(rc == 0 || rc == -EPERM || rc == -ETIMEDOUT);
	}
}

GORO_TEST_OUTSIDE(a_stop_gets_every_thread_out)
{
	struct test_thread t[THREADS];
	uint64_t random = stress_seed(1, 0);

	quit = false;
	channel = chan_make(int, 0);
	for (size_t i = 0; i < THREADS; i++)
		test_thread_start(&t[i], thread_waits, (void *)(uintptr_t)i);
	for (size_t n = stress_times(80); n > 0; n--) {
		test_start();
		for (volatile size_t spin = stress_below(&random, 200000); spin > 0; spin--)
			;
		test_stop();
	}
	__atomic_store_n(&quit, true, __ATOMIC_RELEASE);
	for (size_t i = 0; i < THREADS; i++)
		test_thread_join(&t[i]);
	chan_free(channel);
}
