/* SPDX-License-Identifier: MIT */
/* deadline_vs_send: receivers and senders that give up at the very moment in which somebody comes
 * for them. A value goes to one receiver or stays with its sender; a wake-up never goes to one
 * that has given up, while the next in line sleeps on.
 */
#include "stress.h"

struct round {
	chan(uint64_t) c;
	struct tally sent, received;
	goro_waitgroup hasty, patient;
	uint64_t next;
};

static void hasty_receiver(struct round *r, uint64_t random, int n)
{
	for (int i = 0; i < n; i++) {
		uint64_t v = 0;
		int rc = stress_below(&random, 2) ?
			chan_recv_until(r->c, &v, stress_deadline(&random)) :
			chan_select_until(stress_deadline(&random), chan_on_recv(r->c, &v),
				chan_on_recv(r->c, &v));

		if (rc >= 0)
			tally_add(&r->received, v);
		else
			CHECK_EQ(rc, -ETIMEDOUT);
		CHECK_EQ(v != 0, rc >= 0);
	}
	goro_waitgroup_done(&r->hasty);
}

static void hasty_sender(struct round *r, uint64_t random, int n)
{
	for (int i = 0; i < n; i++) {
		uint64_t v = __atomic_add_fetch(&r->next, 1, __ATOMIC_RELAXED);
		int rc = stress_below(&random, 2) ?
			chan_send_until(r->c, v, stress_deadline(&random)) :
			chan_select_until(stress_deadline(&random), chan_on_send(r->c, v),
				chan_on_send(r->c, v));

		if (rc >= 0)
			tally_add(&r->sent, v);
		else
			CHECK_EQ(rc, -ETIMEDOUT);
	}
	goro_waitgroup_done(&r->hasty);
}

/* The patient are as many on each side, so that they all end, if no wake-up is lost. */
static void patient_receiver(struct round *r, int n)
{
	for (int i = 0; i < n; i++) {
		uint64_t v;

		CHECK_EQ(chan_recv(r->c, &v), 0);
		tally_add(&r->received, v);
	}
	goro_waitgroup_done(&r->patient);
}

static void patient_sender(struct round *r, int n)
{
	for (int i = 0; i < n; i++) {
		uint64_t v = __atomic_add_fetch(&r->next, 1, __ATOMIC_RELAXED);

		CHECK_EQ(chan_send(r->c, v), 0);
		tally_add(&r->sent, v);
	}
	goro_waitgroup_done(&r->patient);
}

/* The hasty take from the patient what they do not give: so some are sent to make up for it. */
static void make_up(struct round *r)
{
	uint64_t v;

	while (goro_waitgroup_wait_until(&r->patient, goro_after(200 * GORO_MICROSECOND)) != 0) {
		if (chan_try_recv(r->c, &v) == 0)
			tally_add(&r->received, v);
		v = __atomic_add_fetch(&r->next, 1, __ATOMIC_RELAXED);
		if (chan_try_send(r->c, v) == 0)
			tally_add(&r->sent, v);
	}
}

static void run_round(size_t n)
{
	uint64_t random = stress_seed(n, 0), v;
	size_t pairs = 1 + stress_below(&random, 4);
	struct round r = { .c = chan_make(uint64_t, stress_below(&random, 3)) };

	goro_waitgroup_add(&r.hasty, 2 * (int64_t)pairs);
	goro_waitgroup_add(&r.patient, 2 * (int64_t)pairs);
	for (size_t i = 0; i < pairs; i++) {
		CHECK_EQ(go(hasty_receiver, &r, stress_seed(n, 1 + i), 15), 0);
		CHECK_EQ(go(patient_receiver, &r, 15), 0);
		CHECK_EQ(go(patient_sender, &r, 15), 0);
		CHECK_EQ(go(hasty_sender, &r, stress_seed(n, 100 + i), 15), 0);
	}
	CHECK_EQ(goro_waitgroup_wait(&r.hasty), 0);
	make_up(&r);
	while (chan_try_recv(r.c, &v) == 0)
		tally_add(&r.received, v);
	tally_check(&r.sent, &r.received);
	chan_free(r.c);
}

GORO_TEST(a_deadline_loses_neither_value_nor_wake_up)
{
	for (size_t n = stress_times(4000); n > 0; n--)
		run_round(n);
}
