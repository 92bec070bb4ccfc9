/* SPDX-License-Identifier: MIT */
/* net_close_test.c: what a close does to those who wait, to the peer, and to the handle. */
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "goro_net.h"

static goro_conn *ends[2];
static struct test_listener listener;
static atomic_int ended;

static void read_until_closed(void)
{
	char c;

	CHECK_EQ(goro_conn_read(ends[0], &c, 1, GORO_FOREVER), -EBADF);
	atomic_fetch_add(&ended, 1);
}

static void write_until_closed(void)
{
	static char buf[1 << 20];

	CHECK_EQ(goro_conn_write(ends[0], buf, sizeof(buf), GORO_FOREVER), -EBADF);
	atomic_fetch_add(&ended, 1);
}

static void accept_until_closed(void)
{
	goro_conn *c;

	CHECK_EQ(goro_accept(listener.listener, &c, GORO_FOREVER), -EBADF);
	atomic_fetch_add(&ended, 1);
}

GORO_TEST(a_close_wakes_readers_and_writers_and_those_in_line_behind_them)
{
	EACH_NETWORK(network)
	{
		atomic_store(&ended, 0);
		test_pair(network, ends);
		test_fill(ends[0]);
		for (unsigned i = 1; i <= 5; i++) {
			CHECK_EQ(go(read_until_closed), 0);
			CHECK_EQ(go(write_until_closed), 0);
		}
		await_parked(5, "conn read");
		await_parked(5, "conn write");
		CHECK_EQ(goro_conn_close(ends[0]), 0);
		AWAIT(atomic_load(&ended) == 10);
		CHECK_EQ(goro_conn_close(ends[1]), 0);
	}
}

GORO_TEST(a_close_wakes_those_who_accept)
{
	EACH_NETWORK(network)
	{
		atomic_store(&ended, 0);
		test_listen(&listener, network);
		for (int i = 0; i < 5; i++)
			CHECK_EQ(go(accept_until_closed), 0);
		await_parked(5, "accept");
		test_listener_close(&listener);
		AWAIT(atomic_load(&ended) == 5);
	}
}

GORO_TEST(after_a_close_the_handle_is_dead_though_others_are_opened)
{
	EACH_NETWORK(network)
	{
		goro_conn *old, *more[2];
		goro_listener *old_listener;
		char c;

		test_pair(network, ends);
		old = ends[0];
		test_pair_close(ends);
		test_listen(&listener, network);
		old_listener = listener.listener;
		test_listener_close(&listener);
		test_pair(network, more);
		for (int i = 0; i < 3; i++) {
			CHECK_EQ(goro_conn_close(old), -EBADF);
			CHECK_EQ(goro_conn_shutdown(old), -EBADF);
			CHECK_EQ(goro_conn_read(old, &c, 1, GORO_FOREVER), -EBADF);
			CHECK_EQ(goro_conn_read(old, &c, 0, INT64_MIN), -EBADF);
			CHECK_EQ(goro_conn_write(old, &c, 1, GORO_FOREVER), -EBADF);
			CHECK_EQ(goro_conn_writev(old, NULL, 0, GORO_FOREVER), -EBADF);
			CHECK_EQ(goro_accept(old_listener, &old, GORO_FOREVER), -EBADF);
			CHECK_EQ(goro_listener_port(old_listener), -EBADF);
			CHECK_EQ(goro_listener_close(old_listener), -EBADF);
		}
		test_write(more[0], "x", 1);
		test_read(more[1], &c, 1);
		test_pair_close(more);
	}
}

GORO_TEST(no_handle_is_taken_for_one_of_another_kind)
{
	char c;

	test_listen(&listener, "tcp4");
	ends[0] = test_dial(&listener);
	CHECK_EQ(goro_conn_read((goro_conn *)listener.listener, &c, 1, INT64_MIN), -EBADF);
	CHECK_EQ(goro_conn_close((goro_conn *)listener.listener), -EBADF);
	CHECK_EQ(goro_listener_close((goro_listener *)ends[0]), -EBADF);
	CHECK_EQ(goro_conn_close((goro_conn *)(uintptr_t)-1), -EBADF);
	CHECK_EQ(goro_conn_close((goro_conn *)(uintptr_t)1), -EBADF);
	CHECK_EQ(goro_conn_close(NULL), -EBADF);
	CHECK_EQ(goro_listener_close(NULL), -EBADF);
	CHECK_EQ(goro_conn_close(ends[0]), 0);
	test_listener_close(&listener);
}

GORO_TEST(when_a_close_returns_the_peer_sees_the_end)
{
	EACH_NETWORK(network)
	{
		char c;

		if (strcmp(network, "tcp6") == 0)
			continue; /* the raw dial knows none */
		test_listen(&listener, network);
		for (int i = 0; i < 20; i++) {
			int fd = test_raw_dial(&listener);

			ends[0] = test_accept(&listener);
			CHECK_EQ(go(read_until_closed), 0);
			await_parked(1, "conn read");
			CHECK_EQ(goro_conn_close(ends[0]), 0);
			CHECK_EQ(read(fd, &c, 1), 0);
			close(fd);
		}
		test_listener_close(&listener);
	}
}

GORO_TEST(when_a_listener_is_closed_a_dial_is_refused)
{
	EACH_NETWORK(network)
	{
		for (int i = 0; i < 20; i++) {
			goro_conn *c;
			int rc;

			test_listen(&listener, network);
			CHECK_EQ(go(accept_until_closed), 0);
			await_parked(1, "accept");
			test_listener_close(&listener);
			rc = goro_dial(&c, network, listener.address, GORO_FOREVER);
			CHECK_EQ(rc, strcmp(network, "unix") == 0 ? -ENOENT : -ECONNREFUSED);
		}
	}
}

/* From outside --------------------------------------------------------------------------------- */

static void use_from_a_thread(void *arg)
{
	goro_conn *c;
	char byte;

	(void)arg;
	CHECK_EQ(goro_conn_read(ends[0], &byte, 1, GORO_FOREVER), -EPERM);
	CHECK_EQ(goro_conn_write(ends[0], "x", 1, INT64_MIN), -EPERM);
	CHECK_EQ(goro_conn_shutdown(ends[0]), -EPERM);
	CHECK_EQ(goro_accept(listener.listener, &c, GORO_FOREVER), -EPERM);
	CHECK_EQ(goro_dial(&c, "tcp", "127.0.0.1:1", GORO_FOREVER), -EPERM);
	CHECK_EQ(goro_listen(&listener.listener, "tcp", ":0"), -EPERM);
	CHECK_EQ(goro_fd_wait(0, GORO_READ, GORO_FOREVER), -EPERM);
	/* What is wrong is told first. */
	CHECK_EQ(goro_conn_read(NULL, &byte, 1, GORO_FOREVER), -EBADF);
	CHECK_EQ(goro_conn_read(ends[0], NULL, 1, GORO_FOREVER), -EINVAL);
	CHECK_EQ(goro_dial(&c, "tcp", "127.0.0.1", GORO_FOREVER), -EINVAL);
	CHECK_EQ(goro_fd_wait(-1, GORO_READ, GORO_FOREVER), -EBADF);
	/* Closing works. */
	CHECK_EQ(goro_conn_close(ends[0]), 0);
	CHECK_EQ(goro_conn_close(ends[0]), -EBADF);
	CHECK_EQ(goro_conn_read(ends[0], &byte, 1, GORO_FOREVER), -EBADF);
	CHECK_EQ(goro_listener_close(listener.listener), 0);
	CHECK_EQ(goro_listener_close(listener.listener), -EBADF);
}

GORO_TEST(a_plain_thread_can_close_and_nothing_else)
{
	EACH_NETWORK(network)
	{
		struct test_thread t;

		atomic_store(&ended, 0);
		test_pair(network, ends);
		test_listen(&listener, network);
		CHECK_EQ(go(read_until_closed), 0);
		CHECK_EQ(go(accept_until_closed), 0);
		await_parked(1, "conn read");
		await_parked(1, "accept");
		test_thread_start(&t, use_from_a_thread, NULL);
		AWAIT(atomic_load(&ended) == 2);
		test_thread_join(&t);
		CHECK_EQ(goro_conn_close(ends[1]), 0);
	}
}

static void check_that_all_is_stale(void)
{
	char c;

	CHECK_EQ(goro_conn_read(ends[0], &c, 1, GORO_FOREVER), -EBADF);
	CHECK_EQ(goro_conn_close(ends[0]), -EBADF);
	CHECK_EQ(goro_listener_port(listener.listener), -EBADF);
	CHECK_EQ(goro_listener_close(listener.listener), -EBADF);
}

static void leave_all_open(void)
{
	test_listen(&listener, "unix");
	ends[0] = test_dial(&listener);
	ends[1] = test_accept(&listener);
	for (int i = 0; i < 10; i++) {
		goro_conn *more[2];

		test_pair(i % 2 ? "tcp4" : "unix", more);
		if (i % 3 == 0)
			CHECK_EQ(goro_conn_close(more[0]), 0);
	}
}

static void check_a_next_run(void)
{
	check_that_all_is_stale();
	test_listen(&listener, "tcp4");
	ends[0] = test_dial(&listener);
	CHECK_EQ(goro_conn_close(ends[0]), 0);
	test_listener_close(&listener);
	check_that_all_is_stale();
}

GORO_TEST_OUTSIDE(a_stop_closes_what_is_open_and_handles_stay_dead)
{
	unsigned before;

	test_run(test_workers(), leave_all_open); /* libuv keeps some descriptors from now on */
	before = test_count_fds();
	for (int i = 0; i < 5; i++) {
		test_run(test_workers(), leave_all_open);
		CHECK_EQ(test_count_fds(), before);
		CHECK_EQ(access(listener.address, F_OK), -1);
		check_that_all_is_stale();
		test_run(test_workers(), check_a_next_run);
		check_that_all_is_stale();
	}
	CHECK_EQ(test_count_fds(), before);
}

static void use_a_little(void)
{
	test_pair("unix", ends);
	test_write(ends[0], "x", 1);
	test_read(ends[1], (char[1]){ 0 }, 1);
	CHECK_EQ(goro_conn_close(ends[0]), 0);
}

GORO_TEST_OUTSIDE(a_thousand_runs_leave_no_descriptor_behind)
{
	unsigned before;

	test_run(test_workers(), use_a_little);
	before = test_count_fds();
	for (size_t i = test_scaled(TEST_ASAN || TEST_TSAN ? 100 : 1000); i > 0; i--)
		test_run(test_workers(), use_a_little);
	CHECK_EQ(test_count_fds(), before);
}

static void do_nothing_outside(void)
{
	goro_sleep(GORO_MILLISECOND);
	goro_yield();
}

GORO_TEST_OUTSIDE(who_uses_no_connection_has_no_loop)
{
	unsigned before = test_count_fds();

	test_start();
	CHECK_EQ(goro_go((void (*)(void *))(void (*)(void))do_nothing_outside, NULL), 0);
	await_alive(0);
	CHECK_EQ(test_count_fds(), before);
	test_stop();
	CHECK_EQ(test_count_fds(), before);
}
