/* SPDX-License-Identifier: MIT */
/* net_busy_test.c: connections are served though no worker is ever idle. */
#include <stdatomic.h>

#include "goro_net.h"

static goro_conn *ends[2];
static atomic_int stop, looping;

static void go_rounds(int rounds)
{
	for (int i = 0; i < rounds; i++) {
		unsigned char byte = (unsigned char)i, back = (unsigned char)~i;

		test_write(ends[0], &byte, 1);
		test_read(ends[0], &back, 1);
		CHECK_EQ(back, byte);
	}
}

static void begin_loops(void (*loop)(void))
{
	atomic_store(&stop, 0);
	atomic_store(&looping, 0);
	test_pair("tcp4", ends);
	CHECK_EQ(go(test_echo, ends[1]), 0);
	await_parked(1, "conn read");
	for (int i = 0; i < test_workers(); i++)
		CHECK_EQ(go(loop), 0);
	AWAIT(atomic_load(&looping) >= test_workers());
}

static void end_loops(void)
{
	atomic_store(&stop, 1);
	CHECK_EQ(goro_conn_close(ends[0]), 0);
	await_alive(1);
}

static void yield_on(void)
{
	atomic_fetch_add(&looping, 1);
	while (!atomic_load(&stop))
		goro_yield();
}

GORO_TEST(connections_are_served_where_the_queues_are_never_empty)
{
	begin_loops(yield_on);
	go_rounds((int)test_scaled(200));
	end_loops();
}

static void compute_on(void)
{
	atomic_fetch_add(&looping, 1);
	while (!atomic_load(&stop))
		continue;
}

GORO_TEST(and_where_endless_loops_hold_every_worker)
{
	begin_loops(compute_on);
	go_rounds(5);
	end_loops();
}

static void dial_and_close(void)
{
	struct test_listener l;

	test_listen(&l, "tcp4");
	for (int i = 0; i < 5; i++) {
		goro_conn *near = test_dial(&l), *far = test_accept(&l);

		CHECK_EQ(goro_conn_close(near), 0);
		CHECK_EQ(goro_conn_close(far), 0);
	}
	test_listener_close(&l);
}

GORO_TEST(a_dial_beside_them_is_no_worse_off)
{
	begin_loops(yield_on);
	dial_and_close();
	end_loops();
	begin_loops(compute_on);
	dial_and_close();
	end_loops();
}
