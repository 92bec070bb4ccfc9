/* SPDX-License-Identifier: MIT */
/* yield_test.c: who yields can go on elsewhere while those it let by take their time; and who gives way
 * unasked. */
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

static void receive_and_count(chan(int) c, atomic_int *received)
{
	int v;

	CHECK_EQ(chan_recv(c, &v), 0);
	atomic_fetch_add(received, 1);
}

/* Each send finds a receiver, so none of them parks. */
static void wake_all(chan(int) c, int n, const atomic_int *received, int *meanwhile)
{
	for (int i = 0; i < n; i++)
		CHECK_EQ(chan_send(c, i), 0);
	*meanwhile = atomic_load(received);
}

/* One worker and no spare: nobody else could run them. */
GORO_TEST_PLAIN(one_that_wakes_many_lets_them_run_in_between)
{
	enum { N = 1000 };
	goro_config config = GORO_CONFIG_INIT;
	chan(int) c = chan_make(int, 0);
	atomic_int received = 0;
	int meanwhile = 0;

	config.workers = 1;
	config.max_spares = 0;
	CHECK_EQ(goro_start(&config), 0);
	for (int i = 0; i < N; i++)
		CHECK_EQ(go(receive_and_count, c, &received), 0);
	await_parked(N, "chan recv");
	CHECK_EQ(go(wake_all, c, N, &received, &meanwhile), 0);
	await_alive(0);
	CHECK_LE(N / 2, meanwhile);
	CHECK_EQ(goro_stop(), 0);
	chan_free(c);
}
