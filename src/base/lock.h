/* SPDX-License-Identifier: MIT */
/* lock.h: the short lock, and waiting for what cannot take long.
 *
 * Held for a few dozen instructions, never while its holder waits for anything. A park hands it
 * over: taken by the coroutine that parks, released by the commit on another stack, maybe by
 * another thread's. So it has no owner.
 *
 *  L1  The unlock is one plain release store, and it is the holder's last access. Whoever finds
 *      the lock free may free the memory that contains it (D4). A lock that had to look for
 *      sleepers and wake them could not promise this, nor would its unlock be one store.
 *  L2  So nobody is woken: who waits looks again by himself. First a bounded spin, then naps of
 *      20 us, doubling up to 1 ms. The naps are what makes it correct, not only polite: a holder
 *      that was preempted must get a CPU even if the waiter has the higher real-time priority,
 *      or if there is one CPU, or one thread at a time (valgrind).
 *  L3  Acquire pairs with release: the next holder sees all that the last one wrote.
 *
 * There is no rank check: the holder is not a thread, so a list per thread of locks held would
 * lie after each park.
 */
#ifndef GR_BASE_LOCK_H
#define GR_BASE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"
#include "base/chaos.h"
#include "base/check.h"
#include "base/compiler.h"

/* All zero is a free lock. */
struct gr_lock {
	uint32_t word; /* 1 while held */
};

/* The waiting policy alone, for lock bits inside other words: start from { 0 }, look at the word,
 * call this between two looks. It spins at first and naps later; errno stays. */
struct gr_backoff {
	unsigned n;
};

void gr_backoff_wait(struct gr_backoff *b);

void gr_lock_acquire_slow(struct gr_lock *lock);

static inline bool gr_lock_try(struct gr_lock *lock)
{
	uint32_t free = 0;

	return gr_cas_acquire(&lock->word, &free, 1); /* pairs with gr_lock_release() */
}

static inline void gr_lock_acquire(struct gr_lock *lock)
{
	gr_chaos_delay();
	if (gr_chaos(GR_CHAOS_CLAIM, 8) || gr_unlikely(!gr_lock_try(lock)))
		gr_lock_acquire_slow(lock);
}

static inline void gr_lock_release(struct gr_lock *lock)
{
	GR_DEBUG(gr_load_relaxed(&lock->word) == 1);
	gr_store_release(&lock->word, 0); /* L1; pairs with the acquire in gr_lock_try() */
}

#endif
