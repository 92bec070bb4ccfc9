/* SPDX-License-Identifier: MIT */
/* thread.h: OS threads that call in from outside.
 *
 * Such a thread counts itself in for the length of the call, so that a stop can wake those that
 * wait and does not take the runtime apart before all have left. It sleeps on a futex of its
 * own; its wait word goes only PARKING → PARKING_CLAIMED → DELIVERED, as there is no commit.
 *
 * Invariants
 *  H1  Count in, fence, read the state; stop: store the state, fence, read the count. So a
 *      caller that goes on has been counted when stop looks (both sequentially consistent).
 *  H2  A waiting thread is in the list, under its lock, from before it sleeps until it is back.
 *      A stop claims those in the list under that lock; whoever enters the list later reads
 *      the state under the lock and does not sleep. So the record on the thread's stack is
 *      alive whenever stop looks at it.
 *  H3  Delivery ends with the store to `futex`: the thread looks at nothing else, and may be
 *      gone after it. The wake that follows may hit a dead address, which is allowed: every
 *      futex user bears spurious wakes.
 *  H4  A thread limits its wait itself: it sleeps until the deadline and claims its own word. On
 *      the virtual clock a timer does so, whose disarming waits for its callback: the record is
 *      alive as long as that may run.
 */
#ifndef GR_SCHED_THREAD_H
#define GR_SCHED_THREAD_H

#include "base/list.h"
#include "base/random.h"
#include "sched/wait.h"

struct gr_thread {
	struct gr_wait wait;
	uint32_t futex;
	bool stubborn; /* waits on though the runtime stops (relocking a mutex after cond_wait) */
	struct gr_list link;
	struct gr_random random;
};

/* Counts the caller in. False: no runtime that takes calls; it is not counted then. With
 * `in_any_case` it is counted whatever the state (unlock, close, …: always do their work). */
bool gr_thread_enter(bool in_any_case);
void gr_thread_leave(void);

void gr_thread_init(struct gr_thread *t, bool stubborn);

/* Sleeps until wait `seq` is delivered or the deadline passes; gr_pending_unlock(unlock, arg)
 * comes first. Returns the outcome. */
int gr_thread_park(
	struct gr_thread *t, uint64_t seq, int64_t deadline, void (*unlock)(void *), void *arg);

/* How many are inside calls, and how many of them wait. */
unsigned gr_thread_count(void);
unsigned gr_thread_waiting(void);

/* For stop: claims all that wait with -EPERM. The state says STOPPING already. */
void gr_thread_dismiss(void);

#endif
