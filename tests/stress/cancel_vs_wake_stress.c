/* SPDX-License-Identifier: MIT */
/* cancel_vs_wake: a stop cancels coroutines while others are about to wake them. What a send said
 * was sent has been received or lies in the channel; what it said was cancelled has not moved.
 */
#include "stress.h"

#define CHANNELS 3

static chan(uint64_t) channels[CHANNELS];
static struct tally sent, received;
static uint64_t next, cancelled;

static void sender(size_t round, size_t i)
{
	uint64_t random = stress_seed(round, i);

	for (;;) {
		uint64_t v = __atomic_add_fetch(&next, 1, __ATOMIC_RELAXED);
		chan(uint64_t) c = channels[stress_below(&random, CHANNELS)];
		int rc;

		switch (stress_below(&random, 3)) {
		case 0:
			rc = chan_send(c, v);
			break;
		case 1:
			rc = chan_send_until(c, v, stress_deadline(&random));
			break;
		default:
			rc = chan_select(chan_on_send(c, v), chan_on_send(channels[0], v));
			rc = rc > 0 ? 0 : rc;
		}
		if (rc == 0)
			tally_add(&sent, v);
		else if (rc == -ECANCELED)
			break;
		else
			CHECK_EQ(rc, -ETIMEDOUT);
	}
	CHECK_EQ(goro_cancelled(), 1);
	__atomic_fetch_add(&cancelled, 1, __ATOMIC_RELAXED);
}

static void receiver(size_t round, size_t i)
{
	uint64_t random = stress_seed(round, i);

	for (;;) {
		chan(uint64_t) c = channels[stress_below(&random, CHANNELS)];
		uint64_t v[2] = { 0, 0 };
		int rc = stress_below(&random, 2) ?
			chan_recv_many(c, v, 2) :
			chan_select(chan_on_recv(c, &v[0]), chan_on_recv(channels[1], &v[0]));

		for (int k = 0; k < 2; k++)
			if (v[k] != 0)
				tally_add(&received, v[k]);
		if (rc == -ECANCELED)
			CHECK_EQ(v[0], 0);
		if (rc == -ECANCELED)
			break;
		CHECK_LE(0, rc);
	}
	__atomic_fetch_add(&cancelled, 1, __ATOMIC_RELAXED);
}

static void drain(chan(uint64_t) c)
{
	uint64_t v;

	while (chan_try_recv(c, &v) == 0)
		tally_add(&received, v);
	chan_free(c);
}

static void run_round(size_t n)
{
	uint64_t random = stress_seed(n, 0);
	size_t actors = 2 + stress_below(&random, 30);

	sent = received = (struct tally){ 0, 0 };
	cancelled = 0;
	for (int i = 0; i < CHANNELS; i++)
		channels[i] = chan_make(uint64_t, stress_below(&random, 4));
	test_start();
	for (size_t i = 1; i <= actors; i++)
		CHECK_EQ(i % 2 ? go(sender, n, i) : go(receiver, n, i), 0);
	for (volatile size_t spin = stress_below(&random, 1000000); spin > 0; spin--)
		;
	test_stop();
	CHECK_EQ(cancelled, actors); /* also those that had not begun have run, cancelled */
	test_start();
	for (int i = 0; i < CHANNELS; i++)
		drain(channels[i]);
	test_stop();
	tally_check(&sent, &received);
}

GORO_TEST_OUTSIDE(a_stop_loses_nothing_that_was_sent)
{
	for (size_t n = stress_times(300); n > 0; n--)
		run_round(n);
}
