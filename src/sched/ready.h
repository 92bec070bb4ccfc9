/* SPDX-License-Identifier: MIT */
/* ready.h: make a sleeper runnable. With park.h the only door through which coroutines go.
 *
 * A coroutine woken by another one goes into that worker's next-slot, and nobody else is woken:
 * a pair that hands a value to and fro stays on one worker. What the slot displaces, what a
 * worker readies from its own stack, and what is new goes into the ring or the global queue, and
 * a sleeping worker is woken if one is due (idle.h). One that has filled the ring with many and never
 * paused gives way to them in its next call that may wait.
 */
#ifndef GR_SCHED_READY_H
#define GR_SCHED_READY_H

#include "base/chaos.h"
#include "sched/ports.h"
#include "sched/worker.h"

/* Second step of whoever claimed `w` (wait.h): delivers, and makes it runnable if that is the
 * claimer's part. Nothing of the sleeper, nor of what it waited for, is touched afterwards. */
static inline void gr_wake(struct gr_worker *here, struct gr_wait *w);

void gr_wake_slow(struct gr_worker *here, struct gr_wait *w);

/* Makes a coroutine that has been claimed and delivered runnable. `here`, in all of these, is the
 * worker that this code runs on, NULL if it runs on none. */
void gr_ready(struct gr_worker *here, struct gr_coro *co);

/* One that yields, or is woken by none that runs here: behind those that wait already. */
void gr_ready_behind(struct gr_worker *w, struct gr_coro *co);

/* One that has just been made (fresh.h). */
void gr_ready_fresh(struct gr_worker *w, struct gr_coro *co);

/* Many at once, for close, broadcast, timers and the poller: add each, then flush. More than these go
 * into the global queue. */
#define GR_READY_RING_MOST (GR_RUNQ_SIZE / 4)

void gr_ready_batch_wake(struct gr_ready_batch *b, struct gr_wait *w);
void gr_ready_batch_flush(struct gr_worker *here, struct gr_ready_batch *b);

static inline void gr_ready_in_slot(struct gr_worker *here, struct gr_coro *co)
{
	gr_coro_move(co, GR_CORO_ASLEEP, GR_CORO_QUEUED);
	gr_runq_fill_slot(&here->queue, co);
}

/* Set by thread.c: wakes an OS thread that sleeps in a call from outside. */
void gr_thread_deliver(struct gr_wait *w);

/* A coroutine asleep, woken by one that runs here, and the next-slot is free: as gr_wake_slow()
 * would do it. */
static inline void gr_wake(struct gr_worker *here, struct gr_wait *w)
{
	gr_chaos_delay(); /* claimed, and not woken yet */
	if (gr_likely(here != NULL && here->running != NULL && !gr_chaos(GR_CHAOS_ORDER, 4) &&
		    gr_load_relaxed(&here->queue.slot) == NULL && !gr_sanitizer_any &&
		    /* A thread's wait is never CLAIMED. Acquire: a commit that came after the claim
		     * may have read the frame until then, as that of a select does. */
		    gr_wait_state(gr_load_acquire(&w->word)) == GR_WAIT_CLAIMED))
		gr_ready_in_slot(here, gr_container_of(w, struct gr_coro, wait));
	else
		gr_wake_slow(here, w);
}

#endif
