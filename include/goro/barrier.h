/* SPDX-License-Identifier: MIT */
/* barrier.h: nobody goes on before all have come. It serves round after round. */
#ifndef GORO_BARRIER_H
#define GORO_BARRIER_H

#include <stdint.h>

#include "goro/attributes.h"
#include "goro/init.h"

GORO_BEGIN

/** Begin with GORO_BARRIER_INIT(n). The fields are the library's. */
typedef union goro_barrier {
	__extension__ struct {
		uint64_t word_;
		int64_t parties_;
		void *head_;
		void *tail_;
	};
	GORO_BITS_256
} goro_barrier;

/** For n that meet; with an n below 1 the wait returns -EINVAL. */
#define GORO_BARRIER_INIT(n) GORO_TWO_WORDS(goro_barrier, 0, (int64_t)(n))

/** Waits until n callers, this one included, have come.
 *
 *  @param b  the barrier.
 *
 *  @return 1           all have come, and this is the one of them that was the last
 *  @return 0           all have come
 *  @return -ECANCELED  the calling coroutine is cancelled; it does not count as come
 *  @return -EINVAL     b is NULL, or was not made for at least 1
 *  @return -EPERM      no runtime is running
 *
 *  Blocks    until the last has come. Parks a coroutine; blocks the thread when called from
 *            outside one.
 *  Threads   any.
 *  Memory    what each wrote before, all see afterwards.
 *  Source    src/sync/barrier.c, examples/11_sem_and_barrier.c.
 */
GORO_API int goro_barrier_wait(goro_barrier *b);

/** As goro_barrier_wait(), and waits at most until `deadline`.
 *
 *  @param deadline  a point on goro_now(). In the past: does not wait. GORO_FOREVER: no limit.
 *
 *  @return as goro_barrier_wait(), and:
 *  @return -ETIMEDOUT  the deadline passed first; the caller does not count as come
 */
GORO_API int goro_barrier_wait_until(goro_barrier *b, int64_t deadline);

GORO_END

#endif
