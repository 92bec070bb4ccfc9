/* SPDX-License-Identifier: MIT */
/* net_huge_test.c: more than 2 GiB in one call: more than the kernel moves at once, and than an int counts.
 * The bytes are one page of zeroes, as often as it takes, and the reader lets the kernel drop them.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "goro_net.h"

#define GIB  ((size_t)1 << 30)
#define HUGE (2 * GIB + 12345)

static struct test_listener listener;
static void *zeroes;

static void prepare(void)
{
	zeroes = mmap(NULL, HUGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK_TRUE(zeroes != MAP_FAILED);
	test_listen(&listener, "tcp4");
}

static void finish(void)
{
	test_listener_close(&listener);
	CHECK_EQ(munmap(zeroes, HUGE), 0);
}

GORO_TEST(a_call_for_more_than_2_gib_begins_like_any_other)
{
	struct iovec v[3] = { { NULL, HUGE }, { NULL, HUGE }, { NULL, HUGE } };
	goro_conn *near, *far;
	ssize_t n;

	prepare();
	near = test_dial(&listener);
	far = test_accept(&listener);
	for (int i = 0; i < 3; i++)
		v[i].iov_base = zeroes;
	n = goro_conn_write(near, zeroes, HUGE, INT64_MIN);
	CHECK_LT(0, n);
	CHECK_LT(n, HUGE);
	CHECK_EQ(goro_conn_close(far), 0);
	CHECK_EQ(goro_conn_close(near), 0);
	near = test_dial(&listener);
	far = test_accept(&listener);
	n = goro_conn_writev(near, v, 3, INT64_MIN);
	CHECK_LT(0, n);
	CHECK_LT(n, HUGE);
	CHECK_EQ(goro_conn_close(near), 0);
	CHECK_EQ(goro_conn_close(far), 0);
	finish();
}

/* A plain thread: for TCP, MSG_TRUNC drops what it takes. */
static size_t dropped;

static void drop_all(void *arg)
{
	int fd = *(int *)arg;
	ssize_t n;

	while ((n = recv(fd, NULL, 64 << 20, MSG_TRUNC)) != 0) {
		CHECK_TRUE(n > 0 || errno == EINTR);
		dropped += n > 0 ? (size_t)n : 0;
	}
	close(fd);
}

GORO_TEST(more_than_2_gib_are_one_write)
{
	struct iovec v[2] = { { NULL, HUGE - 1000 }, { NULL, 1000 } };
	struct test_thread reader;
	goro_conn *c;
	int fd;

	if (test_workers() != 2 || test_scaled(2) < 2)
		return; /* two seconds, and the same everywhere */
	prepare();
	v[0].iov_base = v[1].iov_base = zeroes;
	fd = test_raw_dial(&listener);
	c = test_accept(&listener);
	dropped = 0;
	test_thread_start(&reader, drop_all, &fd);
	CHECK_EQ(goro_conn_write(c, zeroes, HUGE, GORO_FOREVER), HUGE);
	CHECK_EQ(goro_conn_writev(c, v, 2, GORO_FOREVER), HUGE);
	CHECK_EQ(goro_conn_close(c), 0);
	test_thread_join(&reader);
	CHECK_EQ(dropped, 2 * HUGE);
	finish();
}
