/* SPDX-License-Identifier: MIT */
/* net_dial_test.c: of the addresses of a name the first that answers is taken. This program stands before
 * getaddrinfo(), so that a name is its list of addresses, "127.0.0.1_v6.list", and before connect(), which
 * takes down whom it is asked for, and says of 127.0.9.N the error N.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "goro_libc.h"
#include "goro_net.h"
#include "no_stack.h"

/* Names ------------------------------------------------------------------------------------------ */

typedef int getaddrinfo_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);

/* freeaddrinfo() takes the chain apart one by one. */
int getaddrinfo(
	const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	getaddrinfo_fn *real;
	const char *end = strstr(host, ".list");
	char list[300];
	char *rest = NULL;

	*(void **)&real = test_libc("getaddrinfo");
	if (end == NULL)
		return real(host, service, hints, out);
	snprintf(list, sizeof(list), "%.*s", (int)(end - host), host);
	for (char *one = strtok_r(list, "_", &rest); one != NULL;
		one = strtok_r(NULL, "_", &rest)) {
		int rc = real(strcmp(one, "v6") == 0 ? "::1" : one, service, hints, out);

		if (rc != 0)
			return rc;
		out = &(*out)->ai_next;
	}
	return 0;
}

/* Connects --------------------------------------------------------------------------------------- */

static atomic_flag taking = ATOMIC_FLAG_INIT;
static char asked[500]; /* "address address "; who reads or writes it has the flag */

static void take_flag(void)
{
	while (atomic_flag_test_and_set(&taking))
		continue;
}

static void forget_asked(void)
{
	take_flag();
	asked[0] = '\0';
	atomic_flag_clear(&taking);
}

static const char *copy_asked(void)
{
	static char copy[sizeof(asked)];

	take_flag();
	memcpy(copy, asked, sizeof(asked));
	atomic_flag_clear(&taking);
	return copy;
}

static void take_down(const struct sockaddr *sa)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;
	char text[INET6_ADDRSTRLEN];
	bool four = sa->sa_family == AF_INET;

	inet_ntop(sa->sa_family, four ? (const void *)&in->sin_addr : &in6->sin6_addr, text,
		sizeof(text));
	take_flag();
	if (strlen(asked) + strlen(text) + 2 < sizeof(asked))
		strcat(strcat(asked, text), " ");
	atomic_flag_clear(&taking);
}

int connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t length)
{
	int (*real)(int, __CONST_SOCKADDR_ARG, socklen_t);
	const struct sockaddr *sa = to.__sockaddr__;
	const struct sockaddr_in *in = (const void *)sa;

	*(void **)&real = test_libc("connect");
	if (sa->sa_family != AF_INET && sa->sa_family != AF_INET6)
		return real(fd, to, length);
	take_down(sa);
	if (sa->sa_family != AF_INET || ntohl(in->sin_addr.s_addr) >> 8 != 0x7f0009)
		return real(fd, to, length);
	errno = (int)(ntohl(in->sin_addr.s_addr) & 0xff);
	return -1;
}

/* Peers ------------------------------------------------------------------------------------------ */

static struct test_listener listener; /* at 127.0.0.1, and its port at 127.0.0.2 is a black hole */
static int hole, filler;

/* A listener whose queue is full: the kernel drops whoever comes then, as a firewall might. */
static bool dig_hole(int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = inet_addr("127.0.0.2"),
		.sin_port = htons((uint16_t)port) };
	bool free;

	hole = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	free = bind(hole, (struct sockaddr *)&in, sizeof(in)) == 0 && listen(hole, 0) == 0;
	if (free) {
		while (connect(filler, (struct sockaddr *)&in, sizeof(in)) != 0)
			CHECK_TRUE(errno == EINTR || errno == EALREADY);
		return true;
	}
	close(hole);
	close(filler);
	return false;
}

static void open_peers(void)
{
	test_listen(&listener, "tcp4");
	while (!dig_hole(goro_listener_port(listener.listener))) {
		test_listener_close(&listener);
		test_listen(&listener, "tcp4");
	}
	forget_asked();
}

static void close_peers(void)
{
	close(hole);
	close(filler);
	test_listener_close(&listener);
}

static int dial(const char *list, goro_conn **c, int64_t deadline)
{
	char address[300];

	snprintf(address, sizeof(address), "%s.list:%d", list,
		goro_listener_port(listener.listener));
	return goro_dial(c, "tcp", address, deadline);
}

/* Connected to the listener, that is. */
static void check_connected(goro_conn *c)
{
	goro_conn *far = test_accept(&listener);
	char byte;

	test_write(c, "x", 1);
	test_read(far, &byte, 1);
	CHECK_EQ(goro_conn_close(c), 0);
	CHECK_EQ(goro_conn_close(far), 0);
}

/* Tests ------------------------------------------------------------------------------------------ */

GORO_TEST(the_families_take_turns_each_in_the_order_given)
{
	static const struct {
		const char *list, *asked;
	} rows[] = {
		{ "127.0.9.111_127.0.9.113_v6_127.0.9.101",
			"127.0.9.111 ::1 127.0.9.113 127.0.9.101 " },
		{ "v6_127.0.9.111_127.0.9.113", "::1 127.0.9.111 127.0.9.113 " },
		{ "127.0.9.111_127.0.9.113", "127.0.9.111 127.0.9.113 " },
		{ "127.0.9.111", "127.0.9.111 " },
	};
	goro_conn *c;

	open_peers();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strchr(rows[i].list, 'v') != NULL && test_nnetworks() < 3)
			continue; /* no IPv6 here */
		/* Once more where a coroutine was not run for as long as an attempt may take. */
		for (int tries = 10; tries > 0; tries--) {
			forget_asked();
			CHECK_EQ(dial(rows[i].list, &c, GORO_FOREVER), -ECONNREFUSED);
			if (strcmp(copy_asked(), rows[i].asked) == 0)
				break;
		}
		CHECK_STR(copy_asked(), rows[i].asked);
	}
	close_peers();
}

GORO_TEST(if_all_fail_the_first_one_has_the_word)
{
	goro_conn *c;
	unsigned fds;

	open_peers();
	fds = test_count_fds();
	CHECK_EQ(dial("127.0.9.113_127.0.9.111", &c, GORO_FOREVER), -EHOSTUNREACH);
	CHECK_EQ(dial("127.0.9.111_127.0.9.113", &c, GORO_FOREVER), -ECONNREFUSED);
	CHECK_EQ(dial("127.0.9.111_127.0.9.113", &c, goro_after(60 * GORO_SECOND)), -ECONNREFUSED);
	AWAIT(test_count_fds() == fds);
	close_peers();
}

GORO_TEST(one_that_refuses_makes_room_for_the_next)
{
	goro_conn *c;

	open_peers();
	CHECK_EQ(dial("127.0.9.111_127.0.9.113_127.0.9.101_127.0.0.1", &c, GORO_FOREVER), 0);
	CHECK_HAS(copy_asked(), "127.0.0.1 ");
	check_connected(c);
	close_peers();
}

GORO_TEST(one_that_does_not_answer_holds_the_next_up_for_a_moment_only)
{
	int64_t began;
	goro_conn *c;
	unsigned fds;

	open_peers();
	fds = test_count_fds();
	began = goro_now();
	CHECK_EQ(dial("127.0.0.2_127.0.0.1", &c, GORO_FOREVER), 0); /* else it takes minutes */
	CHECK_LE(250 * GORO_MILLISECOND, goro_now() - began);
	check_connected(c);
	AWAIT(test_count_fds() == fds); /* what was tried in vain is closed */
	close_peers();
}

GORO_TEST(a_near_deadline_is_shared)
{
	int64_t left = 60 * GORO_MILLISECOND;
	goro_conn *c;

	open_peers();
	/* A third each. Once more on a busy machine, but not with time for two whole delays. */
	for (; strstr(copy_asked(), "127.0.0.1 ") == NULL; left += left / 2) {
		CHECK_LT(left, 500 * GORO_MILLISECOND);
		if (dial("127.0.0.2_127.0.0.2_127.0.0.1", &c, goro_after(left)) == 0)
			CHECK_EQ(goro_conn_close(c), 0);
	}
	close_peers();
}

GORO_TEST(a_deadline_ends_all_attempts)
{
	goro_conn *c;
	unsigned fds;

	open_peers();
	fds = test_count_fds();
	CHECK_EQ(dial("127.0.0.2_127.0.0.2", &c, goro_after(30 * GORO_MILLISECOND)), -ETIMEDOUT);
	CHECK_EQ(dial("127.0.0.2_127.0.0.1", &c, INT64_MIN), -ETIMEDOUT);
	AWAIT(test_count_fds() == fds);
	await_alive(1);
	close_peers();
}

static void dial_without_stacks(void *arg)
{
	goro_waitgroup hold = GORO_WAITGROUP_INIT;
	goro_conn *c;
	int rc;

	(void)arg;
	open_peers();
	goro_waitgroup_add(&hold, 1);
	do {
		test_stacks_take(&hold);
		rc = dial("127.0.0.1_127.0.0.1", &c, GORO_FOREVER);
		test_stacks_give();
		if (rc == 0)
			check_connected(c);
	} while (rc == 0);
	CHECK_EQ(rc, -ENOMEM);
	goro_waitgroup_done(&hold);
	close_peers();
}

GORO_TEST_PLAIN(attempts_that_can_have_no_stack_have_failed)
{
	test_run_on_one_worker(dial_without_stacks);
}

GORO_TEST(without_time_what_can_be_had_at_once_is_had)
{
	char address[20];
	goro_conn *c;
	int rc;

	open_peers();
	snprintf(address, sizeof(address), ":%d", goro_listener_port(listener.listener));
	rc = goro_dial(&c, "tcp", address, INT64_MIN);
	if (rc == 0)
		check_connected(c);
	else
		CHECK_EQ(rc, -ETIMEDOUT); /* the kernel was not done yet */
	CHECK_HAS(copy_asked(), "127.0.0.1 ");
	close_peers();
}

static atomic_int cancelled;

static void dial_in_vain(void)
{
	goro_conn *c;

	CHECK_EQ(dial("127.0.0.2_127.0.0.2_127.0.0.2", &c, GORO_FOREVER), -ECANCELED);
	atomic_store(&cancelled, 1);
}

static void leave_it_dialling(void)
{
	open_peers();
	CHECK_EQ(go(dial_in_vain), 0);
	await_parked(1, "dial");
}

GORO_TEST_OUTSIDE(a_stop_ends_them_too)
{
	unsigned fds = 0;

	for (int i = 0; i < 5; i++) {
		atomic_store(&cancelled, 0);
		test_run(test_workers(), leave_it_dialling);
		CHECK_EQ(atomic_load(&cancelled), 1);
		close(hole);
		close(filler);
		if (i == 0)
			fds = test_count_fds(); /* libuv keeps two */
		CHECK_EQ(test_count_fds(), fds);
	}
}

static void dial_often(int i)
{
	for (size_t n = test_scaled(100); n > 0; n--) {
		goro_conn *c;
		int rc = dial(i % 2 ? "127.0.0.1_127.0.0.1_127.0.0.1" : "127.0.9.111_127.0.0.1", &c,
			GORO_FOREVER);

		CHECK_EQ(rc, 0);
		CHECK_EQ(goro_conn_close(c), 0);
	}
}

static void accept_all(void)
{
	goro_conn *c;

	while (goro_accept(listener.listener, &c, GORO_FOREVER) == 0)
		CHECK_EQ(goro_conn_close(c), 0);
}

GORO_TEST(many_dial_at_once_and_no_descriptor_is_left)
{
	unsigned fds;

	open_peers();
	fds = test_count_fds();
	CHECK_EQ(go(accept_all), 0);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(go(dial_often, i), 0);
	await_alive(2);
	test_listener_close(&listener);
	await_alive(1);
	AWAIT(test_count_fds() <= fds - 1);
	close(hole);
	close(filler);
}
