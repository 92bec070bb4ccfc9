/* SPDX-License-Identifier: MIT */
/* udp_test.c: goro_udp_…: datagrams. */
#include <limits.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "goro_net.h"

/* "udp4", and "udp6" where there is IPv6: with the address that stands for this machine. */
static const struct network {
	const char *name;
	const char *host;
} networks[] = { { "udp4", "127.0.0.1" }, { "udp6", "[::1]" } };

static bool there_is(const struct network *n)
{
	for (size_t i = 0; i < test_nnetworks(); i++)
		if (strcmp(test_networks[i] + 3, n->name + 3) == 0)
			return true;
	return false;
}

#define EACH_OF(n)                               \
	for (const struct network *n = networks; \
		n < networks + sizeof(networks) / sizeof(*networks) && there_is(n); n++)

static goro_udp *bind_at(const struct network *n)
{
	char address[64];
	goro_udp *u;

	snprintf(address, sizeof(address), "%s:0", n->host);
	CHECK_EQ(goro_udp_bind(&u, n->name, address), 0);
	CHECK_LT(0, goro_udp_port(u));
	return u;
}

static struct sockaddr_storage address_of(const struct network *n, goro_udp *u)
{
	struct sockaddr_storage found;
	char address[64];

	snprintf(address, sizeof(address), "%s:%d", n->host, goro_udp_port(u));
	CHECK_EQ(goro_resolve(n->name, address, &found, 1, GORO_FOREVER), 1);
	return found;
}

static void check_datagram(goro_udp *u, const char *text)
{
	char buf[100];
	ssize_t n = goro_udp_recvfrom(u, buf, sizeof(buf) - 1, NULL, GORO_FOREVER);

	CHECK_LE(0, n);
	buf[n] = '\0';
	CHECK_STR(buf, text);
}

GORO_TEST(a_datagram_arrives_whole_and_tells_where_from)
{
	EACH_OF(n)
	{
		goro_udp *a = bind_at(n), *b = bind_at(n);
		struct sockaddr_storage to = address_of(n, b), mine = address_of(n, a), from;
		char buf[10] = "";

		CHECK_EQ(goro_udp_sendto(a, "hello", 5, &to, GORO_FOREVER), 5);
		CHECK_EQ(goro_udp_sendto(a, NULL, 0, &to, GORO_FOREVER), 0);
		CHECK_EQ(goro_udp_sendto(a, "0123456789abc", 13, &to, GORO_FOREVER), 13);
		CHECK_EQ(goro_udp_recvfrom(b, buf, 10, &from, GORO_FOREVER), 5);
		CHECK_STR(buf, "hello");
		CHECK_EQ(memcmp(&from, &mine, sizeof(from)), 0);
		CHECK_EQ(goro_udp_recvfrom(b, buf, 10, &from, GORO_FOREVER), 0);
		CHECK_EQ(goro_udp_recvfrom(b, buf, 10, &from, GORO_FOREVER), 10); /* cut */
		CHECK_EQ(memcmp(buf, "0123456789", 10), 0);
		CHECK_EQ(goro_udp_sendto(b, "back", 4, &from, GORO_FOREVER), 4);
		check_datagram(a, "back");
		CHECK_EQ(goro_udp_close(a), 0);
		CHECK_EQ(goro_udp_close(b), 0);
	}
}

GORO_TEST(without_a_host_both_families_are_served)
{
	goro_udp *u;

	CHECK_EQ(goro_udp_bind(&u, "udp", ":0"), 0);
	EACH_OF(n)
	{
		goro_udp *peer = bind_at(n);
		struct sockaddr_storage to = address_of(n, u), from;
		char c;

		CHECK_EQ(goro_udp_sendto(peer, "x", 1, &to, GORO_FOREVER), 1);
		CHECK_EQ(goro_udp_recvfrom(u, &c, 1, &from, GORO_FOREVER), 1);
		CHECK_EQ(goro_udp_sendto(u, "y", 1, &from, GORO_FOREVER), 1);
		check_datagram(peer, "y");
		CHECK_EQ(goro_udp_close(peer), 0);
	}
	CHECK_EQ(goro_udp_close(u), 0);
}

GORO_TEST(a_connected_socket_hears_its_peer_alone)
{
	EACH_OF(n)
	{
		goro_udp *a = bind_at(n), *b = bind_at(n), *stranger = bind_at(n);
		struct sockaddr_storage at_a = address_of(n, a), at_b = address_of(n, b);

		CHECK_EQ(goro_udp_sendto(a, "x", 1, NULL, GORO_FOREVER), -EDESTADDRREQ);
		CHECK_EQ(goro_udp_connect(a, &at_b), 0);
		CHECK_EQ(goro_udp_sendto(a, "to b", 4, NULL, GORO_FOREVER), 4);
		check_datagram(b, "to b");
		CHECK_EQ(goro_udp_sendto(stranger, "no", 2, &at_a, GORO_FOREVER), 2);
		CHECK_EQ(goro_udp_sendto(b, "yes", 3, &at_a, GORO_FOREVER), 3);
		check_datagram(a, "yes");
		/* Nobody is there any more: a later call is told. */
		CHECK_EQ(goro_udp_close(b), 0);
		CHECK_EQ(goro_udp_sendto(a, "x", 1, NULL, GORO_FOREVER), 1);
		CHECK_EQ(goro_udp_recvfrom(a, NULL, 0, NULL, GORO_FOREVER), -ECONNREFUSED);
		CHECK_EQ(goro_udp_close(a), 0);
		CHECK_EQ(goro_udp_close(stranger), 0);
	}
}

/* Errors --------------------------------------------------------------------------------------- */

static void check_wrong_arguments(void)
{
	static const char *const bad[][2] = { { NULL, ":0" }, { "udp", NULL }, { "tcp", ":0" },
		{ "unix", "/tmp/x" }, { "", ":0" }, { "udp", "" }, { "udp", "localhost" },
		{ "udp", ":65536" }, { "udp4", "[::1]:0" } };
	struct sockaddr_storage unix_address = { .ss_family = AF_UNIX };
	goro_udp *u;
	char c;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_EQ(goro_udp_bind(&u, bad[i][0], bad[i][1]), -EINVAL);
	CHECK_EQ(goro_udp_bind(NULL, "udp", ":0"), -EINVAL);
	CHECK_EQ(goro_udp_connect(NULL, NULL), -EINVAL);
	CHECK_EQ(goro_udp_connect(NULL, &unix_address), -EINVAL);
	CHECK_EQ(goro_udp_sendto(NULL, NULL, 1, NULL, 0), -EINVAL);
	CHECK_EQ(goro_udp_sendto(NULL, "x", SIZE_MAX, NULL, 0), -EINVAL);
	CHECK_EQ(goro_udp_sendto(NULL, "x", 1, &unix_address, 0), -EINVAL);
	CHECK_EQ(goro_udp_recvfrom(NULL, NULL, 1, NULL, 0), -EINVAL);
	CHECK_EQ(goro_udp_recvfrom(NULL, &c, SIZE_MAX, NULL, 0), -EINVAL);
	CHECK_EQ(goro_udp_sendto(NULL, "x", 1, NULL, 0), -EBADF);
	CHECK_EQ(goro_udp_recvfrom(NULL, &c, 1, NULL, 0), -EBADF);
	CHECK_EQ(goro_udp_port(NULL), -EBADF);
	CHECK_EQ(goro_udp_close(NULL), -EBADF);
}

GORO_TEST(wrong_arguments_are_told)
{
	check_wrong_arguments();
}

static goro_udp *kept;

static void keep_one(void *arg)
{
	goro_udp *u;

	(void)arg;
	CHECK_EQ(goro_udp_bind(&u, "udp4", "127.0.0.1:0"), 0);
	__atomic_store_n(&kept, u, __ATOMIC_RELEASE);
	AWAIT(goro_cancelled());
}

GORO_TEST_OUTSIDE(a_plain_thread_may_close_and_nothing_else)
{
	goro_udp *u;
	char c;

	kept = NULL;
	check_wrong_arguments();
	CHECK_EQ(goro_udp_bind(&u, "udp", ":0"), -EPERM);
	test_start();
	check_wrong_arguments();
	CHECK_EQ(goro_udp_bind(&u, "udp", ":0"), -EPERM);
	CHECK_EQ(goro_go(keep_one, NULL), 0);
	AWAIT(__atomic_load_n(&kept, __ATOMIC_ACQUIRE) != NULL);
	CHECK_EQ(goro_udp_recvfrom(kept, &c, 1, NULL, GORO_FOREVER), -EPERM);
	CHECK_EQ(goro_udp_sendto(kept, &c, 1, NULL, GORO_FOREVER), -EPERM);
	CHECK_EQ(goro_udp_port(kept), -EPERM);
	CHECK_EQ(goro_udp_close(kept), 0);
	CHECK_EQ(goro_udp_close(kept), -EBADF);
	test_stop();
	CHECK_EQ(goro_udp_close(kept), -EBADF);
}

GORO_TEST(the_errors_of_the_system_are_told)
{
	static char huge[100000];
	goro_udp *a = bind_at(&networks[0]), *u;
	struct sockaddr_storage to = address_of(&networks[0], a);
	struct sockaddr_storage other = { .ss_family = AF_INET6 };
	char address[64];

	snprintf(address, sizeof(address), "127.0.0.1:%d", goro_udp_port(a));
	CHECK_EQ(goro_udp_bind(&u, "udp4", address), -EADDRINUSE);
	CHECK_EQ(goro_udp_bind(&u, "udp4", "203.0.113.7:0"), -EADDRNOTAVAIL);
	CHECK_EQ(goro_udp_sendto(a, huge, sizeof(huge), &to, GORO_FOREVER), -EMSGSIZE);
	CHECK_EQ(goro_udp_sendto(a, "x", 1, &other, GORO_FOREVER), -EINVAL);
	CHECK_EQ(goro_udp_connect(a, &other), -EINVAL);
	CHECK_EQ(goro_udp_close(a), 0);
}

GORO_TEST(a_handle_serves_its_own_kind_alone)
{
	goro_udp *u = bind_at(&networks[0]);
	struct test_listener l;
	char c;

	test_listen(&l, "tcp4");
	CHECK_EQ(goro_conn_read((goro_conn *)(void *)u, &c, 1, GORO_FOREVER), -EBADF);
	CHECK_EQ(goro_conn_close((goro_conn *)(void *)u), -EBADF);
	CHECK_EQ(goro_udp_recvfrom((goro_udp *)(void *)l.listener, &c, 1, NULL, 0), -EBADF);
	CHECK_EQ(goro_udp_close((goro_udp *)(void *)l.listener), -EBADF);
	test_listener_close(&l);
	CHECK_EQ(goro_udp_close(u), 0);
	for (int i = 0; i < 100; i++) { /* the slot has other tenants */
		goro_udp *next = bind_at(&networks[0]);

		CHECK_EQ(goro_udp_port(u), -EBADF);
		CHECK_EQ(goro_udp_close(u), -EBADF);
		CHECK_EQ(goro_udp_close(next), 0);
	}
}

/* Waits ---------------------------------------------------------------------------------------- */

GORO_TEST(a_deadline_ends_a_wait_and_loses_nothing)
{
	EACH_OF(n)
	{
		goro_udp *a = bind_at(n);
		struct sockaddr_storage to = address_of(n, a);
		char c;

		CHECK_EQ(goro_udp_recvfrom(a, &c, 1, NULL, INT64_MIN), -ETIMEDOUT);
		for (int64_t ns = 1; ns < 20 * GORO_MILLISECOND; ns *= 20) {
			int64_t deadline = goro_after(ns);

			CHECK_EQ(goro_udp_recvfrom(a, &c, 1, NULL, deadline), -ETIMEDOUT);
			CHECK_LE(deadline, goro_now());
		}
		CHECK_EQ(goro_udp_sendto(a, "x", 1, &to, INT64_MIN), 1);
		AWAIT(goro_udp_recvfrom(a, &c, 1, NULL, INT64_MIN) == 1);
		CHECK_EQ(goro_udp_close(a), 0);
	}
}

static goro_udp *shared;
static atomic_int closed;

static void receive_until_closed(void)
{
	char c;

	CHECK_EQ(goro_udp_recvfrom(shared, &c, 1, NULL, GORO_FOREVER), -EBADF);
	atomic_fetch_add(&closed, 1);
}

GORO_TEST(a_close_wakes_all_who_wait)
{
	unsigned fds;

	kept = bind_at(&networks[0]); /* the loop is there */
	fds = test_count_fds();
	for (int round = 0; round < 20; round++) {
		atomic_store(&closed, 0);
		shared = bind_at(&networks[0]);
		for (int i = 0; i < 5; i++)
			CHECK_EQ(go(receive_until_closed), 0);
		await_parked(5, "udp recv");
		CHECK_EQ(goro_udp_close(shared), 0);
		await_alive(1);
		CHECK_EQ(atomic_load(&closed), 5);
	}
	AWAIT(test_count_fds() <= fds);
	CHECK_EQ(goro_udp_close(kept), 0);
}

static void receive_until_cancelled(void)
{
	struct sockaddr_storage to = address_of(&networks[0], shared);
	char c;

	CHECK_EQ(goro_udp_recvfrom(shared, &c, 1, NULL, GORO_FOREVER), -ECANCELED);
	CHECK_EQ(goro_udp_recvfrom(shared, &c, 1, NULL, INT64_MIN), -ECANCELED);
	CHECK_EQ(goro_udp_sendto(shared, &c, 1, &to, GORO_FOREVER), -ECANCELED);
	CHECK_EQ(goro_udp_bind(&kept, "udp4", ":0"), -ECANCELED);
	CHECK_EQ(goro_udp_connect(shared, &to), 0); /* never waits */
	atomic_fetch_add(&closed, 1);
}

static void leave_it_receiving(void)
{
	shared = bind_at(&networks[0]);
	CHECK_EQ(go(receive_until_cancelled), 0);
	await_parked(1, "udp recv");
}

GORO_TEST_OUTSIDE(a_stop_cancels_who_waits_and_closes_what_is_open)
{
	unsigned fds = test_count_fds();

	for (int i = 0; i < 3; i++) {
		atomic_store(&closed, 0);
		test_run(test_workers(), leave_it_receiving);
		CHECK_EQ(atomic_load(&closed), 1);
		CHECK_EQ(test_count_fds(), fds);
		CHECK_EQ(goro_udp_close(shared), -EBADF);
	}
}

/* Many ----------------------------------------------------------------------------------------- */

static void echo(void)
{
	struct sockaddr_storage from;
	char buf[100];
	ssize_t n;

	while ((n = goro_udp_recvfrom(shared, buf, sizeof(buf), &from, GORO_FOREVER)) >= 0)
		CHECK_EQ(goro_udp_sendto(shared, buf, (size_t)n, &from, GORO_FOREVER), n);
	CHECK_EQ(n, -EBADF);
}

static void ask(int i)
{
	goro_udp *u = bind_at(&networks[0]);
	struct sockaddr_storage to = address_of(&networks[0], shared);
	int got = -1;

	for (int k = 0; k < 20; k++) {
		CHECK_EQ(goro_udp_sendto(u, &i, sizeof(i), &to, GORO_FOREVER), sizeof(i));
		CHECK_EQ(goro_udp_recvfrom(u, &got, sizeof(got), NULL, GORO_FOREVER), sizeof(got));
		CHECK_EQ(got, i);
	}
	CHECK_EQ(goro_udp_close(u), 0);
}

GORO_TEST(many_ask_one_server)
{
	shared = bind_at(&networks[0]);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(go(echo), 0);
	for (int i = 0; i < 50; i++)
		CHECK_EQ(go(ask, i), 0);
	await_alive(4);
	CHECK_EQ(goro_udp_close(shared), 0);
	await_alive(1);
}
