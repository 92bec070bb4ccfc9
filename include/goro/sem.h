/* SPDX-License-Identifier: MIT */
/* sem.h: so many may have it at once; who finds none left parks.
 *
 *     static goro_sem s = GORO_SEM_INIT(4);    // four at a time
 *
 * Units go to waiters in the order in which they came; nobody overtakes.
 */
#ifndef GORO_SEM_H
#define GORO_SEM_H

#include <stdint.h>

#include "goro/attributes.h"
#include "goro/init.h"

GORO_BEGIN

/** Begin with GORO_SEM_INIT(n). The fields are the library's. */
typedef union goro_sem {
	__extension__ struct {
		uint64_t word_;
		uint64_t room_;
		void *head_;
		void *tail_;
	};
	GORO_BITS_256
} goro_sem;

/** n units to begin with, at most 2^55 - 1; with a negative n acquire returns -EINVAL. */
#define GORO_SEM_INIT(n) GORO_TWO_WORDS(goro_sem, (uint64_t)(n) << 8, 0)

/** Takes a unit.
 *
 *  @param s  the semaphore.
 *
 *  @return 0           taken
 *  @return -ECANCELED  the calling coroutine is cancelled; nothing was taken
 *  @return -EINVAL     s is NULL, or was made with a negative number
 *  @return -EPERM      no runtime is running
 *
 *  Blocks    while there is none. Parks a coroutine; blocks the thread when called from outside
 *            one.
 *  Threads   any.
 *  Memory    what others wrote before they released, the caller sees.
 *  Source    src/sync/sem.c, examples/11_sem_and_barrier.c.
 */
GORO_API int goro_sem_acquire(goro_sem *s);

/** As goro_sem_acquire(), and waits at most until `deadline`.
 *
 *  @param deadline  a point on goro_now(). In the past: does not wait. GORO_FOREVER: no limit.
 *
 *  @return as goro_sem_acquire(), and:
 *  @return -ETIMEDOUT  the deadline passed first; nothing was taken
 */
GORO_API int goro_sem_acquire_until(goro_sem *s, int64_t deadline);

/** Takes a unit if there is one.
 *
 *  @return 0           taken
 *  @return -EAGAIN     there is none
 *  @return -EINVAL     s is NULL, or was made with a negative number
 *  @return -EPERM      no runtime is running
 *
 *  Blocks    never, and works in a cancelled coroutine.
 *  Threads   any.
 */
GORO_API int goro_sem_try_acquire(goro_sem *s);

/** Gives a unit, also one that was never taken. NULL is told on stderr and aborts.
 *
 *  Blocks    never, and works in a cancelled coroutine.
 *  Threads   any, with or without a runtime.
 */
GORO_API void goro_sem_release(goro_sem *s);

GORO_END

#endif
