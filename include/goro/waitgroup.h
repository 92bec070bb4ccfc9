/* SPDX-License-Identifier: MIT */
/* waitgroup.h: wait until so many things are done.
 *
 *     goro_waitgroup w = GORO_WAITGROUP_INIT;
 *
 *     for (int i = 0; i < 10; i++) {
 *             goro_waitgroup_add(&w, 1);
 *             go(work, &w, i);                 // ends with goro_waitgroup_done(&w)
 *     }
 *     goro_waitgroup_wait(&w);
 *
 * It may lie in the frame of the one that waits: the last goro_waitgroup_done() does not touch it
 * once the wait can return. Add before the work begins, not in it.
 */
#ifndef GORO_WAITGROUP_H
#define GORO_WAITGROUP_H

#include <stdint.h>

#include "goro/attributes.h"
#include "goro/init.h"

GORO_BEGIN

/** Begin with GORO_WAITGROUP_INIT, which is all zero. The fields are the library's. */
typedef struct goro_waitgroup {
	uint64_t word_;
	void *head_;
	void *tail_;
	uint64_t room_[1];
} goro_waitgroup;

GORO_ZERO_OBJECT(goro_waitgroup)
#define GORO_WAITGROUP_INIT GORO_ZERO(goro_waitgroup)

/** Changes how many things are not done yet. When that comes to 0 all who wait are woken. Below 0
 *  is told on stderr and aborts, as is NULL.
 *
 *  @param w  the waitgroup.
 *  @param n  so many more; may be negative.
 *
 *  Blocks    never, and works in a cancelled coroutine.
 *  Threads   any, with or without a runtime.
 *  Memory    what the caller wrote before, who waits sees when it returns.
 */
GORO_API void goro_waitgroup_add(goro_waitgroup *w, int64_t n);

/** One is done: goro_waitgroup_add(w, -1). */
GORO_API void goro_waitgroup_done(goro_waitgroup *w);

/** Waits until all are done.
 *
 *  @param w  the waitgroup.
 *
 *  @return 0           all are done
 *  @return -ECANCELED  the calling coroutine is cancelled
 *  @return -EINVAL     w is NULL
 *  @return -EPERM      no runtime is running
 *
 *  Blocks    while the count is above 0. Parks a coroutine; blocks the thread when called from
 *            outside one.
 *  Threads   any number at once.
 *  Source    src/sync/waitgroup.c, examples/05_worker_pool.c.
 */
GORO_API int goro_waitgroup_wait(goro_waitgroup *w);

/** As goro_waitgroup_wait(), and waits at most until `deadline`.
 *
 *  @param deadline  a point on goro_now(). In the past: does not wait. GORO_FOREVER: no limit.
 *
 *  @return as goro_waitgroup_wait(), and:
 *  @return -ETIMEDOUT  the deadline passed first
 */
GORO_API int goro_waitgroup_wait_until(goro_waitgroup *w, int64_t deadline);

GORO_END

#endif
