/* SPDX-License-Identifier: MIT */
/* monitor.h: nobody is stalled by somebody else's C code.
 *
 * A thread that looks at the workers every 10 ms. A worker is held up if it runs a coroutine and
 * its count of scheduling points has not moved since the last look.
 *
 *  M1  Somebody is held up and work waits (in his ring or next-slot, or in the global queue), or a
 *      timer is due that nobody watches: a sleeping worker is woken.
 *  M2  Nobody sleeps, and fewer workers move than were asked for, and something waits: one spare
 *      starts, an ordinary worker on a seat of its own, which steals, fires timers and polls. One
 *      more for each look, up to max_spares: each stands in for one that is held up. Nothing
 *      changes hands behind its owner's back, so no fast path pays for it.
 *  M3  Nobody sleeps, and those that move have work of their own, so that they never look for
 *      others': what one that is held up holds goes to the global queue. And if that is not empty,
 *      or a timer is due, each is urged to visit its own stack at its next scheduling point, not
 *      at the 64th.
 *  M4  When those held up are back, surplus spares go to the bench (bench.h).
 *  M5  After 100 ms in which all slept the monitor sleeps too, until somebody wakes up (idle.h
 *      I5): so an idle process makes no system call.
 *  M6  At each look it gives back some of what free stacks hold (context/pool.h); it does not go to
 *      sleep before that is done.
 *
 * Source: Go's sysmon for the idea; it takes the queue away from a stalled worker, which here
 * thieves do anyhow.
 */
#ifndef GR_SCHED_MONITOR_H
#define GR_SCHED_MONITOR_H

#include "sched/worker.h"

/* -EAGAIN if there can be no thread: then there are no spares. */
int gr_monitor_start(void);
void gr_monitor_stop(void);

#endif
