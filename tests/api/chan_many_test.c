/* SPDX-License-Identifier: MIT */
/* chan_many_test.c: several elements at once: one at least, then what can be moved without waiting.
 */
#include <stdlib.h>
#include <string.h>

#include "goro_test.h"

struct mover {
	chan(int) c;
	int values[8];
	size_t n;
	int rc;
	bool ended;
};

static void receive(void *arg)
{
	struct mover *m = arg;

	m->rc = chan_recv_many(m->c, m->values, m->n);
	__atomic_store_n(&m->ended, true, __ATOMIC_RELEASE);
}

static void send(void *arg)
{
	struct mover *m = arg;

	m->rc = chan_send_many(m->c, m->values, m->n);
	__atomic_store_n(&m->ended, true, __ATOMIC_RELEASE);
}

static void begin(struct mover *m, void (*fn)(void *), const char *why, unsigned parked)
{
	m->ended = false;
	m->rc = -1;
	CHECK_EQ(goro_go(fn, m), 0);
	await_parked(parked, why);
}

static void await_end(struct mover *m)
{
	AWAIT(__atomic_load_n(&m->ended, __ATOMIC_ACQUIRE));
}

GORO_TEST(many_moves_what_fits_and_no_more)
{
	chan(int) c = chan_make(int, 3);
	int in[5] = { 1, 2, 3, 4, 5 }, out[5] = { -1, -1, -1, -1, -1 };

	CHECK_EQ(chan_send_many(c, in, 2), 2);
	CHECK_EQ(chan_send_many(c, in + 2, 3), 1);
	CHECK_EQ(chan_len(c), 3);
	CHECK_EQ(chan_recv_many(c, out, 2), 2);
	CHECK_EQ(out[0], 1);
	CHECK_EQ(out[1], 2);
	CHECK_EQ(out[2], -1);
	CHECK_EQ(chan_recv_many(c, out, 5), 1);
	CHECK_EQ(out[0], 3);
	CHECK_EQ(out[1], 2); /* the rest is untouched */
	chan_free(c);
}

GORO_TEST(many_to_an_unbounded_channel_moves_all)
{
	static int in[20000], out[20000];
	chan(int) c = chan_make(int, CHAN_UNBOUNDED);

	for (int i = 0; i < 20000; i++)
		in[i] = i;
	CHECK_EQ(chan_send_many(c, in, 20000), 20000);
	CHECK_EQ(chan_recv_many(c, out, 7), 7);
	CHECK_EQ(chan_recv_many(c, out + 7, 20000), 20000 - 7);
	CHECK_EQ(memcmp(in, out, sizeof(in)), 0);
	chan_free(c);
}

struct large {
	char bytes[2048];
};

/* A block of memory for each element: the work must not grow the stack. */
GORO_TEST(many_large_elements_take_no_stack)
{
	size_t n = test_scaled(8000);
	struct large *all = calloc(n, sizeof(*all));
	chan(struct large) c = chan_make(struct large, CHAN_UNBOUNDED);
	size_t received = 0;

	CHECK_TRUE(all != NULL);
	for (size_t i = 0; i < n; i++)
		all[i].bytes[2047] = (char)i;
	CHECK_EQ(chan_send_many(c, all, n), n);
	memset(all, 0, n * sizeof(*all));
	while (received < n) {
		int rc = chan_recv_many(c, all + received, n - received);

		CHECK_LT(0, rc);
		received += (size_t)rc;
	}
	for (size_t i = 0; i < n; i++)
		CHECK_EQ(all[i].bytes[2047], (char)i);
	chan_free(c);
	free(all);
}

GORO_TEST(recv_many_waits_for_the_first_and_takes_what_is_there)
{
	struct mover m = { .n = 4, .values = { -1, -1, -1, -1 } };
	int in[3] = { 1, 2, 3 };

	m.c = chan_make(int, 8);
	begin(&m, receive, "chan recv", 1);
	CHECK_EQ(chan_send_many(m.c, in, 3), 3);
	await_end(&m);
	/* The first came from hand to hand; the others are here or there. */
	CHECK_LE(1, m.rc);
	CHECK_EQ((size_t)m.rc + chan_len(m.c), 3);
	for (int i = 0; i < m.rc; i++)
		CHECK_EQ(m.values[i], i + 1);
	CHECK_EQ(m.values[3], -1);
	chan_free(m.c);
}

GORO_TEST(send_many_waits_for_the_first_and_sends_what_has_room)
{
	struct mover m = { .n = 4, .values = { 1, 2, 3, 4 } };
	int v, n = 0, next = 0;

	m.c = chan_make(int, 2);
	CHECK_EQ(chan_send(m.c, -1), 0);
	CHECK_EQ(chan_send(m.c, 0), 0);
	begin(&m, send, "chan send", 1);
	for (int i = -1; i < 1; i++) {
		CHECK_EQ(chan_recv(m.c, &v), 0);
		CHECK_EQ(v, i);
	}
	await_end(&m);
	CHECK_LE(1, m.rc);
	CHECK_LE(m.rc, 2); /* of the two places, both were free when the sender came back */
	for (; chan_try_recv(m.c, &v) == 0; n++)
		CHECK_EQ(v, ++next);
	CHECK_EQ(n, m.rc);
	chan_free(m.c);
}

GORO_TEST(many_serves_all_who_wait_in_their_order)
{
	static struct mover m[4];
	chan(int) c = chan_make(int, 0);
	int out[6], in[6] = { 10, 11, 12, 13, 14, 15 };

	for (int i = 0; i < 4; i++) {
		m[i] = (struct mover){ .c = c, .n = 1, .values = { i } };
		begin(&m[i], send, "chan send", (unsigned)i + 1);
	}
	CHECK_EQ(chan_recv_many(c, out, 6), 4);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(out[i], i);
		await_end(&m[i]);
		CHECK_EQ(m[i].rc, 1);
		begin(&m[i], receive, "chan recv", (unsigned)i + 1);
	}
	CHECK_EQ(chan_send_many(c, in, 6), 4);
	for (int i = 0; i < 4; i++) {
		await_end(&m[i]);
		CHECK_EQ(m[i].values[0], 10 + i);
	}
	chan_free(c);
}

GORO_TEST(many_wakes_senders_behind_the_buffer_too)
{
	static struct mover m[4];
	chan(int) c = chan_make(int, 2);
	int out[8];

	CHECK_EQ(chan_send(c, 0), 0);
	CHECK_EQ(chan_send(c, 1), 0);
	for (int i = 0; i < 4; i++) {
		m[i] = (struct mover){ .c = c, .n = 1, .values = { i + 2 } };
		begin(&m[i], send, "chan send", (unsigned)i + 1);
	}
	CHECK_EQ(chan_recv_many(c, out, 8), 6);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(out[i], i);
	for (int i = 0; i < 4; i++)
		await_end(&m[i]);
	chan_free(c);
}

GORO_TEST(close_ends_a_many_that_waits_with_nothing_moved)
{
	struct mover r = { .n = 4, .values = { 9, 9, 9, 9 } };
	struct mover s = { .n = 4, .values = { 1, 2, 3, 4 } };
	int v;

	r.c = chan_make(int, 0);
	begin(&r, receive, "chan recv", 1);
	CHECK_EQ(chan_close(r.c), 0);
	await_end(&r);
	CHECK_EQ(r.rc, -EPIPE);
	CHECK_EQ(r.values[1], 9);
	chan_free(r.c);
	s.c = chan_make(int, 1);
	CHECK_EQ(chan_send(s.c, 0), 0);
	begin(&s, send, "chan send", 1);
	CHECK_EQ(chan_close(s.c), 0);
	await_end(&s);
	CHECK_EQ(s.rc, -EPIPE);
	CHECK_EQ(chan_recv(s.c, &v), 0);
	CHECK_EQ(v, 0);
	CHECK_EQ(chan_recv(s.c, &v), -EPIPE);
	chan_free(s.c);
}

GORO_TEST(recv_many_of_a_closed_channel_drains_and_touches_nothing_else)
{
	chan(int) c = chan_make(int, 4);
	int in[2] = { 1, 2 }, out[4] = { -1, -1, -1, -1 };

	CHECK_EQ(chan_send_many(c, in, 2), 2);
	CHECK_EQ(chan_close(c), 0);
	CHECK_EQ(chan_recv_many(c, out, 4), 2);
	CHECK_EQ(out[0], 1);
	CHECK_EQ(out[1], 2);
	CHECK_EQ(out[2], -1);
	CHECK_EQ(out[3], -1);
	CHECK_EQ(chan_recv_many(c, out, 4), -EPIPE);
	chan_free(c);
}

/* The two ends in chunks of all sizes, with one closing at the end. */
static void produce(chan(int) c, int n)
{
	int values[7];

	for (int i = 0; i < n;) {
		int len = 0, sent;

		for (; len < 1 + i % 7 && i + len < n; len++)
			values[len] = i + len;
		sent = chan_send_many(c, values, (size_t)len);
		CHECK_TRUE(sent >= 1 && sent <= len);
		i += sent;
	}
	CHECK_EQ(chan_close(c), 0);
	chan_free(c);
}

static void check_stream(size_t cap)
{
	int n = (int)test_scaled(20000), next = 0, values[5], rc;
	chan(int) c = chan_make(int, cap);

	CHECK_EQ(go(produce, chan_ref(c), n), 0);
	while ((rc = chan_recv_many(c, values, 1 + (size_t)next % 5)) > 0)
		for (int i = 0; i < rc; i++)
			CHECK_EQ(values[i], next++);
	CHECK_EQ(rc, -EPIPE);
	CHECK_EQ(next, n);
	chan_free(c);
}

GORO_TEST(a_stream_in_chunks_arrives_whole_and_in_order)
{
	check_stream(0);
	check_stream(1);
	check_stream(5);
	check_stream(128);
	check_stream(CHAN_UNBOUNDED);
}

/* Who receives the last of many may free the channel though the sender has not returned. */
static void send_three(chan(int) c, goro_waitgroup *all)
{
	int values[3] = { 1, 2, 3 };

	for (int sent = 0; sent < 3;) {
		int rc = chan_send_many(c, values + sent, 3 - (size_t)sent);

		CHECK_LT(0, rc);
		sent += rc;
	}
	goro_waitgroup_done(all);
}

GORO_TEST(who_received_the_last_of_many_may_free_the_channel)
{
	goro_waitgroup all = GORO_WAITGROUP_INIT;

	for (size_t i = 0; i < test_scaled(2000); i++) {
		chan(int) c = chan_make(int, i % 4);
		int values[3], n = 0;

		goro_waitgroup_add(&all, 1);
		CHECK_EQ(go(send_three, c, &all), 0);
		while (n < 3) {
			int rc = chan_recv_many(c, values, 3 - (size_t)n);

			CHECK_LT(0, rc);
			n += rc;
		}
		chan_free(c);
	}
	CHECK_EQ(goro_waitgroup_wait(&all), 0);
}

GORO_TEST(many_of_no_size_need_no_array)
{
	goro_chan *c = goro_chan_make(0, 4);

	CHECK_EQ(goro_chan_send_many(c, NULL, 6), 4);
	CHECK_EQ(goro_chan_len(c), 4);
	CHECK_EQ(goro_chan_recv_many(c, NULL, 6), 4);
	CHECK_EQ(goro_chan_recv_many(c, NULL, 0), 0);
	CHECK_EQ(goro_chan_len(c), 0);
	goro_chan_free(c);
}
