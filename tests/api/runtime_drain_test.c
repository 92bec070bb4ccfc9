/* SPDX-License-Identifier: MIT */
/* runtime_drain_test.c: how long a stop waits, for whom, and what it says when that was not enough.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "goro_test.h"

static atomic_int ended;

static goro_config config_with_drain(int64_t drain)
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = test_workers() > 0 ? test_workers() : 2;
	config.drain = drain;
	return config;
}

/* In time -------------------------------------------------------------------------------------- */

static void end_slowly(int64_t ns)
{
	int64_t until;

	goro_sleep(GORO_FOREVER);
	for (until = goro_after(ns); goro_now() < until;)
		goro_yield(); /* cleans up; it may not wait any more */
	atomic_fetch_add(&ended, 1);
}

GORO_TEST_OUTSIDE(a_stop_waits_for_those_that_take_their_time)
{
	goro_config config = config_with_drain(100 * GORO_SECOND);

	atomic_store(&ended, 0);
	CHECK_EQ(goro_start(&config), 0);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(go(end_slowly, (int64_t)i * 5 * GORO_MILLISECOND), 0);
	await_parked(5, "sleep");
	CHECK_EQ(goro_stop(), 0);
	CHECK_EQ(atomic_load(&ended), 5);
}

static void begin_another(int left)
{
	CHECK_EQ(goro_sleep(GORO_FOREVER), -ECANCELED);
	atomic_fetch_add(&ended, 1);
	if (left > 0)
		CHECK_EQ(go(begin_another, left - 1), 0);
}

GORO_TEST_OUTSIDE(and_for_those_they_begin_meanwhile)
{
	atomic_store(&ended, 0);
	test_start();
	CHECK_EQ(go(begin_another, 1000), 0);
	await_parked(1, "sleep");
	test_stop();
	CHECK_EQ(atomic_load(&ended), 1001);
}

struct thread_in_a_call {
	goro_mutex m;
	goro_cond c;
};

static void wait_and_relock(void *arg)
{
	struct thread_in_a_call *t = arg;

	CHECK_EQ(goro_mutex_lock(&t->m), 0);
	CHECK_EQ(goro_cond_wait(&t->c, &t->m), -EPERM);
	atomic_store(&ended, 1);
	goro_mutex_unlock(&t->m);
}

static void stop_in_a_thread(void *arg)
{
	CHECK_EQ(goro_stop(), 0);
	atomic_store((atomic_int *)arg, 1);
}

GORO_TEST_OUTSIDE(and_for_a_thread_whose_mutex_somebody_holds)
{
	struct thread_in_a_call t = { .m = GORO_MUTEX_INIT };
	struct test_thread waiter, stopper;
	goro_config config = config_with_drain(100 * GORO_SECOND);
	atomic_int stopped = 0;

	atomic_store(&ended, 0);
	CHECK_EQ(goro_start(&config), 0);
	test_thread_start(&waiter, wait_and_relock, &t);
	await_threads_parked(1);
	CHECK_EQ(goro_mutex_lock(&t.m), 0);
	test_thread_start(&stopper, stop_in_a_thread, &stopped);
	AWAIT(goro_mutex_try_lock(&t.m) == -EPERM); /* it stops */
	CHECK_EQ(atomic_load(&ended), 0);
	CHECK_EQ(atomic_load(&stopped), 0);
	goro_mutex_unlock(&t.m);
	test_thread_join(&waiter);
	test_thread_join(&stopper);
	CHECK_EQ(atomic_load(&ended), 1);
}

/* Not in time ---------------------------------------------------------------------------------- */

static void check_stuck(void)
{
	CHECK_EQ(goro_stop(), -EPERM);
	CHECK_EQ(goro_workers(), -EPERM);
	CHECK_EQ(goro_start(NULL), -EBUSY);
	CHECK_EQ(goro_sleep(0), -EPERM);
	CHECK_EQ(goro_dump(STDERR_FILENO), -EPERM);
}

static atomic_int looping;

static void loop(void)
{
	goro_set_name("endless");
	atomic_store(&looping, 1);
	for (;;)
		;
}

static void stop_beside_a_loop(void *arg)
{
	goro_config config = config_with_drain(20 * GORO_MILLISECOND);
	int64_t began;

	(void)arg;
	CHECK_EQ(goro_start(&config), 0);
	CHECK_EQ(go(loop), 0);
	AWAIT(atomic_load(&looping));
	began = goro_now();
	CHECK_EQ(goro_stop(), -ETIMEDOUT);
	CHECK_LE(began + config.drain, goro_now());
	check_stuck();
	printf("and goes on");
	fflush(stdout);
}

static void begin_a_loop(void *arg)
{
	(void)arg;
	CHECK_EQ(go(loop), 0);
}

static void run_beside_a_loop(void *arg)
{
	goro_config config = config_with_drain(20 * GORO_MILLISECOND);

	(void)arg;
	CHECK_EQ(goro_run_config(&config, begin_a_loop, NULL), -ETIMEDOUT);
	CHECK_EQ(goro_run(begin_a_loop, NULL), -EBUSY);
	check_stuck();
}

GORO_TEST_PLAIN(a_coroutine_that_does_not_end_is_named_and_the_process_goes_on)
{
	CHECK_CHILD_EXITS(stop_beside_a_loop, NULL, 0, "\"endless\"");
	CHECK_CHILD_EXITS(stop_beside_a_loop, NULL, 0, "and goes on");
	CHECK_CHILD_EXITS(run_beside_a_loop, NULL, 0, "goro");
}

static void stop_beside_a_thread(void *arg)
{
	goro_config config = config_with_drain(20 * GORO_MILLISECOND);
	static struct thread_in_a_call t = { .m = { 0 } };
	struct test_thread waiter;

	(void)arg;
	CHECK_EQ(goro_start(&config), 0);
	test_thread_start(&waiter, wait_and_relock, &t);
	await_threads_parked(1);
	CHECK_EQ(goro_mutex_lock(&t.m), 0); /* and keeps it */
	CHECK_EQ(goro_stop(), -ETIMEDOUT);
	check_stuck();
}

GORO_TEST_PLAIN(a_thread_that_does_not_leave_is_told_too)
{
	CHECK_CHILD_EXITS(stop_beside_a_thread, NULL, 0, "thread");
}

static void wait_for_good(goro_sem *s)
{
	while (goro_sem_acquire(s) != 0)
		;
}

/* The object of a straggler may be used on: it wakes nobody, and crashes nobody. */
static void use_what_a_straggler_waits_for(void *arg)
{
	goro_config config = config_with_drain(0);
	static goro_sem s;

	(void)arg;
	s = GORO_SEM_INIT(0);
	CHECK_EQ(goro_start(&config), 0);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(go(wait_for_good, &s), 0);
	await_parked(10, "semaphore");
	CHECK_EQ(goro_stop(), -ETIMEDOUT);
	for (int i = 0; i < 20; i++)
		goro_sem_release(&s);
	check_stuck();
}

GORO_TEST_PLAIN(what_stragglers_hold_may_still_be_released)
{
	for (size_t i = 0; i < test_scaled(20); i++)
		CHECK_CHILD_EXITS(use_what_a_straggler_waits_for, NULL, 0, NULL);
}
