/* SPDX-License-Identifier: MIT */
/* net_wait_test.c: deadlines and cancels, which leave a connection as it was. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "goro_net.h"

static goro_conn *ends[2];

GORO_TEST(a_deadline_in_the_past_takes_what_is_there_and_does_not_wait)
{
	static const int64_t past[] = { INT64_MIN, -1, 0, 1 };

	EACH_NETWORK(network)
	{
		test_pair(network, ends);
		for (size_t i = 0; i < sizeof(past) / sizeof(*past); i++) {
			char got[4] = "";

			CHECK_EQ(goro_conn_read(ends[1], got, 4, past[i]), -ETIMEDOUT);
			CHECK_EQ(goro_conn_write(ends[0], "abc", 4, past[i]), 4);
			AWAIT(goro_conn_read(ends[1], got, 4, past[i]) == 4);
			CHECK_STR(got, "abc");
			/* The last read left room: it need not look, but here it must. */
			CHECK_EQ(goro_conn_write(ends[0], "def", 4, past[i]), 4);
			AWAIT(goro_conn_read(ends[1], got, 10 - 6, past[i]) == 4);
			CHECK_STR(got, "def");
		}
		test_pair_close(ends);
	}
}

GORO_TEST(a_read_ends_at_its_deadline_and_the_connection_goes_on)
{
	EACH_NETWORK(network)
	{
		char got[4];

		test_pair(network, ends);
		for (int64_t ns = 1; ns < 40 * GORO_MILLISECOND; ns *= 20) {
			int64_t deadline = goro_after(ns);

			CHECK_EQ(goro_conn_read(ends[1], got, 4, deadline), -ETIMEDOUT);
			CHECK_LE(deadline, goro_now());
		}
		test_write(ends[0], "abc", 4);
		test_read(ends[1], got, 4);
		CHECK_STR(got, "abc");
		test_pair_close(ends);
	}
}

GORO_TEST(a_far_deadline_is_no_deadline)
{
	static const int64_t far[] = { INT64_MAX, INT64_MAX - 1, INT64_MAX / 2 };

	test_pair("tcp4", ends);
	for (size_t i = 0; i < sizeof(far) / sizeof(*far); i++) {
		char got[4];

		test_write(ends[0], "abc", 4);
		CHECK_EQ(goro_conn_read(ends[1], got, 4, far[i]), 4);
		CHECK_EQ(goro_conn_write(ends[1], "abc", 4, far[i]), 4);
		CHECK_EQ(goro_conn_read(ends[0], got, 4, far[i]), 4);
	}
	test_pair_close(ends);
}

GORO_TEST(a_write_ends_at_its_deadline_and_says_how_much_went)
{
	EACH_NETWORK(network)
	{
		static char buf[4 << 20];
		size_t sent = 0, got = 0;
		ssize_t n;

		memset(buf, 'w', sizeof(buf));
		test_pair(network, ends);
		n = goro_conn_write(ends[0], buf, sizeof(buf), goro_after(5 * GORO_MILLISECOND));
		CHECK_LT(0, n);
		CHECK_LT(n, sizeof(buf));
		sent = (size_t)n + test_fill(ends[0]);
		while ((n = goro_conn_write(ends[0], buf, 1, goro_after(GORO_MILLISECOND))) > 0)
			sent += (size_t)n; /* what was on its way has arrived and left room */
		CHECK_EQ(n, -ETIMEDOUT);
		while (got < sent) {
			n = goro_conn_read(ends[1], buf, sizeof(buf), GORO_FOREVER);
			CHECK_LT(0, n);
			got += (size_t)n;
		}
		CHECK_EQ(got, sent);
		CHECK_EQ(goro_conn_read(ends[1], buf, 1, INT64_MIN), -ETIMEDOUT);
		test_pair_close(ends);
	}
}

GORO_TEST(accept_ends_at_its_deadline_and_the_listener_goes_on)
{
	EACH_NETWORK(network)
	{
		struct test_listener l;

		test_listen(&l, network);
		CHECK_EQ(goro_accept(l.listener, &ends[1], INT64_MIN), -ETIMEDOUT);
		CHECK_EQ(goro_accept(l.listener, &ends[1], goro_after(GORO_MILLISECOND)),
			-ETIMEDOUT);
		ends[0] = test_dial(&l);
		AWAIT(goro_accept(l.listener, &ends[1], INT64_MIN) == 0); /* it is on its way */
		test_pair_close(ends);
		test_listener_close(&l);
	}
}

static atomic_int given_up;

static void read_until(int64_t deadline)
{
	char c;

	CHECK_EQ(goro_conn_read(ends[1], &c, 1, deadline), -ETIMEDOUT);
	atomic_store(&given_up, 1);
}

static void read_one(int expected)
{
	char c;

	test_read(ends[1], &c, 1);
	CHECK_EQ(c, expected);
}

GORO_TEST(who_gives_up_in_the_line_of_readers_is_passed_over)
{
	test_pair("unix", ends);
	CHECK_EQ(go(read_one, 'a'), 0);
	await_parked(1, "conn read");
	atomic_store(&given_up, 0);
	CHECK_EQ(go(read_until, goro_after(200 * GORO_MILLISECOND)), 0);
	AWAIT(are_parked(2, "conn read") || atomic_load(&given_up));
	CHECK_EQ(go(read_one, 'b'), 0);
	await_alive(3); /* the one in the middle has given up */
	test_write(ends[0], "ab", 2);
	await_alive(1);
	test_pair_close(ends);
}

/* Cancelled ------------------------------------------------------------------------------------ */

static struct test_listener listener;
static atomic_int finished;

static void check_cancelled(void)
{
	struct iovec v = { "abc", 3 };
	goro_conn *c;
	char got[4];

	CHECK_EQ(goro_conn_read(ends[1], got, 1, GORO_FOREVER), -ECANCELED);
	CHECK_EQ(goro_conn_read(ends[1], got, 1, INT64_MIN), -ECANCELED);
	CHECK_EQ(goro_conn_write(ends[1], "abc", 3, GORO_FOREVER), -ECANCELED);
	CHECK_EQ(goro_conn_writev(ends[1], &v, 1, GORO_FOREVER), -ECANCELED);
	CHECK_EQ(goro_accept(listener.listener, &c, GORO_FOREVER), -ECANCELED);
	CHECK_EQ(goro_dial(&c, listener.network, listener.address, GORO_FOREVER), -ECANCELED);
	CHECK_EQ(goro_fd_wait(0, GORO_READ | GORO_WRITE, GORO_FOREVER), -ECANCELED);
	/* What was wrong is wrong still, and is told first. */
	CHECK_EQ(goro_conn_read(NULL, got, 1, GORO_FOREVER), -EBADF);
	CHECK_EQ(goro_conn_read(ends[1], NULL, 1, GORO_FOREVER), -EINVAL);
	CHECK_EQ(goro_fd_wait(-1, GORO_READ, GORO_FOREVER), -EBADF);
	/* Shutdown and close always do their work. */
	CHECK_EQ(goro_conn_shutdown(ends[1]), 0);
	CHECK_LE(0, goro_listener_port(listener.listener));
	test_pair_close(ends);
	test_listener_close(&listener);
	atomic_store(&finished, 1);
}

static void read_to_the_end(void)
{
	char c;

	CHECK_EQ(goro_conn_read(ends[1], &c, 1, GORO_FOREVER), -ECANCELED);
	check_cancelled();
}

static void accept_to_the_end(void)
{
	goro_conn *c;

	CHECK_EQ(goro_accept(listener.listener, &c, GORO_FOREVER), -ECANCELED);
	check_cancelled();
}

static void write_to_the_end(void)
{
	char buf[100] = "";

	test_fill(ends[1]);
	CHECK_EQ(goro_conn_write(ends[1], buf, sizeof(buf), GORO_FOREVER), -ECANCELED);
	check_cancelled();
}

static void wait_to_the_end(void)
{
	int fd[2];

	CHECK_EQ(pipe(fd), 0);
	CHECK_EQ(goro_fd_wait(fd[0], GORO_READ, GORO_FOREVER), -ECANCELED);
	close(fd[0]);
	close(fd[1]);
	check_cancelled();
}

static const struct {
	void (*fn)(void);
	const char *why;
} sleepers[] = {
	{ read_to_the_end, "conn read" },
	{ accept_to_the_end, "accept" },
	{ write_to_the_end, "conn write" },
	{ wait_to_the_end, "fd wait" },
};

static size_t which;
static const char *network_now;

static void leave_it_waiting(void)
{
	test_pair(network_now, ends);
	test_listen(&listener, network_now);
	CHECK_EQ(go(sleepers[which].fn), 0);
	await_parked(1, sleepers[which].why);
}

GORO_TEST_OUTSIDE(a_cancel_ends_every_wait_and_every_call_after_it)
{
	EACH_NETWORK(network)
	{
		network_now = network;
		for (which = 0; which < sizeof(sleepers) / sizeof(*sleepers); which++) {
			atomic_store(&finished, 0);
			test_run(test_workers(), leave_it_waiting);
			CHECK_EQ(atomic_load(&finished), 1);
		}
	}
}

/* A unix listener's queue that is full ---------------------------------------------------------- */

static struct test_listener full;
static goro_conn *third;
static atomic_int dialled;
static uint64_t dialler;

static void fill_queue(goro_conn *first[2])
{
	goro_net_options o = GORO_NET_OPTIONS_INIT;

	o.backlog = 1;
	test_listen_with(&full, "unix", &o);
	first[0] = test_dial(&full);
	first[1] = test_dial(&full);
}

static void dial_third(int expected)
{
	__atomic_store_n(&dialler, goro_id(), __ATOMIC_RELEASE);
	CHECK_EQ(goro_dial(&third, "unix", full.address, GORO_FOREVER), expected);
	atomic_store(&dialled, 1);
}

static void begin_third(int expected)
{
	atomic_store(&dialled, 0);
	CHECK_EQ(go(dial_third, expected), 0);
	await_parked(1, "dial, queue full");
}

GORO_TEST(a_dial_waits_for_room_in_the_queue_until_its_deadline_or_a_cancel)
{
	goro_conn *first[2], *c;

	fill_queue(first);
	CHECK_EQ(goro_dial(&c, "unix", full.address, INT64_MIN), -ETIMEDOUT);
	CHECK_EQ(goro_dial(&c, "unix", full.address, goro_after(3 * GORO_MILLISECOND)), -ETIMEDOUT);
	begin_third(-ECANCELED);
	test_cancel(__atomic_load_n(&dialler, __ATOMIC_ACQUIRE));
	AWAIT(atomic_load(&dialled));
	begin_third(0);
	c = test_accept(&full);
	AWAIT(atomic_load(&dialled));
	CHECK_EQ(goro_conn_close(c), 0);
	CHECK_EQ(goro_conn_close(third), 0);
	begin_third(-ENOENT); /* it closes, with its path */
	test_listener_close(&full);
	AWAIT(atomic_load(&dialled));
	test_pair_close(first);
}
