/* SPDX-License-Identifier: MIT */
/* A wake-up that is lost is told by the watchdog of checked builds (sched/watchdog.h), whoever loses
 * it; the tests lose one on purpose. That it never barks otherwise, all other tests show. */
#include "violent.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "sched/idle.h"
#include "sched/witness.h"

static struct child child;
static uint32_t ran;

static void run(void *arg)
{
	(void)arg;
	gr_store_release(&ran, 1u);
}

static void await_sleepers(unsigned n)
{
	while (gr_idle_sleeping() < n)
		sched_yield();
}

/* Again and again, since a worker may not have fallen asleep yet, and needs no wake-up then. */
static void submit_and_lose(enum gr_loss loss)
{
	alarm(60);
	if (goro_start(NULL) != 0)
		exit(1);
	for (;;) {
		await_sleepers(2);
		gr_store_release(&ran, 0u);
		gr_store_release(&gr_witness.loss, (uint32_t)loss);
		goro_go(run, NULL);
		while (gr_load_acquire(&ran) == 0)
			sched_yield();
	}
}

static void lose_the_notify(void)
{
	submit_and_lose(GR_LOSS_NOTIFY);
}

static void lose_the_wake(void)
{
	submit_and_lose(GR_LOSS_WAKE);
}

static void who_submits_and_does_not_notify_is_found_out(void **state)
{
	(void)state;
	run_child(&child, lose_the_notify, "GORO_WORKERS=2");
	assert_killed_by(&child, SIGABRT);
	assert_says(
		&child, "watchdog: a coroutine can run, a worker sleeps, and nobody will tell it");
	assert_says(&child, "1 coroutine(s), 2 worker(s)"); /* the dump */
}

static void who_is_told_and_not_woken_is_found(void **state)
{
	(void)state;
	run_child(&child, lose_the_wake, "GORO_WORKERS=2");
	assert_killed_by(&child, SIGABRT);
	assert_says(&child, "watchdog: a worker was told to wake up, and nobody woke it");
}

/* It holds the other coroutine, and has no time for it. */
static void compute(void *arg)
{
	(void)arg;
	for (;;) { /* again, if somebody came by */
		await_sleepers(1);
		gr_store_release(&ran, 0u);
		gr_store_release(&gr_witness.loss, (uint32_t)GR_LOSS_NOTIFY);
		goro_go(run, NULL);
		while (gr_load_acquire(&ran) == 0)
			;
	}
}

static void make_and_compute(void)
{
	alarm(60);
	goro_run(compute, NULL);
	pause();
}

static void who_makes_one_and_goes_on_computing_is_found_out(void **state)
{
	(void)state;
	run_child(&child, make_and_compute, "GORO_WORKERS=2");
	assert_killed_by(&child, SIGABRT);
	assert_says(
		&child, "watchdog: a coroutine can run, a worker sleeps, and nobody will tell it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_submits_and_does_not_notify_is_found_out),
		cmocka_unit_test(who_is_told_and_not_woken_is_found),
		cmocka_unit_test(who_makes_one_and_goes_on_computing_is_found_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
