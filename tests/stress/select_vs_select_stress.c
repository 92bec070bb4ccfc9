/* SPDX-License-Identifier: MIT */
/* select_vs_select: selects over the same few channels, in any order, on both sides, with
 * duplicates and holes. Each says which one thing it did; together they lose nothing and invent
 * nothing.
 */
#include "stress.h"

#define CHANNELS 4
#define CASES    7

struct round {
	chan(uint64_t) c[CHANNELS];
	struct tally sent, received;
	goro_waitgroup all;
	uint64_t next;
};

static void one_select(struct round *r, uint64_t *random)
{
	uint64_t first = __atomic_fetch_add(&r->next, CASES, __ATOMIC_RELAXED);
	uint64_t got[CASES] = { 0 };
	bool sends[CASES];
	goro_case cases[CASES];
	int n = (int)stress_below(random, CASES + 1);
	int index;

	for (int i = 0; i < n; i++) {
		size_t which = stress_below(random, CHANNELS + 1);
		chan(uint64_t) c = which == CHANNELS ? NULL : r->c[which];

		sends[i] = stress_below(random, 2);
		cases[i] =
			sends[i] ? chan_on_send(c, first + (uint64_t)i) : chan_on_recv(c, &got[i]);
	}
	if (stress_below(random, 3) == 0)
		index = goro_try_select(cases, n);
	else
		index = goro_select(cases, n, stress_deadline(random));
	if (index < 0) {
		CHECK_TRUE(index == -EAGAIN || index == -ETIMEDOUT);
	} else {
		CHECK_LT(index, n);
		CHECK_NE(cases[index].chan, NULL);
		tally_add(sends[index] ? &r->sent : &r->received,
			sends[index] ? first + (uint64_t)index : got[index]);
	}
	for (int i = 0; i < n; i++)
		if (i != index)
			CHECK_EQ(got[i], 0);
}

static void selects(struct round *r, uint64_t random, int n)
{
	for (int i = 0; i < n; i++) {
		one_select(r, &random);
		stress_pause(&random);
	}
	goro_waitgroup_done(&r->all);
}

static void run_round(size_t n)
{
	uint64_t random = stress_seed(n, 0), v;
	size_t actors = 2 + stress_below(&random, 8);
	struct round r = { .next = 1 };

	for (int i = 0; i < CHANNELS; i++)
		r.c[i] = chan_make(uint64_t, stress_cap(&random));
	goro_waitgroup_add(&r.all, (int64_t)actors);
	for (size_t i = 0; i < actors; i++)
		CHECK_EQ(go(selects, &r, stress_seed(n, 1 + i), 40), 0);
	CHECK_EQ(goro_waitgroup_wait(&r.all), 0);
	for (int i = 0; i < CHANNELS; i++) {
		while (chan_try_recv(r.c[i], &v) == 0)
			tally_add(&r.received, v);
		chan_free(r.c[i]);
	}
	tally_check(&r.sent, &r.received);
}

GORO_TEST(selects_over_the_same_channels_lose_nothing)
{
	for (size_t n = stress_times(500); n > 0; n--)
		run_round(n);
}
