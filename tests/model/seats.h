/* SPDX-License-Identifier: MIT */
/* seats.h: workers that find, sleep and are woken as the real sched/find.c and sched/idle.c have
 * it, but whose coroutines never park: each runs to its end on the worker's own stack. Sources:
 * SEATS in idle.model.
 *
 * When the last coroutine has run, all are told to leave, as worker.c does it. So work that nobody
 * comes to is a deadlock.
 */
#ifndef GR_MODEL_SEATS_H
#define GR_MODEL_SEATS_H

#include "hands.h"
#include "sched/worker.h"

/* In setup: so many workers, and coroutines that will be made. */
void seats_open(unsigned workers, unsigned coroutines);

/* Number n; `run` is what it does when it has its turn, NULL: nothing. */
struct gr_coro *seats_make(unsigned n, void (*run)(struct gr_worker *w));

/* Model threads: worker 0, 1, … */
void seats_worker(void *number);
#define SEATS_WORKER(n)                                                                  \
	{                                                                                \
		.name = "worker " #n, .run = seats_worker, .arg = (void *)(uintptr_t)(n) \
	}

/* In a coroutine: waits until number n has run. */
void seats_await(unsigned n);

/* In check: all have run, and nobody counts as asleep or as searching. */
void seats_close(void);

#endif
