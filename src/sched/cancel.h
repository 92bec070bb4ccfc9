/* SPDX-License-Identifier: MIT */
/* cancel.h: the flag that cancels a coroutine, and how it reaches one that sleeps.
 *
 * Flag and generation share one word (gr_coro.life), so that a late cancel never hits the next
 * tenant of a slot. Against a coroutine that is just going to sleep it is a store–load pair:
 *
 *   canceller: set the flag (seq_cst), then read the wait word, claim it if it sleeps
 *   sleeper:   word PARKED (seq_cst, in the commit), then read the flag, claim itself if set
 *
 * so one of the two sees the other (`cancel.pml`: without both fences a wake-up is lost). The
 * canceller may also find PARKING and win there: then the commit finds a claimed word.
 */
#ifndef GR_SCHED_CANCEL_H
#define GR_SCHED_CANCEL_H

#include "sched/coro.h"

/* Cancels the coroutine whose life word is `life` in this slot (any flag bits). -ESRCH if that
 * one has ended. From anywhere, with no lock held. */
int gr_cancel(struct gr_coro *co, uint64_t life);

/* Cancels all that live. */
void gr_cancel_all(void);

static inline bool gr_cancelled(const struct gr_coro *co)
{
	return gr_load_relaxed(&co->life) & GR_CORO_CANCELLED;
}

#endif
