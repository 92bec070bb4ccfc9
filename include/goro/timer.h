/* SPDX-License-Identifier: MIT */
/* timer.h: time that arrives through a channel, for a select.
 *
 * A select that only wants a limit is better served by chan_select_until(), which needs no timer.
 */
#ifndef GORO_TIMER_H
#define GORO_TIMER_H

#include <stdint.h>

#include "goro/attributes.h"
#include "goro/chan.h"

GORO_BEGIN

#ifdef GORO_TYPED
typedef GORO_CHAN(int64_t) goro_time_chan;
#else
typedef goro_chan *goro_time_chan;
#endif

/** A channel that receives one value, the time it then is, after so long.
 *
 *  @param ns  nanoseconds from now. 0 and less: at once.
 *
 *  @return a chan(int64_t) of capacity 1; NULL: no memory, or no runtime is running
 *
 *  Threads   any.
 *  Owner     the caller; chan_free() ends it, and stops the timer.
 *  Source    src/chan/ticker.c, examples/09_deadline.c.
 */
GORO_API goro_time_chan goro_timer(int64_t ns);

/** A channel that receives the time again and again.
 *
 *  @param period  nanoseconds between two values; above 0. A value that nobody has taken when the
 *                 next is due is the only one: ticks are dropped, never bunched. The channel is
 *                 closed if there is no memory to wait for the next one.
 *
 *  @return a chan(int64_t) of capacity 1; NULL: period is not above 0, no memory, or no runtime
 *          is running
 *
 *  Threads   any.
 *  Owner     the caller; chan_free() ends it, and stops the ticker.
 *  Source    src/chan/ticker.c.
 */
GORO_API goro_time_chan goro_ticker(int64_t period);

GORO_END

#endif
