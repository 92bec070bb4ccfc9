/* SPDX-License-Identifier: MIT */
/* once.c: the first caller does it, the others wait until it is done.
 *
 *   word:  bit 0 the queue's lock · 1 WAITERS · 2 RUNNING · 3 DONE
 *
 * Invariants
 *  O1  RUNNING is set by the one caller who goes on to call fn, and cleared by the same, with
 *      DONE if fn has returned. DONE is never cleared.
 *  O2  Somebody waits only while RUNNING is set. Who clears it claims all that wait, and they
 *      look again: at DONE, or, if fn did not return, at who is the next to try.
 *  O3  fn runs with no lock held and not counted in as a caller: it may call anything, may take
 *      its time, and the once of another object is no deadlock. (Its own is: it waits for itself.)
 *  O4  The unlocking store in finish() is the last access, so whoever sees DONE may free it.
 *
 * Orderings: DONE is stored with release and read with acquire: what fn wrote is seen.
 */
#include "goro/once.h"

#include <errno.h>

#include "sync/waitline.h"

#define RUNNING (UINT64_C(1) << GR_LINE_OWN)
#define DONE    (UINT64_C(2) << GR_LINE_OWN)

enum turn { TURN_DONE, TURN_MINE };

/* Waits until it has been done, or it is the caller's turn to do it. */
static int await_turn(struct gr_caller *me, goro_once *o)
{
	struct gr_line line = GR_LINE(o);
	struct gr_waitnode node;

	for (;;) {
		uint64_t word = gr_line_lock(line);
		int rc = TURN_DONE;

		if (!(word & (RUNNING | DONE))) {
			word |= RUNNING;
			rc = TURN_MINE;
		} else if (word & RUNNING) {
			rc = gr_line_wait(me, line, &node, &word, false, GORO_FOREVER, "once");
			if (rc >= 0)
				continue;
		}
		gr_line_unlock(line, word);
		return rc;
	}
}

/* fn has returned (`word_bits` DONE), or has not and never will (0). */
static void finish(goro_once *o, uint64_t word_bits)
{
	struct gr_line line = GR_LINE(o);
	uint64_t word = gr_line_lock(line);
	struct gr_wait *claimed = gr_line_claim_all(line, 0);

	gr_line_unlock(line, (word & ~RUNNING) | word_bits);
	gr_line_wake_all(claimed);
}

static bool is_done(const goro_once *o)
{
	return gr_load_acquire(&o->word_) & DONE; /* O4; pairs with finish() */
}

static GR_NOINLINE int do_slow(goro_once *o, void (*fn)(void *), void *arg)
{
	struct gr_caller me;
	int rc = gr_line_enter(&me);

	if (rc != 0)
		return rc;
	if (!is_done(o)) {
		rc = gr_line_may_wait(&me, GORO_FOREVER);
		if (rc == 0)
			rc = await_turn(&me, o);
	}
	gr_caller_leave(&me);
	if (rc != TURN_MINE)
		return rc;
	fn(arg);
	gr_fiber_release(o);
	finish(o, DONE);
	return 0;
}

int goro_once_do(goro_once *o, void (*fn)(void *), void *arg)
{
	int rc;

	if (gr_unlikely(o == NULL || fn == NULL))
		return -EINVAL;
	rc = gr_line_open() && gr_likely(is_done(o)) ? 0 : do_slow(o, fn, arg);
	if (rc == 0)
		gr_fiber_acquire(o);
	return rc;
}
