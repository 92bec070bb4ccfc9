/* SPDX-License-Identifier: MIT */
/* net_fork_test.c: a fork while connections are open: the child has none, and disturbs nobody. */
#include <sys/wait.h>
#include <unistd.h>

#include "goro_net.h"

static goro_conn *ends[2];
static struct test_listener listener;

static void be_the_child(void)
{
	goro_listener *l;
	goro_conn *c;
	char byte;

	CHECK_EQ(goro_conn_read(ends[0], &byte, 1, GORO_FOREVER), -EPERM);
	CHECK_EQ(goro_conn_write(ends[0], "x", 1, INT64_MIN), -EPERM);
	CHECK_EQ(goro_conn_close(ends[0]), -EPERM);
	CHECK_EQ(goro_listener_close(listener.listener), -EPERM);
	CHECK_EQ(goro_listener_port(listener.listener), -EPERM);
	CHECK_EQ(goro_accept(listener.listener, &c, GORO_FOREVER), -EPERM);
	CHECK_EQ(goro_listen(&l, "tcp", ":0"), -EPERM);
	CHECK_EQ(goro_dial(&c, "tcp", ":1", GORO_FOREVER), -EPERM);
	CHECK_EQ(goro_fd_wait(0, GORO_READ, GORO_FOREVER), -EPERM);
	CHECK_EQ(goro_conn_read(NULL, &byte, 1, GORO_FOREVER), -EBADF);
	for (int fd = 3; fd < 100; fd++)
		close(fd); /* as daemons do: among them the copies of libuv's */
	_exit(0);
}

GORO_TEST(a_forked_child_has_no_connections_and_the_parent_goes_on)
{
	EACH_NETWORK(network)
	{
		char buf[10] = "";

		test_pair(network, ends);
		test_listen(&listener, network);
		CHECK_EQ(go(test_echo, ends[1]), 0);
		await_parked(1, "conn read");
		for (int i = 0; i < 3; i++) {
			int status;
			pid_t pid = fork();

			CHECK_LE(0, pid);
			if (pid == 0)
				be_the_child();
			for (int n = 0; n < 20; n++) {
				test_write(ends[0], buf, sizeof(buf));
				test_read(ends[0], buf, sizeof(buf));
			}
			while (waitpid(pid, &status, 0) < 0)
				CHECK_EQ(errno, EINTR);
			CHECK_EQ(status, 0);
		}
		CHECK_EQ(goro_conn_close(ends[0]), 0);
		await_alive(1);
		test_listener_close(&listener);
	}
}

static void stay_a_while(void)
{
	char byte;

	/* Until the parent has closed the pipe's other end. */
	CHECK_EQ(read(STDIN_FILENO, &byte, 1), 0);
	_exit(0);
}

GORO_TEST(a_close_is_seen_though_a_child_still_has_a_copy)
{
	EACH_NETWORK(network)
	{
		goro_conn *c;
		int fds[2], status;
		char byte;
		pid_t pid;

		CHECK_EQ(pipe(fds), 0);
		test_pair(network, ends);
		test_listen(&listener, network);
		pid = fork();
		CHECK_LE(0, pid);
		if (pid == 0) {
			dup2(fds[0], STDIN_FILENO);
			close(fds[1]);
			stay_a_while();
		}
		CHECK_EQ(goro_conn_close(ends[0]), 0);
		CHECK_EQ(goro_conn_read(ends[1], &byte, 1, GORO_FOREVER), 0);
		CHECK_EQ(goro_conn_close(ends[1]), 0);
		test_listener_close(&listener);
		CHECK_LT(goro_dial(&c, network, listener.address, GORO_FOREVER), 0);
		close(fds[0]);
		close(fds[1]);
		while (waitpid(pid, &status, 0) < 0)
			CHECK_EQ(errno, EINTR);
		CHECK_EQ(status, 0);
	}
}
