/* SPDX-License-Identifier: MIT */
/* long_names_test.c: with GORO_NO_SHORT_NAMES the short names are the program's. */
#define GORO_NO_SHORT_NAMES

#include "goro_test.h"

#if defined(go) || defined(chan) || defined(chan_make) || defined(chan_send) ||                 \
	defined(chan_recv) || defined(chan_try_send) || defined(chan_try_recv) ||               \
	defined(chan_send_until) || defined(chan_recv_until) || defined(chan_send_many) ||      \
	defined(chan_recv_many) || defined(chan_close) || defined(chan_len) ||                  \
	defined(chan_cap) || defined(chan_ref) || defined(chan_free) || defined(chan_select) || \
	defined(chan_select_until) || defined(chan_try_select) || defined(chan_on_recv) ||      \
	defined(chan_on_send) || defined(chan_on_send_from) || defined(CHAN_UNBOUNDED)
#error "a short name is visible"
#endif

static int chan_send(int a, int b)
{
	return a + b;
}

static int go(int n)
{
	return n;
}

static void sender(GORO_CHAN(int) c, int n)
{
	CHECK_EQ(GORO_CHAN_SEND(c, n), 0);
	GORO_CHAN_FREE(c);
}

GORO_TEST(the_long_names_do_everything)
{
	GORO_CHAN(int) c = GORO_CHAN_MAKE(int, 1);
	GORO_CHAN(int) u = GORO_CHAN_MAKE(int, GORO_CHAN_UNBOUNDED);
	int v = 0, w[2] = { 8, 9 };
	bool ok = false;

	CHECK_EQ(GORO_GO(sender, GORO_CHAN_REF(c), 7), 0);
	CHECK_EQ(GORO_CHAN_RECV(c, &v), 0);
	CHECK_EQ(v, 7);
	CHECK_EQ(GORO_CHAN_TRY_RECV(c, &v), -EAGAIN);
	CHECK_EQ(GORO_CHAN_TRY_SEND(c, 1), 0);
	CHECK_EQ(GORO_CHAN_SEND_UNTIL(c, 1, 0), -ETIMEDOUT);
	CHECK_EQ(GORO_CHAN_LEN(c), GORO_CHAN_CAP(c));
	CHECK_EQ(GORO_CHAN_SELECT(GORO_CHAN_ON_RECV(c, &v, &ok)), 0);
	CHECK_EQ(GORO_CHAN_RECV_UNTIL(c, &v, 0), -ETIMEDOUT);
	CHECK_EQ(GORO_CHAN_SELECT_UNTIL(0, GORO_CHAN_ON_SEND(c, 2)), 0);
	CHECK_EQ(GORO_CHAN_TRY_SELECT(GORO_CHAN_ON_SEND_FROM(c, &v)), -EAGAIN);
	CHECK_EQ(GORO_CHAN_SEND_MANY(u, w, 2), 2);
	CHECK_EQ(GORO_CHAN_RECV_MANY(u, w, 2), 2);
	CHECK_EQ(GORO_CHAN_CLOSE(c), 0);
	GORO_CHAN_FREE(c);
	GORO_CHAN_FREE(u);
	CHECK_EQ(chan_send(1, go(2)), 3);
}
