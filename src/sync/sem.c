/* SPDX-License-Identifier: MIT */
/* sem.c: so many may have it at once.
 *
 *   word:  bit 0 the queue's lock · 1 WAITERS · 8–63 units to be had, signed
 *
 * Invariants
 *  S1  While the queue's lock is free: if there is a unit, nobody who can still be claimed waits.
 *      A release hands its unit to the first who can, and adds it to the count only if there is
 *      none. So nobody overtakes, and no unit is spent on one who gives up.
 *  S2  The count never becomes negative by itself: a negative one was the initialiser's, and is
 *      told with -EINVAL.
 *  S3  Release's last access is the store or compare-exchange that makes its effect visible; the
 *      fast paths fail while the queue's lock is held. So who got the unit may free it.
 */
#include "goro/sem.h"

#include <errno.h>

#include "sync/waitline.h"

#define UNIT (UINT64_C(1) << 8)

static int64_t count_of(uint64_t word)
{
	return (int64_t)word >> 8; /* arithmetic, as all compilers we know have it */
}

/* Takes a unit, if there is one; the caller does not hold the queue's lock. */
static inline bool take_now(goro_sem *s)
{
	struct gr_backoff backoff = { 0 };
	uint64_t seen = gr_load_relaxed(&s->word_);

	while (count_of(seen) > 0) {
		if (gr_unlikely(seen & GR_BITLOCK)) {
			gr_backoff_wait(&backoff);
			seen = gr_load_relaxed(&s->word_);
		} else if (gr_cas_acquire(&s->word_, &seen, seen - UNIT)) {
			return true;
		}
	}
	return false;
}

static int wait_for_unit(struct gr_caller *me, goro_sem *s, int64_t deadline)
{
	struct gr_line line = GR_LINE(s);
	struct gr_waitnode node;
	int rc = gr_line_may_wait(me, deadline);
	uint64_t word;

	if (rc != 0)
		return rc;
	word = gr_line_lock(line);
	if (count_of(word) > 0) {
		gr_line_unlock(line, word - UNIT);
		return 0;
	}
	rc = gr_line_wait(me, line, &node, &word, false, deadline, "semaphore");
	if (rc < 0)
		gr_line_unlock(line, word);
	return rc;
}

static bool usable(const goro_sem *s)
{
	return s != NULL && count_of(gr_load_relaxed(&s->word_)) >= 0; /* S2 */
}

int goro_sem_acquire_until(goro_sem *s, int64_t deadline)
{
	struct gr_caller me;
	int rc;

	if (gr_unlikely(!usable(s)))
		return -EINVAL;
	rc = gr_caller_enter(&me);
	if (rc != 0)
		return rc;
	if (!take_now(s))
		rc = wait_for_unit(&me, s, deadline);
	if (rc == 0)
		gr_fiber_acquire(s);
	gr_caller_leave(&me);
	return rc;
}

int goro_sem_acquire(goro_sem *s)
{
	return goro_sem_acquire_until(s, GORO_FOREVER);
}

int goro_sem_try_acquire(goro_sem *s)
{
	struct gr_caller me;
	int rc;

	if (gr_unlikely(!usable(s)))
		return -EINVAL;
	rc = gr_caller_enter_try(&me);
	if (rc != 0)
		return rc;
	rc = take_now(s) ? 0 : -EAGAIN;
	if (rc == 0)
		gr_fiber_acquire(s);
	gr_caller_leave(&me);
	return rc;
}

static uint64_t add_unit(uint64_t word)
{
	if (gr_unlikely(count_of(word) == INT64_MAX >> 8))
		gr_check_fail("a semaphore has more than 36028797018963967 units");
	return word + UNIT;
}

static GR_NOINLINE void release_slow(goro_sem *s)
{
	struct gr_line line = GR_LINE(s);
	struct gr_wait *claimed = NULL;
	uint64_t word = gr_line_lock(line);

	if (gr_line_claim(line, 0, &claimed) == NULL)
		word = add_unit(word);
	gr_line_unlock(line, word);
	gr_line_wake(claimed);
}

void goro_sem_release(goro_sem *s)
{
	uint64_t seen;

	if (gr_unlikely(!usable(s)))
		gr_check_fail(
			"release of a semaphore that is NULL or was made with a negative count");
	gr_fiber_release(s);
	seen = gr_load_relaxed(&s->word_);
	while (!(seen & (GR_BITLOCK | GR_LINE_WAITERS)))
		/* Release alone: an acquire takes what all the releases before it published, as
		 * each change of the word is a read-modify-write. */
		if (gr_cas_release(&s->word_, &seen, add_unit(seen)))
			return;
	release_slow(s);
}
