/* SPDX-License-Identifier: MIT */
/* A coroutine has no thread of its own to end or to cancel: whoever tries is told. And what ends
 * with a worker's thread is turned away by the runtime, which stops. */
#include "violent.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static struct child child;

static void leaver(void *arg)
{
	(void)arg;
	goro_set_name("leaver");
	goro_yield();
	pthread_exit(NULL);
}

static pthread_t victims_thread;
static int victim_is_there;

static void victim(void *arg)
{
	(void)arg;
	goro_set_name("victim");
	victims_thread = pthread_self();
	__atomic_store_n(&victim_is_there, 1, __ATOMIC_RELEASE);
	for (;;)
		pause(); /* where a thread can be cancelled */
}

static void begin_leaver(void *arg)
{
	goro_go(leaver, arg);
	goro_sleep(60 * GORO_SECOND);
}

static void cancel_victim(void *arg)
{
	goro_go(victim, arg);
	while (!__atomic_load_n(&victim_is_there, __ATOMIC_ACQUIRE))
		goro_yield();
	pthread_cancel(victims_thread);
	goro_sleep(60 * GORO_SECOND);
}

/* It leaves its thread in a state in which that can be cancelled at any instruction. */
static void poisoner(void *arg)
{
	(void)arg;
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	victims_thread = pthread_self();
	__atomic_store_n(&victim_is_there, 1, __ATOMIC_RELEASE);
}

static void run_idle_victim(void)
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = 1;
	config.max_spares = 0; /* nobody else could run the poisoner */
	goro_start(&config);
	goro_go(poisoner, NULL);
	for (goro_stats s = GORO_STATS_INIT; !__atomic_load_n(&victim_is_there, __ATOMIC_ACQUIRE) ||
		s.alive != 0 || s.workers_running != 0;)
		goro_stats_get(&s);
	pthread_cancel(victims_thread);
	for (;;)
		pause();
}

static void run_leaver(void)
{
	goro_run(begin_leaver, NULL);
}

static void run_leaving_root(void)
{
	goro_run(leaver, NULL);
}

static void run_victim(void)
{
	goro_run(cancel_victim, NULL);
}

static void pthread_exit_in_a_coroutine_is_told_and_aborts(void **state)
{
	(void)state;
	if (UNDER_TSAN)
		skip(); /* its own pthread_exit() does not know of fibers, and says so */
	run_child(&child, run_leaver, "GORO_WORKERS=2");
	assert_killed_by(&child, SIGABRT);
	assert_says(&child, " \"leaver\" ended its thread, by pthread_exit");
	run_child(&child, run_leaving_root, "GORO_WORKERS=1");
	assert_killed_by(&child, SIGABRT);
	assert_says(&child, "goro: coroutine 1 \"leaver\" ended its thread, by pthread_exit");
}

static void pthread_cancel_of_a_coroutines_thread_is_told_and_aborts(void **state)
{
	(void)state;
	run_child(&child, run_victim, "GORO_WORKERS=2");
	assert_killed_by(&child, SIGABRT);
	assert_says(&child, " \"victim\" ended its thread, by pthread_exit or pthread_cancel");
	run_child(&child, run_idle_victim, NULL);
	assert_killed_by(&child, SIGABRT);
	assert_says(&child, "goro: worker 0 was cancelled");
}

/* Destructors of thread-locals --------------------------------------------------------------- */

#define WORKERS 4

static pthread_key_t key;
static chan(int) channel;

static void on_thread_end(void *value)
{
	int v;

	(void)value;
	goro_yield();
	if (goro_id() != 0 || goro_sleep(0) != -EPERM || chan_send(channel, 1) != -EPERM ||
		chan_recv(channel, &v) != -EPERM || goro_go(leaver, NULL) != -EPERM)
		_exit(2);
	chan_free(chan_ref(channel));
	__atomic_fetch_add(&notes->number, 1, __ATOMIC_RELAXED);
}

static void stay_here(int *arrived, goro_waitgroup *out)
{
	pthread_setspecific(key, &key);
	__atomic_fetch_add(arrived, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(arrived, __ATOMIC_RELAXED) < WORKERS)
		; /* so each needs a worker for itself */
	goro_waitgroup_done(out);
}

static void root(void *arg)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;
	int arrived = 0;

	(void)arg;
	goro_waitgroup_add(&out, WORKERS);
	for (int i = 0; i < WORKERS; i++)
		go(stay_here, &arrived, &out);
	goro_waitgroup_wait(&out);
}

static void run_with_locals(void)
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = WORKERS;
	channel = chan_make(int, 0);
	if (pthread_key_create(&key, on_thread_end) != 0 ||
		goro_run_config(&config, root, NULL) != 0)
		_exit(1);
	chan_free(channel);
}

static void destructors_at_a_workers_end_are_turned_away(void **state)
{
	(void)state;
	run_child(&child, run_with_locals, NULL);
	assert_exited(&child, 0);
	assert_true(notes->number >= WORKERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pthread_exit_in_a_coroutine_is_told_and_aborts),
		cmocka_unit_test(pthread_cancel_of_a_coroutines_thread_is_told_and_aborts),
		cmocka_unit_test(destructors_at_a_workers_end_are_turned_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
