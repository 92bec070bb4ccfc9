/* SPDX-License-Identifier: MIT */
/* rwmutex.h: a lock held by many readers or by one writer; its waiters park.
 *
 * A writer that waits holds new readers back, so readers cannot keep it out for ever; if it gives
 * up they go on. A writer that leaves lets in those readers that waited. Hence a reader must not
 * lock it a second time: a writer may have come in between.
 */
#ifndef GORO_RWMUTEX_H
#define GORO_RWMUTEX_H

#include <stdint.h>

#include "goro/attributes.h"
#include "goro/init.h"

GORO_BEGIN

/** Begin with GORO_RWMUTEX_INIT, which is all zero. The fields are the library's. */
typedef struct goro_rwmutex {
	uint64_t word_;
	void *head_; /* readers that wait */
	void *tail_;
	void *writers_head_;
	void *writers_tail_;
	uint64_t room_[3];
} goro_rwmutex;

GORO_ZERO_OBJECT(goro_rwmutex)
#define GORO_RWMUTEX_INIT GORO_ZERO(goro_rwmutex)

/** Locks for reading.
 *
 *  @param rw  the lock.
 *
 *  @return 0           locked; others may read too, nobody writes
 *  @return -ECANCELED  the calling coroutine is cancelled, and it would have had to wait
 *  @return -EINVAL     rw is NULL
 *  @return -EPERM      no runtime is running
 *
 *  Blocks    while a writer has it or waits for it. Parks a coroutine; blocks the thread when
 *            called from outside one.
 *  Threads   any.
 *  Memory    what writers wrote before they unlocked it, the caller sees.
 *  Source    src/sync/rwmutex.c, examples/10_mutex_and_friends.c.
 */
GORO_API int goro_rwmutex_rlock(goro_rwmutex *rw);

/** As goro_rwmutex_rlock(), and waits at most until `deadline`.
 *
 *  @param deadline  a point on goro_now(). In the past: does not wait. GORO_FOREVER: no limit.
 *
 *  @return as goro_rwmutex_rlock(), and:
 *  @return -ETIMEDOUT  the deadline passed first; not locked
 */
GORO_API int goro_rwmutex_rlock_until(goro_rwmutex *rw, int64_t deadline);

/** Locks for reading if no writer has it or waits for it.
 *
 *  @return 0           locked
 *  @return -EBUSY      a writer has it or waits for it
 *  @return -EINVAL     rw is NULL
 *  @return -EPERM      no runtime is running
 *
 *  Blocks    never, and works in a cancelled coroutine.
 *  Threads   any.
 */
GORO_API int goro_rwmutex_try_rlock(goro_rwmutex *rw);

/** Ends reading. Without a lock for reading it is told on stderr and aborts.
 *
 *  Blocks    never, and works in a cancelled coroutine.
 *  Threads   any, with or without a runtime.
 */
GORO_API void goro_rwmutex_runlock(goro_rwmutex *rw);

/** Locks for writing.
 *
 *  @param rw  the lock.
 *
 *  @return 0           locked; nobody else reads or writes
 *  @return -ECANCELED  the calling coroutine is cancelled, and it would have had to wait
 *  @return -EINVAL     rw is NULL
 *  @return -EPERM      no runtime is running
 *
 *  Blocks    while anybody has it. Parks a coroutine; blocks the thread when called from outside
 *            one.
 *  Threads   any.
 *  Memory    what others wrote before they unlocked it, the caller sees.
 *  Source    src/sync/rwmutex.c.
 */
GORO_API int goro_rwmutex_lock(goro_rwmutex *rw);

/** As goro_rwmutex_lock(), and waits at most until `deadline`.
 *
 *  @param deadline  a point on goro_now(). In the past: does not wait. GORO_FOREVER: no limit.
 *
 *  @return as goro_rwmutex_lock(), and:
 *  @return -ETIMEDOUT  the deadline passed first; not locked
 */
GORO_API int goro_rwmutex_lock_until(goro_rwmutex *rw, int64_t deadline);

/** Locks for writing if nobody has it.
 *
 *  @return 0           locked
 *  @return -EBUSY      somebody reads or writes
 *  @return -EINVAL     rw is NULL
 *  @return -EPERM      no runtime is running
 *
 *  Blocks    never, and works in a cancelled coroutine.
 *  Threads   any.
 */
GORO_API int goro_rwmutex_try_lock(goro_rwmutex *rw);

/** Ends writing. Without the lock for writing it is told on stderr and aborts.
 *
 *  Blocks    never, and works in a cancelled coroutine.
 *  Threads   any, with or without a runtime; not only who locked it.
 *  Memory    what the caller wrote before, the next one that locks it sees.
 */
GORO_API void goro_rwmutex_unlock(goro_rwmutex *rw);

GORO_END

#endif
