/* SPDX-License-Identifier: MIT */
/* clock.h: the one door to time. Everything that asks for the time asks here, so that a virtual
 * clock can stand behind it. */
#ifndef GR_BASE_CLOCK_H
#define GR_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds on the clock of goro_now(). */
int64_t gr_now(void);

/* now + d, held between INT64_MIN and INT64_MAX (which means "never"). */
int64_t gr_clock_after(int64_t now, int64_t d);

#endif
