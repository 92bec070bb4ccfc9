/* SPDX-License-Identifier: MIT */
/* everything_waits.c: channels, locks and deadlines. */
#include "everything.h"

#include <pthread.h>
#include <sched.h>

/* Values: none is lost, none comes twice ---------------------------------------------------- */

#define SENDERS   4
#define RECEIVERS 2
#define VALUES    150 /* of each sender */
#define MANY      7

struct value {
	int64_t number;
	char ballast[120]; /* a few fill a block of an unbounded channel */
};

static chan(struct value) line;
static atomic_int senders_done, receiving, received;
static _Atomic int64_t sent_sum, received_sum;

static void send_one(int i, struct value v)
{
	switch (i % 3) {
	case 0:
		ATTEMPT(chan_send(line, v), -ENOMEM);
		break;
	case 1:
		ATTEMPT(chan_send_until(line, v, goro_after(GORO_SECOND * 60)), -ENOMEM);
		break;
	default:
		ATTEMPT(chan_select(chan_on_send_from(line, &v)), -ENOMEM);
	}
}

static void send_many(int64_t first)
{
	struct value v[MANY] = { { 0 } };
	int sent = 0;

	for (int i = 0; i < MANY; i++)
		v[i].number = first + i;
	while (sent < MANY) {
		int n = chan_send_many(line, v + sent, (size_t)(MANY - sent));

		if (n == -ENOMEM) {
			MUST(fault_count() > 0);
			fault_pause();
			n = chan_send_many(line, v + sent, (size_t)(MANY - sent));
			fault_resume();
		}
		MUST(n > 0);
		sent += n;
	}
}

static void sender(void *arg)
{
	int64_t first = (int64_t)(intptr_t)arg * VALUES;
	int i = 0;

	while (i < VALUES) {
		struct value v = { .number = first + i };
		int n = i % 10 == 0 && i + MANY <= VALUES ? MANY : 1;

		if (n == 1)
			send_one(i, v);
		else
			send_many(v.number);
		for (int k = 0; k < n; k++, i++)
			atomic_fetch_add(&sent_sum, first + i);
	}
	atomic_fetch_add(&senders_done, 1);
	crew_end();
}

static int receive_some(int turn, struct value *v)
{
	int rc;

	switch (turn % 3) {
	case 0:
		rc = chan_recv_many(line, v, MANY);
		return rc;
	case 1:
		rc = chan_recv(line, v);
		break;
	default:
		rc = chan_recv_until(line, v, goro_after(GORO_SECOND * 60));
	}
	return rc == 0 ? 1 : rc;
}

static void take(void)
{
	struct value v[MANY];
	int n;

	for (int turn = 0; (n = receive_some(turn, v)) > 0; turn++)
		for (int i = 0; i < n; i++) {
			atomic_fetch_add(&received, 1);
			atomic_fetch_add(&received_sum, v[i].number);
		}
	MUST(n == -EPIPE);
}

static void receiver(void *arg)
{
	(void)arg;
	atomic_fetch_add(&receiving, 1);
	take();
	crew_end();
}

static void *receive_outside(void *arg)
{
	(void)arg;
	take();
	return NULL;
}

static void move_through(size_t cap)
{
	pthread_t outside;

	senders_done = receiving = received = 0;
	sent_sum = received_sum = 0;
	ATTEMPT_MAKE(line, chan_make(struct value, cap));
	MUST(pthread_create(&outside, NULL, receive_outside, NULL) == 0);
	crew_begin();
	for (intptr_t i = 0; i < SENDERS; i++)
		crew_add(sender, (void *)i);
	for (int i = 0; i < RECEIVERS; i++)
		crew_add(receiver, NULL);
	while (senders_done + receiving + crew_missing() != SENDERS + RECEIVERS)
		sched_yield(); /* receivers end when it is closed, and not before */
	MUST(chan_close(line) == 0);
	crew_wait();
	MUST(pthread_join(outside, NULL) == 0);
	MUST(crew_missing() > 0 || received == SENDERS * VALUES);
	MUST(received_sum == sent_sum && chan_len(line) == 0);
	chan_free(line);
}

void move_values(void)
{
	move_through(0);
	move_through(3);
	move_through(CHAN_UNBOUNDED);
}

/* Deadlines: never early, never forgotten --------------------------------------------------- */

static chan(int) silent;
static goro_mutex mutex;
static goro_rwmutex rw;
static goro_cond cond;
static goro_sem sem;
static goro_waitgroup wg;
static goro_barrier barrier;

static int wait_for(int what, int64_t deadline)
{
	int v;

	switch (what) {
	case 0:
		return chan_recv_until(silent, &v, deadline);
	case 1:
		return chan_select_until(deadline, chan_on_recv(silent, &v));
	case 2:
		return goro_mutex_lock_until(&mutex, deadline);
	case 3:
		return goro_rwmutex_rlock_until(&rw, deadline);
	case 4:
		return goro_rwmutex_lock_until(&rw, deadline);
	case 5:
		return goro_sem_acquire_until(&sem, deadline);
	case 6:
		return goro_waitgroup_wait_until(&wg, deadline);
	case 7:
		return goro_barrier_wait_until(&barrier, deadline);
	default:
		return goro_cond_wait_until(&cond, &mutex, deadline); /* the caller holds it */
	}
}

#define TIMED 8

static void wait_for_all(void)
{
	for (int what = 0; what < TIMED; what++) {
		int64_t deadline = goro_after(GORO_MILLISECOND / 2);

		MUST(wait_for(what, deadline) == -ETIMEDOUT);
		MUST(goro_now() >= deadline);
	}
}

static void timed_waiter(void *arg)
{
	(void)arg;
	wait_for_all();
	crew_end();
}

void wait_until(void)
{
	mutex = GORO_MUTEX_INIT;
	rw = GORO_RWMUTEX_INIT;
	sem = GORO_SEM_INIT(0);
	wg = GORO_WAITGROUP_INIT;
	barrier = GORO_BARRIER_INIT(100);
	cond = GORO_COND_INIT;
	ATTEMPT_MAKE(silent, chan_make(int, 0));
	MUST(goro_mutex_lock(&mutex) == 0);
	MUST(goro_rwmutex_lock(&rw) == 0);
	goro_waitgroup_add(&wg, 1);
	crew_begin();
	for (int i = 0; i < 10; i++)
		crew_add(timed_waiter, NULL);
	wait_for_all();
	crew_wait();
	MUST(wait_for(TIMED, goro_after(GORO_MILLISECOND)) == -ETIMEDOUT);
	MUST(goro_mutex_try_lock(&mutex) == -EBUSY); /* the wait came back with it */
	goro_waitgroup_done(&wg);
	goro_rwmutex_unlock(&rw);
	goro_mutex_unlock(&mutex);
	chan_free(silent);
}

/* Locks ------------------------------------------------------------------------------------- */

#define HANDS 12
#define TURNS 40

static int guarded, doubly_guarded, made_once;
static bool released;
static goro_once once;

static void make_once(void *arg)
{
	(void)arg;
	made_once++;
}

static void work(void)
{
	for (int i = 0; i < TURNS; i++) {
		MUST(goro_mutex_lock(&mutex) == 0);
		guarded++;
		if (i % 8 == 0)
			goro_yield();
		goro_mutex_unlock(&mutex);
		MUST(goro_sem_acquire(&sem) == 0);
		MUST(goro_rwmutex_rlock(&rw) == 0);
		goro_rwmutex_runlock(&rw);
		MUST(goro_rwmutex_lock(&rw) == 0);
		doubly_guarded++;
		goro_rwmutex_unlock(&rw);
		goro_sem_release(&sem);
	}
	MUST(goro_once_do(&once, make_once, NULL) == 0 && made_once == 1);
	MUST(goro_mutex_lock(&mutex) == 0);
	while (!released)
		MUST(goro_cond_wait(&cond, &mutex) == 0);
	goro_mutex_unlock(&mutex);
}

static void hand(void *arg)
{
	(void)arg;
	work();
	crew_end();
}

static void meet(void *arg)
{
	int rc = goro_barrier_wait_until(&barrier, goro_after(GORO_SECOND));

	MUST(rc == 0 || rc == 1 || (rc == -ETIMEDOUT && crew_missing() > 0));
	goro_waitgroup_done(arg);
	crew_end();
}

static void release_all(void)
{
	MUST(goro_mutex_lock(&mutex) == 0);
	released = true;
	goro_cond_broadcast(&cond);
	goro_mutex_unlock(&mutex);
}

void lock_and_wait(void)
{
	mutex = GORO_MUTEX_INIT;
	rw = GORO_RWMUTEX_INIT;
	sem = GORO_SEM_INIT(3);
	cond = GORO_COND_INIT;
	once = GORO_ONCE_INIT;
	guarded = doubly_guarded = made_once = 0;
	released = false;
	crew_begin();
	for (int i = 0; i < HANDS; i++)
		crew_add(hand, NULL);
	release_all();
	work(); /* a thread's as well */
	crew_wait();
	MUST(guarded == (HANDS + 1 - crew_missing()) * TURNS && doubly_guarded == guarded);

	barrier = GORO_BARRIER_INIT(HANDS);
	wg = GORO_WAITGROUP_INIT;
	goro_waitgroup_add(&wg, HANDS);
	crew_begin();
	for (int i = 0; i < HANDS; i++)
		crew_add(meet, &wg);
	while (goro_waitgroup_wait_until(&wg, goro_after(GORO_MILLISECOND)) == -ETIMEDOUT &&
		!crew_is_complete())
		;
	crew_wait();
}
