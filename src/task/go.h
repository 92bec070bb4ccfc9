/* SPDX-License-Identifier: MIT */
/* go.h: a coroutine whose end somebody counts on: he hears of it, too, if it never begins, since the kernel
 * refuses the guard of its stack when it is wanted.
 */
#ifndef GR_TASK_GO_H
#define GR_TASK_GO_H

#include "sched/coro.h"

/* As goro_go(). Either fn(arg) is called, in the new coroutine, or unborn(arg), on the stack of a worker:
 * it must not park. */
int gr_go_watched(void (*fn)(void *), void *arg, void (*unborn)(void *));

/* For who finds that `co` can have no stack. */
void gr_go_unborn(const struct gr_coro *co);

#endif
