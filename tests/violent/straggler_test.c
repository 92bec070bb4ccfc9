/* SPDX-License-Identifier: MIT */
/* A stop that cannot wait any longer names who has not ended. How long it takes until all others have,
 * nobody knows: so it waits longer and longer. */
#include "violent.h"

#include <errno.h>
#include <unistd.h>

#define LONGEST (20 * GORO_SECOND)

static struct child child;

static goro_mutex mutex = GORO_MUTEX_INIT;
static goro_cond cond = GORO_COND_INIT;
static goro_waitgroup ready = GORO_WAITGROUP_INIT;
static int64_t patience = 100 * GORO_MILLISECOND;

static void deaf(void *arg)
{
	(void)arg;
	goro_set_name("deaf");
	goro_mutex_lock(&mutex);
	goro_waitgroup_done(&ready);
	for (;;)
		pause(); /* in C, where nobody can call it back */
}

/* Cancelled, it comes back from the wait only with the mutex, which is never unlocked. */
static void bereft(void *arg)
{
	(void)arg;
	goro_set_name("bereft");
	goro_mutex_lock(&mutex);
	goro_go(deaf, NULL);
	goro_cond_wait(&cond, &mutex);
	goro_mutex_unlock(&mutex);
}

static void obedient(void *arg)
{
	(void)arg;
	goro_set_name("obedient");
	goro_waitgroup_done(&ready);
	goro_sleep(GORO_FOREVER);
}

static void root(void *arg)
{
	(void)arg;
	goro_waitgroup_add(&ready, 2);
	goro_go(bereft, NULL);
	goro_go(obedient, NULL);
	goro_waitgroup_wait(&ready);
}

static void run_root(void)
{
	goro_config config = GORO_CONFIG_INIT;

	config.drain = patience;
	if (goro_run_config(&config, root, NULL) != -ETIMEDOUT)
		_exit(1);
	if (goro_start(NULL) != -EBUSY || goro_stop() != -EPERM)
		_exit(2);
}

static void who_has_not_ended_is_named(void **state)
{
	(void)state;
	do {
		patience *= 2;
		run_child(&child, run_root, "GORO_WORKERS=2");
		assert_exited(&child, 0);
	} while (patience < LONGEST &&
		(count_of(&child, "obedient") != 0 || count_of(&child, ": waiting, mutex ") == 0));
	assert_says(&child, "goro: stop: 2 coroutine(s) and 0 calling thread(s) have not ended");
	assert_says(&child, "\"deaf\": running on worker ");
	assert_says(&child, "\"bereft\": waiting, mutex ");
	assert_int_equal(count_of(&child, ", cancelled; begun at "), 2);
	assert_says_not(&child, "obedient");
}

#define MANY 149

static void waiter(void *arg)
{
	(void)arg;
	goro_mutex_lock(&mutex);
	goro_waitgroup_done(&ready);
	goro_cond_wait(&cond, &mutex);
	goro_mutex_unlock(&mutex);
}

static void root_of_many(void *arg)
{
	(void)arg;
	goro_waitgroup_add(&ready, MANY);
	for (int i = 0; i < MANY; i++)
		goro_go(waiter, NULL);
	goro_waitgroup_wait(&ready);
	goro_waitgroup_add(&ready, 1);
	goro_go(deaf, NULL);
	goro_waitgroup_wait(&ready);
}

static void run_root_of_many(void)
{
	goro_config config = GORO_CONFIG_INIT;

	config.drain = 100 * GORO_MILLISECOND;
	if (goro_run_config(&config, root_of_many, NULL) != -ETIMEDOUT)
		_exit(1);
}

/* None of them can end; so it does not matter how long the stop waits. */
static void of_many_who_have_not_ended_a_hundred_are_named(void **state)
{
	(void)state;
	run_child(&child, run_root_of_many, "GORO_WORKERS=2");
	assert_exited(&child, 0);
	assert_says(&child, "goro: stop: 150 coroutine(s) and 0 calling thread(s) have not ended");
	assert_int_equal(count_of(&child, "\ncoroutine "), 100);
	assert_says(&child, "... and 50 more\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_not_ended_is_named),
		cmocka_unit_test(of_many_who_have_not_ended_a_hundred_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
