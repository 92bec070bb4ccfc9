/* SPDX-License-Identifier: MIT */
/* net_errors_test.c: what the system may say instead of doing it, and what the caller is told. The calls
 * go through functions of this program, which say it as often as a row of the tables wants.
 */
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "goro_libc.h"
#include "goro_net.h"

/* The system ----------------------------------------------------------------------------------- */

enum call { RECV, SEND, SENDMSG, ACCEPT, CONNECT, SOCKET, BIND, LISTEN, SHUTDOWN, CALLS };

static struct {
	atomic_int error;
	atomic_int times; /* so often is it said yet */
} bad[CALLS];

static void spoil(enum call call, int error, int times)
{
	atomic_store(&bad[call].error, error);
	atomic_store(&bad[call].times, times);
}

/* This call is to fail. */
static bool spoilt(enum call call)
{
	int left = atomic_load(&bad[call].times);

	while (left > 0)
		if (atomic_compare_exchange_weak(&bad[call].times, &left, left - 1)) {
			errno = atomic_load(&bad[call].error);
			return true;
		}
	return false;
}

ssize_t recv(int fd, void *buf, size_t n, int flags)
{
	ssize_t (*real)(int, void *, size_t, int);

	*(void **)&real = test_libc("recv");
	return spoilt(RECV) ? -1 : real(fd, buf, n, flags);
}

ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	ssize_t (*real)(int, const void *, size_t, int);

	*(void **)&real = test_libc("send");
	CHECK_TRUE(flags & MSG_NOSIGNAL);
	return spoilt(SEND) ? -1 : real(fd, buf, n, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	ssize_t (*real)(int, const struct msghdr *, int);

	*(void **)&real = test_libc("sendmsg");
	CHECK_TRUE(flags & MSG_NOSIGNAL);
	return spoilt(SENDMSG) ? -1 : real(fd, m, flags);
}

int accept4(int fd, __SOCKADDR_ARG from, socklen_t *room, int flags)
{
	int (*real)(int, __SOCKADDR_ARG, socklen_t *, int);

	*(void **)&real = test_libc("accept4");
	return spoilt(ACCEPT) ? -1 : real(fd, from, room, flags);
}

/* Interrupted, it has begun all the same. */
int connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t length)
{
	int (*real)(int, __CONST_SOCKADDR_ARG, socklen_t);

	*(void **)&real = test_libc("connect");
	if (atomic_load(&bad[CONNECT].error) == EINTR)
		real(fd, to, length);
	return spoilt(CONNECT) ? -1 : real(fd, to, length);
}

int socket(int family, int type, int protocol)
{
	int (*real)(int, int, int);

	*(void **)&real = test_libc("socket");
	return spoilt(SOCKET) ? -1 : real(family, type, protocol);
}

int bind(int fd, __CONST_SOCKADDR_ARG at, socklen_t length)
{
	int (*real)(int, __CONST_SOCKADDR_ARG, socklen_t);

	*(void **)&real = test_libc("bind");
	return spoilt(BIND) ? -1 : real(fd, at, length);
}

int listen(int fd, int backlog)
{
	int (*real)(int, int);

	*(void **)&real = test_libc("listen");
	return spoilt(LISTEN) ? -1 : real(fd, backlog);
}

int shutdown(int fd, int how)
{
	int (*real)(int, int);

	*(void **)&real = test_libc("shutdown");
	return spoilt(SHUTDOWN) ? -1 : real(fd, how);
}

/* Closes for good and then says that it was interrupted, as Linux may. */
static atomic_int interrupt_closes, strays;

int close(int fd)
{
	int (*real)(int);
	int rc;

	*(void **)&real = test_libc("close");
	rc = real(fd);
	if (rc < 0 && errno == EBADF)
		atomic_fetch_add(&strays, 1);
	if (!atomic_load(&interrupt_closes))
		return rc;
	errno = EINTR;
	return -1;
}

/* Tables --------------------------------------------------------------------------------------- */

#define ROWS(table) (sizeof(table) / sizeof(*(table)))

static goro_conn *ends[2];

static void check_that_it_works(void)
{
	char c;

	test_write(ends[0], "x", 1);
	test_read(ends[1], &c, 1);
	CHECK_EQ(c, 'x');
}

GORO_TEST(what_a_read_fails_with_is_told_and_nothing_is_lost)
{
	static const int told[] = { ECONNRESET, EHOSTUNREACH, ENETDOWN, ENOBUFS, ENOMEM, EIO,
		ENOTCONN };
	static const int hidden[] = { EINTR, EAGAIN };
	char c;

	test_pair("tcp4", ends);
	for (size_t i = 0; i < ROWS(told); i++) {
		test_write(ends[0], "a", 1);
		spoil(RECV, told[i], 1);
		CHECK_EQ(goro_conn_read(ends[1], &c, 1, GORO_FOREVER), -told[i]);
		test_read(ends[1], &c, 1);
		CHECK_EQ(c, 'a');
		check_that_it_works();
	}
	for (size_t i = 0; i < ROWS(hidden); i++) {
		test_write(ends[0], "b", 1);
		spoil(RECV, hidden[i], 3);
		test_read(ends[1], &c, 1);
		CHECK_EQ(c, 'b');
		CHECK_EQ(atomic_load(&bad[RECV].times), 0);
	}
	test_pair_close(ends);
}

GORO_TEST(what_a_write_fails_with_is_told_and_no_signal_comes)
{
	static const int told[] = { EPIPE, ECONNRESET, ENOBUFS, ENOMEM, EHOSTUNREACH, ENETUNREACH,
		ENETDOWN, EMSGSIZE };
	static const int hidden[] = { EINTR, EAGAIN };
	struct iovec v[2] = { { "c", 1 }, { "d", 1 } };
	char got[2];

	test_pair("tcp4", ends);
	for (size_t i = 0; i < ROWS(told); i++) {
		spoil(SEND, told[i], 1);
		CHECK_EQ(goro_conn_write(ends[0], "y", 1, GORO_FOREVER), -told[i]);
		spoil(SENDMSG, told[i], 1);
		CHECK_EQ(goro_conn_writev(ends[0], v, 2, GORO_FOREVER), -told[i]);
		check_that_it_works();
	}
	for (size_t i = 0; i < ROWS(hidden); i++) {
		spoil(SEND, hidden[i], 3);
		check_that_it_works();
		CHECK_EQ(atomic_load(&bad[SEND].times), 0);
		spoil(SENDMSG, hidden[i], 3);
		CHECK_EQ(goro_conn_writev(ends[0], v, 2, GORO_FOREVER), 2);
		test_read(ends[1], got, 2);
		CHECK_EQ(got[1], 'd');
	}
	test_pair_close(ends);
}

/* ETIMEDOUT of the kernel's: a deadline's would say that the connection is as it was. */
GORO_TEST(a_peer_the_system_gives_up_is_not_a_deadline)
{
	struct iovec v[2] = { { "c", 1 }, { "d", 1 } };
	char c;

	test_pair("tcp4", ends);
	spoil(RECV, ETIMEDOUT, 1);
	CHECK_EQ(goro_conn_read(ends[1], &c, 1, GORO_FOREVER), -ECONNABORTED);
	spoil(SEND, ETIMEDOUT, 1);
	CHECK_EQ(goro_conn_write(ends[0], "y", 1, GORO_FOREVER), -ECONNABORTED);
	spoil(SENDMSG, ETIMEDOUT, 1);
	CHECK_EQ(goro_conn_writev(ends[0], v, 2, GORO_FOREVER), -ECONNABORTED);
	test_pair_close(ends);
}

GORO_TEST(what_happened_to_a_peer_before_the_accept_is_its_own_affair)
{
	static const int hidden[] = { EINTR, EAGAIN, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT,
		EHOSTDOWN, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, EPERM, EMFILE, ENFILE, ENOBUFS,
		ENOMEM };
	static const int told[] = { EINVAL, EFAULT };
	struct test_listener l;

	test_listen(&l, "tcp4");
	for (size_t i = 0; i < ROWS(hidden); i++) {
		spoil(ACCEPT, hidden[i], 2);
		ends[0] = test_dial(&l);
		ends[1] = test_accept(&l);
		CHECK_EQ(atomic_load(&bad[ACCEPT].times), 0);
		check_that_it_works();
		test_pair_close(ends);
	}
	for (size_t i = 0; i < ROWS(told); i++) {
		spoil(ACCEPT, told[i], 1);
		CHECK_EQ(goro_accept(l.listener, &ends[1], GORO_FOREVER), -told[i]);
	}
	test_listener_close(&l);
}

GORO_TEST(what_a_dial_fails_with_is_told_or_tried_again)
{
	static const struct {
		int error, times, told;
	} rows[] = {
		{ EINTR, 1, 0 },
		{ EADDRNOTAVAIL, 1, 0 }, /* another near end will do */
		{ EADDRNOTAVAIL, 3, -EADDRNOTAVAIL },
		{ ECONNREFUSED, 1, -ECONNREFUSED },
		{ EHOSTUNREACH, 1, -EHOSTUNREACH },
		{ ENETUNREACH, 1, -ENETUNREACH },
		{ ETIMEDOUT, 1, -ETIMEDOUT },
		{ ECONNRESET, 1, -ECONNRESET },
		{ ENOBUFS, 1, -ENOBUFS },
		{ EACCES, 1, -EACCES },
		{ EAGAIN, 1, -EAGAIN },
	};
	struct test_listener l;
	unsigned fds;

	test_listen(&l, "tcp4");
	fds = test_count_fds();
	for (size_t i = 0; i < ROWS(rows); i++) {
		int rc;

		spoil(CONNECT, rows[i].error, rows[i].times);
		rc = goro_dial(&ends[0], "tcp4", l.address, GORO_FOREVER);
		CHECK_EQ(atomic_load(&bad[CONNECT].times), 0);
		spoil(CONNECT, 0, 0);
		CHECK_EQ(rc, rows[i].told);
		if (rc == 0) {
			ends[1] = test_accept(&l);
			check_that_it_works();
			test_pair_close(ends);
		}
	}
	AWAIT(test_count_fds() == fds);
	test_listener_close(&l);
}

GORO_TEST(what_a_socket_cannot_be_made_with_is_told_and_leaves_nothing)
{
	static const struct {
		enum call call;
		int error;
	} rows[] = { { SOCKET, EMFILE }, { SOCKET, ENFILE }, { SOCKET, ENOBUFS },
		{ SOCKET, ENOMEM }, { SOCKET, EACCES }, { BIND, EADDRINUSE }, { BIND, EACCES },
		{ BIND, EADDRNOTAVAIL }, { LISTEN, EADDRINUSE } };
	struct test_listener l;
	goro_listener *other;
	goro_udp *u;
	unsigned fds;

	test_listen(&l, "tcp4");
	fds = test_count_fds();
	for (size_t i = 0; i < ROWS(rows); i++) {
		spoil(rows[i].call, rows[i].error, 1);
		CHECK_EQ(goro_listen(&other, "tcp4", "127.0.0.1:0"), -rows[i].error);
		if (rows[i].call == LISTEN)
			continue;
		spoil(rows[i].call, rows[i].error, 1);
		CHECK_EQ(goro_udp_bind(&u, "udp4", "127.0.0.1:0"), -rows[i].error);
		if (rows[i].call == BIND)
			continue;
		spoil(SOCKET, rows[i].error, 1);
		CHECK_EQ(goro_dial(&ends[0], "tcp4", l.address, GORO_FOREVER), -rows[i].error);
	}
	CHECK_EQ(test_count_fds(), fds);
	test_listener_close(&l);
}

GORO_TEST(a_shutdown_that_fails_is_told_and_a_close_does_its_work)
{
	char c;

	test_pair("tcp4", ends);
	spoil(SHUTDOWN, ENOTCONN, 1);
	CHECK_EQ(goro_conn_shutdown(ends[0]), -ENOTCONN);
	check_that_it_works();
	spoil(SHUTDOWN, ENOTCONN, 1);
	CHECK_EQ(goro_conn_close(ends[0]), 0);
	CHECK_EQ(goro_conn_read(ends[1], &c, 1, GORO_FOREVER), 0);
	CHECK_EQ(goro_conn_close(ends[1]), 0);
}

/* Close ---------------------------------------------------------------------------------------- */

static void use_all_sorts(void)
{
	struct test_listener l;
	goro_udp *u;
	int fds[2];

	test_listen(&l, "tcp4");
	ends[0] = test_dial(&l);
	ends[1] = test_accept(&l);
	check_that_it_works();
	CHECK_EQ(goro_conn_read(ends[1], fds, 1, goro_after(GORO_MILLISECOND)), -ETIMEDOUT);
	test_pair_close(ends);
	CHECK_EQ(goro_conn_close(ends[0]), -EBADF);
	test_listener_close(&l);
	CHECK_EQ(goro_udp_bind(&u, "udp4", "127.0.0.1:0"), 0);
	CHECK_EQ(goro_udp_close(u), 0);
	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(goro_fd_wait(fds[0], GORO_READ, goro_after(GORO_MILLISECOND)), -ETIMEDOUT);
	close(fds[0]);
	close(fds[1]);
}

GORO_TEST(a_close_that_is_interrupted_is_not_tried_again)
{
	unsigned fds;

	use_all_sorts();
	fds = test_count_fds();
	atomic_store(&strays, 0);
	atomic_store(&interrupt_closes, 1);
	for (int i = 0; i < 20; i++)
		use_all_sorts();
	AWAIT(test_count_fds() <= fds);
	atomic_store(&interrupt_closes, 0);
	CHECK_EQ(atomic_load(&strays), 0);
}
