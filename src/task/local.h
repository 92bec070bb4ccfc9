/* SPDX-License-Identifier: MIT */
/* local.h: the end of a coroutine's locals. */
#ifndef GR_TASK_LOCAL_H
#define GR_TASK_LOCAL_H

struct gr_coro;

/* Calls the destructors of what `co` has left in its locals, and frees their room. On its own
 * stack, when its function has returned; destructors may do whatever a coroutine may. */
void gr_local_finish(struct gr_coro *co);

#endif
