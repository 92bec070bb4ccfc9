/* SPDX-License-Identifier: MIT */
/* flow.c: values on their way through channels of all kinds. Each flow has a sender and a receiver
 * of its own, which may wait for it without limit; on the others all wait with deadlines. So
 * there is always somebody who takes, or brings, what one waits for.
 */
#include "core.h"

#define FLOWS 4u
#define BATCH 16u
#define DEPTH 1000u /* an unbounded one is not filled further */

static const size_t caps[FLOWS] = { 0, 1, 64, GORO_CHAN_UNBOUNDED };

static struct flow {
	chan(uint64_t) c;
	struct tally sent, received;
} flows[FLOWS];

static goro_waitgroup senders;
static struct test_thread threads[2];
static uint64_t next_value;

static void sent(struct flow *f, uint64_t first, int n)
{
	for (int i = 0; i < n; i++)
		tally_add(&f->sent, first + (uint64_t)i);
}

static void received(struct flow *f, const uint64_t *values, int n)
{
	for (int i = 0; i < n; i++)
		if (soak.leak != SOAK_LEAK_VALUE || values[i] % 1000 != 0)
			tally_add(&f->received, values[i]);
}

static int send_many(struct flow *f, uint64_t first)
{
	uint64_t values[BATCH];
	int rc;

	for (unsigned i = 0; i < BATCH; i++)
		values[i] = first + i;
	rc = chan_send_many(f->c, values, BATCH);
	sent(f, first, rc > 0 ? rc : 0);
	return rc;
}

/* Counted where it went. */
static int select_to_send(struct flow *f, struct flow *g, uint64_t v, uint64_t *random)
{
	int rc = chan_select_until(
		stress_deadline(random), chan_on_send(f->c, v), chan_on_send(g->c, v));

	if (rc >= 0)
		sent(rc == 0 ? f : g, v, 1);
	soak_count(SOAK_SELECT, rc >= 0);
	return rc;
}

static int send_one(struct flow *f, uint64_t v, int64_t deadline)
{
	int rc = chan_send_until(f->c, v, deadline);

	sent(f, v, rc == 0);
	return rc;
}

static int send_somehow(struct flow *own, uint64_t *random)
{
	struct flow *other = &flows[stress_below(random, FLOWS)];
	uint64_t v = __atomic_add_fetch(&next_value, BATCH, __ATOMIC_RELAXED);
	int rc;

	if (chan_cap(own->c) == GORO_CHAN_UNBOUNDED && chan_len(own->c) > DEPTH)
		own = &flows[0]; /* has a receiver of its own, too */
	if (chan_cap(other->c) == GORO_CHAN_UNBOUNDED && chan_len(other->c) > DEPTH)
		other = &flows[1];
	switch (stress_below(random, 6)) {
	case 0:
		return send_many(own, v);
	case 1:
		return select_to_send(own, other, v, random);
	case 2:
		return send_one(other, v, stress_deadline(random));
	case 3:
		rc = chan_try_send(other->c, v);
		sent(other, v, rc == 0);
		return rc == -EAGAIN ? 0 : rc;
	default:
		return send_one(own, v, GORO_FOREVER);
	}
}

static int receive_many(struct flow *f)
{
	uint64_t values[BATCH];
	int rc = chan_recv_many(f->c, values, BATCH);

	received(f, values, rc > 0 ? rc : 0);
	return rc;
}

static int select_to_receive(struct flow *f, struct flow *g, uint64_t *random)
{
	uint64_t v = 0;
	bool ok = true;
	int rc = chan_select_until(
		stress_deadline(random), chan_on_recv(f->c, &v, &ok), chan_on_recv(g->c, &v, &ok));

	received(rc == 0 ? f : g, &v, rc >= 0 && ok);
	soak_count(SOAK_SELECT, rc >= 0 && ok);
	return ok ? rc : -EPIPE;
}

static int receive_one(struct flow *f, int64_t deadline)
{
	uint64_t v;
	int rc = chan_recv_until(f->c, &v, deadline);

	received(f, &v, rc == 0);
	return rc;
}

static int receive_somehow(struct flow *own, uint64_t *random)
{
	struct flow *other = &flows[stress_below(random, FLOWS)];
	uint64_t v;
	int rc;

	switch (stress_below(random, 6)) {
	case 0:
		return receive_many(own);
	case 1:
		return select_to_receive(own, other, random);
	case 2:
		return receive_one(other, stress_deadline(random));
	case 3:
		rc = chan_try_recv(other->c, &v);
		received(other, &v, rc == 0);
		return rc == -EAGAIN ? 0 : rc;
	default:
		return receive_one(own, GORO_FOREVER);
	}
}

/* A sender sees `quiet`; whoever receives is told by the close. */
static void send_on(size_t i, enum soak_kind kind, uint64_t random)
{
	int rc;

	do {
		rc = send_somehow(&flows[i % FLOWS], &random);
		soak_count(kind, rc >= 0);
	} while (!soak_over(rc));
	goro_waitgroup_done(&senders);
}

static void receive_on(size_t i, enum soak_kind kind, uint64_t random)
{
	int rc;

	do {
		rc = receive_somehow(&flows[i % FLOWS], &random);
		soak_count(kind, rc >= 0);
		CHECK_TRUE(rc >= 0 || rc == -EPIPE || rc == -ECANCELED || rc == -EPERM ||
			rc == -ETIMEDOUT);
	} while (rc >= 0 || rc == -ETIMEDOUT);
}

static void sender(size_t i, uint64_t random)
{
	send_on(i, SOAK_CHAN, random);
}

static void receiver(size_t i, uint64_t random)
{
	receive_on(i, SOAK_CHAN, random);
}

static void thread_sends(void *arg)
{
	send_on((size_t)(uintptr_t)arg, SOAK_THREAD, soak_random(SOAK_THREAD, 0));
}

static void thread_receives(void *arg)
{
	receive_on((size_t)(uintptr_t)arg, SOAK_THREAD, soak_random(SOAK_THREAD, 1));
}

void soak_flow_begin(void)
{
	senders = GORO_WAITGROUP_INIT;
	for (size_t i = 0; i < FLOWS; i++) {
		flows[i] = (struct flow){ .c = chan_make(uint64_t, caps[i]) };
		CHECK_NE(flows[i].c, NULL);
	}
	goro_waitgroup_add(&senders, FLOWS + 1);
	for (size_t i = 0; i < FLOWS; i++) {
		soak_begin(sender, SOAK_CHAN, i);
		soak_begin(receiver, SOAK_CHAN, i + FLOWS);
	}
	test_thread_start(&threads[0], thread_sends, (void *)(uintptr_t)2);
	test_thread_start(&threads[1], thread_receives, (void *)(uintptr_t)2);
}

void soak_flow_close(void)
{
	CHECK_EQ(goro_waitgroup_wait(&senders), 0);
	for (size_t i = 0; i < FLOWS; i++)
		CHECK_EQ(chan_close(flows[i].c), 0);
}

void soak_flow_settle(void)
{
	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++)
		test_thread_join(&threads[i]);
}

/* What is still on its way is there for whoever looks. */
void soak_flow_end(void)
{
	for (size_t i = 0; i < FLOWS; i++) {
		struct flow *f = &flows[i];
		uint64_t v;

		while (chan_try_recv(f->c, &v) == 0)
			received(f, &v, 1);
		chan_free(f->c);
		tally_check(&f->sent, &f->received);
	}
}
