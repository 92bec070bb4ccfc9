/* SPDX-License-Identifier: MIT */
/* local.h: the end of a coroutine's locals. */
#ifndef GR_TASK_LOCAL_H
#define GR_TASK_LOCAL_H

#include "sched/coro.h"

/* Calls the destructors of what `co` has left in its locals, and frees their room. On its own
 * stack, when its function has returned; destructors may do whatever a coroutine may. */
void gr_local_finish_slow(struct gr_coro *co);

static inline void gr_local_finish(struct gr_coro *co)
{
	if (gr_unlikely(co->locals != NULL))
		gr_local_finish_slow(co);
}

#endif
