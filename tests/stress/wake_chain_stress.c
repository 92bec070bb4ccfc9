/* SPDX-License-Identifier: MIT */
/* wake_chain: one wakes the next, who wakes the next, a hundred thousand times: a loop of switches,
 * not a chain of calls on somebody's stack. As deep go() in go(), channel behind channel, lock
 * behind lock.
 */
#include <stdlib.h>

#include "stress.h"

/* Each parked one keeps a page or two; ASan many more. */
static size_t chain_length(void)
{
	return test_scaled(TEST_ASAN || TEST_TSAN ? 2000 : 100000);
}

/* Channels: what comes from the left goes to the right, plus one. --------------------------- */

static void link_of(chan(size_t) left, chan(size_t) right)
{
	size_t v = 0;

	CHECK_EQ(chan_recv(left, &v), 0);
	CHECK_EQ(chan_send(right, v + 1), 0);
	chan_free(left);
	chan_free(right);
}

GORO_TEST(a_value_passes_through_a_hundred_thousand_channels)
{
	chan(size_t) first = chan_make(size_t, 0), left = chan_ref(first), right;
	size_t n = chain_length(), v = 0;

	for (size_t i = 0; i < n; i++) {
		right = chan_make(size_t, 0);
		CHECK_TRUE(right != NULL);
		CHECK_EQ(go(link_of, left, chan_ref(right)), 0);
		left = right;
	}
	CHECK_EQ(chan_send(first, 0), 0);
	CHECK_EQ(chan_recv(left, &v), 0);
	CHECK_EQ(v, n);
	chan_free(first);
	chan_free(left);
	await_alive(1);
}

/* A lock and those behind it; a close that each passes on. ---------------------------------- */

static size_t inside;

static void pass_lock_on(goro_mutex *m, goro_waitgroup *out)
{
	CHECK_EQ(goro_mutex_lock(m), 0);
	inside++;
	goro_mutex_unlock(m);
	goro_waitgroup_done(out);
}

/* Queued, or on its way there: the unlock meets both. */
GORO_TEST(a_lock_passes_through_a_hundred_thousand_hands)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;
	goro_mutex m = GORO_MUTEX_INIT;
	size_t n = chain_length();

	inside = 0;
	CHECK_EQ(goro_mutex_lock(&m), 0);
	goro_waitgroup_add(&out, (int64_t)n);
	for (size_t i = 0; i < n; i++)
		CHECK_EQ(go(pass_lock_on, &m, &out), 0);
	await_parked(1, "mutex");
	goro_mutex_unlock(&m);
	CHECK_EQ(goro_waitgroup_wait(&out), 0);
	CHECK_EQ(inside, n);
	await_alive(1);
}

static void close_next(chan(int) mine, chan(int) next)
{
	int v;

	CHECK_EQ(chan_recv(mine, &v), -EPIPE);
	CHECK_EQ(chan_close(next), 0);
	chan_free(mine);
	chan_free(next);
}

GORO_TEST(a_close_passes_through_a_hundred_thousand_channels)
{
	chan(int) first = chan_make(int, 0), mine = chan_ref(first), next;
	size_t n = chain_length();
	int v;

	for (size_t i = 0; i < n; i++) {
		next = chan_make(int, 0);
		CHECK_TRUE(next != NULL);
		CHECK_EQ(go(close_next, mine, chan_ref(next)), 0);
		mine = next;
	}
	CHECK_EQ(chan_close(first), 0);
	CHECK_EQ(chan_recv(mine, &v), -EPIPE);
	chan_free(first);
	chan_free(mine);
	await_alive(1);
}

/* Within each other --------------------------------------------------------------------------- */

static void begin_next_and_wait(size_t depth, goro_waitgroup *mine)
{
	goro_waitgroup next = GORO_WAITGROUP_INIT;

	if (depth > 0) {
		goro_waitgroup_add(&next, 1);
		CHECK_EQ(go(begin_next_and_wait, depth - 1, &next), 0);
		CHECK_EQ(goro_waitgroup_wait(&next), 0);
	}
	goro_waitgroup_done(mine);
}

GORO_TEST(a_hundred_thousand_wait_for_each_other_in_turn)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;

	goro_waitgroup_add(&out, 1);
	CHECK_EQ(go(begin_next_and_wait, chain_length(), &out), 0);
	CHECK_EQ(goro_waitgroup_wait(&out), 0);
	await_alive(1);
}
