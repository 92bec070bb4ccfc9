/* SPDX-License-Identifier: MIT */
#include "goro_net.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

const char *const test_networks[] = { "tcp4", "unix", "tcp6" };

size_t test_nnetworks(void)
{
	static int v6 = -1;

	if (v6 < 0) {
		struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
		int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

		v6 = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
		if (fd >= 0)
			close(fd);
	}
	return v6 ? 3 : 2;
}

void test_listen_with(struct test_listener *l, const char *network, const goro_net_options *options)
{
	static unsigned paths;
	const char *address = strcmp(network, "tcp6") == 0 ? "[::1]:0" : "127.0.0.1:0";
	int port;

	l->network = network;
	if (strcmp(network, "unix") == 0) {
		snprintf(l->address, sizeof(l->address), "%s/goro-test-%d-%u", test_tmp(),
			(int)getpid(), __atomic_add_fetch(&paths, 1, __ATOMIC_RELAXED));
		address = l->address;
	}
	CHECK_EQ(goro_listen_with(&l->listener, network, address, options), 0);
	port = goro_listener_port(l->listener);
	if (address == l->address) {
		CHECK_EQ(port, 0);
		return;
	}
	CHECK_LT(0, port);
	snprintf(l->address, sizeof(l->address),
		strcmp(network, "tcp6") == 0 ? "[::1]:%d" : "127.0.0.1:%d", port);
}

void test_listen(struct test_listener *l, const char *network)
{
	test_listen_with(l, network, NULL);
}

void test_listener_close(struct test_listener *l)
{
	CHECK_EQ(goro_listener_close(l->listener), 0);
}

goro_conn *test_dial(const struct test_listener *l)
{
	goro_conn *c;

	CHECK_EQ(goro_dial(&c, l->network, l->address, GORO_FOREVER), 0);
	return c;
}

goro_conn *test_accept(const struct test_listener *l)
{
	goro_conn *c;

	CHECK_EQ(goro_accept(l->listener, &c, GORO_FOREVER), 0);
	return c;
}

void test_pair(const char *network, goro_conn *ends[2])
{
	struct test_listener l;

	test_listen(&l, network);
	ends[0] = test_dial(&l);
	ends[1] = test_accept(&l);
	test_listener_close(&l);
}

void test_pair_close(goro_conn *ends[2])
{
	CHECK_EQ(goro_conn_close(ends[0]), 0);
	CHECK_EQ(goro_conn_close(ends[1]), 0);
}

/* A blocking connect() that a signal interrupts goes on by itself. */
static void connect_raw(int fd, const void *address, size_t length)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (connect(fd, address, (socklen_t)length) == 0)
		return;
	CHECK_EQ(errno, EINTR);
	while (poll(&p, 1, -1) < 0)
		CHECK_EQ(errno, EINTR);
	CHECK_EQ(p.revents, POLLOUT);
}

int test_raw_dial(const struct test_listener *l)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)goro_listener_port(l->listener)) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	bool is_unix = strcmp(l->network, "unix") == 0;
	int fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK_LE(0, fd);
	if (is_unix) {
		memcpy(un.sun_path, l->address, strlen(l->address) + 1);
		connect_raw(fd, &un, sizeof(un));
	} else {
		connect_raw(fd, &in, sizeof(in));
	}
	return fd;
}

void test_write(goro_conn *c, const void *buf, size_t n)
{
	CHECK_EQ(goro_conn_write(c, buf, n, GORO_FOREVER), n);
}

void test_read(goro_conn *c, void *buf, size_t n)
{
	while (n > 0) {
		ssize_t got = goro_conn_read(c, buf, n, GORO_FOREVER);

		CHECK_LT(0, got);
		buf = (char *)buf + got;
		n -= (size_t)got;
	}
}

void test_echo(goro_conn *c)
{
	char buf[1000];
	ssize_t n;

	while ((n = goro_conn_read(c, buf, sizeof(buf), GORO_FOREVER)) > 0)
		test_write(c, buf, (size_t)n);
	CHECK_EQ(n, 0);
	CHECK_EQ(goro_conn_close(c), 0);
}

size_t test_fill(goro_conn *c)
{
	static const char zeroes[65536];
	size_t all = 0;
	ssize_t n;

	do {
		n = goro_conn_write(c, zeroes, sizeof(zeroes), INT64_MIN);
		all += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	CHECK_EQ(n, -ETIMEDOUT);
	return all;
}
