/* SPDX-License-Identifier: MIT */
/* waitgroup.c: wait until so many have said that they are done.
 *
 *   word:  bit 0 the queue's lock · 1 WAITERS · 8–63 how many are still out
 *
 * Invariants
 *  G1  While the queue's lock is free and the count is 0, nobody who can still be claimed waits:
 *      who takes the count to 0 claims them all under the same hold of the lock.
 *  G2  The count becomes 0 with the last access of that call: one compare-exchange, or, if
 *      somebody waits, the store that unlocks the queue. Who waits goes by the whole word, so the
 *      waitgroup may end with his frame when he is back.
 *
 * Orderings: every change releases, and is a read-modify-write or the store of who had acquired
 * the word; a wait that sees 0 has acquired what each of them did before its done().
 */
#include "goro/waitgroup.h"

#include <errno.h>

#include "sync/waitline.h"

#define ONE       (UINT64_C(1) << 8)
#define COUNT_MAX (INT64_MAX >> 8)

/* The word with n more out. */
static uint64_t count(uint64_t word, int64_t n)
{
	int64_t out = (int64_t)(word >> 8);

	if (gr_unlikely(n < -out))
		gr_check_fail("waitgroup below zero");
	if (gr_unlikely(n > COUNT_MAX - out))
		gr_check_fail("waitgroup above 36028797018963967");
	return word + (uint64_t)n * ONE;
}

static GR_NOINLINE void add_slow(goro_waitgroup *w, int64_t n)
{
	struct gr_line line = GR_LINE(w);
	struct gr_wait *claimed = NULL;
	uint64_t word = count(gr_line_lock(line), n);

	if (word < ONE)
		claimed = gr_line_claim_all(line, 0);
	GR_DEBUG(word >= ONE || !gr_line_waiting(line)); /* G1 */
	gr_line_unlock(line, word);
	gr_line_wake_all(claimed);
}

static inline void add(goro_waitgroup *w, int64_t n)
{
	uint64_t seen;
	uint64_t next;

	if (gr_unlikely(w == NULL))
		gr_check_fail("add or done of a NULL waitgroup");
	gr_fiber_release(w);
	seen = gr_load_relaxed(&w->word_);
	while (!(seen & GR_BITLOCK) && !gr_chaos(GR_CHAOS_CLAIM, 8)) {
		next = count(seen, n);
		if (next < ONE && seen & GR_LINE_WAITERS)
			break;
		if (gr_cas_release(&w->word_, &seen, next))
			return;
	}
	add_slow(w, n);
}

void goro_waitgroup_add(goro_waitgroup *w, int64_t n)
{
	add(w, n);
}

void goro_waitgroup_done(goro_waitgroup *w)
{
	add(w, -1);
}

static int wait_for_zero(struct gr_caller *me, goro_waitgroup *w, int64_t deadline)
{
	struct gr_line line = GR_LINE(w);
	struct gr_waitnode node;
	int rc = gr_line_may_wait(me, deadline);
	uint64_t word = gr_line_lock(line);

	if (word < ONE) {
		rc = 0;
	} else if (rc == 0) {
		rc = gr_line_wait(me, line, &node, &word, false, deadline, "waitgroup");
		if (rc == 0)
			return 0;
	}
	gr_line_unlock(line, word);
	return rc;
}

/* Acquire pairs with the release of each done(). With the lock held, the last done() may still
 * be at work (G2). */
static bool is_zero(const goro_waitgroup *w)
{
	uint64_t word = gr_load_acquire(&w->word_);

	return word < ONE && !(word & GR_BITLOCK);
}

int goro_waitgroup_wait_until(goro_waitgroup *w, int64_t deadline)
{
	struct gr_caller me;
	int rc;

	if (gr_unlikely(w == NULL))
		return -EINVAL;
	rc = gr_caller_enter(&me);
	if (rc != 0)
		return rc;
	if (!is_zero(w))
		rc = wait_for_zero(&me, w, deadline);
	if (rc == 0)
		gr_fiber_acquire(w);
	gr_caller_leave(&me);
	return rc;
}

int goro_waitgroup_wait(goro_waitgroup *w)
{
	return goro_waitgroup_wait_until(w, GORO_FOREVER);
}
