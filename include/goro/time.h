/* SPDX-License-Identifier: MIT */
/* time.h: nanoseconds, and deadlines as points in time.
 *
 * A duration and a point in time are both int64_t nanoseconds. A deadline is a point on the clock
 * of goro_now(): several calls can share one, and a loop need not compute what is left. A deadline
 * in the past, any down to INT64_MIN, means "do not wait": what can be done at once is done, else
 * the call returns -ETIMEDOUT.
 */
#ifndef GORO_TIME_H
#define GORO_TIME_H

#include <stdint.h>

#include "goro/attributes.h"

GORO_BEGIN

#define GORO_MICROSECOND ((int64_t)1000)
#define GORO_MILLISECOND ((int64_t)1000000)
#define GORO_SECOND      ((int64_t)1000000000)

/** The deadline that never passes. */
#define GORO_FOREVER INT64_MAX

/** The monotonic clock: it does not jump when somebody sets the time of day.
 *
 *  @return nanoseconds since some moment before the program began; never decreases
 *
 *  Threads   any, with or without a runtime.
 *  Source    CLOCK_MONOTONIC. src/base/clock.c.
 */
GORO_API int64_t goro_now(void);

/** The deadline that lies so far in the future.
 *
 *  @param ns  nanoseconds from now; may be negative.
 *
 *  @return goro_now() + ns; a sum that does not fit is GORO_FOREVER (or INT64_MIN), so
 *          goro_after(GORO_FOREVER) is GORO_FOREVER
 *
 *  Threads   any, with or without a runtime.
 */
GORO_API int64_t goro_after(int64_t ns);

/** Sleeps for a time.
 *
 *  @param ns  nanoseconds. 0 and less: only lets the others run.
 *
 *  @return 0           the time has passed
 *  @return -ECANCELED  the calling coroutine is cancelled
 *  @return -EPERM      no runtime is running
 *
 *  Blocks    for that time, never less. Parks a coroutine; blocks the thread when called from
 *            outside one.
 *  Threads   any.
 *  Source    src/task/go.c.
 */
GORO_API int goro_sleep(int64_t ns);

GORO_END

#endif
