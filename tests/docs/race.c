/* SPDX-License-Identifier: MIT */
/* race.c: a program with a race, for docs/testing.md: two withdraw from an account that has enough
 * for one. On threads it goes well nearly always.
 */
#include <goro.h>
#include <stdio.h>

static int balance = 100;
static chan(int) journal;

static void withdraw(goro_waitgroup *all)
{
	if (balance >= 100) {
		chan_send(journal, 100); /* a scheduling point: the other may come here too */
		balance -= 100;
	}
	goro_waitgroup_done(all);
}

static void test(void *arg)
{
	goro_waitgroup all = GORO_WAITGROUP_INIT;

	(void)arg;
	journal = chan_make(int, 2);
	goro_waitgroup_add(&all, 2);
	go(withdraw, &all);
	go(withdraw, &all);
	goro_waitgroup_wait(&all);
	chan_free(journal);
}

int main(void)
{
	if (goro_run(test, NULL) != 0)
		return 2;
	if (balance < 0)
		printf("overdrawn: %d\n", balance);
	return balance < 0;
}
