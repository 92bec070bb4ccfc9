/* SPDX-License-Identifier: MIT */
/* conn_close_vs_use: a connection is closed, by a coroutine or a thread, while others read from it,
 * write to it and queue for it, in every state of those calls. Each call ends; nothing is lost that a
 * call did not say; and no byte ever reaches another connection, though numbers are used again at
 * once: each connection carries its own byte only.
 */
#include <stdlib.h>
#include <string.h>

#include "goro_net.h"
#include "stress.h"

#define CONNS 4

struct pair {
	goro_conn *ends[2];
	unsigned char byte;
	goro_waitgroup users;
	uint64_t seed;
};

static void check_bytes(const struct pair *p, const unsigned char *buf, ssize_t n)
{
	for (ssize_t i = 0; i < n; i++)
		CHECK_EQ(buf[i], p->byte);
}

static bool is_end(ssize_t rc)
{
	return rc == 0 || rc == -EBADF || rc == -EPIPE || rc == -ECONNRESET;
}

static void read_on(struct pair *p, int end)
{
	uint64_t random = p->seed + (uint64_t)end;
	unsigned char buf[3000];
	ssize_t n;

	do {
		n = goro_conn_read(p->ends[end], buf, 1 + stress_below(&random, sizeof(buf)),
			stress_below(&random, 3) ? GORO_FOREVER : stress_deadline(&random));
		check_bytes(p, buf, n);
		stress_pause(&random);
	} while (n > 0 || n == -ETIMEDOUT);
	CHECK_TRUE(is_end(n));
	goro_waitgroup_done(&p->users);
}

static void write_on(struct pair *p, int end)
{
	uint64_t random = p->seed + 2 + (uint64_t)end;
	size_t size = stress_below(&random, 4) ? 100 : 300000;
	unsigned char *buf = malloc(size);
	ssize_t n;

	memset(buf, p->byte, size);
	do {
		n = goro_conn_write(p->ends[end], buf, size,
			stress_below(&random, 3) ? GORO_FOREVER : stress_deadline(&random));
		stress_pause(&random);
	} while (n > 0 || n == -ETIMEDOUT);
	CHECK_TRUE(is_end(n));
	free(buf);
	goro_waitgroup_done(&p->users);
}

static void close_end(void *arg)
{
	goro_conn_close(arg);
}

static void meet(size_t round, size_t i, const char *network)
{
	uint64_t random = stress_seed(round, i);
	struct pair p = { .byte = (unsigned char)(round * CONNS + i),
		.users = GORO_WAITGROUP_INIT,
		.seed = random };
	struct test_thread t;
	bool from_a_thread = stress_below(&random, 8) == 0;

	test_pair(network, p.ends);
	goro_waitgroup_add(&p.users, 6);
	for (int n = 0; n < 2; n++) {
		CHECK_EQ(go(read_on, &p, n), 0);
		CHECK_EQ(go(write_on, &p, n), 0);
	}
	CHECK_EQ(go(read_on, &p, 0), 0); /* in line */
	CHECK_EQ(go(write_on, &p, 1), 0);
	for (size_t n = stress_below(&random, 20); n > 0; n--)
		goro_yield();
	stress_pause(&random);
	if (from_a_thread) {
		test_thread_start(&t, close_end, p.ends[0]);
		test_thread_join(&t);
	} else {
		CHECK_EQ(goro_conn_close(p.ends[0]), 0);
	}
	CHECK_EQ(goro_conn_close(p.ends[0]), -EBADF);
	stress_pause(&random);
	CHECK_EQ(goro_conn_close(p.ends[1]), 0);
	CHECK_EQ(goro_waitgroup_wait(&p.users), 0);
}

static void meet_again_and_again(int i)
{
	for (size_t round = stress_times(300); round > 0; round--)
		meet(round, (size_t)i, round % 2 ? "unix" : "tcp4");
}

GORO_TEST(a_close_ends_every_call_and_bytes_stay_where_they_belong)
{
	for (int i = 0; i < CONNS; i++)
		CHECK_EQ(go(meet_again_and_again, i), 0);
	await_alive(1);
}

/* Listeners ------------------------------------------------------------------------------------ */

static struct test_listener listener;
static goro_waitgroup dialling;

static void accept_on(void)
{
	goro_conn *c;
	int rc;

	while ((rc = goro_accept(listener.listener, &c, GORO_FOREVER)) == 0)
		CHECK_EQ(goro_conn_close(c), 0);
	CHECK_EQ(rc, -EBADF);
	goro_waitgroup_done(&dialling);
}

static void dial_on(int i)
{
	uint64_t random = stress_seed(1000, (size_t)i);
	goro_conn *c;
	int rc;

	do {
		rc = goro_dial(&c, listener.network, listener.address,
			stress_below(&random, 3) ? GORO_FOREVER : stress_deadline(&random));
		if (rc == 0)
			CHECK_EQ(goro_conn_close(c), 0);
		stress_pause(&random);
	} while (rc == 0 || rc == -ETIMEDOUT || rc == -ECONNRESET);
	CHECK_TRUE(rc == -ECONNREFUSED || rc == -ENOENT || rc == -EADDRNOTAVAIL);
	goro_waitgroup_done(&dialling);
}

GORO_TEST(a_listener_is_closed_while_others_dial_and_accept)
{
	uint64_t random = stress_seed(2000, 0);

	for (size_t round = stress_times(60); round > 0; round--) {
		test_listen(&listener, round % 2 ? "unix" : "tcp4");
		goro_waitgroup_add(&dialling, 6);
		for (int i = 0; i < 3; i++) {
			CHECK_EQ(go(accept_on), 0);
			CHECK_EQ(go(dial_on, i), 0);
		}
		for (size_t n = stress_below(&random, 30); n > 0; n--)
			goro_yield();
		test_listener_close(&listener);
		CHECK_EQ(goro_waitgroup_wait(&dialling), 0);
	}
}

/* The end of a run ----------------------------------------------------------------------------- */

static void leave_all_running(void)
{
	static struct pair p[CONNS];

	for (int i = 0; i < CONNS; i++) {
		p[i] = (struct pair){ .byte = (unsigned char)i,
			.users = GORO_WAITGROUP_INIT,
			.seed = stress_seed(3000, (size_t)i) };
		test_pair(i % 2 ? "unix" : "tcp4", p[i].ends);
	}
	goro_yield();
}

GORO_TEST_OUTSIDE(a_stop_at_any_moment_leaves_no_descriptor)
{
	unsigned before;

	test_run(test_workers(), leave_all_running);
	before = test_count_fds();
	for (size_t n = stress_times(100); n > 0; n--)
		test_run(test_workers(), leave_all_running);
	CHECK_EQ(test_count_fds(), before);
}
