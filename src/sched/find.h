/* SPDX-License-Identifier: MIT */
/* find.h: where a worker's next coroutine comes from, seen from its own stack. */
#ifndef GR_SCHED_FIND_H
#define GR_SCHED_FIND_H

#include "sched/worker.h"

/* Own queue, global queue, timers, other workers; else sleeps and looks again. The coroutine
 * has its stack. NULL: the worker shall leave, and its queue is empty or given away. */
struct gr_coro *gr_find(struct gr_worker *w);

/* The same for one look, without searching long nor sleeping. NULL: nothing now. */
struct gr_coro *gr_find_now(struct gr_worker *w);

/* Sleeps until there may be work for anybody, or until the time that `earliest` says. */
void gr_find_sleep(struct gr_worker *w, int64_t (*earliest)(void));

#endif
