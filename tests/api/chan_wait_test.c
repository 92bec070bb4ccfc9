/* SPDX-License-Identifier: MIT */
/* chan_wait_test.c: waiting at a channel: who is served, in which order, and what ends it. */
#include <string.h>

#include "goro_test.h"

#define MANY 50

struct waiter {
	chan(int) c;
	int64_t deadline; /* 0: the form without one */
	int value;        /* to send; received */
	int rc;
	bool ended;
};

static void finish(struct waiter *w)
{
	__atomic_store_n(&w->ended, true, __ATOMIC_RELEASE);
}

static void await_end(struct waiter *w)
{
	AWAIT(__atomic_load_n(&w->ended, __ATOMIC_ACQUIRE));
}

static void receive(void *arg)
{
	struct waiter *w = arg;

	w->rc = w->deadline == 0 ? chan_recv(w->c, &w->value) :
				   chan_recv_until(w->c, &w->value, w->deadline);
	finish(w);
}

static void send(void *arg)
{
	struct waiter *w = arg;

	w->rc = w->deadline == 0 ? chan_send(w->c, w->value) :
				   chan_send_until(w->c, w->value, w->deadline);
	finish(w);
}

/* Begins waiters one behind the other, each in line before the next. */
static void begin(struct waiter *w, int n, void (*fn)(void *), const char *why, chan(int) c)
{
	for (int i = 0; i < n; i++) {
		w[i] = (struct waiter){ .c = c, .value = i, .rc = 1 };
		CHECK_EQ(goro_go(fn, &w[i]), 0);
		await_parked((unsigned)i + 1, why);
	}
}

/* Rendezvous -------------------------------------------------------------------------------- */

GORO_TEST(a_send_without_a_buffer_waits_for_its_receiver)
{
	struct waiter w;
	chan(int) c = chan_make(int, 0);
	int v = -1;

	begin(&w, 1, send, "chan send", c);
	CHECK_EQ(w.ended, false);
	CHECK_EQ(chan_len(c), 0);
	CHECK_EQ(chan_recv(c, &v), 0);
	CHECK_EQ(v, 0);
	await_end(&w);
	CHECK_EQ(w.rc, 0);
	chan_free(c);
}

GORO_TEST(a_try_form_meets_who_waits)
{
	struct waiter w;
	chan(int) c = chan_make(int, 0);
	int v = -1;

	CHECK_EQ(chan_try_send(c, 1), -EAGAIN);
	CHECK_EQ(chan_try_recv(c, &v), -EAGAIN);
	begin(&w, 1, send, "chan send", c);
	CHECK_EQ(chan_try_recv(c, &v), 0);
	CHECK_EQ(v, 0);
	await_end(&w);
	begin(&w, 1, receive, "chan recv", c);
	CHECK_EQ(chan_try_send(c, 9), 0);
	await_end(&w);
	CHECK_EQ(w.value, 9);
	begin(&w, 1, send, "chan send", c);
	CHECK_EQ(chan_recv_until(c, &v, INT64_MIN), 0); /* what can be done at once is done */
	await_end(&w);
	begin(&w, 1, receive, "chan recv", c);
	CHECK_EQ(chan_send_until(c, 8, 0), 0);
	await_end(&w);
	CHECK_EQ(w.value, 8);
	chan_free(c);
}

/* Order ------------------------------------------------------------------------------------- */

GORO_TEST(waiting_senders_are_served_in_order)
{
	for (size_t cap = 0; cap < 4; cap++) {
		static struct waiter w[MANY];
		chan(int) c = chan_make(int, cap);
		int v;

		for (int i = 0; i < (int)cap; i++)
			CHECK_EQ(chan_send(c, i - (int)cap), 0);
		begin(w, MANY, send, "chan send", c);
		CHECK_EQ(chan_len(c), cap);
		for (int i = -(int)cap; i < MANY; i++) {
			CHECK_EQ(chan_recv(c, &v), 0);
			CHECK_EQ(v, i);
		}
		for (int i = 0; i < MANY; i++) {
			await_end(&w[i]);
			CHECK_EQ(w[i].rc, 0);
		}
		CHECK_EQ(chan_len(c), 0);
		chan_free(c);
	}
}

GORO_TEST(waiting_receivers_are_served_in_order)
{
	for (size_t cap = 0; cap < 4; cap++) {
		static struct waiter w[MANY];
		chan(int) c = chan_make(int, cap == 3 ? CHAN_UNBOUNDED : cap);

		begin(w, MANY, receive, "chan recv", c);
		for (int i = 0; i < MANY; i++) {
			CHECK_EQ(chan_send(c, 1000 + i),
				0); /* straight to who waits, past the buffer */
			CHECK_EQ(chan_len(c), 0);
		}
		for (int i = 0; i < MANY; i++) {
			await_end(&w[i]);
			CHECK_EQ(w[i].rc, 0);
			CHECK_EQ(w[i].value, 1000 + i);
		}
		chan_free(c);
	}
}

/* Close ------------------------------------------------------------------------------------- */

GORO_TEST(close_wakes_all_receivers_with_zero)
{
	static struct waiter w[MANY];
	chan(int) c = chan_make(int, 1);

	begin(w, MANY, receive, "chan recv", c);
	CHECK_EQ(chan_close(c), 0);
	for (int i = 0; i < MANY; i++) {
		await_end(&w[i]);
		CHECK_EQ(w[i].rc, -EPIPE);
		CHECK_EQ(w[i].value, 0);
	}
	chan_free(c);
}

GORO_TEST(close_wakes_all_senders_and_takes_nothing_from_them)
{
	static struct waiter w[MANY];
	chan(int) c = chan_make(int, 2);
	int v;

	CHECK_EQ(chan_send(c, 100), 0);
	CHECK_EQ(chan_send(c, 101), 0);
	begin(w, MANY, send, "chan send", c);
	CHECK_EQ(chan_close(c), 0);
	for (int i = 0; i < MANY; i++) {
		await_end(&w[i]);
		CHECK_EQ(w[i].rc, -EPIPE);
	}
	CHECK_EQ(chan_recv(c, &v), 0);
	CHECK_EQ(v, 100);
	CHECK_EQ(chan_recv(c, &v), 0);
	CHECK_EQ(v, 101);
	CHECK_EQ(chan_recv(c, &v), -EPIPE);
	chan_free(c);
}

/* Deadlines --------------------------------------------------------------------------------- */

static const int64_t past[] = { INT64_MIN, INT64_MIN + 1, -GORO_SECOND, -1, 0, 1 };
static const int64_t absurd[] = { GORO_FOREVER, GORO_FOREVER - 1, GORO_FOREVER / 2 };

GORO_TEST(any_deadline_in_the_past_does_not_wait)
{
	chan(int) empty = chan_make(int, 0);
	chan(int) full = chan_make(int, 1);
	int v = 3;

	CHECK_EQ(chan_send(full, 1), 0);
	for (size_t i = 0; i < sizeof(past) / sizeof(*past); i++) {
		CHECK_EQ(chan_recv_until(empty, &v, past[i]), -ETIMEDOUT);
		CHECK_EQ(chan_send_until(empty, 1, past[i]), -ETIMEDOUT);
		CHECK_EQ(chan_send_until(full, 1, past[i]), -ETIMEDOUT);
		CHECK_EQ(chan_recv_until(full, &v, past[i]), 0);
		CHECK_EQ(chan_send_until(full, 1, past[i]), 0);
	}
	CHECK_EQ(chan_recv_until(empty, &v, goro_now()), -ETIMEDOUT);
	CHECK_EQ(chan_recv_until(empty, &v, goro_after(-1)), -ETIMEDOUT);
	CHECK_EQ(chan_len(full), 1);
	chan_free(empty);
	chan_free(full);
}

GORO_TEST(a_deadline_ends_the_wait_and_never_before)
{
	chan(int) c = chan_make(int, 0);
	int v = 3;

	for (int64_t ns = 1; ns <= 20 * GORO_MILLISECOND; ns *= 7) {
		int64_t deadline = goro_after(ns);

		CHECK_EQ(chan_recv_until(c, &v, deadline), -ETIMEDOUT);
		CHECK_LE(deadline, goro_now());
		deadline = goro_after(ns);
		CHECK_EQ(chan_send_until(c, 1, deadline), -ETIMEDOUT);
		CHECK_LE(deadline, goro_now());
	}
	CHECK_EQ(v, 3);
	CHECK_EQ(chan_try_recv(c, &v), -EAGAIN); /* those that gave up have left the lines */
	CHECK_EQ(chan_try_send(c, 1), -EAGAIN);
	chan_free(c);
}

GORO_TEST(a_deadline_far_away_lets_the_value_through)
{
	chan(int) c = chan_make(int, 0);

	for (size_t i = 0; i < sizeof(absurd) / sizeof(*absurd); i++) {
		struct waiter r = { .c = c, .deadline = absurd[i], .value = -1 };
		struct waiter s = { .c = c, .deadline = absurd[i], .value = 4 };
		int v = 0;

		CHECK_EQ(goro_go(receive, &r), 0);
		await_parked(1, "chan recv");
		CHECK_EQ(chan_send_until(c, 7, absurd[i]), 0);
		await_end(&r);
		CHECK_EQ(r.rc, 0);
		CHECK_EQ(r.value, 7);
		CHECK_EQ(goro_go(send, &s), 0);
		await_parked(1, "chan send");
		CHECK_EQ(chan_recv_until(c, &v, absurd[i]), 0);
		CHECK_EQ(v, 4);
		await_end(&s);
	}
	chan_free(c);
}

/* A wake-up that goes to one that gives up at that moment is not lost: the next in line gets it. */
GORO_TEST(one_that_gave_up_is_passed_over)
{
	static struct waiter w[3];
	chan(int) c = chan_make(int, 0);

	for (int i = 0; i < 3; i++) {
		w[i] = (struct waiter){ .c = c, .rc = 1 };
		w[i].deadline = i == 1 ? 0 : goro_after(5 * GORO_MILLISECOND);
		CHECK_EQ(goro_go(receive, &w[i]), 0);
	}
	await_end(&w[0]);
	await_end(&w[2]);
	CHECK_EQ(w[0].rc, -ETIMEDOUT);
	CHECK_EQ(w[2].rc, -ETIMEDOUT);
	CHECK_EQ(chan_send(c, 5), 0);
	await_end(&w[1]);
	CHECK_EQ(w[1].rc, 0);
	CHECK_EQ(w[1].value, 5);
	chan_free(c);
}

/* Lifetime ---------------------------------------------------------------------------------- */

static void send_borrowed(chan(int) c, int v, goro_waitgroup *all)
{
	CHECK_EQ(chan_send(c, v), 0); /* who receives it frees the channel, perhaps before this */
	goro_waitgroup_done(all);
}

GORO_TEST(who_received_the_last_value_may_free_the_channel)
{
	goro_waitgroup all = GORO_WAITGROUP_INIT;
	size_t n = test_scaled(3000);

	for (size_t i = 0; i < n; i++) {
		chan(int) c = chan_make(int, i % 2);
		int v = -1;

		goro_waitgroup_add(&all, 1);
		CHECK_EQ(go(send_borrowed, c, (int)i, &all), 0);
		CHECK_EQ(chan_recv(c, &v), 0);
		CHECK_EQ(v, (int)i);
		chan_free(c);
	}
	CHECK_EQ(goro_waitgroup_wait(&all), 0);
}

/* What was written before the send is seen after the receive: TSan would tell. */
static int plain;

static void write_and_send(chan(int) c)
{
	plain = 5;
	CHECK_EQ(chan_send(c, 1), 0);
	chan_free(c);
}

GORO_TEST(what_the_sender_wrote_the_receiver_sees)
{
	for (size_t i = 0; i < test_scaled(200); i++) {
		chan(int) c = chan_make(int, i % 3 == 2 ? CHAN_UNBOUNDED : i % 3);
		int v;

		plain = 0;
		CHECK_EQ(go(write_and_send, chan_ref(c)), 0);
		CHECK_EQ(chan_recv(c, &v), 0);
		CHECK_EQ(plain, 5);
		chan_free(c);
	}
}

static void receive_nothing(goro_chan *c, int *rc)
{
	*rc = goro_chan_recv(c, NULL);
}

GORO_TEST(close_wakes_a_receiver_of_no_size)
{
	goro_chan *c = goro_chan_make(0, 0);
	int rc = 0;

	CHECK_TRUE(c != NULL);
	CHECK_EQ(go(receive_nothing, c, &rc), 0);
	await_parked(1, "chan recv");
	CHECK_EQ(goro_chan_close(c), 0);
	await_alive(1);
	CHECK_EQ(rc, -EPIPE);
	goro_chan_free(c);
}

/* Misuse ------------------------------------------------------------------------------------ */

static void receive_one(chan(int) c)
{
	int v;

	chan_recv(c, &v);
}

static void send_one(chan(int) c)
{
	chan_send(c, 1);
}

static void free_what_a_receiver_waits_on(void *arg)
{
	chan(int) c = chan_make(int, 0);

	(void)arg;
	go(receive_one, c);
	await_parked(1, "chan recv");
	chan_free(c);
}

static void free_what_a_sender_waits_on(void *arg)
{
	chan(int) c = chan_make(int, 0);

	(void)arg;
	go(send_one, c);
	await_parked(1, "chan send");
	chan_free(c);
}

static void run(void *fn)
{
	goro_run((void (*)(void *))(uintptr_t)fn, NULL);
}

GORO_TEST_PLAIN(to_free_the_last_reference_while_somebody_waits_is_told_and_aborts)
{
	static const char text[] = "the last reference to a channel is freed while somebody waits";

	CHECK_CHILD_DIES(run, (void *)(uintptr_t)free_what_a_receiver_waits_on, SIGABRT, text);
	CHECK_CHILD_DIES(run, (void *)(uintptr_t)free_what_a_sender_waits_on, SIGABRT, text);
}
