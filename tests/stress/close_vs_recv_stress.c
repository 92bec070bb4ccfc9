/* SPDX-License-Identifier: MIT */
/* close_vs_recv: receivers that wait, a sender, and several who close. One close wins; everybody
 * comes back; who comes back with nothing finds zero.
 */
#include "stress.h"

struct round {
	chan(uint64_t) c;
	struct tally sent, received;
	goro_waitgroup all;
	int closed;
};

static int recv_somehow(struct round *r, uint64_t *v, uint64_t *random)
{
	goro_case k;
	bool ok = true;
	int rc;

	switch (stress_below(random, 4)) {
	case 0:
		return chan_recv_until(r->c, v, stress_deadline(random));
	case 1:
		k = chan_on_recv(r->c, v, &ok);
		rc = goro_select(&k, 1, GORO_FOREVER);
		return rc == 0 && !ok ? -EPIPE : rc;
	case 2:
		return chan_try_recv(r->c, v);
	default:
		return chan_recv(r->c, v);
	}
}

static void receiver(struct round *r, uint64_t random)
{
	for (;;) {
		uint64_t v = UINT64_MAX;
		int rc = recv_somehow(r, &v, &random);

		if (rc == 0)
			tally_add(&r->received, v);
		if (rc == -EPIPE) {
			CHECK_EQ(v, 0);
			break;
		}
		if (rc != 0)
			CHECK_EQ(v, UINT64_MAX);
		stress_pause(&random);
	}
	goro_waitgroup_done(&r->all);
}

static void sender(struct round *r, uint64_t random)
{
	for (uint64_t v = 1; chan_send(r->c, v) == 0; v++) {
		tally_add(&r->sent, v);
		stress_pause(&random);
	}
	goro_waitgroup_done(&r->all);
}

static void closer(struct round *r, uint64_t random)
{
	int rc;

	for (size_t i = stress_below(&random, 20); i > 0; i--)
		goro_yield();
	rc = chan_close(r->c);
	CHECK_TRUE(rc == 0 || rc == -EPIPE);
	if (rc == 0)
		__atomic_fetch_add(&r->closed, 1, __ATOMIC_RELAXED);
	goro_waitgroup_done(&r->all);
}

static void run_round(size_t n)
{
	uint64_t random = stress_seed(n, 0);
	size_t receivers = 1 + stress_below(&random, 20), closers = 1 + stress_below(&random, 3);
	struct round r = { .c = chan_make(uint64_t, stress_cap(&random)) };

	goro_waitgroup_add(&r.all, (int64_t)(receivers + closers + 1));
	for (size_t i = 0; i < receivers; i++)
		CHECK_EQ(go(receiver, &r, stress_seed(n, 1 + i)), 0);
	CHECK_EQ(go(sender, &r, stress_seed(n, 200)), 0);
	for (size_t i = 0; i < closers; i++)
		CHECK_EQ(go(closer, &r, stress_seed(n, 100 + i)), 0);
	CHECK_EQ(goro_waitgroup_wait(&r.all), 0);
	CHECK_EQ(r.closed, 1);
	tally_check(&r.sent, &r.received);
	chan_free(r.c);
}

GORO_TEST(a_close_brings_every_receiver_back)
{
	for (size_t n = stress_times(10000); n > 0; n--)
		run_round(n);
}
