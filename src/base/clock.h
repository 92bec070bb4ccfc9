/* SPDX-License-Identifier: MIT */
/* clock.h: the one door to time. Everything that asks for the time asks here, so that a virtual
 * clock can stand behind it.
 *
 * The virtual clock stands still while anything runs, but not for ever: a loop that waits for the
 * time by asking for it would never end. After so many ticks at one moment each moves it a little.
 */
#ifndef GR_BASE_CLOCK_H
#define GR_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds on the clock of goro_now(). */
int64_t gr_now(void);

/* now + d, held between INT64_MIN and INT64_MAX (which means "never"). */
int64_t gr_clock_after(int64_t now, int64_t d);

/* The virtual clock stands at its beginning, the same each time; or the real one is back. */
void gr_clock_virtual(bool on);
bool gr_clock_is_virtual(void);

/* One scheduling point, or one question for the time, on the virtual clock. */
void gr_clock_tick(void);

/* The virtual clock goes on by d; to `when`, unless it is there already. */
void gr_clock_advance(int64_t d);
void gr_clock_jump(int64_t when);

#endif
