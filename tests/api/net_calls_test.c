/* SPDX-License-Identifier: MIT */
/* net_calls_test.c: which system calls connections cost. libuv's own are counted on their way to
 * libc: a function of the program stands before it. */
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "goro_libc.h"
#include "goro_net.h"

static atomic_uint controls, polls, reads, writes;

int epoll_ctl(int ep, int op, int fd, struct epoll_event *e)
{
	int (*real)(int, int, int, struct epoll_event *);

	*(void **)&real = test_libc("epoll_ctl");
	atomic_fetch_add(&controls, 1);
	return real(ep, op, fd, e);
}

int epoll_wait(int ep, struct epoll_event *e, int n, int timeout)
{
	int (*real)(int, struct epoll_event *, int, int);

	*(void **)&real = test_libc("epoll_wait");
	atomic_fetch_add(&polls, 1);
	return real(ep, e, n, timeout);
}

int epoll_pwait(int ep, struct epoll_event *e, int n, int timeout, const sigset_t *set)
{
	int (*real)(int, struct epoll_event *, int, int, const sigset_t *);

	*(void **)&real = test_libc("epoll_pwait");
	atomic_fetch_add(&polls, 1);
	return real(ep, e, n, timeout, set);
}

ssize_t recv(int fd, void *buf, size_t n, int flags)
{
	ssize_t (*real)(int, void *, size_t, int);

	*(void **)&real = test_libc("recv");
	atomic_fetch_add(&reads, 1);
	return real(fd, buf, n, flags);
}

ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	ssize_t (*real)(int, const void *, size_t, int);

	*(void **)&real = test_libc("send");
	atomic_fetch_add(&writes, 1);
	return real(fd, buf, n, flags);
}

/* An io_uring would not be seen here. */
static __attribute__((constructor)) void without_io_uring(void)
{
	setenv("UV_USE_IO_URING", "0", 1);
}

enum { ROUNDS = 2000 };

#ifdef GORO_CHAOS /* who has been woken is left waiting while others poll */
enum { IN_ORDER = 0 };
#else
enum { IN_ORDER = 1 };
#endif

static void go_round(goro_conn *c, int rounds)
{
	char buf[64] = "";

	for (int i = 0; i < rounds; i++) {
		test_write(c, buf, sizeof(buf));
		test_read(c, buf, sizeof(buf));
	}
}

static void count_calls(void *workers)
{
	bool alone = *(int *)workers == 1;

	EACH_NETWORK(network)
	{
		goro_conn *ends[2];

		test_pair(network, ends);
		CHECK_EQ(go(test_echo, ends[1]), 0);
		go_round(ends[0], 10);
		atomic_store(&controls, 0);
		atomic_store(&polls, 0);
		atomic_store(&reads, 0);
		atomic_store(&writes, 0);
		go_round(ends[0], ROUNDS);
		/* Two ends: a write each, and a read each that may have come too early; where one
		 * polls while another reads, it may also have been called too late. */
		CHECK_EQ(atomic_load(&writes), 2 * ROUNDS);
		CHECK_LE(atomic_load(&reads), (alone ? 4 : 6) * ROUNDS + 4);
		/* One worker: none. Where one polls while another is on its way to read, two for
		 * four polls that have found what he was to read. A registration for each wait
		 * would be four a round. */
		CHECK_LE(atomic_load(&controls),
			alone && IN_ORDER ? 0 : atomic_load(&polls) / 2 + 4);
		CHECK_EQ(goro_conn_close(ends[0]), 0);
		await_alive(1);
	}
}

GORO_TEST_OUTSIDE(a_steady_cycle_of_read_and_park_controls_nothing)
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = test_workers();
	config.max_spares = 0; /* on a busy machine there would be more workers than asked for */
	CHECK_EQ(goro_run_config(&config, count_calls, &config.workers), 0);
}
