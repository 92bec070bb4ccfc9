/* SPDX-License-Identifier: MIT */
/* bench.h: where spare workers wait until they are needed.
 *
 * A spare is a worker on a seat beyond the configured ones, started because others were held up in
 * C code (monitor.h). When those are back there are more than were asked for: the monitor says how
 * many, and so many spares go to the bench, each by itself, from its own stack.
 *
 *  B1  On the bench a spare holds nothing: its queue went to the global one, its free stacks to
 *      their pool, and it has left its seat (idle.h). So it can stay there for ever.
 *  B2  `bench` of a worker is 1 if it shall come back: the monitor wants it, or all shall leave.
 *      It clears the word by an exchange before it says BENCHED, so a 1 that means "leave" and
 *      comes before that is not lost: who swallows it has acquired gr_sched.quit with it.
 */
#ifndef GR_SCHED_BENCH_H
#define GR_SCHED_BENCH_H

#include "sched/worker.h"

/* For the monitor: so many spares are too many. */
void gr_bench_want(unsigned surplus);

/* For the monitor: calls this worker back. False: it is not on the bench. */
bool gr_bench_recall(struct gr_worker *w);

/* For who tells all to leave, after gr_sched.quit. */
void gr_bench_clear(struct gr_worker *w);

/* On a worker's own stack, its queue its own: goes to the bench if it is a spare too many, and
 * comes back when it is needed again (true) or to leave. */
bool gr_bench_retire(struct gr_worker *w);

#endif
