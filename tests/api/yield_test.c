/* SPDX-License-Identifier: MIT */
/* yield_test.c: who yields can go on elsewhere while those it let by take their time. */
#include <stdatomic.h>

#include "goro_test.h"

static atomic_size_t gone_on;

/* Each time it is let by it keeps its worker busy, with no call of the library, until the one that yielded
 * has gone on: so that one has to, on another worker, and somebody has to be told of it. In checked builds
 * the watchdog finds out if nobody was; in others the monitor would mend it after 10 ms. */
static void hold_the_worker(chan(size_t) rounds, goro_waitgroup *done)
{
	size_t round;

	while (chan_recv(rounds, &round) == 0)
		while (atomic_load(&gone_on) < round)
			;
	goro_waitgroup_done(done);
}

/* Whatever the yield comes across: now and then it goes through the worker's own stack. */
GORO_TEST(who_yields_to_one_that_does_not_is_told_to_others)
{
	goro_waitgroup done = GORO_WAITGROUP_INIT;
	chan(size_t) rounds = chan_make(size_t, 0);
	size_t most = test_scaled(300);

	if (test_workers() == 1) { /* it would be a spare each time */
		chan_free(rounds);
		return;
	}
	goro_waitgroup_add(&done, 1);
	CHECK_EQ(go(hold_the_worker, rounds, &done), 0);
	for (size_t round = 1; round <= most; round++) {
		atomic_store(&gone_on, round - 1);
		await_parked(1, "chan recv");
		CHECK_EQ(chan_send(rounds, round), 0); /* it runs next here */
		goro_yield();
		atomic_store(&gone_on, round);
		for (size_t i = round % 5; i > 0; i--)
			goro_yield();
	}
	CHECK_EQ(chan_close(rounds), 0);
	CHECK_EQ(goro_waitgroup_wait(&done), 0);
	chan_free(rounds);
}
