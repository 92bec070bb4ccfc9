/* SPDX-License-Identifier: MIT */
/* select_test.c: what a select chooses among cases that are ready or not, and what it says. Nobody
 * has to wait here for another; for that see select_wait_test.c.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "goro_test.h"

/* Choice ------------------------------------------------------------------------------------ */

/* Pearson's sum over k counts that should be equal. With k - 1 degrees of freedom it is above
 * k + 60 less often than once in 10^10 runs, for the few k in use here. */
static void check_uniform(const int *counts, int k, int total)
{
	double expected = (double)total / k, sum = 0;

	for (int i = 0; i < k; i++)
		sum += (counts[i] - expected) * (counts[i] - expected) / expected;
	CHECK_LT(sum, k + 60.0);
}

static void check_choice(int ready, int n)
{
	chan(int) c = chan_make(int, CHAN_UNBOUNDED), never = chan_make(int, 0);
	goro_case *cases = calloc((size_t)n, sizeof(*cases));
	int *counts = calloc((size_t)n, sizeof(*counts));
	int total = (int)test_scaled(4000) * ready, v;

	/* The ready ones stand at the end, and all on one channel. */
	for (int round = 0; round < total; round++) {
		int index;

		for (int i = 0; i < n; i++)
			cases[i] = i >= n - ready ? chan_on_send(c, i) : chan_on_recv(never, &v);
		index = round % 2 == 0 ? goro_select(cases, n, GORO_FOREVER) :
					 goro_try_select(cases, n);
		CHECK_TRUE(index >= n - ready && index < n);
		CHECK_EQ(chan_recv(c, &v), 0);
		CHECK_EQ(v, index);       /* it is the case that was done */
		CHECK_EQ(chan_len(c), 0); /* and no other */
		counts[index]++;
	}
	check_uniform(counts + n - ready, ready, total);
	chan_free(c);
	chan_free(never);
	free(cases);
	free(counts);
}

GORO_TEST(among_ready_cases_the_choice_is_uniform)
{
	check_choice(1, 1);
	check_choice(2, 2);
	check_choice(3, 3);
	check_choice(8, 8);
	check_choice(2, 5);
	check_choice(5, 7);
}

GORO_TEST(the_choice_is_uniform_over_channels_too)
{
	chan(int) c[4];
	int counts[4] = { 0 }, total = (int)test_scaled(16000), v;

	for (int i = 0; i < 4; i++) {
		c[i] = chan_make(int, 1);
		CHECK_EQ(chan_send(c[i], i), 0);
	}
	for (int round = 0; round < total; round++) {
		int index = chan_select(chan_on_recv(c[2], &v), chan_on_recv(c[0], &v),
			chan_on_recv(c[3], &v), chan_on_recv(c[1], &v));
		static const int of_case[4] = { 2, 0, 3, 1 };

		CHECK_TRUE(index >= 0 && index < 4);
		CHECK_EQ(v, of_case[index]);
		CHECK_EQ(chan_send(c[v], v), 0);
		counts[index]++;
	}
	check_uniform(counts, 4, total);
	for (int i = 0; i < 4; i++)
		chan_free(c[i]);
}

/* One element in the buffer and room for one: both sides are ready. */
GORO_TEST(one_channel_may_stand_on_both_sides)
{
	chan(int) c = chan_make(int, 2);
	int counts[2] = { 0 }, total = (int)test_scaled(8000), v;

	CHECK_EQ(chan_send(c, 0), 0);
	for (int round = 1; round <= total; round++) {
		int index = chan_select(chan_on_send(c, round), chan_on_recv(c, &v));

		CHECK_TRUE(index == 0 || index == 1);
		counts[index]++;
		if (index == 0)
			CHECK_EQ(chan_recv(c, &v), 0);
		else
			CHECK_EQ(chan_send(c, round), 0);
		CHECK_EQ(v, round - 1);
		CHECK_EQ(chan_len(c), 1);
	}
	check_uniform(counts, 2, total);
	chan_free(c);
}

GORO_TEST(a_select_never_pairs_with_itself)
{
	chan(int) c = chan_make(int, 0);
	int v = 4;

	CHECK_EQ(chan_try_select(chan_on_send(c, 1), chan_on_recv(c, &v)), -EAGAIN);
	CHECK_EQ(chan_select_until(goro_after(GORO_MILLISECOND), chan_on_recv(c, &v),
			 chan_on_send(c, 1), chan_on_recv(c, &v), chan_on_send(c, 2)),
		-ETIMEDOUT);
	CHECK_EQ(v, 4);
	CHECK_EQ(chan_try_send(c, 1), -EAGAIN); /* it has left all lines */
	CHECK_EQ(chan_try_recv(c, &v), -EAGAIN);
	chan_free(c);
}

/* Closed and NULL --------------------------------------------------------------------------- */

GORO_TEST(a_closed_channel_is_ready_and_ok_says_so)
{
	chan(int) c = chan_make(int, 2);
	bool ok = false;
	int v = 9;

	CHECK_EQ(chan_select(chan_on_send(c, 5, &ok)), 0);
	CHECK_EQ(ok, true);
	CHECK_EQ(chan_close(c), 0);
	ok = false;
	CHECK_EQ(chan_select(chan_on_recv(c, &v, &ok)), 0); /* what is in it comes first */
	CHECK_EQ(ok, true);
	CHECK_EQ(v, 5);
	CHECK_EQ(chan_select(chan_on_recv(c, &v, &ok)), 0);
	CHECK_EQ(ok, false);
	CHECK_EQ(v, 0);
	v = 9;
	CHECK_EQ(chan_select(chan_on_recv(c, &v)), 0);
	CHECK_EQ(v, 0);
	ok = true;
	CHECK_EQ(chan_select(chan_on_send(c, 6, &ok)), 0);
	CHECK_EQ(ok, false);
	CHECK_EQ(chan_select(chan_on_send(c, 6)), -EPIPE);
	CHECK_EQ(chan_try_select(chan_on_send(c, 6)), -EPIPE);
	CHECK_EQ(chan_select_until(0, chan_on_send_from(c, &v)), -EPIPE);
	CHECK_EQ(chan_try_select(chan_on_recv(c, &v, NULL)), 0);
	CHECK_EQ(chan_len(c), 0);
	chan_free(c);
}

GORO_TEST(only_the_chosen_case_sets_its_ok)
{
	chan(int) c = chan_make(int, 1), other = chan_make(int, 0);
	bool oks[3] = { true, true, true };
	int v = 1, w = 1;

	CHECK_EQ(chan_close(c), 0);
	CHECK_EQ(chan_select(chan_on_recv(other, &w, &oks[0]), chan_on_recv(c, &v, &oks[1]),
			 chan_on_send(other, 1, &oks[2])),
		1);
	CHECK_TRUE(oks[0] && !oks[1] && oks[2]);
	CHECK_EQ(w, 1);
	oks[1] = true;
	CHECK_EQ(chan_try_select(chan_on_recv(other, &w, &oks[1])), -EAGAIN);
	CHECK_EQ(chan_select_until(0, chan_on_recv(other, &w, &oks[1])), -ETIMEDOUT);
	CHECK_EQ(oks[1], true);
	chan_free(c);
	chan_free(other);
}

GORO_TEST(a_null_channel_is_never_ready)
{
	chan(int) none = NULL, c = chan_make(int, 1);
	int v = 3;

	CHECK_EQ(chan_try_select(chan_on_recv(none, &v), chan_on_send(none, 1)), -EAGAIN);
	CHECK_EQ(chan_select_until(goro_after(1), chan_on_recv(none, &v)), -ETIMEDOUT);
	for (int i = 0; i < 100; i++) {
		CHECK_EQ(chan_select(
				 chan_on_recv(none, &v), chan_on_send(c, 7), chan_on_send(none, 1)),
			1);
		CHECK_EQ(chan_select(chan_on_send(none, 1), chan_on_send_from(none, &v),
				 chan_on_recv(c, &v)),
			2);
		CHECK_EQ(v, 7);
	}
	chan_free(c);
}

/* No cases, wrong cases --------------------------------------------------------------------- */

GORO_TEST(a_select_of_nothing_waits_for_its_deadline)
{
	int64_t deadline = goro_after(2 * GORO_MILLISECOND);

	CHECK_EQ(chan_select_until(deadline), -ETIMEDOUT);
	CHECK_LE(deadline, goro_now());
	CHECK_EQ(goro_select(NULL, 0, 0), -ETIMEDOUT);
	CHECK_EQ(goro_select(NULL, 0, INT64_MIN), -ETIMEDOUT);
	CHECK_EQ(goro_try_select(NULL, 0), -EAGAIN);
	CHECK_EQ(chan_try_select(), -EAGAIN);
}

GORO_TEST(wrong_cases_are_told_and_nothing_is_done)
{
	chan(int) c = chan_make(int, 4);
	chan(int64_t) wide = chan_make(int64_t, 4);
	struct {
		char bytes[17];
	} large = { "large" };
	goro_chan *big = goro_chan_make(sizeof(large), 1), *u = (goro_chan *)(void *)c;
	int v = 1;
	goro_case cases[2];

	CHECK_EQ(goro_select(cases, -1, GORO_FOREVER), -EINVAL);
	CHECK_EQ(goro_select(cases, INT_MIN, 0), -EINVAL);
	CHECK_EQ(goro_select(NULL, 1, GORO_FOREVER), -EINVAL);
	CHECK_EQ(goro_try_select(cases, -1), -EINVAL);
	CHECK_EQ(goro_try_select(NULL, 1), -EINVAL);

	cases[0] = chan_on_send(c, 1); /* ready, but its neighbour is wrong */
	cases[1] = chan_on_send(c, 1);
	cases[1].kind = 0;
	CHECK_EQ(goro_select(cases, 2, GORO_FOREVER), -EINVAL);
	cases[1].kind = 4;
	CHECK_EQ(goro_select(cases, 2, GORO_FOREVER), -EINVAL);
	cases[1].kind = UINT32_MAX;
	CHECK_EQ(goro_try_select(cases, 2), -EINVAL);
	memset(&cases[1], 0, sizeof(cases[1]));
	CHECK_EQ(goro_select(cases, 2, 0), -EINVAL);
	cases[1] = chan_on_send(c, 1);
	cases[1].chan = (goro_chan *)(void *)wide; /* elements of another size */
	CHECK_EQ(goro_select(cases, 2, GORO_FOREVER), -EINVAL);
	cases[1] = chan_on_recv(wide, &(int64_t){ 0 });
	cases[1].chan = u;
	CHECK_EQ(goro_select(cases, 2, GORO_FOREVER), -EINVAL);
	cases[1] = goro_case_recv(u, NULL, NULL);
	CHECK_EQ(goro_select(cases, 2, GORO_FOREVER), -EINVAL);
	cases[1] = goro_case_send(u, NULL, NULL);
	CHECK_EQ(goro_select(cases, 2, GORO_FOREVER), -EINVAL);
	cases[1] = goro_case_send(big, &large, NULL);
	cases[1].kind = GORO_CASE_SEND_VALUE; /* it has no room for it */
	CHECK_EQ(goro_select(cases, 2, GORO_FOREVER), -EINVAL);
	CHECK_EQ(chan_len(c), 0);

	cases[1] = goro_case_recv(NULL, NULL, NULL); /* no channel: no elements, nothing wrong */
	CHECK_EQ(goro_select(cases, 2, GORO_FOREVER), 0);
	cases[0] = goro_case_recv(u, &v, NULL);
	CHECK_EQ(goro_select(cases, 1, GORO_FOREVER), 0);
	chan_free(c);
	chan_free(wide);
	goro_chan_free(big);
}

/* Values ------------------------------------------------------------------------------------ */

struct pair {
	uint64_t a, b;
};

GORO_TEST(values_up_to_16_bytes_are_kept_in_the_case_larger_ones_are_not)
{
	chan(struct pair) p = chan_make(struct pair, 3);
	chan(unsigned char) byte = chan_make(unsigned char, 3);
	struct large {
		uint64_t words[9];
	} large = { { 1 } }, got_large;
	chan(struct large) l = chan_make(struct large, 1);
	struct pair v = { 1, 2 }, got;
	unsigned char b = 200, got_byte;
	goro_case cases[3] = { chan_on_send(p, v), chan_on_send(byte, b),
		chan_on_send_from(l, &large) };

	v.a = 100; /* too late for those that are in the case */
	b = 0;
	large.words[8] = 9; /* read when the case is chosen */
	for (int i = 0; i < 3; i++)
		CHECK_EQ(goro_select(&cases[i], 1, GORO_FOREVER), 0);
	CHECK_EQ(chan_recv(p, &got), 0);
	CHECK_EQ(got.a, 1);
	CHECK_EQ(got.b, 2);
	CHECK_EQ(chan_recv(byte, &got_byte), 0);
	CHECK_EQ(got_byte, 200);
	CHECK_EQ(chan_recv(l, &got_large), 0);
	CHECK_EQ(got_large.words[8], 9);
	chan_free(p);
	chan_free(byte);
	chan_free(l);
}

GORO_TEST(elements_without_size_can_be_selected)
{
	goro_chan *c = goro_chan_make(0, 1);
	goro_case k = goro_case_send(c, NULL, NULL);

	CHECK_EQ(goro_select(&k, 1, GORO_FOREVER), 0);
	CHECK_EQ(goro_try_select(&k, 1), -EAGAIN);
	k = goro_case_recv(c, NULL, NULL);
	CHECK_EQ(goro_select(&k, 1, GORO_FOREVER), 0);
	goro_chan_free(c);
}

GORO_TEST(an_unbounded_channel_takes_a_case_any_time)
{
	chan(int) c = chan_make(int, CHAN_UNBOUNDED);
	int n = (int)test_scaled(20000), v;

	for (int i = 0; i < n; i++)
		CHECK_EQ(chan_select(chan_on_send(c, i)), 0);
	for (int i = 0; i < n; i++) {
		CHECK_EQ(chan_select(chan_on_recv(c, &v)), 0);
		CHECK_EQ(v, i);
	}
	CHECK_EQ(chan_try_select(chan_on_recv(c, &v)), -EAGAIN);
	chan_free(c);
}

/* Any number of cases ----------------------------------------------------------------------- */

#define CASES 1000

GORO_TEST(a_thousand_cases_in_any_order_of_channels)
{
	static chan(int) c[CASES / 4];
	static goro_case cases[CASES];
	static int got[CASES];
	uint64_t random = test_seed();

	for (int i = 0; i < CASES / 4; i++)
		c[i] = chan_make(int, 1);
	for (size_t round = 0; round < test_scaled(200); round++) {
		int full = (int)(test_random(&random) % (CASES / 4)), index;

		CHECK_EQ(chan_send(c[full], (int)round), 0);
		for (int i = 0; i < CASES; i++)
			cases[i] = chan_on_recv(c[test_random(&random) % (CASES / 4)], &got[i]);
		cases[test_random(&random) % CASES] = chan_on_recv(c[full], &got[0]);
		index = goro_select(cases, CASES, GORO_FOREVER);
		CHECK_TRUE(index >= 0 && index < CASES);
		CHECK_EQ(cases[index].chan, c[full]);
		CHECK_EQ(*(int *)cases[index].elem, (int)round);
		CHECK_EQ(goro_try_select(cases, CASES), -EAGAIN);
	}
	for (int i = 0; i < CASES / 4; i++)
		chan_free(c[i]);
}
