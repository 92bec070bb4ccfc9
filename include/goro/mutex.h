/* SPDX-License-Identifier: MIT */
/* mutex.h: a lock for as long as one likes; its waiters park.
 *
 *     static goro_mutex m = GORO_MUTEX_INIT;
 *
 *     goro_mutex_lock(&m);
 *     …
 *     goro_mutex_unlock(&m);
 *
 * It has no owner: any coroutine or thread may unlock it, and who locks it twice waits like
 * anybody. It lets newcomers in until somebody has waited for 1 ms, then hands over in order.
 * There is nothing to destroy; it may end with the frame of who last unlocked it.
 */
#ifndef GORO_MUTEX_H
#define GORO_MUTEX_H

#include <stdint.h>

#include "goro/attributes.h"
#include "goro/init.h"

GORO_BEGIN

/** Begin with GORO_MUTEX_INIT, which is all zero. The fields are the library's. */
typedef struct goro_mutex {
	uint64_t word_;
	void *head_;
	void *tail_;
	uint64_t room_[1];
} goro_mutex;

GORO_ZERO_OBJECT(goro_mutex)
#define GORO_MUTEX_INIT GORO_ZERO(goro_mutex)

/** Locks.
 *
 *  @param m  the mutex.
 *
 *  @return 0           locked
 *  @return -ECANCELED  the calling coroutine is cancelled, and it would have had to wait; a free
 *                      mutex is locked also by a cancelled one
 *  @return -EINVAL     m is NULL
 *  @return -EPERM      no runtime is running
 *
 *  Blocks    while it is locked. Parks a coroutine; blocks the thread when called from outside
 *            one.
 *  Threads   any.
 *  Memory    what others wrote before they unlocked it, the caller sees.
 *  Source    the hand-over after 1 ms as in Go's sync.Mutex. src/sync/mutex.c,
 *            examples/10_mutex_and_friends.c.
 */
GORO_API int goro_mutex_lock(goro_mutex *m);

/** As goro_mutex_lock(), and waits at most until `deadline`.
 *
 *  @param deadline  a point on goro_now(). In the past: does not wait. GORO_FOREVER: no limit.
 *
 *  @return as goro_mutex_lock(), and:
 *  @return -ETIMEDOUT  the deadline passed first; not locked
 */
GORO_API int goro_mutex_lock_until(goro_mutex *m, int64_t deadline);

/** Locks if it is free.
 *
 *  @return 0           locked
 *  @return -EBUSY      it is locked
 *  @return -EINVAL     m is NULL
 *  @return -EPERM      no runtime is running
 *
 *  Blocks    never, and works in a cancelled coroutine.
 *  Threads   any.
 */
GORO_API int goro_mutex_try_lock(goro_mutex *m);

/** Unlocks. To unlock one that is not locked, or NULL, is told on stderr and aborts.
 *
 *  Blocks    never, and works in a cancelled coroutine.
 *  Threads   any, with or without a runtime; not only who locked it.
 *  Memory    what the caller wrote before, the next one that locks it sees.
 */
GORO_API void goro_mutex_unlock(goro_mutex *m);

GORO_END

#endif
