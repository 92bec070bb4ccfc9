/* SPDX-License-Identifier: MIT */
/* rwmutex.c: many readers or one writer.
 *
 *   word:  bit 0 the queues' lock · 1 WAITERS · 2 WRITER (it is held by one) ·
 *          8–31 writers that wait · 32–63 readers that hold it
 *
 * Readers and writers wait in two lines behind one lock. It is always passed on, never set free
 * before somebody who waits: a writer that leaves lets in all readers that wait, the last reader
 * that leaves lets in one writer. So each waits for one batch of the others at most, and nobody
 * starves.
 *
 * Invariants
 *  R1  Newcomers that read are held back while a writer has it or waits for it. "Waits" is a
 *      count of the nodes linked in the writers' line, changed under the queues' lock.
 *  R2  While the queues' lock is free: if the rwmutex is free, nobody who can still be claimed
 *      waits; if readers hold it, readers wait only behind a writer that is linked.
 *  R3  A writer that gives up uncounts itself; if it was the last and no writer holds the lock,
 *      it lets in the readers that waited for its sake. So R2 holds again, and no wake-up is lost
 *      on one who gives up: who is claimed holds the rwmutex, whatever his deadline says.
 *  R4  The last access of who leaves is the store or compare-exchange that shows it. All fast
 *      paths fail while the queues' lock is held (bitlock.h B1).
 *
 * Orderings: acquire on entry, release on leaving, through the word. The last of several readers
 * acquires what the others released, since each change is a read-modify-write, or a store of who
 * had locked the queues.
 */
#include "goro/rwmutex.h"

#include <errno.h>

#include "sync/waitline.h"

#define WRITER       (UINT64_C(1) << GR_LINE_OWN)
#define WAITING      (UINT64_C(1) << 8) /* one writer that waits */
#define WAITING_MASK (((UINT64_C(1) << 24) - 1) * WAITING)
#define READER       (UINT64_C(1) << 32) /* one reader that holds it */
#define READERS_MAX  ((UINT64_C(1) << 31) * READER)

static struct gr_line readers_of(goro_rwmutex *rw)
{
	return GR_LINE(rw);
}

static struct gr_line writers_of(goro_rwmutex *rw)
{
	return (struct gr_line){ &rw->word_, &rw->writers_head_, &rw->writers_tail_ };
}

/* Unlocks the queues; the last access (R4). */
static void leave_queues(goro_rwmutex *rw, uint64_t word)
{
	word &= ~(GR_BITLOCK | GR_LINE_WAITERS);
	if (rw->head_ != NULL || rw->writers_head_ != NULL)
		word |= GR_LINE_WAITERS;
	gr_bitlock_release(&rw->word_, word);
}

/* If it is free, who still stands in line has given up (R2). */
static bool may_read(uint64_t word)
{
	return !(word & WRITER) && (word < READER || !(word & WAITING_MASK));
}

static bool may_write(uint64_t word)
{
	return word < READER && !(word & WRITER);
}

static uint64_t add_reader(uint64_t word)
{
	if (gr_unlikely(word >= READERS_MAX))
		gr_check_fail("an rwmutex has more than 2147483647 readers");
	return word + READER;
}

/* Enters if nobody is in the way. False: somebody is. */
static inline bool enter_now(goro_rwmutex *rw, bool write)
{
	struct gr_backoff backoff = { 0 };
	uint64_t seen = gr_load_relaxed(&rw->word_);

	while (write ? may_write(seen) : may_read(seen)) {
		if (gr_unlikely(seen & GR_BITLOCK)) {
			gr_backoff_wait(&backoff);
			seen = gr_load_relaxed(&rw->word_);
		} else if (gr_cas_acquire(
				   &rw->word_, &seen, write ? seen | WRITER : add_reader(seen))) {
			return true;
		}
	}
	return false;
}

/* Passing on: under the queues' lock. They return the word to store. ---------------------- */

struct granted {
	struct gr_wait *readers;
	struct gr_wait *writer;
};

static uint64_t let_readers_in(goro_rwmutex *rw, uint64_t word, struct granted *g)
{
	g->readers = gr_line_claim_all(readers_of(rw), 0);
	for (const struct gr_wait *w = g->readers; w != NULL; w = w->next)
		word = add_reader(word);
	return word;
}

static uint64_t let_writer_in(goro_rwmutex *rw, uint64_t word, struct granted *g)
{
	if (gr_line_claim(writers_of(rw), 0, &g->writer) == NULL)
		return word;
	return (word - WAITING) | WRITER;
}

static void leave_and_wake(goro_rwmutex *rw, uint64_t word, const struct granted *g)
{
	leave_queues(rw, word);
	gr_line_wake(g->writer);
	gr_line_wake_all(g->readers);
}

/* Waiting ---------------------------------------------------------------------------------- */

static int wait_to_read(struct gr_caller *me, goro_rwmutex *rw, int64_t deadline)
{
	struct gr_waitnode node;
	int rc = gr_line_may_wait(me, deadline);
	uint64_t word = gr_line_lock(readers_of(rw));

	if (may_read(word)) {
		word = add_reader(word);
		rc = 0;
	} else if (rc == 0) {
		rc = gr_line_wait(me, readers_of(rw), &node, &word, false, deadline, "rlock");
		if (rc == 0)
			return 0;
	}
	leave_queues(rw, word);
	return rc;
}

static int wait_to_write(struct gr_caller *me, goro_rwmutex *rw, int64_t deadline)
{
	struct granted granted = { NULL, NULL };
	struct gr_waitnode node;
	int rc = gr_line_may_wait(me, deadline);
	uint64_t word = gr_line_lock(writers_of(rw));

	if (may_write(word)) {
		word |= WRITER;
		rc = 0;
	} else if (rc == 0) {
		GR_CHECK((word & WAITING_MASK) != WAITING_MASK);
		word += WAITING;
		rc = gr_line_wait(me, writers_of(rw), &node, &word, false, deadline, "rwlock");
		if (rc == 0)
			return 0;
		word -= WAITING; /* R3 */
		if (may_read(word))
			word = let_readers_in(rw, word, &granted);
	}
	leave_and_wake(rw, word, &granted);
	return rc;
}

static int enter_slow(goro_rwmutex *rw, bool write, int64_t deadline)
{
	struct gr_caller me;
	int rc = gr_line_enter(&me);

	if (rc != 0)
		return rc;
	if (!enter_now(rw, write))
		rc = write ? wait_to_write(&me, rw, deadline) : wait_to_read(&me, rw, deadline);
	gr_caller_leave(&me);
	return rc;
}

static int enter(goro_rwmutex *rw, bool write, int64_t deadline)
{
	int rc;

	if (gr_unlikely(rw == NULL))
		return -EINVAL;
	rc = gr_line_open() && gr_likely(enter_now(rw, write)) ? 0 :
								 enter_slow(rw, write, deadline);
	if (rc == 0)
		gr_fiber_acquire(rw);
	return rc;
}

static int try_enter(goro_rwmutex *rw, bool write)
{
	struct gr_caller me;
	int rc;

	if (gr_unlikely(rw == NULL))
		return -EINVAL;
	rc = gr_caller_enter_try(&me);
	if (rc != 0)
		return rc;
	rc = enter_now(rw, write) ? 0 : -EBUSY;
	if (rc == 0)
		gr_fiber_acquire(rw);
	gr_caller_leave(&me);
	return rc;
}

/* Leaving ---------------------------------------------------------------------------------- */

static GR_NOINLINE void last_reader_leaves(goro_rwmutex *rw)
{
	struct granted granted = { NULL, NULL };
	uint64_t word = gr_line_lock(writers_of(rw)) - READER;

	if (word < READER) {
		word = let_writer_in(rw, word, &granted);
		if (!(word & WRITER)) /* the writer before whom readers wait has given up */
			word = let_readers_in(rw, word, &granted);
	}
	leave_and_wake(rw, word, &granted);
}

static GR_NOINLINE void writer_leaves(goro_rwmutex *rw)
{
	struct granted granted = { NULL, NULL };
	uint64_t word = gr_line_lock(writers_of(rw));

	if (!(word & WRITER))
		gr_check_fail("unlock of an rwmutex that no writer holds");
	word = let_readers_in(rw, word & ~WRITER, &granted);
	if (granted.readers == NULL)
		word = let_writer_in(rw, word, &granted);
	leave_and_wake(rw, word, &granted);
}

void goro_rwmutex_runlock(goro_rwmutex *rw)
{
	struct gr_backoff backoff = { 0 };
	uint64_t seen;

	if (gr_unlikely(rw == NULL))
		gr_check_fail("runlock of a NULL rwmutex");
	gr_fiber_release(rw);
	seen = gr_load_relaxed(&rw->word_);
	for (;;) {
		if (gr_unlikely(seen < READER))
			gr_check_fail("runlock of an rwmutex that no reader holds");
		if (gr_unlikely(seen & GR_BITLOCK)) {
			gr_backoff_wait(&backoff);
			seen = gr_load_relaxed(&rw->word_);
		} else if (seen < 2 * READER && seen & GR_LINE_WAITERS) {
			last_reader_leaves(rw);
			return;
		} else if (gr_cas_release(&rw->word_, &seen, seen - READER)) {
			return;
		}
	}
}

void goro_rwmutex_unlock(goro_rwmutex *rw)
{
	uint64_t held = WRITER;

	if (gr_unlikely(rw == NULL))
		gr_check_fail("unlock of a NULL rwmutex");
	gr_fiber_release(rw);
	if (gr_chaos(GR_CHAOS_CLAIM, 8) || gr_unlikely(!gr_cas_release(&rw->word_, &held, 0)))
		writer_leaves(rw);
}

/* The rest of the interface ------------------------------------------------------------------ */

int goro_rwmutex_rlock(goro_rwmutex *rw)
{
	return enter(rw, false, GORO_FOREVER);
}

int goro_rwmutex_rlock_until(goro_rwmutex *rw, int64_t deadline)
{
	return enter(rw, false, deadline);
}

int goro_rwmutex_try_rlock(goro_rwmutex *rw)
{
	return try_enter(rw, false);
}

int goro_rwmutex_lock(goro_rwmutex *rw)
{
	return enter(rw, true, GORO_FOREVER);
}

int goro_rwmutex_lock_until(goro_rwmutex *rw, int64_t deadline)
{
	return enter(rw, true, deadline);
}

int goro_rwmutex_try_lock(goro_rwmutex *rw)
{
	return try_enter(rw, true);
}
