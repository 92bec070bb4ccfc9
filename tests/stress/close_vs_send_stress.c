/* SPDX-License-Identifier: MIT */
/* close_vs_send: senders in every form, receivers, and somebody who closes. What a send said was
 * sent is received; what it said was not, is not.
 */
#include "stress.h"

struct round {
	chan(uint64_t) c;
	struct tally sent, received;
	goro_waitgroup senders, receivers;
	uint64_t next; /* values are never used twice */
};

/* Sends one or some. Returns 0, or why it ended. */
static int send_somehow(struct round *r, uint64_t *random)
{
	uint64_t v = __atomic_fetch_add(&r->next, 4, __ATOMIC_RELAXED);
	uint64_t values[4] = { v, v + 1, v + 2, v + 3 };
	goro_case k;
	bool ok = true;
	int rc;

	switch (stress_below(random, 5)) {
	case 0:
		rc = chan_send(r->c, v);
		break;
	case 1:
		rc = chan_try_send(r->c, v);
		break;
	case 2:
		rc = chan_send_until(r->c, v, stress_deadline(random));
		break;
	case 3:
		k = chan_on_send(r->c, v, &ok);
		rc = goro_select(&k, 1, stress_deadline(random));
		rc = ok ? rc : -EPIPE;
		break;
	default:
		rc = chan_send_many(r->c, values, 4);
		for (int i = 1; i < rc; i++)
			tally_add(&r->sent, values[i]);
		rc = rc > 0 ? 0 : rc;
	}
	if (rc == 0)
		tally_add(&r->sent, v);
	return rc == -EAGAIN || rc == -ETIMEDOUT ? 0 : rc;
}

static void sender(struct round *r, uint64_t random)
{
	int rc;

	while ((rc = send_somehow(r, &random)) == 0)
		stress_pause(&random);
	CHECK_EQ(rc, -EPIPE);
	goro_waitgroup_done(&r->senders);
}

static void receiver(struct round *r, uint64_t random)
{
	uint64_t values[3];
	int rc;

	while ((rc = chan_recv_many(r->c, values, 1 + stress_below(&random, 3))) > 0) {
		for (int i = 0; i < rc; i++)
			tally_add(&r->received, values[i]);
		stress_pause(&random);
	}
	CHECK_EQ(rc, -EPIPE);
	goro_waitgroup_done(&r->receivers);
}

static void run_round(size_t n)
{
	uint64_t random = stress_seed(n, 0);
	size_t senders = 1 + stress_below(&random, 6), receivers = 1 + stress_below(&random, 4);
	struct round r = { .c = chan_make(uint64_t, stress_cap(&random)) };

	goro_waitgroup_add(&r.senders, (int64_t)senders);
	goro_waitgroup_add(&r.receivers, (int64_t)receivers);
	for (size_t i = 0; i < senders; i++)
		CHECK_EQ(go(sender, &r, stress_seed(n, 1 + i)), 0);
	for (size_t i = 0; i < receivers; i++)
		CHECK_EQ(go(receiver, &r, stress_seed(n, 100 + i)), 0);
	for (size_t i = stress_below(&random, 60); i > 0; i--)
		goro_yield();
	CHECK_EQ(chan_close(r.c), 0);
	CHECK_EQ(goro_waitgroup_wait(&r.senders), 0);
	CHECK_EQ(goro_waitgroup_wait(&r.receivers), 0);
	tally_check(&r.sent, &r.received);
	CHECK_EQ(chan_len(r.c), 0);
	chan_free(r.c);
}

GORO_TEST(what_was_sent_before_a_close_is_received)
{
	for (size_t n = stress_times(3000); n > 0; n--)
		run_round(n);
}
