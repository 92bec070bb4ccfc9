/* SPDX-License-Identifier: MIT */
/* park.h: put the caller to sleep. With ready.h the only door through which coroutines go.
 *
 * A call that may wait looks like this:
 *
 *   struct gr_caller me;
 *   rc = gr_caller_enter(&me);               coroutine, or a thread counted in
 *   lock(object)
 *   …there is nothing to be had…
 *   node.seq = gr_park_begin(&me);           word PARKING: it can be claimed from here on
 *   push(&node)
 *   rc = gr_park(&me, deadline, unlock, object, "chan recv", object);
 *   …not granted? lock, take the node out, unlock…
 *   gr_caller_leave(&me);
 *
 * Invariants
 *  P1  park switches straight to the next runnable coroutine of this worker, or to the worker's
 *      own stack. The caller's lock is still held while the next one is looked for; so only the
 *      worker's own queue is popped and only a stack from its cache taken there.
 *  P2  What has to happen after the registers are saved is the commit (worker.h K2): release
 *      the caller's lock, then word PARKING → PARKED, then look at the cancel flag. It may read
 *      the parked frame until its compare-exchange on the word, afterwards only the descriptor.
 *  P3  The deadline is armed after PARKING is stored, else it would find nothing to claim.
 *  P4  Waking the watcher of the timers is a system call and waits until the caller's lock is
 *      released, in the commit.
 *  P5  When gr_park() is back, the caller may be on another thread.
 *
 * Source: gopark() of Go for the commit after the switch; the direct switch from coroutine to
 * coroutine is usual in one-threaded libraries. Rejected: always going through the worker's
 * stack (two switches, 7 → 14 ns); releasing the lock before the switch (two workers on one
 * stack, when another resumes what is not saved yet).
 */
#ifndef GR_SCHED_PARK_H
#define GR_SCHED_PARK_H

#include "sched/cancel.h"
#include "sched/thread.h"
#include "sched/worker.h"

struct gr_caller {
	struct gr_worker *worker; /* NULL: an OS thread from outside */
	struct gr_coro *co;
	struct gr_wait *wait;
	bool shielded; /* waits though cancelled, though the runtime stops */
	struct gr_thread thread;
};

/* For the three inline ones below, when it is not a coroutine, or it is cancelled or played or gives way. */
int gr_caller_enter_slow(struct gr_caller *me);
int gr_caller_enter_thread(struct gr_caller *me, bool in_any_case);

/* True: a coroutine. */
static inline bool gr_caller_is_coro(struct gr_caller *me)
{
	struct gr_worker *w = gr_current_worker();

	me->shielded = false;
	me->worker = w;
	me->co = w == NULL ? NULL : w->running;
	if (gr_unlikely(me->co == NULL))
		return false;
	me->wait = &me->co->wait;
	return true;
}

/* Who calls? 0, after a scheduling point if it gives way; -ECANCELED in a cancelled coroutine, after one, too; -EPERM without
 * a runtime. Only after 0 does gr_caller_leave() have to follow. */
static inline int gr_caller_enter(struct gr_caller *me)
{
	if (gr_likely(gr_caller_is_coro(me) &&
		    !(gr_load_relaxed(&me->co->life) &
			    (GR_CORO_CANCELLED | GR_CORO_PLAYED | GR_CORO_GIVES_WAY))) &&
		!gr_chaos(GR_CHAOS_YIELD, 8))
		return 0;
	return gr_caller_enter_slow(me);
}

/* The same for calls that never wait and don't mind being cancelled: 0 or -EPERM. */
static inline int gr_caller_enter_try(struct gr_caller *me)
{
	return gr_likely(gr_caller_is_coro(me)) ? 0 : gr_caller_enter_thread(me, false);
}

/* For calls that always do their work (unlock, close, …), with or without a runtime. */
static inline void gr_caller_enter_any(struct gr_caller *me)
{
	if (gr_unlikely(!gr_caller_is_coro(me)))
		gr_caller_enter_thread(me, true);
}

/* For a wait that must not be given up (the relock after cond_wait). Like enter_any. */
void gr_caller_enter_shielded(struct gr_caller *me);

static inline void gr_caller_leave(struct gr_caller *me)
{
	if (gr_unlikely(me->co == NULL))
		gr_thread_leave();
}

/* Random numbers for this caller, until it parks. */
struct gr_random *gr_caller_random(struct gr_caller *me);

/* First half: the wait begins. Returns its sequence, for the queue nodes. */
static inline uint64_t gr_park_begin(struct gr_caller *me)
{
	gr_fiber_release(me->wait); /* pairs with the acquires in waitq: its frame is read */
	return gr_wait_begin(me->wait, !me->shielded);
}

/* Second half: sleeps. `unlock` and `arg` name the caller's lock, which is released when the
 * sleeper is saved: see gr_pending_unlock(). Returns the outcome that the claimer gave; -ETIMEDOUT, -ECANCELED or
 * -EPERM (stop, for threads) if it was not woken through a node. `why` and `what` are shown in
 * dumps. A deadline in the past has to be handled by the caller: it should not sleep at all. */
int gr_park(struct gr_caller *me, int64_t deadline, void (*unlock)(void *), void *arg,
	const char *why, const void *what);

/* The same where that lock is the only one behind which this wait's nodes stand, and to release it
 * reads nothing of the parked frame: then less has to be agreed on (wait.h W5). */
int gr_park_locked(struct gr_caller *me, int64_t deadline, void (*unlock)(void *), void *arg,
	const char *why, const void *what);

/* Lets others run; a scheduling point. In no coroutine: does nothing. */
void gr_park_yield(void);

/* The worker's own stack goes on as if the worker were not there; the coroutine that runs on it
 * goes on when it is its turn again, on this worker. For the player of the workers (sim.h), with no
 * lock held. */
void gr_park_stand_still(struct gr_worker *w);

/* First half of every coroutine's life, for the worker that starts it: `co` has its stack. */
void gr_park_start(struct gr_coro *co);

/* Counts one coroutine as ended, after the last use of its descriptor. */
void gr_park_count_end(struct gr_worker *w);

/* On the worker's own stack: runs `co` until somebody switches back. */
void gr_park_run(struct gr_worker *w, struct gr_coro *co);

#endif
