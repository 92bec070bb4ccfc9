/* SPDX-License-Identifier: MIT */
/* select_wait_test.c: a select that has to wait: what wakes it, what it leaves behind. */
#include <stdlib.h>
#include <string.h>

#include "goro_test.h"

struct selecting {
	goro_case *cases;
	int n;
	int64_t deadline;
	int index;
	bool ended;
};

static void run_select(void *arg)
{
	struct selecting *s = arg;

	s->index = goro_select(s->cases, s->n, s->deadline);
	__atomic_store_n(&s->ended, true, __ATOMIC_RELEASE);
}

static void begin(struct selecting *s, goro_case *cases, int n, int64_t deadline, unsigned parked)
{
	*s = (struct selecting){ cases, n, deadline, -1, false };
	CHECK_EQ(goro_go(run_select, s), 0);
	await_parked(parked, "select");
}

static void await_end(struct selecting *s)
{
	AWAIT(__atomic_load_n(&s->ended, __ATOMIC_ACQUIRE));
}

static void nobody_is_left(chan(int) c)
{
	int v;

	CHECK_EQ(chan_try_recv(c, &v), -EAGAIN);
	CHECK_EQ(chan_try_send(c, 0), -EAGAIN);
}

GORO_TEST(a_select_that_waits_is_woken_by_any_of_its_cases)
{
	chan(int) c[4];
	struct selecting s;
	int got[2], v;

	for (int i = 0; i < 4; i++)
		c[i] = chan_make(int, 0);
	for (int i = 0; i < 8; i++) {
		bool ok = false;
		goro_case cases[] = { chan_on_recv(c[0], &got[0], &ok), chan_on_send(c[1], 11, &ok),
			chan_on_recv(c[2], &got[1], &ok), chan_on_send(c[3], 13, &ok) };

		begin(&s, cases, 4, i % 2 == 0 ? GORO_FOREVER : GORO_FOREVER - 1, 1);
		if (i % 4 == 0 || i % 4 == 2) {
			CHECK_EQ(chan_send(c[i % 4], 20 + i), 0);
		} else {
			CHECK_EQ(chan_recv(c[i % 4], &v), 0);
			CHECK_EQ(v, 10 + i % 4);
		}
		await_end(&s);
		CHECK_EQ(s.index, i % 4);
		CHECK_EQ(ok, true);
		if (i % 4 == 0 || i % 4 == 2)
			CHECK_EQ(got[i % 4 / 2], 20 + i);
		for (int k = 0; k < 4; k++)
			nobody_is_left(c[k]);
	}
	for (int i = 0; i < 4; i++)
		chan_free(c[i]);
}

GORO_TEST(close_wakes_a_select_on_either_side)
{
	for (int i = 0; i < 8; i++) {
		chan(int) c = chan_make(int, 0), never = chan_make(int, 0);
		bool ok = true, with_ok = i & 1, sends = i & 2, twice = i & 4;
		struct selecting s;
		int v = 5, w = 5;
		goro_case cases[3] = { chan_on_recv(never, &w),
			sends ? chan_on_send(c, 1, with_ok ? &ok : NULL) :
				chan_on_recv(c, &v, with_ok ? &ok : NULL),
			chan_on_send(never, 1) };

		if (twice) {
			cases[0] = cases[1];
			cases[2] = cases[1];
		}
		begin(&s, cases, 3, GORO_FOREVER, 1);
		CHECK_EQ(chan_close(c), 0);
		await_end(&s);
		if (sends && !with_ok)
			CHECK_EQ(s.index, -EPIPE);
		else if (twice)
			CHECK_TRUE(s.index >= 0 && s.index < 3);
		else
			CHECK_EQ(s.index, 1);
		CHECK_EQ(ok, !with_ok);
		CHECK_EQ(v, sends ? 5 : 0);
		CHECK_EQ(w, 5);
		nobody_is_left(never);
		chan_free(c);
		chan_free(never);
	}
}

GORO_TEST(a_waiting_select_on_both_sides_serves_either)
{
	chan(int) c = chan_make(int, 0);
	struct selecting s;
	int got = 0, v = 0;
	goro_case cases[] = { chan_on_send(c, 4), chan_on_recv(c, &got), chan_on_send(c, 4),
		chan_on_recv(c, &got) };

	begin(&s, cases, 4, GORO_FOREVER, 1);
	CHECK_EQ(chan_recv(c, &v), 0);
	CHECK_EQ(v, 4);
	await_end(&s);
	CHECK_EQ(s.index % 2, 0);
	nobody_is_left(c);
	begin(&s, cases, 4, GORO_FOREVER, 1);
	CHECK_EQ(chan_send(c, 6), 0);
	await_end(&s);
	CHECK_EQ(s.index % 2, 1);
	CHECK_EQ(got, 6);
	nobody_is_left(c);
	chan_free(c);
}

GORO_TEST(two_selects_on_both_sides_of_one_channel_meet)
{
	for (size_t i = 0; i < test_scaled(300); i++) {
		chan(int) c = chan_make(int, 0);
		struct selecting s;
		int got = 0, v = 0, index;
		goro_case cases[] = { chan_on_send(c, 4), chan_on_recv(c, &got) };

		s = (struct selecting){ cases, 2, GORO_FOREVER, -1, false };
		CHECK_EQ(goro_go(run_select, &s), 0);
		index = chan_select(chan_on_send(c, 5), chan_on_recv(c, &v));
		await_end(&s);
		CHECK_EQ(index + s.index, 1); /* one sent and one received */
		CHECK_EQ(index == 0 ? got : v, index == 0 ? 5 : 4);
		nobody_is_left(c);
		chan_free(c);
	}
}

GORO_TEST(selects_in_line_are_served_in_order)
{
	enum { N = 20 };
	static struct selecting s[N];
	static goro_case cases[N][2];
	static int got[N];
	chan(int) c = chan_make(int, 0), other = chan_make(int, 0);

	for (int i = 0; i < N; i++) {
		cases[i][0] = chan_on_recv(other, &got[i]);
		cases[i][1] = chan_on_recv(c, &got[i]);
		begin(&s[i], cases[i], 2, GORO_FOREVER, (unsigned)i + 1);
	}
	for (int i = 0; i < N; i++)
		CHECK_EQ(chan_send(i % 2 == 0 ? c : other, 100 + i), 0);
	for (int i = 0; i < N; i++) {
		await_end(&s[i]);
		CHECK_EQ(s[i].index, i % 2 == 0);
		CHECK_EQ(got[i], 100 + i);
	}
	nobody_is_left(c);
	nobody_is_left(other);
	chan_free(c);
	chan_free(other);
}

GORO_TEST(a_deadline_ends_a_select_with_nothing_done)
{
	chan(int) a = chan_make(int, 0), b = chan_make(int, 1);
	int v = 3;

	CHECK_EQ(chan_send(b, 1), 0);
	for (int64_t ns = 1; ns < 20 * GORO_MILLISECOND; ns *= 6) {
		int64_t deadline = goro_after(ns);

		CHECK_EQ(chan_select_until(deadline, chan_on_recv(a, &v), chan_on_send(a, 1),
				 chan_on_send(b, 2)),
			-ETIMEDOUT);
		CHECK_LE(deadline, goro_now());
	}
	CHECK_EQ(v, 3);
	nobody_is_left(a);
	CHECK_EQ(chan_len(b), 1);
	for (int64_t d = INT64_MIN; d < 2; d = d < -1 ? d / 2 : d + 1)
		CHECK_EQ(chan_select_until(d, chan_on_recv(a, &v)), -ETIMEDOUT);
	CHECK_EQ(chan_select_until(INT64_MIN, chan_on_recv(a, &v), chan_on_recv(b, &v)), 1);
	chan_free(a);
	chan_free(b);
}

/* Two in opposite order, and their partners the other way round. */
static void passes(chan(int) from, chan(int) to, int n, goro_waitgroup *all)
{
	int received = 0, sent = 0, v;

	while (received < n || sent < n) {
		chan(int) in = received < n ? from : NULL;
		chan(int) out = sent < n ? to : NULL;

		switch (chan_select(chan_on_send(out, sent), chan_on_recv(in, &v))) {
		case 0:
			sent++;
			break;
		case 1:
			CHECK_EQ(v, received++);
			break;
		default:
			CHECK_FAIL("neither was chosen");
		}
	}
	goro_waitgroup_done(all);
}

GORO_TEST(two_selects_in_opposite_order_do_not_deadlock)
{
	chan(int) a = chan_make(int, 0), b = chan_make(int, 0);
	goro_waitgroup all = GORO_WAITGROUP_INIT;

	goro_waitgroup_add(&all, 2);
	CHECK_EQ(go(passes, a, b, (int)test_scaled(5000), &all), 0);
	CHECK_EQ(go(passes, b, a, (int)test_scaled(5000), &all), 0);
	CHECK_EQ(goro_waitgroup_wait(&all), 0);
	nobody_is_left(a);
	nobody_is_left(b);
	chan_free(a);
	chan_free(b);
}

GORO_TEST(a_select_of_a_thousand_channels_waits_and_leaves_all)
{
	enum { N = 1000 };
	static chan(int) c[N];
	static goro_case cases[N];
	static int got[N];
	struct selecting s;

	for (int i = 0; i < N; i++)
		c[i] = chan_make(int, 0);
	for (int i = 0; i < N; i++)
		cases[i] = chan_on_recv(c[(i * 7) % N], &got[i]);
	for (int i = 0; i < N; i += 99) {
		begin(&s, cases, N, GORO_FOREVER, 1);
		CHECK_EQ(chan_send(c[(i * 7) % N], i), 0);
		await_end(&s);
		CHECK_EQ(s.index, i);
		CHECK_EQ(got[i], i);
		for (int k = 0; k < N; k++)
			nobody_is_left(c[k]);
	}
	for (int i = 0; i < N; i++)
		chan_free(c[i]);
}

GORO_TEST(a_select_lets_go_of_the_channel_that_woke_it)
{
	for (size_t i = 0; i < test_scaled(2000); i++) {
		chan(int) c = chan_make(int, 0);
		struct selecting s;
		int v;
		goro_case cases[] = { chan_on_send(c, 4), chan_on_send(c, 5) };

		s = (struct selecting){ cases, 2, GORO_FOREVER, -1, false };
		CHECK_EQ(goro_go(run_select, &s), 0);
		CHECK_EQ(chan_recv(c, &v), 0);
		chan_free(c); /* though the select has not returned */
		await_end(&s);
		CHECK_EQ(v, 4 + s.index);
	}
}

/* A stop, and plain threads ----------------------------------------------------------------- */

static struct {
	chan(int) c, room;
	int index, v;
	bool ok;
} left;

static void cancelled(void *arg)
{
	int v = 8;

	(void)arg;
	left.index = chan_select(chan_on_recv(left.c, &left.v, &left.ok), chan_on_send(left.c, 1));
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(chan_select(chan_on_send(left.room, 1)), -ECANCELED);
		CHECK_EQ(chan_select_until(0, chan_on_send(left.room, 1)), -ECANCELED);
		CHECK_EQ(chan_select_until(GORO_FOREVER), -ECANCELED);
		CHECK_EQ(goro_select(NULL, -1, 0), -EINVAL);
	}
	CHECK_EQ(chan_len(left.room), 0);
	CHECK_EQ(chan_try_select(chan_on_send(left.room, 6)), 0);
	CHECK_EQ(chan_try_select(chan_on_recv(left.room, &v)), 0);
	CHECK_EQ(v, 6);
}

GORO_TEST_OUTSIDE(a_stop_cancels_a_select_with_nothing_done)
{
	memset(&left, 0, sizeof(left));
	left.c = chan_make(int, 0);
	left.room = chan_make(int, 1);
	left.v = 3;
	left.ok = true;
	test_start();
	CHECK_EQ(goro_go(cancelled, NULL), 0);
	await_parked(1, "select");
	test_stop();
	CHECK_EQ(left.index, -ECANCELED);
	CHECK_EQ(left.v, 3);
	CHECK_EQ(left.ok, true);
	CHECK_EQ(chan_select(chan_on_send(left.room, 1)), -EPERM);
	CHECK_EQ(chan_try_select(chan_on_send(left.room, 1)), -EPERM);
	CHECK_EQ(goro_select(NULL, -1, 0), -EINVAL);
	test_start();
	nobody_is_left(left.c);
	test_stop();
	chan_free(left.c);
	chan_free(left.room);
}

GORO_TEST_OUTSIDE(a_stop_sends_a_thread_in_a_select_away)
{
	int v = 7;
	chan(int) c = chan_make(int, 0);
	goro_case k = chan_on_recv(c, &v);
	struct selecting s = { &k, 1, GORO_FOREVER, 0, false };
	struct test_thread t;

	test_start();
	test_thread_start(&t, run_select, &s);
	await_threads_parked(1);
	test_stop();
	test_thread_join(&t);
	CHECK_EQ(s.index, -EPERM);
	CHECK_EQ(v, 7);
	chan_free(c);
}

GORO_TEST_OUTSIDE(threads_select_among_themselves_and_coroutines)
{
	chan(int) a = chan_make(int, 0), b = chan_make(int, 0);
	int v = 0, got = 0;
	goro_case cases[] = { chan_on_recv(a, &got), chan_on_send(b, 5) };
	struct selecting s = { cases, 2, GORO_FOREVER, -1, false };
	struct test_thread t;
	int64_t deadline;

	test_start();
	deadline = goro_after(GORO_MILLISECOND);
	CHECK_EQ(chan_select_until(deadline, chan_on_recv(a, &v)), -ETIMEDOUT);
	CHECK_LE(deadline, goro_now());
	test_thread_start(&t, run_select, &s);
	await_threads_parked(1);
	CHECK_EQ(chan_select(chan_on_recv(b, &v)), 0);
	CHECK_EQ(v, 5);
	test_thread_join(&t);
	CHECK_EQ(s.index, 1);
	begin(&s, cases, 2, GORO_FOREVER, 1);
	CHECK_EQ(chan_select(chan_on_send(a, 6), chan_on_send(a, 6)) & ~1, 0);
	await_end(&s);
	CHECK_EQ(got, 6);
	nobody_is_left(a);
	nobody_is_left(b);
	test_stop();
	chan_free(a);
	chan_free(b);
}
