/* SPDX-License-Identifier: MIT */
/* pool.h: the stacks of one class: promised, free, and those still to be cut. Used by stack.c.
 *
 * Free stacks are an array of tops, last in, first out: the hot end is handed out. Some POOL_DIRTY
 * of them keep their pages; older ones are trimmed, a batch at a time, since dropping pages
 * interrupts every CPU that runs a thread of ours. Neighbours are dropped in one piece. Not by who
 * gives a stack back, for when a million end the next million may be near, but by the monitor,
 * and only those that nobody has wanted for GR_POOL_LOOKS of its looks; unless there are very many.
 *
 *      entries:  | trimmed ... | being trimmed | dirty, oldest ... hottest |
 *                0           clean           floor                       free
 *
 * While a batch is being trimmed, without the lock, nobody takes what is below `floor`; else `floor` is 0.
 *
 * An entry is a top; its low bit, GR_POOL_UNGUARDED, says that the guard is still to be made.
 *
 * Under the lock:
 *      promised <= covered <= cursor.slots
 *      `covered`, summed over all pools, is no more than the guards that the system bears
 *      idle <= dirty ones
 *      free + cut in batches + not yet cut >= promises given out whose stack is not taken yet
 *
 * The functions with _locked are called under `lock`, which take, relieve and tidy may release meanwhile;
 * it is held while the table of segments grows, but not for system calls on single stacks.
 */
#ifndef GR_CONTEXT_POOL_H
#define GR_CONTEXT_POOL_H

#include "base/compiler.h"
#include "base/lock.h"
#include "context/segment.h"

#define GR_POOL_UNGUARDED ((uintptr_t)1)

#ifdef GORO_CHAOS
#define GR_POOL_LOOKS 2u
#else
#define GR_POOL_LOOKS 100u /* a second of the monitor's */
#endif

struct gr_pool {
	struct gr_lock lock;
	struct gr_segment_cursor cursor;
	size_t promised;
	size_t covered;
	size_t free, clean, floor;
	size_t idle;    /* the fewest dirty ones there were since looks were 0 */
	size_t surplus; /* dirty ones that the looks before did without, and that are still there */
	unsigned looks; /* of gr_pool_tidy_locked() */
	size_t room;    /* of entries; at least cursor.slots */
	uintptr_t *entries;
	unsigned away; /* batches that will come back: being trimmed or guarded */
} GR_ALIGNED;

/* How many guards all pools together may make; before the first init. */
void gr_pool_guards(size_t limit);

void gr_pool_init(struct gr_pool *pool, int class, const struct gr_slot_shape *shape);
void gr_pool_fini(struct gr_pool *pool); /* the memory of the stacks is gr_segment_stop()'s */

/* n more promises, or none: 0 or -ENOMEM. */
int gr_pool_promise_locked(struct gr_pool *pool, size_t n);
void gr_pool_unpromise_locked(struct gr_pool *pool, size_t n);

/* An entry; 0 if there is none, which a promise rules out. */
uintptr_t gr_pool_take_locked(struct gr_pool *pool);

/* Cuts up to n slots ahead, for their guards to be made at once, which is cheaper: only where there
 * have been many already. They are in no list until gr_pool_add_locked() brings them back. */
size_t gr_pool_cut_locked(struct gr_pool *pool, uintptr_t *entries, size_t n);
void gr_pool_add_locked(struct gr_pool *pool, const uintptr_t *entries, size_t n);

/* An entry that is warm and guarded, 0 if there is none. */
uintptr_t gr_pool_take_warm_locked(struct gr_pool *pool);

/* Gives a stack back; never fails. */
void gr_pool_put_locked(struct gr_pool *pool, void *top);

/* Gives back an entry whose guard was refused: it will be tried last. */
void gr_pool_put_unguarded_locked(struct gr_pool *pool, uintptr_t entry);

/* After put: trims if there is far too much. */
void gr_pool_relieve_locked(struct gr_pool *pool);

/* A look: trims some of what has not been wanted for GR_POOL_LOOKS. True: looks to come will find more. */
bool gr_pool_tidy_locked(struct gr_pool *pool);

/* The bounds of the stack with this top. */
static inline void gr_slot_bounds(
	const struct gr_slot_shape *shape, uintptr_t top, uintptr_t *low, uintptr_t *high)
{
	*high = (top + shape->page - 1) & ~(uintptr_t)(shape->page - 1);
	*low = *high - shape->page - shape->usable;
}

#endif
