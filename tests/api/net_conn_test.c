/* SPDX-License-Identifier: MIT */
/* net_conn_test.c: what goes through a connection, over each network. */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "goro_net.h"

static goro_conn *ends[2];

GORO_TEST(what_one_end_writes_the_other_reads)
{
	EACH_NETWORK(network)
	{
		char got[6];

		test_pair(network, ends);
		test_write(ends[0], "hello", 6);
		test_read(ends[1], got, 6);
		CHECK_STR(got, "hello");
		test_write(ends[1], "world", 6);
		test_read(ends[0], got, 6);
		CHECK_STR(got, "world");
		test_pair_close(ends);
	}
}

GORO_TEST(a_read_takes_what_is_there_though_it_asked_for_more)
{
	EACH_NETWORK(network)
	{
		char got[100];

		test_pair(network, ends);
		test_write(ends[0], "abc", 3);
		CHECK_EQ(goro_conn_read(ends[1], got, sizeof(got), GORO_FOREVER), 3);
		test_write(ends[0], "defg", 4);
		CHECK_EQ(goro_conn_read(ends[1], got, 2, GORO_FOREVER), 2);
		CHECK_EQ(goro_conn_read(ends[1], got + 2, sizeof(got) - 2, GORO_FOREVER), 2);
		CHECK_EQ(memcmp(got, "defg", 4), 0);
		test_pair_close(ends);
	}
}

GORO_TEST(half_a_connection_ends_and_the_other_half_goes_on)
{
	EACH_NETWORK(network)
	{
		char got[4];

		test_pair(network, ends);
		test_write(ends[0], "abc", 4);
		CHECK_EQ(goro_conn_shutdown(ends[0]), 0);
		test_read(ends[1], got, 4);
		for (int i = 0; i < 3; i++)
			CHECK_EQ(goro_conn_read(ends[1], got, 4, GORO_FOREVER), 0);
		test_write(ends[1], "def", 4);
		test_read(ends[0], got, 4);
		CHECK_STR(got, "def");
		CHECK_EQ(goro_conn_write(ends[0], "x", 1, GORO_FOREVER), -EPIPE);
		test_pair_close(ends);
	}
}

/* Sizes ---------------------------------------------------------------------------------------- */

static unsigned char pattern(size_t i)
{
	return (unsigned char)(i ^ i >> 8 ^ i >> 16);
}

static size_t large;

static void write_large(void)
{
	unsigned char *buf = malloc(large);

	for (size_t i = 0; i < large; i++)
		buf[i] = pattern(i);
	test_write(ends[0], buf, large);
	CHECK_EQ(goro_conn_shutdown(ends[0]), 0);
	free(buf);
}

GORO_TEST(a_large_write_waits_for_its_reader_and_is_whole)
{
	large = test_scaled(8 << 20);
	EACH_NETWORK(network)
	{
		unsigned char got[5000];
		size_t at = 0;
		ssize_t n;

		test_pair(network, ends);
		CHECK_EQ(go(write_large), 0);
		while ((n = goro_conn_read(ends[1], got, sizeof(got), GORO_FOREVER)) > 0)
			for (ssize_t i = 0; i < n; i++)
				CHECK_EQ(got[i], pattern(at++));
		CHECK_EQ(n, 0);
		CHECK_EQ(at, large);
		await_alive(1);
		test_pair_close(ends);
	}
}

#define NBUFFERS 2500 /* above IOV_MAX */

static void write_buffers(void)
{
	static unsigned char bytes[NBUFFERS * 40];
	static struct iovec v[NBUFFERS];
	size_t at = 0;

	for (size_t i = 0; i < NBUFFERS; i++) {
		size_t n = i % 7 == 0 ? 0 : i % 40;

		v[i] = (struct iovec){ n == 0 ? NULL : &bytes[at], n };
		for (; n > 0; n--, at++)
			bytes[at] = pattern(at);
	}
	large = at;
	CHECK_EQ(goro_conn_writev(ends[0], v, NBUFFERS, GORO_FOREVER), at);
	CHECK_EQ(goro_conn_shutdown(ends[0]), 0);
}

GORO_TEST(more_buffers_than_one_system_call_takes_are_one_write)
{
	EACH_NETWORK(network)
	{
		unsigned char got[777];
		size_t at = 0;
		ssize_t n;

		test_pair(network, ends);
		CHECK_EQ(go(write_buffers), 0);
		while ((n = goro_conn_read(ends[1], got, sizeof(got), GORO_FOREVER)) > 0)
			for (ssize_t i = 0; i < n; i++)
				CHECK_EQ(got[i], pattern(at++));
		CHECK_EQ(at, large);
		await_alive(1);
		test_pair_close(ends);
	}
}

GORO_TEST(what_need_not_wait_is_written_whole_though_the_deadline_is_past)
{
	EACH_NETWORK(network)
	{
		struct iovec v[200];
		char got[200];

		for (size_t i = 0; i < 200; i++)
			v[i] = (struct iovec){ "x", 1 };
		test_pair(network, ends);
		CHECK_EQ(goro_conn_writev(ends[0], v, 200, INT64_MIN), 200);
		test_read(ends[1], got, 200);
		test_pair_close(ends);
	}
}

GORO_TEST(reading_and_writing_nothing_is_done_at_once_and_changes_nothing)
{
	EACH_NETWORK(network)
	{
		struct iovec none[3] = { { NULL, 0 }, { "x", 0 }, { NULL, 0 } };
		char got[4];

		test_pair(network, ends);
		CHECK_EQ(goro_conn_read(ends[1], NULL, 0, GORO_FOREVER), 0);
		CHECK_EQ(goro_conn_read(ends[1], got, 0, INT64_MIN), 0);
		CHECK_EQ(goro_conn_write(ends[0], NULL, 0, INT64_MIN), 0);
		CHECK_EQ(goro_conn_writev(ends[0], none, 3, GORO_FOREVER), 0);
		CHECK_EQ(goro_conn_writev(ends[0], NULL, 0, GORO_FOREVER), 0);
		test_write(ends[0], "abc", 4);
		CHECK_EQ(goro_conn_read(ends[1], got, 0, GORO_FOREVER), 0);
		test_read(ends[1], got, 4);
		CHECK_STR(got, "abc");
		test_pair_close(ends);
	}
}

/* Several at once ------------------------------------------------------------------------------ */

#define WRITERS 8
#define RECORD  30000

static void write_records(int value)
{
	unsigned char record[RECORD];

	memset(record, value, sizeof(record));
	for (int i = 0; i < 5; i++)
		test_write(ends[0], record, sizeof(record));
}

GORO_TEST(writes_of_several_coroutines_do_not_mix)
{
	EACH_NETWORK(network)
	{
		int seen[WRITERS] = { 0 };

		test_pair(network, ends);
		for (int i = 0; i < WRITERS; i++)
			CHECK_EQ(go(write_records, i), 0);
		for (int n = 0; n < 5 * WRITERS; n++) {
			static unsigned char record[RECORD];

			test_read(ends[1], record, sizeof(record));
			CHECK_LT(record[0], WRITERS);
			for (size_t i = 0; i < sizeof(record); i++)
				CHECK_EQ(record[i], record[0]);
			seen[record[0]]++;
		}
		for (int i = 0; i < WRITERS; i++)
			CHECK_EQ(seen[i], 5);
		await_alive(1);
		test_pair_close(ends);
	}
}

static atomic_int readers_done;

static void read_my_byte(int expected)
{
	unsigned char byte;

	test_read(ends[1], &byte, 1);
	CHECK_EQ(byte, expected);
	atomic_fetch_add(&readers_done, 1);
}

GORO_TEST(readers_of_one_connection_are_served_in_order)
{
	atomic_store(&readers_done, 0);
	test_pair("tcp4", ends);
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(go(read_my_byte, i), 0);
		await_parked((unsigned)i + 1, "conn read");
	}
	for (int i = 0; i < 10; i++) {
		unsigned char byte = (unsigned char)i;

		test_write(ends[0], &byte, 1);
		AWAIT(atomic_load(&readers_done) == i + 1);
	}
	await_alive(1);
	test_pair_close(ends);
}

static void write_much(void)
{
	char buf[3000];

	memset(buf, 'x', sizeof(buf));
	for (size_t i = 0; i < test_scaled(2000); i++)
		test_write(ends[0], buf, sizeof(buf));
	CHECK_EQ(goro_conn_shutdown(ends[0]), 0);
}

GORO_TEST(one_reads_while_another_writes)
{
	EACH_NETWORK(network)
	{
		char buf[5000];
		size_t all = 0;
		ssize_t n;

		test_pair(network, ends);
		CHECK_EQ(go(test_echo, ends[1]), 0);
		CHECK_EQ(go(write_much), 0);
		while (all < test_scaled(2000) * 3000) {
			n = goro_conn_read(ends[0], buf, sizeof(buf), GORO_FOREVER);
			CHECK_LT(0, n);
			all += (size_t)n;
		}
		await_alive(1);
		CHECK_EQ(goro_conn_close(ends[0]), 0);
	}
}

/* Peers that go ------------------------------------------------------------------------------- */

GORO_TEST(a_peer_that_closed_is_an_error_to_the_writer_and_no_signal)
{
	EACH_NETWORK(network)
	{
		int rc = 0;

		signal(SIGPIPE, SIG_DFL);
		test_pair(network, ends);
		CHECK_EQ(goro_conn_close(ends[1]), 0);
		while (rc >= 0)
			rc = (int)goro_conn_write(ends[0], "x", 1, GORO_FOREVER);
		CHECK_TRUE(rc == -EPIPE || rc == -ECONNRESET);
		CHECK_EQ(goro_conn_close(ends[0]), 0);
	}
}

static atomic_int read_result;

static void read_once(void)
{
	char c;

	atomic_store(&read_result, (int)goro_conn_read(ends[1], &c, 1, GORO_FOREVER));
}

GORO_TEST(a_reset_wakes_the_reader_with_an_error)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	struct test_listener l;
	int fd;

	test_listen(&l, "tcp4");
	fd = test_raw_dial(&l);
	ends[1] = test_accept(&l);
	atomic_store(&read_result, 1);
	CHECK_EQ(go(read_once), 0);
	await_parked(1, "conn read");
	CHECK_EQ(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close(fd);
	AWAIT(atomic_load(&read_result) != 1);
	CHECK_EQ(atomic_load(&read_result), -ECONNRESET);
	CHECK_EQ(goro_conn_close(ends[1]), 0);
	test_listener_close(&l);
}

GORO_TEST(what_was_sent_before_the_close_is_still_read)
{
	EACH_NETWORK(network)
	{
		char got[6];

		test_pair(network, ends);
		test_write(ends[0], "hello", 6);
		CHECK_EQ(goro_conn_close(ends[0]), 0);
		test_read(ends[1], got, 6);
		CHECK_STR(got, "hello");
		CHECK_EQ(goro_conn_read(ends[1], got, 6, GORO_FOREVER), 0);
		CHECK_EQ(goro_conn_close(ends[1]), 0);
	}
}
