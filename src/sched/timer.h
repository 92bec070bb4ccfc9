/* SPDX-License-Identifier: MIT */
/* timer.h: deadlines of sleepers, and callbacks at a time.
 *
 * A fixed array of shards, each a min-heap under a lock; anybody may fire any of them. A heap
 * entry is a value: (time, target, tag). The target is a coroutine's wait, with the sequence of
 * the wait it limits, or a gr_timer, with the sequence of that arming. So an entry is never
 * searched for and never taken out early: disarming is the end of the wait (its sequence has
 * moved on) and costs nothing; an entry whose sequence is old is dropped when it comes to the
 * top, or when a heap has doubled since it was last swept.
 *
 * Invariants
 *  T1  Targets are type-stable (slots): an old entry reads a live word and loses by sequence.
 *  T2  `earliest` of a shard is stored under its lock, and never later than the top. The store
 *      comes before the fence of gr_idle_oversleeps() (idle.h I4).
 *  T3  A shard's lock is a leaf: nothing else is taken under it, so a deadline may be armed
 *      with a caller's lock held. Nothing is fired there.
 *  T4  A callback runs without the shard's lock, on a worker's own stack, and must not park.
 *      Its word goes IDLE → ARMED → FIRING → IDLE (or ARMED again, by itself); disarming one
 *      that fires waits for it, so a callback does not disarm itself.
 *
 *  T5  A sleeper's deadline cannot be refused: when the heap has no memory to grow, its entry
 *      stands in a list of the shard, in a gr_limit on the sleeper's own stack. The sleeper takes
 *      it out, under the lock, before that frame ends.
 *
 * Orderings: the word's release after a callback (IDLE, or ARMED by itself) pairs with the acquire
 * of gr_timer_disarm(): what the callback did is visible, and its arguments may go. What came before
 * the arming reaches the callback with the entry, through the shard's lock.
 */
#ifndef GR_SCHED_TIMER_H
#define GR_SCHED_TIMER_H

#include "base/heap.h"
#include "base/list.h"
#include "sched/wait.h"

struct gr_worker;

/* A callback at a time; from gr_timer_make(), since it must be type-stable. */
struct gr_timer {
	uint64_t word; /* sequence << 2 | state */
	void (*fire)(struct gr_timer *t, void *arg, int64_t now);
	void *arg;
	uint32_t index;
};

int gr_timer_start(void);
void gr_timer_stop(void);

/* Room for a deadline that the heap has none for (T5). */
struct gr_limit {
	void *shard; /* NULL: it is in the heap, and the rest is not used */
	struct gr_list link;
	struct gr_heap_entry entry;
};

/* Limits wait `seq` of a coroutine: at `deadline` it is claimed with -ETIMEDOUT. `hint` picks
 * the shard. *poke is set if gr_idle_poke() is due once no lock is held. */
void gr_timer_limit(unsigned hint, struct gr_wait *w, uint64_t seq, int64_t deadline,
	struct gr_limit *limit, bool *poke);

/* When the wait is over, before *limit goes. */
void gr_timer_unlimit_slow(struct gr_limit *limit);

static inline void gr_timer_unlimit(struct gr_limit *limit)
{
	if (gr_unlikely(limit->shard != NULL))
		gr_timer_unlimit_slow(limit);
}

struct gr_timer *gr_timer_make(void (*fire)(struct gr_timer *, void *arg, int64_t now), void *arg);
void gr_timer_free(struct gr_timer *t); /* disarmed before */

/* Arms an idle timer, or, from its own callback, the firing one. 0, or -ENOMEM: it is as it was,
 * so one that fires is not disarmed before its callback has returned. */
int gr_timer_arm(struct gr_timer *t, int64_t when);

/* Afterwards the callback does not run, nor will it. */
void gr_timer_disarm(struct gr_timer *t);

/* Fires what is due at `now`: claims sleepers and makes them runnable, calls back. Returns how
 * many. On a worker's own stack, with no lock held. */
unsigned gr_timer_fire(int64_t now);

/* The earliest time of all shards; INT64_MAX: none. May be that of an old entry. */
int64_t gr_timer_earliest(void);

/* The same, but old entries at the top are dropped first: for who is about to sleep. */
int64_t gr_timer_next(void);

#endif
