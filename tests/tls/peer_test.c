/* SPDX-License-Identifier: MIT */
/* peer_test.c: peers that speak no TLS, go away, or are cut off; and those who wait for them. */
#include <limits.h>
#include <stdatomic.h>
#include <string.h>

#include "tls_support.h"

static goro_tls_context *client, *server;

static void make_contexts(void)
{
	client = test_client_context();
	server = test_server_context();
}

static void free_contexts(void)
{
	goro_tls_context_free(client);
	goro_tls_context_free(server);
}

/* No handshake at all -------------------------------------------------------------------------- */

static void check_garbage(const char *what, size_t n)
{
	goro_conn *c[2];
	goro_tls *t = NULL;
	goro_error error;

	for (int side = 0; side < 2; side++) {
		test_pair("tcp4", c);
		test_write(c[1], what, n);
		CHECK_EQ(side == 0 ? goro_tls_server(&t, server, c[0], GORO_FOREVER, &error) :
				     goro_tls_client(
					     &t, client, c[0], "goro.test", GORO_FOREVER, &error),
			-EPROTO);
		CHECK_EQ(error.code, -EPROTO);
		CHECK_NE(error.message[0], '\0');
		CHECK_TRUE(t == NULL);
		test_pair_close(c); /* still the caller's */
	}
}

GORO_TEST(who_speaks_something_else_is_told_apart)
{
	static char zeroes[70000], noise[70000];
	uint64_t random = test_seed();

	make_contexts();
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)test_random(&random);
	noise[0] = 0x7f;
	check_garbage("GET / HTTP/1.0\r\n\r\n", 18);
	check_garbage("SSH-2.0-OpenSSH_9.2\r\n", 21);
	check_garbage(zeroes, sizeof(zeroes));
	check_garbage(noise, sizeof(noise));
	check_garbage("\x16\x03\x01\xff\xff", 5);                 /* a record that is too long */
	check_garbage("\x15\x03\x01\x00\x02\x02\x28", 7);         /* an alert comes first */
	check_garbage("\x17\x03\x03\x00\x05hello", 10);           /* data do */
	check_garbage("\x16\x03\x01\x00\x04\x63\x00\x00\x00", 9); /* no such message */
	free_contexts();
}

/* A cut in the middle -------------------------------------------------------------------------- */

/* Between two connections: what comes at one goes out at the other, until so many bytes have gone. Then
 * it closes both. With `flip` it lets all through, but for one bit of the last of them. */
struct middle {
	goro_conn *from, *to;
	atomic_long *left;
	bool flip;
	goro_waitgroup *done;
};

static void carry(struct middle *m)
{
	char buf[4096];
	ssize_t n;

	while ((n = goro_conn_read(m->from, buf, sizeof(buf), GORO_FOREVER)) > 0) {
		long left = atomic_fetch_sub(m->left, n);
		ssize_t through = left < n && !m->flip ? left : n;

		if (m->flip && left > 0 && left <= n)
			buf[left - 1] ^= 0x10;
		if (through > 0 && goro_conn_write(m->to, buf, (size_t)through, GORO_FOREVER) < 0)
			break;
		if (through < n)
			break;
	}
	goro_conn_close(m->from); /* the other way may have done so */
	goro_conn_close(m->to);
	goro_waitgroup_done(m->done);
}

static void serve(struct test_hands *h, goro_waitgroup *done)
{
	h->rc[1] = goro_tls_server(&h->tls[1], server, h->conn[1], GORO_FOREVER, &h->error[1]);
	if (h->rc[1] == 0) {
		char c;

		while (goro_tls_read(h->tls[1], &c, 1, GORO_FOREVER) > 0)
			if (goro_tls_write(h->tls[1], &c, 1, GORO_FOREVER) < 0)
				break;
		goro_tls_close(h->tls[1]);
	} else {
		goro_conn_close(h->conn[1]);
	}
	goro_waitgroup_done(done);
}

/* Shakes hands and has a word echoed, through a man in the middle. What the client got to know: 0 if all
 * went well. */
static int through_the_middle(long bytes)
{
	goro_waitgroup done = GORO_WAITGROUP_INIT;
	goro_conn *near[2], *far[2];
	atomic_long left = bytes;
	struct middle there, back;
	struct test_hands h = { .rc = { 0 } };
	ssize_t rc;

	test_pair("unix", near);
	test_pair("unix", far);
	there = (struct middle){ near[1], far[0], &left, false, &done };
	back = (struct middle){ far[0], near[1], &left, false, &done };
	h.conn[1] = far[1];
	goro_waitgroup_add(&done, 3);
	CHECK_EQ(go(carry, &there), 0);
	CHECK_EQ(go(carry, &back), 0);
	CHECK_EQ(go(serve, &h, &done), 0);
	rc = goro_tls_client(&h.tls[0], client, near[0], "goro.test", GORO_FOREVER, NULL);
	if (rc == 0) {
		char c;

		rc = goro_tls_write(h.tls[0], "x", 1, GORO_FOREVER);
		if (rc == 1)
			rc = goro_tls_read(h.tls[0], &c, 1, GORO_FOREVER);
		CHECK_NE(rc, 0); /* nobody has said the end */
		CHECK_EQ(goro_tls_close(h.tls[0]), 0);
	} else {
		CHECK_EQ(goro_conn_close(near[0]), 0);
	}
	CHECK_EQ(goro_waitgroup_wait(&done), 0);
	return rc == 1 ? 0 : (int)rc;
}

GORO_TEST(a_cut_at_any_byte_is_an_error_and_nobody_hangs)
{
	long step = TEST_ASAN || TEST_TSAN ? 211 : 37, whole = 0;

	make_contexts();
	while (through_the_middle(whole) != 0)
		whole += step;
	CHECK_LT(1000, whole); /* so there were many places */
	for (long i = 0; i < (long)test_scaled(20); i++) {
		int rc = through_the_middle(i * whole / 20 - (i % 3));

		CHECK_TRUE(rc == -ECONNABORTED || rc == -EPIPE || rc == -ECONNRESET);
	}
	free_contexts();
}

GORO_TEST(a_bit_that_is_changed_on_the_way_is_noticed)
{
	static const char text[1000];
	uint64_t random = test_seed();

	for (size_t i = test_scaled(20); i > 0; i--) {
		goro_waitgroup done = GORO_WAITGROUP_INIT;
		atomic_long ahead = LONG_MAX, behind = LONG_MAX;
		goro_conn *near[2], *far[2];
		struct middle there, back;
		goro_tls *t[2];
		goro_error error;
		char c;

		test_pair("unix", near);
		test_pair("unix", far);
		there = (struct middle){ near[1], far[0], &ahead, true, &done };
		back = (struct middle){ far[0], near[1], &behind, true, &done };
		goro_waitgroup_add(&done, 2);
		CHECK_EQ(go(carry, &there), 0);
		CHECK_EQ(go(carry, &back), 0);
		test_tls_over((goro_conn *[2]){ near[0], far[1] }, t);
		/* Behind the length, which would only make the reader wait for more. */
		atomic_store(&ahead, 6 + (long)(test_random(&random) % sizeof(text)));
		test_tls_write(t[0], text, sizeof(text));
		CHECK_EQ(goro_tls_read(t[1], &c, 1, GORO_FOREVER), -EPROTO);
		CHECK_EQ(goro_tls_failure(t[1], &error), 0);
		CHECK_HAS(error.message, "bad record mac");
		CHECK_EQ(goro_tls_read(t[0], &c, 1, GORO_FOREVER), -EPROTO);
		CHECK_EQ(goro_tls_failure(t[0], &error), 0);
		CHECK_HAS(error.message, "alert bad record mac");
		test_tls_pair_close(t);
		CHECK_EQ(goro_waitgroup_wait(&done), 0);
	}
}

/* The end -------------------------------------------------------------------------------------- */

GORO_TEST(an_end_that_was_not_said_is_no_end)
{
	goro_conn *c[2];
	goro_tls *t[2];
	goro_error error;
	char buf[4];

	test_pair("tcp4", c);
	test_tls_over(c, t);
	test_tls_write(t[0], "abc", 3);
	CHECK_EQ(goro_conn_shutdown(c[0]), 0); /* as somebody in between would */
	test_tls_read(t[1], buf, 3);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(goro_tls_read(t[1], buf, 4, GORO_FOREVER), -ECONNABORTED);
	CHECK_EQ(goro_tls_failure(t[1], &error), 0);
	CHECK_EQ(error.code, -ECONNABORTED);
	CHECK_HAS(error.message, "not said");
	CHECK_EQ(goro_tls_write(t[1], "x", 1, GORO_FOREVER), -ECONNABORTED);
	CHECK_EQ(goro_tls_shutdown(t[1], GORO_FOREVER), -ECONNABORTED);
	test_tls_pair_close(t);
}

GORO_TEST(one_side_may_end_and_go_on_reading)
{
	goro_tls *t[2];
	char buf[8];

	test_tls_pair("tcp4", t);
	test_tls_write(t[0], "question", 8);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(goro_tls_shutdown(t[0], GORO_FOREVER), 0);
	CHECK_EQ(goro_tls_write(t[0], "x", 1, GORO_FOREVER), -EPIPE);
	test_tls_read(t[1], buf, 8);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(goro_tls_read(t[1], buf, 8, GORO_FOREVER), 0);
	test_tls_write(t[1], "answer", 6);
	test_tls_read(t[0], buf, 6);
	CHECK_EQ(memcmp(buf, "answer", 6), 0);
	CHECK_EQ(goro_tls_shutdown(t[1], GORO_FOREVER), 0);
	CHECK_EQ(goro_tls_read(t[0], buf, 8, GORO_FOREVER), 0);
	test_tls_pair_close(t);
}

/* Waiting -------------------------------------------------------------------------------------- */

GORO_TEST(a_deadline_ends_a_handshake_that_nobody_answers)
{
	static const int64_t waits[] = { INT64_MIN, 0, GORO_MILLISECOND };
	goro_error error;
	goro_conn *c[2];
	goro_tls *t;

	make_contexts();
	for (size_t i = 0; i < 3; i++) {
		int64_t deadline = waits[i] < 0 ? waits[i] : goro_after(waits[i]);

		test_pair("unix", c);
		CHECK_EQ(goro_tls_client(&t, client, c[0], "goro.test", deadline, &error),
			-ETIMEDOUT);
		CHECK_EQ(error.code, -ETIMEDOUT);
		CHECK_EQ(goro_tls_server(&t, server, c[0], deadline, &error), -ETIMEDOUT);
		test_pair_close(c);
	}
	free_contexts();
}

GORO_TEST(a_deadline_ends_a_read_and_loses_nothing)
{
	goro_tls *t[2];
	char buf[4];

	test_tls_pair("unix", t);
	CHECK_EQ(goro_tls_read(t[0], buf, 4, INT64_MIN), -ETIMEDOUT);
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(goro_tls_read(t[0], buf, 4, goro_after(GORO_MICROSECOND)), -ETIMEDOUT);
		test_tls_write(t[1], "ping", 4);
		CHECK_EQ(goro_tls_read(t[0], buf, 1, GORO_FOREVER), 1);
		CHECK_EQ(goro_tls_read(t[0], buf + 1, 4, INT64_MIN), 3); /* it is there */
		CHECK_EQ(memcmp(buf, "ping", 4), 0);
	}
	test_tls_pair_close(t);
}

/* A stop cancels ------------------------------------------------------------------------------- */

static atomic_int cancelled;
static goro_tls *ends[2];

static void read_until_cancelled(void)
{
	char c;

	for (int i = 0; i < 3; i++)
		CHECK_EQ(goro_tls_read(ends[0], &c, 1, GORO_FOREVER), -ECANCELED);
	CHECK_EQ(goro_tls_write(ends[0], &c, 1, GORO_FOREVER), -ECANCELED);
	CHECK_EQ(goro_tls_shutdown(ends[0], GORO_FOREVER), -ECANCELED);
	CHECK_EQ(goro_tls_read(NULL, &c, 1, GORO_FOREVER), -EBADF);
	CHECK_EQ(goro_tls_close(ends[0]), 0);
	atomic_fetch_add(&cancelled, 1);
}

static void shake_until_cancelled(goro_conn *c)
{
	goro_error error;
	goro_tls *t;

	CHECK_EQ(goro_tls_server(&t, server, c, GORO_FOREVER, &error), -ECANCELED);
	CHECK_EQ(error.code, -ECANCELED);
	CHECK_EQ(goro_tls_client(&t, client, c, "goro.test", GORO_FOREVER, &error), -ECANCELED);
	CHECK_EQ(goro_conn_close(c), 0);
	atomic_fetch_add(&cancelled, 1);
}

static void wait_for_the_stop(void)
{
	goro_conn *c[2];

	test_tls_pair("unix", ends);
	test_pair("unix", c);
	CHECK_EQ(go(read_until_cancelled), 0);
	CHECK_EQ(go(shake_until_cancelled, c[0]), 0);
	await_parked(2, "conn read");
}

GORO_TEST_OUTSIDE(a_cancelled_coroutine_waits_for_nothing_and_closes_all_the_same)
{
	char c;

	make_contexts();
	atomic_store(&cancelled, 0);
	test_run(test_workers(), wait_for_the_stop);
	CHECK_EQ(atomic_load(&cancelled), 2);
	/* What nobody closed lives until somebody does, runtime or not. */
	CHECK_EQ(goro_tls_read(ends[1], &c, 1, GORO_FOREVER), -EPERM);
	CHECK_EQ(goro_tls_close(ends[1]), 0);
	CHECK_EQ(goro_tls_close(ends[1]), -EBADF);
	free_contexts();
}
