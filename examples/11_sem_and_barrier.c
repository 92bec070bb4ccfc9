/* SPDX-License-Identifier: MIT */
/* 11_sem_and_barrier.c: so many at a time; and nobody before all.
 *
 * A semaphore has units: who acquires one and finds none waits for a release. A barrier holds
 * everybody until the last has come, lets all go at once, and begins again; one of them, the last,
 * is told by a 1. The atomics here only check that both keep their word.
 */
#include <goro.h>
#include <stdatomic.h>
#include <stdio.h>

#define MEMBERS 12
#define ROUNDS  50
#define SEATS   3

static goro_sem seats = GORO_SEM_INIT(SEATS);
static goro_barrier barrier = GORO_BARRIER_INIT(MEMBERS);
static goro_waitgroup ended = GORO_WAITGROUP_INIT;

static atomic_int sitting, too_many, come, too_early, last_ones;

static int sit_down(void)
{
	int rc = goro_sem_acquire(&seats);

	if (rc != 0)
		return rc;
	too_many += ++sitting > SEATS;
	goro_yield();
	sitting--;
	goro_sem_release(&seats);
	return 0;
}

static int meet(int round)
{
	int rc;

	come++;
	rc = goro_barrier_wait(&barrier);
	if (rc < 0)
		return rc;
	last_ones += rc;
	too_early += come < (round + 1) * MEMBERS;
	return 0;
}

static void member(void)
{
	int rc = 0;

	for (int round = 0; round < ROUNDS && rc == 0; round++)
		if ((rc = sit_down()) == 0)
			rc = meet(round);
	goro_waitgroup_done(&ended);
}

static void root(void *arg)
{
	int *rc = arg;

	goro_waitgroup_add(&ended, MEMBERS);
	for (int i = 0; i < MEMBERS && *rc == 0; i++)
		*rc = go(member);
	if (*rc != 0 || (*rc = goro_waitgroup_wait(&ended)) != 0)
		return; /* those that have begun are cancelled now */
	printf("semaphore: %d times more than %d\n", too_many, SEATS);
	printf("barrier: %d rounds, %d too early\n", last_ones, too_early);
}

int main(void)
{
	int rc = 0;

	return goro_run(root, &rc) != 0 || rc != 0;
}
