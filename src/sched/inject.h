/* SPDX-License-Identifier: MIT */
/* inject.h: the global queue: work from outside threads, and what did not fit a ring.
 *
 * A FIFO linked through gr_coro.next, under one lock.
 *
 * Invariants
 *  J1  A coroutine in it is in no other queue; `next` belongs to this queue while it is here.
 *  J2  `len` is written under the lock and read without it as a hint. A push stores it before
 *      the pusher's gr_idle_notify(), and passes a full fence between the two, since the pusher
 *      may be no worker. It pairs with the one a worker passes before it looks for the last time
 *      (idle.h I3, I7): so a hint of zero is never the reason to oversleep.
 */
#ifndef GR_SCHED_INJECT_H
#define GR_SCHED_INJECT_H

#include "sched/coro.h"

/* Appends `count` coroutines linked by `next` from `first` to `last`. */
void gr_inject_push(struct gr_coro *first, struct gr_coro *last, unsigned count);

/* Takes at most `max` from the front, linked by `next`; *count says how many. NULL: empty. */
struct gr_coro *gr_inject_pop(unsigned max, unsigned *count);

unsigned gr_inject_len(void);

/* How many have been taken so far, mod 2^32; counted in checked builds alone. */
uint32_t gr_inject_taken(void);

#endif
