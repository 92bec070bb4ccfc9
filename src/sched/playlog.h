/* SPDX-License-Identifier: MIT */
/* playlog.h: what happened in deterministic mode, a line an event, for two runs to be compared.
 *
 *     1000000400 w2 c5 park chan recv
 *     └ virtual ns │  │  └ event and what belongs to it
 *                  │  └ coroutine, "-" for none
 *                  └ worker
 *
 * No addresses, no real time: the same seed gives the same bytes. Each line is written at once, so
 * that the last one before an abort is there.
 */
#ifndef GR_SCHED_PLAYLOG_H
#define GR_SCHED_PLAYLOG_H

#include "sched/worker.h"

/* NULL, or what can't be opened: there is no log. */
void gr_playlog_start(const char *path);
void gr_playlog_stop(void);

/* By the one thread that plays. `co` and `detail` may be NULL. */
void gr_playlog(
	const struct gr_worker *w, const struct gr_coro *co, const char *event, const char *detail);
void gr_playlog_number(const struct gr_worker *w, const struct gr_coro *co, const char *event,
	char sort, uint64_t number);

#endif
