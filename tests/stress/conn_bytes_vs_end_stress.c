/* SPDX-License-Identifier: MIT */
/* conn_bytes_vs_end: whatever ends the calls on a connection (a deadline, a cancel, the end of the
 * write side, a close of either end, a reset), at whatever moment and from wherever, each byte that a
 * write has told of arrives, once, in its place and nowhere else, or the reader is told why not.
 *
 * The n-th byte of a direction follows from n and from the direction, so a byte that is lost, comes twice,
 * in another place or on another connection is seen by who reads it. A reader or writer that is cancelled
 * has a successor, which goes on where it was.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ends.h"
#include "goro_net.h"

#define PAIRS 4
#define MOST  20000 /* bytes a call */

/* One direction of one connection. */
struct way {
	goro_conn *from, *to;
	uint64_t key;
	uint64_t sent;    /* as the writes told */
	uint64_t perhaps; /* more, of the one that failed */
	uint64_t got;
	uint64_t writer, reader; /* ids; atomic */
	ssize_t last_write, last_read;
	bool limited; /* the writer ends by itself, with a shutdown */
	goro_waitgroup over;
};

static unsigned char byte_at(const struct way *w, uint64_t n)
{
	uint64_t state = w->key + n / 8;

	return (unsigned char)(test_random(&state) >> n % 8 * 8);
}

static void check_bytes(struct way *w, const unsigned char *buf, ssize_t n)
{
	for (ssize_t i = 0; i < n; i++, w->got++)
		if (buf[i] != byte_at(w, w->got))
			CHECK_FAIL("byte %llu of way %llx is another's", (unsigned long long)w->got,
				(unsigned long long)w->key);
}

static void wait_sometimes(uint64_t *random, int64_t *deadline)
{
	*deadline = stress_below(random, 3) ? GORO_FOREVER : stress_deadline(random);
	stress_pause(random);
}

static bool goes_on(ssize_t rc)
{
	return rc > 0 || rc == -ETIMEDOUT;
}

static void read_way(struct way *w)
{
	uint64_t random = w->key ^ w->got ^ 1;
	unsigned char *buf = malloc(MOST);
	int64_t deadline;
	ssize_t n;

	__atomic_store_n(&w->reader, goro_id(), __ATOMIC_RELEASE);
	do {
		wait_sometimes(&random, &deadline);
		n = goro_conn_read(w->to, buf, 1 + stress_below(&random, MOST), deadline);
		check_bytes(w, buf, n);
	} while (goes_on(n));
	free(buf);
	w->last_read = n;
	if (n == -ECANCELED)
		CHECK_EQ(go(read_way, w), 0);
	else
		goro_waitgroup_done(&w->over);
}

static ssize_t write_once(struct way *w, unsigned char *buf, uint64_t *random)
{
	size_t size = 1 + stress_below(random, stress_below(random, 8) ? 100 : MOST);
	struct iovec v[2] = { { buf, size / 3 }, { buf + size / 3, size - size / 3 } };
	int64_t deadline;
	ssize_t n;

	for (size_t i = 0; i < size; i++)
		buf[i] = byte_at(w, w->sent + i);
	wait_sometimes(random, &deadline);
	n = stress_below(random, 2) ? goro_conn_write(w->from, buf, size, deadline) :
				      goro_conn_writev(w->from, v, 2, deadline);
	CHECK_LE(n, size);
	if (n >= 0)
		w->sent += (uint64_t)n;
	else if (n != -ETIMEDOUT && n != -ECANCELED)
		w->perhaps = size;
	return n;
}

static void write_way(struct way *w)
{
	uint64_t random = w->key ^ w->sent ^ 2;
	unsigned char *buf = malloc(MOST);
	bool cancelled;
	ssize_t n;

	__atomic_store_n(&w->writer, goro_id(), __ATOMIC_RELEASE);
	do
		n = write_once(w, buf, &random);
	while (goes_on(n) && !goro_cancelled() && !(w->limited && w->sent > MOST));
	free(buf);
	cancelled = n == -ECANCELED || (goes_on(n) && goro_cancelled());
	w->last_write = n;
	if (cancelled) {
		CHECK_EQ(go(write_way, w), 0);
		return;
	}
	if (goes_on(n))
		w->last_write = goro_conn_shutdown(w->from);
	goro_waitgroup_done(&w->over);
}

static bool is_end(ssize_t rc)
{
	return rc == 0 || rc == -EBADF || rc == -EPIPE || rc == -ECONNRESET || rc == -ENOTCONN;
}

static void begin_way(struct way *w, goro_conn *from, goro_conn *to, uint64_t *random)
{
	*w = (struct way){
		.from = from, .to = to, .key = test_random(random), .over = GORO_WAITGROUP_INIT
	};
	w->limited = stress_below(random, 2);
	goro_waitgroup_add(&w->over, 2);
	CHECK_EQ(go(read_way, w), 0);
	CHECK_EQ(go(write_way, w), 0);
}

/* Every byte that was told of came, if both sides went to their ends; in any case no others. */
static void end_way(struct way *w)
{
	CHECK_EQ(goro_waitgroup_wait(&w->over), 0);
	CHECK_TRUE(is_end(w->last_read));
	CHECK_TRUE(is_end(w->last_write));
	CHECK_LE(w->got, w->sent + w->perhaps);
	if (w->last_read == 0 && w->last_write == 0)
		CHECK_EQ(w->got, w->sent);
}

/* Ends ---------------------------------------------------------------------------------------- */

static void close_end(void *arg)
{
	CHECK_EQ(goro_conn_close(arg), 0);
	CHECK_EQ(goro_conn_close(arg), -EBADF);
}

static void cancel_it(void *arg)
{
	test_cancel(__atomic_load_n((uint64_t *)arg, __ATOMIC_ACQUIRE));
}

static void disturb(uint64_t *random, struct way w[2])
{
	for (size_t n = stress_below(random, 6); n > 0; n--) {
		struct way *one = &w[stress_below(random, 2)];

		stress_end(
			random, cancel_it, stress_below(random, 2) ? &one->reader : &one->writer);
	}
}

static void meet(uint64_t *random, const char *network)
{
	goro_conn *ends[2];
	struct way w[2];
	bool to_the_end = stress_below(random, 3) == 0;

	test_pair(network, ends);
	begin_way(&w[0], ends[0], ends[1], random);
	begin_way(&w[1], ends[1], ends[0], random);
	w[0].limited |= to_the_end;
	w[1].limited |= to_the_end;
	disturb(random, w);
	if (to_the_end) {
		end_way(&w[0]);
		end_way(&w[1]);
		CHECK_EQ(w[0].got + w[1].got, w[0].sent + w[1].sent);
	}
	stress_end(random, close_end, ends[stress_below(random, 2)]);
	goro_conn_close(ends[0]);
	goro_conn_close(ends[1]);
	if (!to_the_end) {
		end_way(&w[0]);
		end_way(&w[1]);
	}
}

static void meet_again_and_again(int i)
{
	uint64_t random = stress_seed(1, (size_t)i);

	for (size_t round = stress_times(150); round > 0; round--)
		meet(&random, round % 2 ? "unix" : "tcp4");
}

GORO_TEST(every_byte_arrives_in_its_place_or_its_reader_is_told_why_not)
{
	for (int i = 0; i < PAIRS; i++)
		CHECK_EQ(go(meet_again_and_again, i), 0);
	await_alive(1);
}

/* Resets --------------------------------------------------------------------------------------- */

/* A peer that is no good: it reads a little, writes a little, and resets the connection. */
static void be_bad(void *arg)
{
	static const char bytes[100];
	const struct linger at_once = { 1, 0 };
	char buf[1000];
	int fd = (int)(intptr_t)arg;

	if (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
		(void)!send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
	CHECK_EQ(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close(fd);
}

static void read_from_bad(goro_conn *c, goro_waitgroup *over)
{
	char buf[1000];
	ssize_t n;

	do
		n = goro_conn_read(c, buf, sizeof(buf), GORO_FOREVER);
	while (n > 0);
	CHECK_TRUE(n == -ECONNRESET || n == 0); /* once told, the kernel forgets it */
	goro_waitgroup_done(over);
}

static void write_to_bad(goro_conn *c, goro_waitgroup *over)
{
	static const char bytes[30000];
	ssize_t n;

	do
		n = goro_conn_write(c, bytes, sizeof(bytes), GORO_FOREVER);
	while (n > 0);
	CHECK_TRUE(n == -ECONNRESET || n == -EPIPE);
	goro_waitgroup_done(over);
}

GORO_TEST(a_reset_ends_reading_and_writing_at_every_moment)
{
	uint64_t random = stress_seed(2, 0);
	struct test_listener l;

	test_listen(&l, "tcp4");
	for (size_t round = stress_times(300); round > 0; round--) {
		int fd = test_raw_dial(&l);
		goro_conn *c = test_accept(&l);
		goro_waitgroup over = GORO_WAITGROUP_INIT;

		goro_waitgroup_add(&over, 2);
		CHECK_EQ(go(read_from_bad, c, &over), 0);
		CHECK_EQ(go(write_to_bad, c, &over), 0);
		stress_end(&random, be_bad, (void *)(intptr_t)fd);
		CHECK_EQ(goro_waitgroup_wait(&over), 0);
		CHECK_EQ(goro_conn_close(c), 0);
	}
	test_listener_close(&l);
}
