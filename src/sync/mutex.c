/* SPDX-License-Identifier: MIT */
/* mutex.c: a lock for as long as one likes; its waiters park.
 *
 *   word:  bit 0 the queue's lock · 1 WAITERS · 2 LOCKED · 3 COMING · 4 HANDOVER
 *
 * Two ways of letting go. As a rule the lock is set free and the first waiter is woken to try its
 * luck: newcomers may be faster, which saves a switch for each lock. A waiter that lost so for
 * 1 ms asks for HANDOVER: then an unlock passes the lock on, never free in between, to the first
 * in the line, until it comes to one that has waited less, or the last.
 *
 * Invariants
 *  M1  COMING: exactly one waiter has been woken to try its luck and has not done so yet. While
 *      it is set, nobody else is woken for that.
 *  M2  If the lock is free and somebody waits who can still be claimed, then COMING. Waiters line
 *      up, and the one that was COMING gives up, only while LOCKED is set, under the queue's
 *      lock; it clears COMING then. So the wake-up spent on it is not lost: the unlock to come
 *      finds WAITERS without COMING and wakes the next.
 *  M3  One who was claimed has been granted the lock, or is COMING, even if his deadline passes
 *      or he is cancelled at that moment: he takes it if it is free.
 *  M4  HANDOVER and COMING exclude each other: the first is set by who clears the second.
 *  M5  Unlock's last access to the mutex is the store that sets it free or passes it on. A fast
 *      path fails while the queue's lock is held, so nobody can lock, unlock and free the mutex
 *      before an unlock has done with it (models/mutex.pml).
 *
 * Orderings: acquire when LOCKED is set, release when it is cleared, pairing with each other
 * through the word; a handover orders by the wake-up (wait.h).
 *
 * Source: the two modes and the limit of 1 ms are those of Go's sync.Mutex.
 */
#include "sync/mutex.h"

#include <errno.h>

#include "base/clock.h"
#include "sync/waitline.h"

#define LOCKED   (UINT64_C(1) << GR_LINE_OWN)
#define COMING   (UINT64_C(2) << GR_LINE_OWN)
#define HANDOVER (UINT64_C(4) << GR_LINE_OWN)

#define PATIENCE GORO_MILLISECOND

enum outcome { GRANTED, TRY_AGAIN };

struct waiter {
	struct gr_waitnode node; /* first */
	int64_t since;           /* constant while linked */
};

/* Unlocks the queue; L1, M2 and M4 hold by then. */
static void unlock_line(struct gr_line line, uint64_t word)
{
	GR_DEBUG(!(word & HANDOVER) || (word & (LOCKED | COMING)) == LOCKED);
	GR_DEBUG(word & (LOCKED | COMING) || !gr_line_waiting(line));
	gr_line_unlock(line, word);
}

static inline bool lock_fast(goro_mutex *m)
{
	uint64_t free = 0;

	return !gr_chaos(GR_CHAOS_CLAIM, 4) && gr_cas_acquire(&m->word_, &free, LOCKED);
}

/* The lock is free, whoever waits: take it. False: somebody has it. */
static bool lock_now(goro_mutex *m)
{
	struct gr_backoff backoff = { 0 };
	uint64_t seen = gr_load_relaxed(&m->word_);

	while (!(seen & LOCKED)) {
		if (seen & GR_BITLOCK) {
			gr_backoff_wait(&backoff);
			seen = gr_load_relaxed(&m->word_);
		} else if (gr_cas_acquire(&m->word_, &seen, seen | LOCKED)) {
			return true;
		}
	}
	return false;
}

static int lock_waiting(struct gr_caller *me, goro_mutex *m, int64_t deadline)
{
	struct gr_line line = GR_LINE(m);
	struct waiter self = { .since = gr_now() };
	uint64_t coming = 0; /* COMING, if that is this one */

	for (;;) {
		int rc = gr_line_may_wait(me, deadline);
		uint64_t word = gr_line_lock(line) & ~coming;

		if (!(word & LOCKED)) {
			unlock_line(line, word | LOCKED);
			return 0;
		}
		if (rc == 0) {
			if (coming && gr_now() - self.since >= PATIENCE)
				word |= HANDOVER;
			rc = gr_line_wait(
				me, line, &self.node, &word, coming != 0, deadline, "mutex");
			if (rc == GRANTED)
				return 0;
		}
		if (rc < 0) {
			unlock_line(line, word); /* M2 */
			return rc;
		}
		coming = COMING;
	}
}

static GR_NOINLINE int lock_slow(goro_mutex *m, int64_t deadline)
{
	struct gr_caller me;
	int rc = gr_line_enter(&me);

	if (rc != 0)
		return rc;
	if (!lock_now(m))
		rc = lock_waiting(&me, m, deadline);
	if (rc == 0)
		gr_fiber_acquire(m);
	gr_caller_leave(&me);
	return rc;
}

void gr_mutex_relock(goro_mutex *m)
{
	struct gr_caller me;

	if (!lock_now(m)) {
		gr_caller_enter_shielded(&me);
		GR_CHECK(lock_waiting(&me, m, GORO_FOREVER) == 0);
		gr_caller_leave(&me);
	}
	gr_fiber_acquire(m);
}

int goro_mutex_lock_until(goro_mutex *m, int64_t deadline)
{
	if (gr_unlikely(m == NULL))
		return -EINVAL;
	if (gr_chaos(GR_CHAOS_YIELD, 8))
		gr_park_yield();
	if (gr_likely(gr_line_open() && !gr_tsan_active()) && gr_likely(lock_fast(m)))
		return 0;
	return lock_slow(m, deadline);
}

int goro_mutex_lock(goro_mutex *m)
{
	return goro_mutex_lock_until(m, GORO_FOREVER);
}

int goro_mutex_try_lock(goro_mutex *m)
{
	struct gr_caller me;
	int rc;

	if (gr_unlikely(m == NULL))
		return -EINVAL;
	if (gr_line_open()) {
		rc = lock_now(m) ? 0 : -EBUSY;
	} else {
		rc = gr_caller_enter_try(&me);
		if (rc != 0)
			return rc;
		rc = lock_now(m) ? 0 : -EBUSY;
		gr_caller_leave(&me);
	}
	if (rc == 0)
		gr_fiber_acquire(m);
	return rc;
}

/* Unlock ----------------------------------------------------------------------------------- */

/* Passes the lock on to the first in the line. Returns the word to store. */
static uint64_t hand_over(struct gr_line line, uint64_t word, struct gr_wait **next)
{
	struct gr_waitnode *n = gr_line_claim(line, GRANTED, next);

	if (n == NULL)
		return word & ~(LOCKED | HANDOVER);
	if (*line.head == NULL || gr_now() - ((struct waiter *)n)->since < PATIENCE)
		word &= ~HANDOVER;
	return word;
}

static uint64_t set_free(struct gr_line line, uint64_t word, struct gr_wait **next)
{
	if (!(word & COMING) && gr_line_claim(line, TRY_AGAIN, next) != NULL)
		word |= COMING;
	return word & ~LOCKED;
}

static GR_NOINLINE void unlock_slow(goro_mutex *m)
{
	struct gr_wait *next = NULL;
	struct gr_line line;
	uint64_t word;

	if (m == NULL)
		gr_check_fail("unlock of a NULL mutex");
	line = GR_LINE(m);
	gr_fiber_release(m);
	word = gr_load_relaxed(&m->word_);
	/* Somebody is coming already: nobody to wake. */
	while ((word & (LOCKED | COMING | GR_BITLOCK)) == (LOCKED | COMING))
		if (gr_cas_release(&m->word_, &word, word & ~LOCKED))
			return;
	word = gr_line_lock(line);
	if (!(word & LOCKED))
		gr_check_fail("unlock of a mutex that is not locked");
	word = word & HANDOVER ? hand_over(line, word, &next) : set_free(line, word, &next);
	unlock_line(line, word);
	gr_line_wake(next);
}

void goro_mutex_unlock(goro_mutex *m)
{
	uint64_t held = LOCKED;

	if (gr_likely(m != NULL && !gr_tsan_active()) && !gr_chaos(GR_CHAOS_CLAIM, 8) &&
		gr_likely(gr_cas_release(&m->word_, &held, 0)))
		return;
	unlock_slow(m);
}
