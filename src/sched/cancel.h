/* SPDX-License-Identifier: MIT */
/* cancel.h: the flag that cancels a coroutine, and how it reaches one that sleeps.
 *
 * Flag and generation share one word (gr_coro.life), so that a late cancel never hits the next
 * tenant of a slot. Against a coroutine that is just going to sleep it is a store–load pair:
 *
 *   canceller: set the flag, heavy fence, read the wait word, claim it if it is PARKED
 *   sleeper:   word PARKED (in the commit), light fence, read the flag, claim itself if set
 *
 * so one of the two sees the other (without both fences a wake-up is lost). One that is still
 * PARKING has its commit before it, which sees the flag; the canceller leaves it alone (wait.h W4).
 * The fences are the asymmetric pair of base/atomic.h: to cancel is a million times rarer than to
 * park. Who cancels many sets all flags first and then pays for one fence.
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
