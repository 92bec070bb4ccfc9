/* SPDX-License-Identifier: MIT */
/* cancel_test.c: what a cancelled coroutine meets, and a thread when the runtime stops. Until there
 * are tasks, the end of a run is what cancels: the root returns while the others wait.
 */
#include <stdatomic.h>

#include "goro_test.h"
#include "goro_waits.h"

static const struct test_wait *wait;
static atomic_int finished;

/* Every call ---------------------------------------------------------------------------------- */

static void be_cancelled(void)
{
	CHECK_EQ(goro_cancelled(), 0);
	CHECK_EQ(wait->call(GORO_FOREVER), -ECANCELED);
	CHECK_EQ(goro_cancelled(), 1);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(wait->call(GORO_FOREVER), -ECANCELED);
	if (wait->timed && !wait->cancelled_too)
		CHECK_EQ(wait->call(INT64_MIN), -ECANCELED);
	CHECK_EQ(goro_cancelled(), 1);
	if (wait->grant_is_final) {
		wait->grant();
		CHECK_EQ(wait->call(GORO_FOREVER), wait->cancelled_too ? 0 : -ECANCELED);
	}
	atomic_store(&finished, 1);
}

static void leave_it_waiting(void)
{
	wait->prepare();
	CHECK_EQ(go(be_cancelled), 0);
	await_parked(1, wait->why);
}

GORO_TEST_OUTSIDE(every_wait_of_a_cancelled_coroutine_ends_and_ends_again)
{
	for (size_t i = 0; i < test_nwaits; i++) {
		wait = &test_waits[i];
		atomic_store(&finished, 0);
		test_run(test_workers(), leave_it_waiting);
		CHECK_EQ(atomic_load(&finished), 1);
		if (wait->finish != NULL)
			wait->finish();
	}
}

GORO_TEST_OUTSIDE(a_stop_cancels_as_the_end_of_a_run_does)
{
	for (size_t i = 0; i < test_nwaits; i++) {
		wait = &test_waits[i];
		atomic_store(&finished, 0);
		test_start();
		leave_it_waiting();
		test_stop();
		CHECK_EQ(atomic_load(&finished), 1);
		if (wait->finish != NULL)
			wait->finish();
	}
}

static atomic_int nwaiting;

static void be_one_of_many(void)
{
	atomic_fetch_add(&nwaiting, 1);
	CHECK_EQ(wait->call(GORO_FOREVER), -ECANCELED);
	atomic_fetch_add(&finished, 1);
}

static void leave_many_waiting(void)
{
	wait->prepare();
	for (int i = 0; i < 100; i++)
		CHECK_EQ(go(be_one_of_many), 0);
	AWAIT(atomic_load(&nwaiting) == 100); /* some are parked, some about to */
}

GORO_TEST_OUTSIDE(of_many_that_wait_or_are_about_to_each_is_cancelled)
{
	for (size_t i = 0; i < test_nwaits; i++) {
		wait = &test_waits[i];
		if (wait->cancelled_too || wait->why[0] == 'b')
			continue; /* a lock, which the next may get; or a barrier, where two meet */
		atomic_store(&finished, 0);
		atomic_store(&nwaiting, 0);
		test_run(test_workers(), leave_many_waiting);
		CHECK_EQ(atomic_load(&finished), 100);
		if (wait->finish != NULL)
			wait->finish();
	}
}

/* What was not done is not done ---------------------------------------------------------------- */

static goro_sem sem;
static goro_mutex mutex;
static goro_rwmutex rwmutex;
static goro_cond cond;
static goro_waitgroup waitgroup;
static goro_barrier barrier;
static goro_once once;
static chan(int) channel;

static void nothing(void *arg)
{
	(void)arg;
}

static void use_everything(void)
{
	int v = 7;

	CHECK_EQ(goro_sleep(GORO_FOREVER), -ECANCELED);

	CHECK_EQ(goro_sleep(0), -ECANCELED);
	CHECK_EQ(goro_sem_acquire(&sem), -ECANCELED); /* there is one */
	CHECK_EQ(goro_sem_try_acquire(&sem), 0);
	CHECK_EQ(goro_sem_try_acquire(&sem), -EAGAIN);
	goro_sem_release(&sem);
	CHECK_EQ(goro_sem_try_acquire(&sem), 0);

	CHECK_EQ(goro_waitgroup_wait(&waitgroup), -ECANCELED); /* it is at 0 */
	goro_waitgroup_add(&waitgroup, 1);
	goro_waitgroup_done(&waitgroup);
	CHECK_EQ(goro_barrier_wait(&barrier), -ECANCELED); /* it is for one */

	CHECK_EQ(goro_once_do(&once, nothing, NULL), -ECANCELED);

	CHECK_EQ(goro_mutex_lock(&mutex), 0);
	CHECK_EQ(goro_mutex_try_lock(&mutex), -EBUSY);
	CHECK_EQ(goro_mutex_lock(&mutex), -ECANCELED);
	CHECK_EQ(goro_cond_wait(&cond, &mutex), -ECANCELED);
	CHECK_EQ(goro_mutex_try_lock(&mutex), -EBUSY); /* held again */
	goro_cond_signal(&cond);
	goro_cond_broadcast(&cond);
	goro_mutex_unlock(&mutex);
	CHECK_EQ(goro_rwmutex_rlock(&rwmutex), 0);
	CHECK_EQ(goro_rwmutex_lock(&rwmutex), -ECANCELED);
	goro_rwmutex_runlock(&rwmutex);
	CHECK_EQ(goro_rwmutex_lock(&rwmutex), 0);
	goro_rwmutex_unlock(&rwmutex);

	CHECK_EQ(chan_send(channel, 1), -ECANCELED); /* there is room */
	CHECK_EQ(chan_len(channel), 0);
	CHECK_EQ(chan_try_send(channel, 2), 0);
	CHECK_EQ(chan_recv(channel, &v), -ECANCELED); /* there is one */
	CHECK_EQ(v, 7);
	CHECK_EQ(chan_select(chan_on_recv(channel, &v)), -ECANCELED);
	CHECK_EQ(chan_len(channel), 1);
	CHECK_EQ(chan_try_recv(channel, &v), 0);
	CHECK_EQ(v, 2);
	CHECK_EQ(chan_close(channel), 0);
	chan_free(channel);
	goro_yield();
	atomic_store(&finished, 1);
}

static void prepare_everything(void)
{
	sem = GORO_SEM_INIT(1);
	mutex = GORO_MUTEX_INIT;
	rwmutex = GORO_RWMUTEX_INIT;
	cond = GORO_COND_INIT;
	waitgroup = GORO_WAITGROUP_INIT;
	barrier = GORO_BARRIER_INIT(1);
	once = GORO_ONCE_INIT;
	channel = chan_make(int, 1);
	CHECK_EQ(go(use_everything), 0);
	await_parked(1, "sleep");
}

GORO_TEST_OUTSIDE(cancelled_calls_change_nothing_and_those_that_never_wait_work)
{
	atomic_store(&finished, 0);
	test_run(test_workers(), prepare_everything);
	CHECK_EQ(atomic_load(&finished), 1);
}

/* Cond: the mutex --------------------------------------------------------------------------- */

static int inside; /* guarded by mutex */

static void hold_on(void)
{
	CHECK_EQ(goro_mutex_lock(&mutex), 0);
	CHECK_EQ(goro_sleep(GORO_FOREVER), -ECANCELED);
	inside = 1;
	for (int i = 0; i < 100; i++)
		goro_yield();
	inside = 0;
	goro_mutex_unlock(&mutex);
}

static void wait_for_both(void)
{
	CHECK_EQ(goro_mutex_lock(&mutex), 0);
	CHECK_EQ(goro_cond_wait(&cond, &mutex), -ECANCELED);
	CHECK_EQ(inside, 0);
	CHECK_EQ(goro_mutex_try_lock(&mutex), -EBUSY);
	goro_mutex_unlock(&mutex);
	atomic_store(&finished, 1);
}

static void leave_cond_waiting(void)
{
	mutex = GORO_MUTEX_INIT;
	cond = GORO_COND_INIT;
	CHECK_EQ(go(wait_for_both), 0);
	await_parked(1, "cond");
	CHECK_EQ(go(hold_on), 0);
	await_parked(1, "sleep");
}

GORO_TEST_OUTSIDE(a_cancelled_cond_wait_waits_for_the_mutex_all_the_same)
{
	atomic_store(&finished, 0);
	test_run(test_workers(), leave_cond_waiting);
	CHECK_EQ(atomic_load(&finished), 1);
}

/* Born cancelled ----------------------------------------------------------------------------- */

/* A stop cancels one after the other: this one may begin before its turn has come. */
static void see_that_it_is_cancelled(void)
{
	AWAIT(goro_cancelled());
	CHECK_EQ(goro_sleep(0), -ECANCELED);
	atomic_fetch_add(&finished, 1);
}

static void spin_until_cancelled(atomic_int *spinning)
{
	atomic_store(spinning, 1);
	while (!goro_cancelled())
		;
	CHECK_EQ(go(see_that_it_is_cancelled), 0); /* works during a stop */
}

GORO_TEST_PLAIN(one_that_has_not_begun_at_the_stop_still_runs_but_cancelled)
{
	goro_config config = GORO_CONFIG_INIT;
	atomic_int spinning = 0;

	config.workers = 1;
	config.max_spares = 0; /* nobody else could begin it */
	atomic_store(&finished, 0);
	CHECK_EQ(goro_start(&config), 0);
	CHECK_EQ(go(spin_until_cancelled, &spinning), 0);
	AWAIT(atomic_load(&spinning));
	for (int i = 0; i < 10; i++)
		CHECK_EQ(go(see_that_it_is_cancelled), 0);
	test_stop();
	CHECK_EQ(atomic_load(&finished), 11);
}

static atomic_int told;

static void ignore_it(void)
{
	while (!atomic_load(&told))
		goro_sleep(GORO_FOREVER);
}

static void tell(void)
{
	CHECK_EQ(goro_sleep(GORO_FOREVER), -ECANCELED);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(goro_sleep(1), -ECANCELED);
	atomic_store(&told, 1);
}

GORO_TEST_PLAIN(a_loop_that_ignores_cancellation_starves_nobody)
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = 1;
	config.max_spares = 0;
	atomic_store(&told, 0);
	CHECK_EQ(goro_start(&config), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(go(ignore_it), 0);
	CHECK_EQ(go(tell), 0);
	await_parked(4, "sleep");
	test_stop(); /* would time out */
}

GORO_TEST_OUTSIDE(nobody_is_cancelled_before_the_end_nor_outside_of_coroutines)
{
	CHECK_EQ(goro_cancelled(), 0);
	test_start();
	CHECK_EQ(goro_cancelled(), 0);
	test_stop();
	CHECK_EQ(goro_cancelled(), 0);
}

/* Threads ------------------------------------------------------------------------------------- */

static void be_sent_home(void *arg)
{
	(void)arg;
	CHECK_EQ(wait->call(GORO_FOREVER), -EPERM);
	atomic_store(&finished, 1);
	if (wait->grant_is_final && !wait->cancelled_too)
		wait->grant();
	CHECK_EQ(wait->call(GORO_FOREVER), -EPERM);
}

GORO_TEST_OUTSIDE(a_thread_that_waits_when_the_runtime_stops_is_sent_home)
{
	for (size_t i = 0; i < test_nwaits; i++) {
		struct test_thread thread;

		wait = &test_waits[i];
		if (wait->call_null != NULL && !wait->timed)
			continue; /* once: somebody would have to stay in it */
		atomic_store(&finished, 0);
		test_start();
		wait->prepare();
		test_thread_start(&thread, be_sent_home, NULL);
		await_threads_parked(1);
		test_stop();
		test_thread_join(&thread);
		CHECK_EQ(atomic_load(&finished), 1);
		if (wait->finish != NULL)
			wait->finish();
	}
}
