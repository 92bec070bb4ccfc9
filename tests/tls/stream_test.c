/* SPDX-License-Identifier: MIT */
/* stream_test.c: many bytes, in both directions at once; and when there is no room for them. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tls_support.h"

/* The byte at a place of a stream. */
static char byte_at(size_t i, int stream)
{
	return (char)((i * 2654435761u) >> 13 ^ (size_t)stream * 91);
}

static void fill(char *buf, size_t from, size_t n, int stream)
{
	for (size_t i = 0; i < n; i++)
		buf[i] = byte_at(from + i, stream);
}

static void check_filled(const char *buf, size_t from, size_t n, int stream)
{
	for (size_t i = 0; i < n; i++)
		if (buf[i] != byte_at(from + i, stream))
			CHECK_FAIL("byte %zu of stream %d", from + i, stream);
}

/* Both ways at once ---------------------------------------------------------------------------- */

struct flow {
	goro_tls *tls;
	size_t bytes, most; /* in all, and at once */
	int stream;
	goro_waitgroup *done;
};

static void send_flow(struct flow *f)
{
	uint64_t random = test_seed() + (uint64_t)f->stream;
	char *buf = malloc(f->most);

	for (size_t at = 0; at < f->bytes;) {
		size_t n = 1 + test_random(&random) % f->most;

		if (n > f->bytes - at)
			n = f->bytes - at;
		fill(buf, at, n, f->stream);
		test_tls_write(f->tls, buf, n);
		at += n;
	}
	CHECK_EQ(goro_tls_shutdown(f->tls, GORO_FOREVER), 0);
	free(buf);
	goro_waitgroup_done(f->done);
}

static void receive_flow(struct flow *f)
{
	uint64_t random = ~test_seed() + (uint64_t)f->stream;
	char *buf = malloc(f->most);
	size_t at = 0;

	for (;;) {
		ssize_t n = goro_tls_read(
			f->tls, buf, 1 + test_random(&random) % f->most, GORO_FOREVER);

		CHECK_LE(0, n);
		if (n == 0)
			break;
		check_filled(buf, at, (size_t)n, f->stream);
		at += (size_t)n;
	}
	CHECK_EQ(at, f->bytes);
	free(buf);
	goro_waitgroup_done(f->done);
}

static void flow_both_ways(goro_tls *t[2], size_t bytes, size_t most)
{
	goro_waitgroup done = GORO_WAITGROUP_INIT;
	struct flow out[2], in[2];

	goro_waitgroup_add(&done, 4);
	for (int i = 0; i < 2; i++) {
		out[i] = (struct flow){ t[i], bytes, most, i, &done };
		in[i] = (struct flow){ t[1 - i], bytes, most, i, &done };
		CHECK_EQ(go(send_flow, &out[i]), 0);
		CHECK_EQ(go(receive_flow, &in[i]), 0);
	}
	CHECK_EQ(goro_waitgroup_wait(&done), 0);
}

GORO_TEST(large_transfers_go_both_ways_at_once)
{
	EACH_NETWORK(network)
	{
		goro_tls *t[2];

		test_tls_pair(network, t);
		flow_both_ways(t, test_scaled(TEST_TSAN ? 1000000 : 4000000), 100000);
		test_tls_pair_close(t);
	}
}

GORO_TEST(small_pieces_arrive_whole_and_in_order)
{
	goro_tls *t[2];

	test_tls_pair("unix", t);
	flow_both_ways(t, test_scaled(20000), 7);
	test_tls_pair_close(t);
}

GORO_TEST(a_read_takes_what_it_has_room_for)
{
	goro_tls *t[2];
	char buf[20000];

	test_tls_pair("unix", t);
	fill(buf, 0, sizeof(buf), 0);
	test_tls_write(t[0], buf, 100);
	for (size_t at = 0; at < 100; at++) {
		char c;

		CHECK_EQ(goro_tls_read(t[1], &c, 1, GORO_FOREVER), 1);
		check_filled(&c, at, 1, 0);
	}
	/* Nothing is written, and nothing asked for. */
	CHECK_EQ(goro_tls_write(t[0], NULL, 0, INT64_MIN), 0);
	CHECK_EQ(goro_tls_read(t[1], NULL, 0, INT64_MIN), 0);
	CHECK_EQ(goro_tls_read(t[1], NULL, 1, INT64_MIN), -EINVAL);
	CHECK_EQ(goro_tls_write(t[1], NULL, 1, INT64_MIN), -EINVAL);
	test_tls_write(t[0], buf, sizeof(buf));
	memset(buf, 0, sizeof(buf));
	test_tls_read(t[1], buf, sizeof(buf));
	check_filled(buf, 0, sizeof(buf), 0);
	test_tls_pair_close(t);
}

/* New keys in the midst of it ------------------------------------------------------------------ */

static int ask_for_new_keys(SSL *ssl, void *arg)
{
	(void)arg;
	return SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
}

struct renewal {
	goro_tls **ends;
	atomic_bool stop;
	goro_waitgroup *done;
};

static void renew(struct renewal *r)
{
	unsigned i = 0;

	/* Refused while one is on its way. */
	while (!atomic_load(&r->stop)) {
		goro_tls_inspect(r->ends[i++ % 2], ask_for_new_keys, NULL);
		test_relax();
	}
	goro_waitgroup_done(r->done);
}

GORO_TEST(keys_are_renewed_while_both_sides_read_and_write)
{
	goro_waitgroup done = GORO_WAITGROUP_INIT;
	struct renewal r = { .done = &done };
	goro_tls *t[2];

	test_tls_pair("tcp4", t);
	r.ends = t;
	goro_waitgroup_add(&done, 1);
	CHECK_EQ(go(renew, &r), 0);
	flow_both_ways(t, test_scaled(400000), 3000);
	atomic_store(&r.stop, true);
	CHECK_EQ(goro_waitgroup_wait(&done), 0);
	test_tls_pair_close(t);
}

GORO_TEST(the_end_is_said_behind_new_keys)
{
	goro_tls *t[2];
	char c;

	test_tls_pair("unix", t);
	test_tls_write(t[0], "x", 1);
	CHECK_EQ(goro_tls_inspect(t[0], ask_for_new_keys, NULL), 1);
	CHECK_EQ(goro_tls_shutdown(t[0], GORO_FOREVER), 0);
	test_tls_read(t[1], &c, 1);
	CHECK_EQ(goro_tls_read(t[1], &c, 1, GORO_FOREVER), 0);
	test_tls_write(t[1], "y", 1); /* with new keys */
	test_tls_read(t[0], &c, 1);
	test_tls_pair_close(t);
}

/* No room -------------------------------------------------------------------------------------- */

/* Writes until a write would wait. How many bytes were taken. */
static size_t write_until_full(goro_tls *t, int stream)
{
	static char buf[2][50000];
	size_t at = 0;
	ssize_t n;

	do {
		fill(buf[stream], at, sizeof(buf[stream]), stream);
		n = goro_tls_write(t, buf[stream], sizeof(buf[stream]), INT64_MIN);
		at += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	CHECK_EQ(n, -ETIMEDOUT);
	return at;
}

GORO_TEST(what_a_write_that_was_cut_short_has_taken_arrives)
{
	EACH_NETWORK(network)
	{
		goro_tls *t[2];
		char c[3];

		test_tls_pair(network, t);
		for (int round = 0; round < 3; round++) {
			size_t taken = write_until_full(t[0], 0);
			char *buf = malloc(taken);

			CHECK_LT(1000, taken);
			/* Nobody writes any more, and still all of it comes. */
			test_tls_read(t[1], buf, taken);
			check_filled(buf, 0, taken, 0);
			free(buf);
			CHECK_EQ(goro_tls_read(t[1], c, 1, INT64_MIN), -ETIMEDOUT);
			/* The other way has not noticed, and this one goes on. */
			test_tls_write(t[1], "yes", 3);
			test_tls_read(t[0], c, 3);
			await_alive(1); /* whoever sent the rest has given back his turn */
		}
		test_tls_pair_close(t);
	}
}

GORO_TEST(two_who_are_full_are_freed_by_reading_though_keys_are_renewed)
{
	goro_tls *t[2];
	size_t taken[2];

	test_tls_pair("unix", t);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(goro_tls_inspect(t[i], ask_for_new_keys, NULL), 1);
	for (int i = 0; i < 2; i++)
		taken[i] = write_until_full(t[i], i);
	for (int i = 0; i < 2; i++) {
		char *buf = malloc(taken[i]);

		test_tls_read(t[1 - i], buf, taken[i]);
		check_filled(buf, 0, taken[i], i);
		free(buf);
	}
	test_tls_pair_close(t);
}

/* Said behind what is still to be sent. */
GORO_TEST(the_end_is_said_behind_all_that_was_written)
{
	goro_tls *t[2];
	size_t taken, at = 0;
	ssize_t n;

	test_tls_pair("unix", t);
	taken = write_until_full(t[0], 0);
	CHECK_EQ(goro_tls_shutdown(t[0], goro_after(GORO_MICROSECOND)), -ETIMEDOUT);
	do {
		char buf[5000];

		n = goro_tls_read(t[1], buf, sizeof(buf), GORO_FOREVER);
		CHECK_LE(0, n);
		check_filled(buf, at, (size_t)n, 0);
		at += (size_t)n;
		if (at == taken)
			CHECK_EQ(goro_tls_shutdown(t[0], GORO_FOREVER), 0);
	} while (n > 0);
	CHECK_EQ(at, taken);
	test_tls_pair_close(t);
}

/* Several writers ------------------------------------------------------------------------------ */

#define WRITERS 4
#define PIECE   30000

static void write_pieces(goro_tls *t, int letter, size_t pieces, goro_waitgroup *done)
{
	char buf[PIECE];

	memset(buf, letter, sizeof(buf));
	for (size_t i = 0; i < pieces; i++)
		test_tls_write(t, buf, sizeof(buf));
	goro_waitgroup_done(done);
}

GORO_TEST(what_several_write_at_once_does_not_mix)
{
	goro_waitgroup done = GORO_WAITGROUP_INIT;
	size_t pieces = test_scaled(20), counts[WRITERS] = { 0 };
	goro_tls *t[2];

	test_tls_pair("unix", t);
	goro_waitgroup_add(&done, WRITERS);
	for (int i = 0; i < WRITERS; i++)
		CHECK_EQ(go(write_pieces, t[0], i, pieces, &done), 0);
	for (size_t i = 0; i < WRITERS * pieces; i++) {
		char buf[PIECE];

		test_tls_read(t[1], buf, sizeof(buf));
		for (size_t k = 1; k < sizeof(buf); k++)
			CHECK_TRUE(buf[k] == buf[0]);
		counts[(int)buf[0]]++;
	}
	for (int i = 0; i < WRITERS; i++)
		CHECK_EQ(counts[i], pieces);
	CHECK_EQ(goro_waitgroup_wait(&done), 0);
	test_tls_pair_close(t);
}
