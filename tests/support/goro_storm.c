/* SPDX-License-Identifier: MIT */
#include "goro_storm.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "goro_test.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

#define EVERY_NS (100 * 1000) /* 10 kHz */

static timer_t for_workers, for_main;
static sigset_t mask_before;
static bool raging;

static void on_signal(int signo)
{
	(void)signo;
}

static timer_t start_timer(struct sigevent *event)
{
	static const struct itimerspec often = { { 0, EVERY_NS }, { 0, EVERY_NS } };
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, event, &timer) != 0 ||
		timer_settime(timer, 0, &often, NULL) != 0) {
		perror("GORO_TEST_STORM");
		exit(2);
	}
	return timer;
}

static void handle(int signo)
{
	struct sigaction action = { .sa_handler = on_signal }; /* no SA_RESTART */

	sigaction(signo, &action, NULL);
}

/* The main thread blocks SIGPROF, and with it those it starts: so the kernel gives it to a worker. A
 * signal of its own, which goro's threads block, is sent to the main thread. */
void test_storm_begin(void)
{
	struct sigevent to_workers = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF };
	struct sigevent to_main = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMAX };
	sigset_t prof;

	if (getenv("GORO_TEST_STORM") == NULL)
		return;
	handle(SIGPROF);
	handle(SIGRTMAX);
	sigemptyset(&prof);
	sigaddset(&prof, SIGPROF);
	pthread_sigmask(SIG_BLOCK, &prof, &mask_before);
	to_main.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	for_workers = start_timer(&to_workers);
	/* ThreadSanitizer may run a handler within another whose mask forbids it, once that makes a call
	 * which it knows, as libuv's handler does: that locks against itself, or the thread is left with
	 * all signals blocked, and it is the only one that takes them. */
	if (TEST_TSAN)
		to_main.sigev_notify = SIGEV_NONE;
	for_main = start_timer(&to_main);
	raging = true;
}

void test_storm_end(void)
{
	if (!raging)
		return;
	timer_delete(for_workers);
	timer_delete(for_main);
	pthread_sigmask(SIG_SETMASK, &mask_before, NULL);
	raging = false;
}
