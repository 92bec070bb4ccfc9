/* SPDX-License-Identifier: MIT */
/* locks.c: each thing that synchronises, used by several at once, with what it promises. */
#include <string.h>

#include "core.h"

#define ROOM 3

static struct {
	goro_mutex mutex;
	uint64_t inside_mutex; /* plain: the mutex is what makes it right */
	uint64_t through_mutex;

	goro_rwmutex rwmutex;
	uint64_t left, right; /* equal, unless somebody writes */

	goro_mutex buffer_mutex;
	goro_cond not_empty, not_full;
	int buffered;
	uint64_t put, got;

	goro_sem sem;
	int inside_sem;

	goro_barrier barrier;
	uint64_t leaders, arrivals; /* of rounds that came about */
} s;

static void use_mutex(size_t i, uint64_t random)
{
	int rc;

	(void)i;
	do {
		rc = stress_below(&random, 3) == 0 ?
			goro_mutex_lock_until(&s.mutex, stress_deadline(&random)) :
			goro_mutex_lock(&s.mutex);
		if (rc == 0) {
			s.inside_mutex++;
			stress_pause(&random);
			goro_mutex_unlock(&s.mutex);
			__atomic_fetch_add(&s.through_mutex, 1, __ATOMIC_RELAXED);
			soak_count(SOAK_MUTEX, 1);
		}
		/* A cancelled one may go on locking a mutex that is free. */
	} while (!soak_over(rc) && !goro_cancelled());
}

static void use_rwmutex(size_t i, uint64_t random)
{
	bool writes = i == 0;
	int rc;

	do {
		int64_t deadline =
			stress_below(&random, 3) == 0 ? stress_deadline(&random) : GORO_FOREVER;

		rc = writes ? goro_rwmutex_lock_until(&s.rwmutex, deadline) :
			      goro_rwmutex_rlock_until(&s.rwmutex, deadline);
		if (rc == 0) {
			s.left += writes;
			stress_pause(&random);
			s.right += writes;
			CHECK_EQ(s.left, s.right);
			(writes ? goro_rwmutex_unlock : goro_rwmutex_runlock)(&s.rwmutex);
			soak_count(SOAK_RWMUTEX, 1);
		}
	} while (!soak_over(rc) && !goro_cancelled());
}

/* Puts one into a buffer of ROOM, or gets one: `from` is how many there must not be. */
static int change_buffer(int from, int by, goro_cond *wait, goro_cond *tell, uint64_t *random)
{
	int rc = goro_mutex_lock(&s.buffer_mutex);

	if (rc != 0)
		return rc;
	while (rc == 0 && s.buffered == from)
		rc = goro_cond_wait_until(wait, &s.buffer_mutex,
			goro_after((int64_t)stress_below(random, 5) * GORO_MILLISECOND));
	if (rc == 0) {
		s.buffered += by;
		CHECK_TRUE(s.buffered >= 0 && s.buffered <= ROOM);
		*(by > 0 ? &s.put : &s.got) += 1;
		if (stress_below(random, 4) == 0)
			goro_cond_broadcast(tell);
		else
			goro_cond_signal(tell);
		soak_count(SOAK_COND, 1);
	}
	goro_mutex_unlock(&s.buffer_mutex);
	return rc;
}

static void use_cond(size_t i, uint64_t random)
{
	int rc;

	do
		rc = i % 2 == 0 ? change_buffer(ROOM, 1, &s.not_full, &s.not_empty, &random) :
				  change_buffer(0, -1, &s.not_empty, &s.not_full, &random);
	while (!soak_over(rc) && !goro_cancelled());
}

static void use_sem(size_t i, uint64_t random)
{
	int rc;

	(void)i;
	do {
		rc = goro_sem_acquire_until(
			&s.sem, stress_below(&random, 2) ? GORO_FOREVER : stress_deadline(&random));
		if (rc == 0) {
			int inside = __atomic_add_fetch(&s.inside_sem, 1, __ATOMIC_RELAXED);

			CHECK_LE(inside, ROOM);
			stress_pause(&random);
			__atomic_fetch_sub(&s.inside_sem, 1, __ATOMIC_RELAXED);
			goro_sem_release(&s.sem);
			soak_count(SOAK_SEM, 1);
		}
	} while (!soak_over(rc));
}

static void use_barrier(size_t i, uint64_t random)
{
	int rc;

	(void)i;
	do {
		stress_pause(&random);
		rc = goro_barrier_wait_until(&s.barrier, goro_after(5 * GORO_MILLISECOND));
		if (rc >= 0) {
			__atomic_fetch_add(&s.arrivals, 1, __ATOMIC_RELAXED);
			__atomic_fetch_add(&s.leaders, (uint64_t)rc, __ATOMIC_RELAXED);
			soak_count(SOAK_BARRIER, 1);
		}
	} while (!soak_over(rc));
}

/* Several want the same once; the frame is theirs until the last has gone. */
struct once {
	goro_once once;
	int done, left;
	goro_waitgroup gone;
};

static void do_it(void *arg)
{
	struct once *o = arg;

	o->done++;
	goro_yield(); /* the others come meanwhile */
}

static void want_it(struct once *o)
{
	int rc = goro_once_do(&o->once, do_it, o);

	CHECK_TRUE(rc == -ECANCELED || (rc == 0 && o->done == 1));
	goro_waitgroup_done(&o->gone);
	__atomic_fetch_sub(&o->left, 1, __ATOMIC_RELEASE); /* the last access */
}

static void use_once(size_t i, uint64_t random)
{
	int rc;

	(void)i;
	do {
		int n = 1 + (int)stress_below(&random, 4);
		struct once o = { .once = GORO_ONCE_INIT, .left = n, .gone = GORO_WAITGROUP_INIT };

		goro_waitgroup_add(&o.gone, n);
		for (int k = 0; k < n; k++)
			CHECK_EQ(go(want_it, &o), 0);
		rc = goro_waitgroup_wait(&o.gone);
		while (__atomic_load_n(&o.left, __ATOMIC_ACQUIRE) > 0)
			goro_yield(); /* cancelled, it may not leave its frame either */
		soak_count(SOAK_ONCE, rc == 0);
	} while (!soak_over(rc));
}

static const struct {
	void (*fn)(size_t, uint64_t);
	enum soak_kind kind;
	size_t actors;
} loads[] = {
	{ use_mutex, SOAK_MUTEX, 4 },
	{ use_rwmutex, SOAK_RWMUTEX, 4 },
	{ use_cond, SOAK_COND, 4 },
	{ use_sem, SOAK_SEM, ROOM + 2 },
	{ use_barrier, SOAK_BARRIER, 3 },
	{ use_once, SOAK_ONCE, 1 },
};

void soak_locks_begin(void)
{
	memset(&s, 0, sizeof(s)); /* what INIT is, but for these two */
	s.sem = GORO_SEM_INIT(ROOM);
	s.barrier = GORO_BARRIER_INIT(3);
	for (size_t k = 0; k < sizeof(loads) / sizeof(loads[0]); k++)
		for (size_t i = 0; i < loads[k].actors; i++)
			soak_begin(loads[k].fn, loads[k].kind, i);
}

void soak_locks_end(void)
{
	CHECK_EQ(s.inside_mutex, s.through_mutex);
	CHECK_EQ(s.left, s.right);
	CHECK_EQ(s.put - s.got, s.buffered);
	CHECK_EQ(s.inside_sem, 0);
	CHECK_LE(s.arrivals, 3 * s.leaders); /* one that was cancelled does not tell */
}
