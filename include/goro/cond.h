/* SPDX-License-Identifier: MIT */
/* cond.h: wait, with a mutex let go meanwhile, until somebody says that things have changed.
 *
 *     goro_mutex_lock(&m);
 *     while (!ready && rc == 0)
 *             rc = goro_cond_wait(&c, &m);
 *     goro_mutex_unlock(&m);
 */
#ifndef GORO_COND_H
#define GORO_COND_H

#include <stdint.h>

#include "goro/attributes.h"
#include "goro/init.h"
#include "goro/mutex.h"

GORO_BEGIN

/** Begin with GORO_COND_INIT, which is all zero. The fields are the library's. */
typedef struct goro_cond {
	uint64_t word_;
	void *head_;
	void *tail_;
	uint64_t room_[1];
} goro_cond;

GORO_ZERO_OBJECT(goro_cond)
#define GORO_COND_INIT GORO_ZERO(goro_cond)

/** Unlocks the mutex and waits, in one step; locks the mutex again.
 *
 *  @param c  what is signalled.
 *  @param m  the mutex that the caller has locked.
 *
 *  @return 0           signalled; look at the condition again
 *  @return -ECANCELED  the calling coroutine is cancelled; no signal was taken
 *  @return -EINVAL     c or m is NULL
 *  @return -EPERM      no runtime is running, or it stops
 *          The mutex is held by the caller in all cases, as it was before.
 *
 *  Blocks    until a signal goes to it, and then until the mutex is free. Parks a coroutine;
 *            blocks the thread when called from outside one.
 *  Threads   any.
 *  Source    src/sync/cond.c, examples/10_mutex_and_friends.c.
 */
GORO_API int goro_cond_wait(goro_cond *c, goro_mutex *m);

/** As goro_cond_wait(), and waits for a signal at most until `deadline`; for the mutex without
 *  limit.
 *
 *  @param deadline  a point on goro_now(). In the past: does not wait. GORO_FOREVER: no limit.
 *
 *  @return as goro_cond_wait(), and:
 *  @return -ETIMEDOUT  the deadline passed first; no signal was taken; the mutex is held
 */
GORO_API int goro_cond_wait_until(goro_cond *c, goro_mutex *m, int64_t deadline);

/** Wakes the one that has waited longest, if anybody waits. NULL is told on stderr and aborts.
 *
 *  Blocks    never, and works in a cancelled coroutine.
 *  Threads   any, with or without a runtime, with or without the mutex.
 */
GORO_API void goro_cond_signal(goro_cond *c);

/** Wakes all that wait. NULL is told on stderr and aborts.
 *
 *  Blocks    never, and works in a cancelled coroutine.
 *  Threads   any, with or without a runtime, with or without the mutex.
 */
GORO_API void goro_cond_broadcast(goro_cond *c);

GORO_END

#endif
