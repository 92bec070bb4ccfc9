/* SPDX-License-Identifier: MIT */
/* Another thread ends the process at a random moment, while the runtime starts, runs, and stops:
 * in each case the status is what was asked for, and nobody says a word or hangs. */
#include "violent.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define STATUS 7
#define TIMES  60

static struct child child;
static void (*finish)(int);
static long delay_ns;

static void *end_it(void *arg)
{
	struct timespec t = { .tv_nsec = delay_ns };

	(void)arg;
	nanosleep(&t, NULL);
	finish(STATUS);
	return NULL;
}

static void wait_here(goro_sem *s)
{
	goro_sem_acquire(s);
}

static void allocate(goro_sem *s)
{
	while (!goro_cancelled()) {
		free(malloc(100));
		goro_yield();
	}
	goro_sem_release(s);
}

/* Not in the root's frame: the others are there to the end of the stop. */
static goro_sem sem;

static void root(void *arg)
{
	chan(int64_t) ticker = goro_ticker(50 * GORO_MICROSECOND);
	int64_t tick;

	(void)arg;
	sem = GORO_SEM_INIT(0);
	for (int i = 0; i < 20; i++) {
		go(wait_here, &sem);
		go(allocate, &sem);
	}
	for (int i = 0; i < 5; i++)
		chan_recv(ticker, &tick);
	for (int i = 0; i < 20; i++)
		goro_sem_release(&sem);
	chan_free(ticker);
	goro_sleep(100 * GORO_MICROSECOND);
}

/* Starts and stops, again and again, until it ends. */
static void live(void)
{
	goro_config config = GORO_CONFIG_INIT;
	pthread_t thread;

	config.workers = 3;
	if (pthread_create(&thread, NULL, end_it, NULL) != 0)
		_exit(1);
	for (;;)
		if (goro_run_config(&config, root, NULL) != 0)
			_exit(2);
}

static void end_at_any_moment(void (*how)(int))
{
	if (UNDER_TSAN && how != quick_exit)
		skip(); /* to it a thread that is just being joined is a leak */
	finish = how;
	for (int i = 0; i < TIMES; i++) {
		delay_ns = (long)i * i * 2000; /* closer together at the beginning; 7 ms */
		run_child(&child, live, NULL);
		assert_exited(&child, STATUS);
		assert_string_equal(child.text, "");
	}
}

static void exit_may_come_at_any_moment(void **state)
{
	(void)state;
	end_at_any_moment(exit);
}

static void quick_exit_may_come_at_any_moment(void **state)
{
	(void)state;
	end_at_any_moment(quick_exit);
}

static void the_kernels_exit_may_come_at_any_moment(void **state)
{
	(void)state;
	end_at_any_moment(_exit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_may_come_at_any_moment),
		cmocka_unit_test(quick_exit_may_come_at_any_moment),
		cmocka_unit_test(the_kernels_exit_may_come_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
