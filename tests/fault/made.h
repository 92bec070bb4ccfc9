/* SPDX-License-Identifier: MIT */
/* made.h: included before an API test or example by its build here. These take it that a channel
 * can be made, and might wait for ever for what happens on none; so one that could not be made,
 * because a call was made to fail, ends the program with a failure.
 */
#ifndef GORO_FAULT_MADE_H
#define GORO_FAULT_MADE_H

#include <unistd.h>

#include <goro.h>

#include "fault.h"

static inline void *fault_made(void *channel)
{
	if (channel == NULL && fault_count() > 0)
		_exit(1);
	return channel;
}

#undef GORO_CHAN_MAKE
#define GORO_CHAN_MAKE(T, cap) \
	((GORO_CHAN(T))fault_made(goro_chan_make(sizeof(__typeof__(T)), (cap))))

#define goro_timer(...)  ((goro_time_chan)fault_made((goro_timer)(__VA_ARGS__)))
#define goro_ticker(...) ((goro_time_chan)fault_made((goro_ticker)(__VA_ARGS__)))

#endif
