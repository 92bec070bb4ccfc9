/* SPDX-License-Identifier: MIT */
/* inspect.h: look at a running program from inside. */
#ifndef GORO_INSPECT_H
#define GORO_INSPECT_H

#include <stddef.h>
#include <stdint.h>

#include "goro/attributes.h"

GORO_BEGIN

/** Writes what every coroutine is doing: id, name, state, what it waits for and since when, where
 *  it was begun, and its stack.
 *
 *  @param fd  an open file descriptor.
 *
 *  @return 0           written
 *  @return -EPERM      no runtime is running
 *  @return             otherwise what write(2) said, negative; -EBADF: not open
 *
 *  Blocks    as write(2) to fd does. The coroutines go on meanwhile: each line is true at some
 *            moment, not all at the same.
 *  Threads   any.
 *  Source    src/inspect/dump.c.
 */
GORO_API int goro_dump(int fd);

/** Counters since the runtime started, and gauges of now. Begin with GORO_STATS_INIT. */
typedef struct goro_stats {
	size_t size; /* of this structure; set by GORO_STATS_INIT */

	uint64_t spawned;         /* coroutines begun */
	uint64_t ended;           /* and ended */
	uint64_t alive;           /* now */
	uint64_t workers_running; /* threads that run coroutines now, those asleep not counted */
	uint64_t spares;          /* threads there are now because workers were held up */
	uint64_t switches;        /* scheduling points passed: parks, yields and ends */
	uint64_t steals;          /* times a worker took work from another */
	uint64_t parks;           /* times a coroutine waited */
	uint64_t wakes;           /* times a sleeping worker was woken */
	uint64_t timers_fired;    /* deadlines, sleeps, timers and ticks */
	uint64_t stacks_in_use;   /* now */
	uint64_t stacks_cached;   /* now, kept to be used again */
	uint64_t stack_bytes;     /* address space reserved for stacks now, guards included */
	uint64_t foreign_callers; /* threads that are no workers, in calls of the library now */
} goro_stats;

#ifdef __cplusplus
#define GORO_STATS_INIT                                                      \
	{                                                                    \
		sizeof(goro_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
	}
#else
#define GORO_STATS_INIT                                  \
	{                                                \
		.size = sizeof(goro_stats), .spawned = 0 \
	}
#endif

/** Reads the counters and gauges.
 *
 *  @param out  its `size` says how much of it there is to fill. NULL: nothing is done. Without a
 *              running runtime all become 0.
 *
 *  Threads   any. The numbers are each true at some moment, not all at the same.
 *  Source    src/inspect/stats.c.
 */
GORO_API void goro_stats_get(goro_stats *out);

GORO_END

#endif
