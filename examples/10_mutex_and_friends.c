/* SPDX-License-Identifier: MIT */
/* 10_mutex_and_friends.c: mutex, condition, lock for readers and writers.
 *
 * They park a coroutine, not its thread: who holds one may yield, sleep or wait for a channel. An
 * initialiser begins them, nothing ends them. A call in a cancelled coroutine that would have to
 * wait says so instead: then the lock is not held.
 */
#include <goro.h>
#include <stdatomic.h>
#include <stdio.h>

enum { MEMBERS = 16, ROUNDS = 50 };

static goro_mutex mutex = GORO_MUTEX_INIT;
static goro_cond changed = GORO_COND_INIT;
static goro_rwmutex rwmutex = GORO_RWMUTEX_INIT;
static goro_waitgroup ended = GORO_WAITGROUP_INIT;

static int turn, turns, left, right; /* no atomics: the locks protect them */
static atomic_int torn;

static int take_turn(int me) /* round the table: 0, 1, 2, … */
{
	int rc = goro_mutex_lock(&mutex);

	if (rc != 0)
		return rc;
	while (turn != me && rc == 0)
		rc = goro_cond_wait(&changed, &mutex); /* lets others have the mutex meanwhile */
	if (rc == 0)
		turn = (me + 1) % MEMBERS, turns++;
	goro_cond_broadcast(&changed);
	goro_mutex_unlock(&mutex);
	return rc;
}

static int write_and_read(void) /* a writer is alone: nobody sees left without right */
{
	int rc = goro_rwmutex_lock(&rwmutex);

	if (rc != 0)
		return rc;
	left++, goro_yield(), right++;
	goro_rwmutex_unlock(&rwmutex);
	rc = goro_rwmutex_rlock(&rwmutex); /* readers are together */
	if (rc != 0)
		return rc;
	torn += left != right;
	goro_rwmutex_runlock(&rwmutex);
	return rc;
}

static void member(int me)
{
	int rc = 0;

	for (int i = 0; i < ROUNDS && rc == 0; i++)
		if ((rc = take_turn(me)) == 0)
			rc = write_and_read();
	goro_waitgroup_done(&ended);
}

static void root(void *arg)
{
	int *rc = arg;

	goro_waitgroup_add(&ended, MEMBERS);
	for (int i = 0; i < MEMBERS && *rc == 0; i++)
		*rc = go(member, i);
	if (*rc != 0 || (*rc = goro_waitgroup_wait(&ended)) != 0)
		return; /* those that have begun are cancelled now */
	printf("%d turns, %d writes, %d torn reads\n", turns, right, torn);
}

int main(void)
{
	int rc = 0;

	return goro_run(root, &rc) != 0 || rc != 0;
}
