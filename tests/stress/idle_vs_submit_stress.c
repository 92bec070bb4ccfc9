/* SPDX-License-Identifier: MIT */
/* idle_vs_submit: plain threads hand work in at the moment in which the workers go to sleep. Each
 * waits for its answer before it hands in more, so one wake-up lost is a hang.
 */
#include <time.h>

#include "stress.h"

#define THREADS 3

static void answer(chan(int) to, int v)
{
	CHECK_EQ(chan_send(to, v), 0);
	chan_free(to);
}

/* From nothing to long enough for a worker to have given up its search and to sleep. */
static void pause_longer(uint64_t *random)
{
	size_t choice = stress_below(random, 4);
	struct timespec t = { 0, (long)stress_below(random, 200000) };

	if (choice == 0)
		nanosleep(&t, NULL);
	else if (choice < 3)
		for (volatile size_t spin = stress_below(random, 30000); spin > 0; spin--)
			;
}

static void submit_and_wait(void *arg)
{
	uint64_t random = stress_seed(0, (size_t)(uintptr_t)arg);
	chan(int) answers = chan_make(int, stress_below(&random, 2));

	for (int i = 0; i < (int)stress_times(4000); i++) {
		int v = -1;

		CHECK_EQ(go(answer, chan_ref(answers), i), 0);
		CHECK_EQ(chan_recv(answers, &v), 0);
		CHECK_EQ(v, i);
		pause_longer(&random);
	}
	chan_free(answers);
}

static void run_threads(void (*fn)(void *))
{
	struct test_thread t[THREADS];

	test_start();
	for (size_t i = 0; i < THREADS; i++)
		test_thread_start(&t[i], fn, (void *)(uintptr_t)i);
	for (size_t i = 0; i < THREADS; i++)
		test_thread_join(&t[i]);
	test_stop();
}

GORO_TEST_OUTSIDE(a_submission_wakes_a_worker)
{
	run_threads(submit_and_wait);
}

/* The coroutine waits for the thread, and the thread for the coroutine. */
static void echo(chan(int) in, chan(int) out)
{
	int v;

	while (chan_recv(in, &v) == 0)
		CHECK_EQ(chan_send(out, v), 0);
	chan_close(out);
	chan_free(in);
	chan_free(out);
}

static void play_ping_pong(void *arg)
{
	uint64_t random = stress_seed(1, (size_t)(uintptr_t)arg);
	chan(int) in = chan_make(int, stress_below(&random, 2)), out = chan_make(int, 0);
	int v;

	CHECK_EQ(go(echo, chan_ref(in), chan_ref(out)), 0);
	for (int i = 0; i < (int)stress_times(4000); i++) {
		CHECK_EQ(chan_send(in, i), 0);
		CHECK_EQ(chan_recv(out, &v), 0);
		CHECK_EQ(v, i);
		pause_longer(&random);
	}
	CHECK_EQ(chan_close(in), 0);
	CHECK_EQ(chan_recv(out, &v), -EPIPE);
	chan_free(in);
	chan_free(out);
}

GORO_TEST_OUTSIDE(a_value_from_a_thread_wakes_a_worker)
{
	run_threads(play_ping_pong);
}

/* The sleeping worker is woken by a timer, and by a thread, at once. */
static void sleeper(uint64_t random, int n, goro_waitgroup *all)
{
	while (n-- > 0) {
		int64_t ns = (int64_t)stress_below(&random, 60) * GORO_MICROSECOND;
		int64_t due = goro_after(ns);

		CHECK_EQ(goro_sleep(ns), 0);
		CHECK_LE(due, goro_now());
	}
	goro_waitgroup_done(all);
}

static void submit_sleepers(void *arg)
{
	uint64_t random = stress_seed(2, (size_t)(uintptr_t)arg);
	goro_waitgroup all = GORO_WAITGROUP_INIT;

	for (int i = 0; i < (int)stress_times(600); i++) {
		goro_waitgroup_add(&all, 2);
		CHECK_EQ(go(sleeper, test_random(&random), 3, &all), 0);
		CHECK_EQ(go(sleeper, test_random(&random), 1, &all), 0);
		CHECK_EQ(goro_waitgroup_wait(&all), 0);
		pause_longer(&random);
	}
}

GORO_TEST_OUTSIDE(an_earlier_deadline_wakes_who_sleeps_for_a_later_one)
{
	run_threads(submit_sleepers);
}
