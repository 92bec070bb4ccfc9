/* SPDX-License-Identifier: MIT */
/* runtime_exit_test.c: a process may end at any moment, whatever its coroutines are doing. Each way
 * of ending, in a child: from the main thread or from a coroutine, with coroutines that run, sleep,
 * wait and hold locks meanwhile.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "goro_test.h"

static goro_mutex held;
static chan(int) channel;
static atomic_int spinning;

static void spin(void)
{
	atomic_fetch_add(&spinning, 1);
	for (;;)
		;
}

static void yield_for_ever(void)
{
	for (;;)
		goro_yield();
}

static void sleep_for_ever(void)
{
	goro_sleep(GORO_FOREVER);
	for (;;)
		goro_sleep(1000); /* also when it is cancelled */
}

static void nap(void)
{
	for (;;)
		goro_sleep(1000);
}

static void allocate(void)
{
	for (;;) {
		free(malloc(100));
		goro_yield();
	}
}

static void lock_for_ever(void)
{
	goro_mutex_lock(&held);
	for (;;)
		goro_yield();
}

static void receive(void)
{
	int v;

	for (;;)
		chan_recv(channel, &v);
}

static void keep_busy(void)
{
	channel = chan_make(int, 0);
	CHECK_EQ(goro_mutex_lock(&held), 0);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(go(yield_for_ever), 0);
		CHECK_EQ(go(sleep_for_ever), 0);
		CHECK_EQ(go(nap), 0);
		CHECK_EQ(go(allocate), 0);
		CHECK_EQ(go(lock_for_ever), 0);
		CHECK_EQ(go(receive), 0);
	}
	CHECK_EQ(go(spin), 0);
	AWAIT(atomic_load(&spinning) == 1);
	await_parked(3, "chan recv");
	await_parked(3, "mutex");
}

/* stdio works to the end: what was printed before comes out. */
static void say_good_bye(void)
{
	printf("good ");
	keep_busy();
	printf("bye");
}

static void run_ends(void *arg)
{
	void (**end)(void) = arg;

	say_good_bye();
	(*end)();
}

static void in_the_root(void *arg)
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = 2;
	goro_run_config(&config, run_ends, arg);
}

static void start_ends(void *arg)
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = 2;
	CHECK_EQ(goro_start(&config), 0);
	run_ends(arg);
}

static void end_by_exit(void)
{
	exit(7);
}

static void end_by_quick_exit(void)
{
	fflush(NULL);
	quick_exit(7);
}

static void end_at_once(void)
{
	fflush(NULL);
	_exit(7);
}

static void end_by_abort(void)
{
	fflush(NULL);
	abort();
}

static void end_by_kill(void)
{
	fflush(NULL);
	kill(getpid(), SIGTERM);
	for (;;)
		pause();
}

static void end_by_pthread_exit(void)
{
	fflush(NULL);
	pthread_exit(NULL); /* the others go on */
}

/* The coroutines that exit() finds are referred to by nothing but their stacks: LeakSanitizer must
 * not take what they hold for lost. */
static void check_each_end(void (*how)(void *))
{
	void (*end)(void);

	for (size_t i = 0; i < test_scaled(5); i++) {
		end = end_by_exit;
		CHECK_CHILD_EXITS(how, &end, 7, "good bye");
		end = end_by_quick_exit;
		CHECK_CHILD_EXITS(how, &end, 7, "good bye");
		end = end_at_once;
		CHECK_CHILD_EXITS(how, &end, 7, "good bye");
		end = end_by_abort;
		CHECK_CHILD_DIES(how, &end, SIGABRT, "good bye");
		end = end_by_kill;
		CHECK_CHILD_DIES(how, &end, SIGTERM, "good bye");
	}
}

GORO_TEST_PLAIN(a_coroutine_may_end_the_process)
{
	check_each_end(in_the_root);
}

GORO_TEST_PLAIN(the_main_thread_may_end_the_process_while_coroutines_run)
{
	check_each_end(start_ends);
}

static atomic_int at_exit;

static void on_exit_use_goro(void)
{
	/* A handler of the program, on the way out: the runtime still runs. */
	CHECK_EQ(goro_workers(), 2);
	CHECK_EQ(chan_send(channel, 1), 0);
	CHECK_LE(1, goro_now());
	atomic_store(&at_exit, 1);
	printf(", and thanks");
}

static void exit_with_a_handler(void *arg)
{
	void (*end)(void) = end_by_exit;

	(void)arg;
	CHECK_EQ(atexit(on_exit_use_goro), 0);
	start_ends(&end);
}

GORO_TEST_PLAIN(what_runs_at_exit_may_still_use_the_runtime)
{
	CHECK_CHILD_EXITS(exit_with_a_handler, NULL, 7, "good bye, and thanks");
}

static void stop_on_exit(void)
{
	CHECK_EQ(goro_stop(), 0);
	printf("stopped");
}

static void exit_and_stop(void *arg)
{
	(void)arg;
	CHECK_EQ(atexit(stop_on_exit), 0);
	CHECK_EQ(goro_start(NULL), 0);
	exit(0);
}

GORO_TEST_PLAIN(a_stop_at_exit_works)
{
	CHECK_CHILD_EXITS(exit_and_stop, NULL, 0, "stopped");
}

static void finish_later(void)
{
	goro_sleep(10 * GORO_MILLISECOND);
	printf("later");
	fflush(stdout);
	kill(getpid(), SIGKILL); /* what the main thread had on its stack looks like a leak now */
}

static void leave_the_main_thread(void *arg)
{
	(void)arg;
	CHECK_EQ(goro_start(NULL), 0);
	CHECK_EQ(go(finish_later), 0);
	end_by_pthread_exit();
}

GORO_TEST_PLAIN(the_main_thread_may_leave_before_the_coroutines)
{
	CHECK_CHILD_DIES(leave_the_main_thread, NULL, SIGKILL, "later");
}
