/* SPDX-License-Identifier: MIT */
/* 12_once.c: made when the first one needs it, and only once.
 *
 * Whoever comes while the first is still making it waits; when goro_once_do() has returned 0, all
 * see what was made, and need no lock to read it.
 */
#include <goro.h>
#include <stdio.h>

#define USERS 20

static goro_once once = GORO_ONCE_INIT;
static goro_waitgroup using = GORO_WAITGROUP_INIT;
static int squares[USERS], times_made;

static void make(void *arg)
{
	(void)arg;
	times_made++;
	for (int i = 0; i < USERS; i++) {
		goro_yield(); /* the others may run now: they come to the once and wait */
		squares[i] = i * i;
	}
}

static void use(chan(int) found, int i)
{
	if (goro_once_do(&once, make, NULL) == 0)
		chan_send(found, squares[i]);
	goro_waitgroup_done(&using);
}

static void root(void *arg)
{
	chan(int) found = chan_make(int, USERS); /* room for all: nobody waits */
	int v, sum = 0;

	(void)arg;
	for (int i = 0; i < USERS; i++) {
		goro_waitgroup_add(&using, 1);
		if (go(use, found, i) != 0)
			goro_waitgroup_done(&using);
	}
	goro_waitgroup_wait(&using);
	while (chan_try_recv(found, &v) == 0)
		sum += v;
	printf("made %d time, the sum is %d\n", times_made, sum);
	chan_free(found);
}

int main(void)
{
	return goro_run(root, NULL) != 0;
}
