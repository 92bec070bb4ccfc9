/* SPDX-License-Identifier: MIT */
/* virtual_time_test.c: in deterministic mode hours pass at once, also for plain threads. */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "goro_test.h"

#define HOUR (3600 * GORO_SECOND)

static void sleep_hour(goro_waitgroup *all)
{
	CHECK_EQ(goro_sleep(HOUR), 0);
	goro_waitgroup_done(all);
}

static void tick_for_an_hour(goro_waitgroup *all)
{
	chan(int64_t) tick = goro_ticker(GORO_SECOND);
	int64_t begin = goro_now(), when;

	for (int64_t i = 1; i <= 3600; i++) {
		CHECK_EQ(chan_recv(tick, &when), 0);
		CHECK_EQ(when, begin + i * GORO_SECOND);
	}
	chan_free(tick);
	goro_waitgroup_done(all);
}

static void await_in_vain(goro_waitgroup *all)
{
	chan(int) c = chan_make(int, 0);
	int64_t deadline = goro_after(HOUR);
	int v;

	CHECK_EQ(chan_recv_until(c, &v, deadline), -ETIMEDOUT);
	CHECK_EQ(goro_now(), deadline);
	chan_free(c);
	goro_waitgroup_done(all);
}

static void pass_an_hour(void *arg)
{
	goro_waitgroup all = GORO_WAITGROUP_INIT;
	int64_t begin = goro_now();

	(void)arg;
	goro_waitgroup_add(&all, 30);
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(go(sleep_hour, &all), 0);
		CHECK_EQ(go(tick_for_an_hour, &all), 0);
		CHECK_EQ(go(await_in_vain, &all), 0);
	}
	CHECK_EQ(goro_waitgroup_wait(&all), 0);
	CHECK_EQ(goro_now(), begin + HOUR);
}

/* That it passes at once is shown by its ending at all: a test has two minutes. */
GORO_TEST_PLAIN(an_hour_passes_at_once_and_to_the_nanosecond)
{
	for (int i = 0; i < 3; i++)
		test_run_seed(0, pass_an_hour, NULL);
}

static void note_now(void *arg)
{
	*(int64_t *)arg = goro_now();
}

GORO_TEST_PLAIN(the_clock_begins_at_the_same_moment_and_is_real_again_afterwards)
{
	int64_t first = 0, second = 0, before = goro_now();

	test_run_seed(1, note_now, &first);
	test_run_seed(2, note_now, &second);
	CHECK_EQ(first, second);
	CHECK_NE(first, 0);
	CHECK_LE(before, goro_now());
}

static void spin_on_the_clock(void *arg)
{
	int64_t end = goro_after(20 * GORO_MILLISECOND);

	(void)arg;
	while (goro_now() < end)
		;
	end = goro_after(20 * GORO_MILLISECOND);
	while (goro_now() < end)
		goro_yield();
}

GORO_TEST_PLAIN(who_asks_for_the_time_again_and_again_sees_it_pass)
{
	test_run_seed(0, spin_on_the_clock, NULL);
	test_run_seed(1, spin_on_the_clock, NULL);
}

static void see_timers_in_order(void *arg)
{
	chan(int64_t) late = goro_timer(2 * HOUR), early = goro_timer(HOUR);
	int64_t when = 0, begin = goro_now();

	(void)arg;
	CHECK_EQ(chan_select(chan_on_recv(late, &when), chan_on_recv(early, &when)), 1);
	CHECK_LE(begin + HOUR, when);
	CHECK_LT(when, begin + HOUR + GORO_SECOND);
	CHECK_EQ(chan_recv(late, &when), 0);
	CHECK_LE(begin + 2 * HOUR, when);
	chan_free(late);
	chan_free(early);
}

GORO_TEST_PLAIN(with_a_seed_timers_may_be_late_but_never_early)
{
	for (uint64_t seed = 1; seed <= 50; seed++)
		test_run_seed(seed, see_timers_in_order, NULL);
}

/* Threads from outside ------------------------------------------------------------------------- */

static chan(int) to, from;

static void echo(void)
{
	int v;

	while (chan_recv(to, &v) == 0)
		if (chan_send(from, v) != 0)
			break;
}

GORO_TEST_PLAIN(plain_threads_come_in_as_always)
{
	for (uint64_t seed = 0; seed < 10; seed++) {
		to = chan_make(int, 0);
		from = chan_make(int, 0);
		test_start_seed(seed);
		CHECK_EQ(go(echo), 0);
		for (int i = 0; i < 100; i++) {
			int v = -1;

			CHECK_EQ(chan_send(to, i), 0);
			CHECK_EQ(chan_recv(from, &v), 0);
			CHECK_EQ(v, i);
		}
		CHECK_EQ(goro_stop(), 0);
		chan_free(to);
		chan_free(from);
	}
}

GORO_TEST_PLAIN(a_plain_thread_waits_on_the_virtual_clock_too)
{
	goro_sem none = GORO_SEM_INIT(0);
	int64_t deadline;

	test_start_seed(1);
	for (int i = 0; i < 100; i++) {
		deadline = goro_after(HOUR);
		CHECK_EQ(goro_sem_acquire_until(&none, deadline), -ETIMEDOUT);
		CHECK_LE(deadline, goro_now());
	}
	CHECK_EQ(goro_stop(), 0);
}

/* As the kernel sees the threads beside this one: 'S' is asleep. Not by their names, which goro may
 * have been unable to give. */
static bool all_others_are_asleep(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;
	unsigned awake = 0;

	CHECK_NE(tasks, NULL);
	while ((task = readdir(tasks)) != NULL) {
		int id = atoi(task->d_name);
		char path[300], state = '?';
		FILE *file;

		snprintf(path, sizeof(path), "/proc/self/task/%s/stat", task->d_name);
		if (id == 0 || id == getpid() || (file = fopen(path, "r")) == NULL)
			continue;
		if (fscanf(file, "%*d (%*[^)]) %c", &state) == 1 && state != 'S')
			awake++;
		fclose(file);
	}
	closedir(tasks);
	return awake == 0;
}

GORO_TEST_PLAIN(when_only_a_thread_could_wake_somebody_the_player_sleeps)
{
	to = chan_make(int, 0);
	from = chan_make(int, 0);
	test_start_seed(1);
	CHECK_EQ(go(echo), 0);
	await_parked(1, "chan recv");
	AWAIT(all_others_are_asleep());
	CHECK_EQ(goro_stop(), 0);
	chan_free(to);
	chan_free(from);
}
