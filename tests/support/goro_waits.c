/* SPDX-License-Identifier: MIT */
#include "goro_waits.h"

#include <stdatomic.h>

/* Locks ------------------------------------------------------------------------------------ */

static goro_mutex mutex;
static goro_rwmutex rwmutex;

static void prepare_mutex(void)
{
	mutex = GORO_MUTEX_INIT;
	CHECK_EQ(goro_mutex_lock(&mutex), 0);
}

static int lock_mutex(int64_t deadline)
{
	return goro_mutex_lock_until(&mutex, deadline);
}

static int lock_null(int64_t deadline)
{
	return goro_mutex_lock_until(NULL, deadline);
}

static void grant_mutex(void)
{
	goro_mutex_unlock(&mutex);
}

static void prepare_rwmutex(void)
{
	rwmutex = GORO_RWMUTEX_INIT;
	CHECK_EQ(goro_rwmutex_lock(&rwmutex), 0);
}

static int lock_to_read(int64_t deadline)
{
	return goro_rwmutex_rlock_until(&rwmutex, deadline);
}

static int rlock_null(int64_t deadline)
{
	return goro_rwmutex_rlock_until(NULL, deadline);
}

static int lock_to_write(int64_t deadline)
{
	return goro_rwmutex_lock_until(&rwmutex, deadline);
}

static int wlock_null(int64_t deadline)
{
	return goro_rwmutex_lock_until(NULL, deadline);
}

static void grant_rwmutex(void)
{
	goro_rwmutex_unlock(&rwmutex);
}

/* Cond: the call is a wait between lock and unlock. ------------------------------------------ */

static goro_cond cond;

static void prepare_cond(void)
{
	mutex = GORO_MUTEX_INIT;
	cond = GORO_COND_INIT;
}

static int wait_for_cond(int64_t deadline)
{
	int rc = goro_mutex_lock(&mutex);

	if (rc != 0)
		return rc; /* cancelled, and not free at the moment; or no runtime */
	rc = goro_cond_wait_until(&cond, &mutex, deadline);
	CHECK_EQ(goro_mutex_try_lock(&mutex), rc == -EPERM ? -EPERM : -EBUSY); /* still held */
	goro_mutex_unlock(&mutex);
	return rc;
}

static int wait_for_null_cond(int64_t deadline)
{
	return goro_cond_wait_until(NULL, &mutex, deadline);
}

static void grant_cond(void)
{
	goro_cond_signal(&cond);
}

/* Counts ------------------------------------------------------------------------------------ */

static goro_sem sem;
static goro_waitgroup waitgroup;
static goro_barrier barrier;

static void prepare_sem(void)
{
	sem = GORO_SEM_INIT(0);
}

static int acquire_sem(int64_t deadline)
{
	return goro_sem_acquire_until(&sem, deadline);
}

static int acquire_null(int64_t deadline)
{
	return goro_sem_acquire_until(NULL, deadline);
}

static void grant_sem(void)
{
	goro_sem_release(&sem);
}

static void prepare_waitgroup(void)
{
	waitgroup = GORO_WAITGROUP_INIT;
	goro_waitgroup_add(&waitgroup, 1);
}

static int wait_for_waitgroup(int64_t deadline)
{
	return goro_waitgroup_wait_until(&waitgroup, deadline);
}

static int wait_for_null_waitgroup(int64_t deadline)
{
	return goro_waitgroup_wait_until(NULL, deadline);
}

static void grant_waitgroup(void)
{
	goro_waitgroup_done(&waitgroup);
}

static void prepare_barrier(void)
{
	barrier = GORO_BARRIER_INIT(2);
}

static int wait_at_barrier(int64_t deadline)
{
	return goro_barrier_wait_until(&barrier, deadline);
}

static int wait_at_null_barrier(int64_t deadline)
{
	return goro_barrier_wait_until(NULL, deadline);
}

static void grant_barrier(void)
{
	CHECK_EQ(goro_barrier_wait(&barrier), 1);
}

/* Once: another coroutine is in the function. ------------------------------------------------ */

static goro_once once;
static atomic_int once_inside, once_go_on;

static void stay_inside(void *arg)
{
	(void)arg;
	atomic_store(&once_inside, 1);
	AWAIT(atomic_load(&once_go_on));
}

static void hold_once(void)
{
	CHECK_EQ(goro_once_do(&once, stay_inside, NULL), 0);
	atomic_store(&once_inside, 0);
}

static void prepare_once(void)
{
	once = GORO_ONCE_INIT;
	atomic_store(&once_go_on, 0);
	CHECK_EQ(go(hold_once), 0);
	AWAIT(atomic_load(&once_inside));
}

static int do_once(int64_t deadline)
{
	(void)deadline;
	return goro_once_do(&once, stay_inside, NULL);
}

static int do_null_once(int64_t deadline)
{
	(void)deadline;
	return goro_once_do(NULL, stay_inside, NULL);
}

static void grant_once(void)
{
	atomic_store(&once_go_on, 1);
	AWAIT(!atomic_load(&once_inside));
}

/* Channels ------------------------------------------------------------------------------------ */

static chan(int) channel;

static void prepare_channel(void)
{
	channel = chan_make(int, 0);
	CHECK_TRUE(channel != NULL);
}

static void finish_channel(void)
{
	chan_free(channel);
	channel = NULL;
}

static int send_until(int64_t deadline)
{
	return chan_send_until(channel, 1, deadline);
}

static int send_to_null(int64_t deadline)
{
	chan(int) none = NULL;

	return chan_send_until(none, 1, deadline);
}

static void grant_send(void)
{
	int v;

	CHECK_EQ(chan_recv(channel, &v), 0);
}

static int recv_until(int64_t deadline)
{
	int v;

	return chan_recv_until(channel, &v, deadline);
}

static int recv_from_null(int64_t deadline)
{
	chan(int) none = NULL;
	int v;

	return chan_recv_until(none, &v, deadline);
}

static void grant_recv(void)
{
	CHECK_EQ(chan_send(channel, 1), 0);
}

static int select_until(int64_t deadline)
{
	chan(int) none = NULL;
	int v;

	return chan_select_until(deadline, chan_on_recv(none, &v), chan_on_recv(channel, &v));
}

static int select_negative(int64_t deadline)
{
	return goro_select(NULL, -1, deadline);
}

/* Time alone ----------------------------------------------------------------------------------- */

static void prepare_nothing(void)
{
}

static int select_nothing(int64_t deadline)
{
	return goro_select(NULL, 0, deadline);
}

static int sleep_for_ever(int64_t deadline)
{
	(void)deadline;
	return goro_sleep(GORO_FOREVER);
}

const struct test_wait test_waits[] = {
	{ .name = "mutex_lock",
		.why = "mutex",
		.prepare = prepare_mutex,
		.call = lock_mutex,
		.call_null = lock_null,
		.grant = grant_mutex,
		.timed = true,
		.cancelled_too = true,
		.grant_is_final = true },
	{ .name = "rwmutex_rlock",
		.why = "rlock",
		.prepare = prepare_rwmutex,
		.call = lock_to_read,
		.call_null = rlock_null,
		.grant = grant_rwmutex,
		.timed = true,
		.cancelled_too = true,
		.grant_is_final = true },
	{ .name = "rwmutex_lock",
		.why = "rwlock",
		.prepare = prepare_rwmutex,
		.call = lock_to_write,
		.call_null = wlock_null,
		.grant = grant_rwmutex,
		.timed = true,
		.cancelled_too = true,
		.grant_is_final = true },
	{ .name = "cond_wait",
		.why = "cond",
		.prepare = prepare_cond,
		.call = wait_for_cond,
		.call_null = wait_for_null_cond,
		.grant = grant_cond,
		.timed = true,
		.grant_is_final = true },
	{ .name = "sem_acquire",
		.why = "semaphore",
		.prepare = prepare_sem,
		.call = acquire_sem,
		.call_null = acquire_null,
		.grant = grant_sem,
		.timed = true,
		.grant_is_final = true },
	{ .name = "waitgroup_wait",
		.why = "waitgroup",
		.prepare = prepare_waitgroup,
		.call = wait_for_waitgroup,
		.call_null = wait_for_null_waitgroup,
		.grant = grant_waitgroup,
		.timed = true,
		.grant_is_final = true },
	{ .name = "barrier_wait",
		.why = "barrier",
		.prepare = prepare_barrier,
		.call = wait_at_barrier,
		.call_null = wait_at_null_barrier,
		.grant = grant_barrier,
		.timed = true },
	{ .name = "once_do",
		.why = "once",
		.prepare = prepare_once,
		.call = do_once,
		.call_null = do_null_once,
		.grant = grant_once,
		.finish = grant_once,
		.cancelled_too = true,
		.grant_is_final = true },
	{ .name = "chan_send",
		.why = "chan send",
		.prepare = prepare_channel,
		.call = send_until,
		.call_null = send_to_null,
		.grant = grant_send,
		.finish = finish_channel,
		.timed = true },
	{ .name = "chan_recv",
		.why = "chan recv",
		.prepare = prepare_channel,
		.call = recv_until,
		.call_null = recv_from_null,
		.grant = grant_recv,
		.finish = finish_channel,
		.timed = true },
	{ .name = "select",
		.why = "select",
		.prepare = prepare_channel,
		.call = select_until,
		.call_null = select_negative,
		.grant = grant_recv,
		.finish = finish_channel,
		.granted = 1,
		.timed = true },
	{ .name = "select of nothing",
		.why = "select",
		.prepare = prepare_nothing,
		.call = select_nothing,
		.call_null = select_negative,
		.timed = true },
	{ .name = "sleep", .why = "sleep", .prepare = prepare_nothing, .call = sleep_for_ever },
};

const size_t test_nwaits = sizeof(test_waits) / sizeof(test_waits[0]);
