/* SPDX-License-Identifier: MIT */
/* net_limits_test.c: no descriptors left, full queues, sockets that meet themselves. */
#include <fcntl.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "goro_libc.h"
#include "goro_net.h"

/* Descriptors ---------------------------------------------------------------------------------- */

/* Takes all the process may have. Under a limit that is soon reached. */
static int taken[64], ntaken;

static void take_all_descriptors(void)
{
	struct rlimit r;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &r), 0);
	r.rlim_cur = (rlim_t)fd + 20;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &r), 0);
	for (ntaken = 0; fd >= 0; fd = open("/dev/null", O_RDONLY | O_CLOEXEC))
		taken[ntaken++] = fd;
	CHECK_EQ(errno, EMFILE);
}

static void give_descriptor(void)
{
	CHECK_EQ(close(taken[--ntaken]), 0);
}

static struct test_listener l;
static atomic_int accepted;

static void accept_all(void)
{
	goro_conn *c;

	while (goro_accept(l.listener, &c, GORO_FOREVER) == 0) {
		char byte;

		test_read(c, &byte, 1);
		CHECK_EQ(byte, 'x');
		atomic_fetch_add(&accepted, 1);
		CHECK_EQ(goro_conn_close(c), 0);
	}
}

static atomic_int accepts;

int accept4(int fd, __SOCKADDR_ARG from, socklen_t *room, int flags)
{
	int (*real)(int, __SOCKADDR_ARG, socklen_t *, int);

	*(void **)&real = test_libc("accept4");
	atomic_fetch_add(&accepts, 1);
	return real(fd, from, room, flags);
}

#define PENDING 5

static void run_out_of_descriptors(void)
{
	int fd[PENDING];
	int64_t began;

	test_listen(&l, "tcp4");
	CHECK_EQ(go(accept_all), 0);
	await_parked(1, "accept");
	for (int i = 0; i < PENDING; i++) {
		fd[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		CHECK_LE(0, fd[i]);
	}
	take_all_descriptors();
	atomic_store(&accepts, 0);
	began = goro_now();
	for (int i = 0; i < PENDING; i++) {
		struct sockaddr_in in = { .sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
			.sin_port = htons((uint16_t)goro_listener_port(l.listener)) };

		CHECK_EQ(connect(fd[i], (struct sockaddr *)&in, sizeof(in)), 0);
		CHECK_EQ(write(fd[i], "x", 1), 1);
	}
	AWAIT(atomic_load(&accepts) >= 5);
	/* It does not spin: there are pauses between them, each longer than the one before. */
	CHECK_LE((10 + 20 + 40 + 80) * GORO_MILLISECOND, goro_now() - began);
	CHECK_EQ(atomic_load(&accepted), 0);
	give_descriptor();
	AWAIT(atomic_load(&accepted) == PENDING); /* all of them with the one */
	while (ntaken > 0)
		give_descriptor();
	for (int i = 0; i < PENDING; i++)
		close(fd[i]);
	test_listener_close(&l);
	await_alive(1);
}

static void run_out_in_a_child(void *workers)
{
	atomic_store(&accepted, 0);
	test_run(*(int *)workers, run_out_of_descriptors);
}

GORO_TEST_OUTSIDE(accept_waits_for_descriptors_and_loses_no_connection)
{
	int workers = test_workers();

	CHECK_CHILD_EXITS(run_out_in_a_child, &workers, 0, NULL);
}

static void other_calls_without_descriptors(void)
{
	goro_listener *none;
	goro_conn *c;
	int fds[2], raw;

	test_listen(&l, "tcp4");
	CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
	raw = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	take_all_descriptors();
	CHECK_EQ(goro_listen(&none, "tcp4", "127.0.0.1:0"), -EMFILE);
	CHECK_EQ(goro_dial(&c, "tcp4", l.address, GORO_FOREVER), -EMFILE);
	CHECK_EQ(goro_fd_wait(fds[0], GORO_READ, GORO_FOREVER), -EMFILE);
	CHECK_EQ(goro_fd_wait(fds[1], GORO_WRITE, GORO_FOREVER), GORO_WRITE); /* it is ready */
	CHECK_EQ(goro_accept(l.listener, &c, INT64_MIN), -EMFILE);
	CHECK_EQ(goro_accept(l.listener, &c, goro_after(20 * GORO_MILLISECOND)), -EMFILE);
	give_descriptor();
	CHECK_EQ(goro_dial(&c, "tcp4", l.address, GORO_FOREVER), 0);
	CHECK_EQ(goro_conn_close(c), 0);
	close(raw);
}

static void others_in_a_child(void *workers)
{
	test_run(*(int *)workers, other_calls_without_descriptors);
}

GORO_TEST_OUTSIDE(without_descriptors_other_calls_say_so)
{
	int workers = test_workers();

	CHECK_CHILD_EXITS(others_in_a_child, &workers, 0, NULL);
}

static void open_the_loop(void)
{
	goro_listener *none;
	unsigned before = test_count_fds();
	char path[64];

	snprintf(path, sizeof(path), "/tmp/goro-test-%d-loop", (int)getpid());
	take_all_descriptors();
	CHECK_EQ(goro_listen(&none, "tcp4", "127.0.0.1:0"), -EMFILE);
	give_descriptor(); /* for the socket, but not for a loop */
	CHECK_EQ(goro_listen(&none, "unix", path), -EMFILE);
	CHECK_EQ(access(path, F_OK), -1); /* the file is gone with it */
	CHECK_EQ(goro_listen(&none, "tcp4", "127.0.0.1:0"), -EMFILE);
	while (ntaken > 0)
		give_descriptor();
	CHECK_LE(test_count_fds(), before + 2); /* libuv keeps two once and for all */
	test_listen(&l, "tcp4");
	test_listener_close(&l);
}

static void loop_in_a_child(void *workers)
{
	test_run(*(int *)workers, open_the_loop);
}

GORO_TEST_OUTSIDE(a_loop_that_cannot_be_made_is_told_and_made_later)
{
	int workers = test_workers();

	CHECK_CHILD_EXITS(loop_in_a_child, &workers, 0, NULL);
}

/* Self ----------------------------------------------------------------------------------------- */

GORO_TEST(a_dial_never_meets_itself)
{
	/* A port that the kernel may choose as a near end, and at which nobody listens: of two
	 * neighbours it gives the even one to those who dial and the odd one to those who listen,
	 * as long as there are such. */
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(in);
	char address[32];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK_EQ(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	CHECK_EQ(getsockname(fd, (struct sockaddr *)&in, &length), 0);
	close(fd);
	snprintf(address, sizeof(address), "127.0.0.1:%d", ntohs(in.sin_port) & ~1);
	for (size_t i = test_scaled(70000); i > 0; i--) {
		goro_conn *c;
		int rc = goro_dial(&c, "tcp4", address, GORO_FOREVER);

		CHECK_TRUE(rc == -ECONNREFUSED || rc == -EADDRNOTAVAIL);
	}
}
