/* SPDX-License-Identifier: MIT */
/* stack.h: guarded stacks, and the promise of one.
 *
 *      low address                                                       high
 *      |  guard  |                usable                |  a page: stagger  |  next slot ...
 *                                                    top ^ (up to 2 KiB below the slot's end)
 *
 * Stacks of a class are slots of one size in segments of reserved memory. A slot's guard is made
 * when the slot is first used, and stays. `top` names a stack: it is 64-byte aligned and differs
 * from slot to slot in its offset into the page, or the hot frames of all stacks would compete
 * for the same cache sets.
 *
 *  P1  A promise is the right to one stack. It is counted against slots reserved and guards the
 *      system bears, so that get succeeds for whoever holds one (but for a guard refused late).
 *  P2  A cache holds free stacks (`hot`) and promises taken in advance (`allowance`). At every
 *      promise it makes, allowance >= hot: the stacks lying in caches are covered by promises in
 *      the same cache. So, promises being no more than slots, a slot is left for every promise
 *      given out, though caches cannot see into each other.
 *      Once a promise had to be refused (gr_stack_short) caches take no more in: what is given
 *      back goes where everybody finds it.
 *  P3  Segments are unmapped by gr_stack_stop() alone.
 *  P4  A free stack is in one hot array or in its class's pool, by its top; nothing is written
 *      into free stacks, so they can be discarded.
 *
 * A cache is its worker's own: no function with it blocks except where it says so. NULL for a
 * cache: a thread that has none; then the class's lock is taken.
 */
#ifndef GR_CONTEXT_STACK_H
#define GR_CONTEXT_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "context/sanitizer.h"

#define GR_STACK_DEFAULT ((size_t)192 << 10)
#define GR_STACK_MAX     ((size_t)1 << 30)
#define GR_STACK_HOT     64u /* stacks in a cache; also promises fetched at once */

struct gr_stack_cache {
	int hot_class;
	unsigned count;     /* of hot[] */
	unsigned allowance; /* promises of hot_class, taken and not yet given out */
	void *hot[GR_STACK_HOT];
};

/* Set when a promise was refused, until stop. Relaxed: sooner or later every cache sees it. */
extern GR_HIDDEN bool gr_stack_short;

/* Start: before everything else here. Stop: when no stack is in use and no cache alive. */
int gr_stack_start(void);
void gr_stack_stop(void);

/* The smallest class with so many usable bytes; 0 asks for the default. -EINVAL above 1 GiB. */
int gr_stack_class(size_t usable);
size_t gr_stack_usable(int class);

void gr_stack_cache_init(struct gr_stack_cache *cache, int class);
void gr_stack_cache_fini(struct gr_stack_cache *cache);

int gr_stack_promise_slow(struct gr_stack_cache *cache, int class);
void gr_stack_unpromise_slow(struct gr_stack_cache *cache, int class);
void *gr_stack_get_slow(struct gr_stack_cache *cache, int class);
void gr_stack_put_slow(struct gr_stack_cache *cache, int class, void *top);
void gr_stack_reused(int class, void *top); /* for sanitizers */

/* 0, or -ENOMEM: address space or guards are used up. May reserve memory. */
static inline int gr_stack_promise(struct gr_stack_cache *cache, int class)
{
	if (gr_likely(cache != NULL && class == cache->hot_class &&
		    cache->allowance > cache->count)) { /* P2 */
		cache->allowance--;
		return 0;
	}
	return gr_stack_promise_slow(cache, class);
}

/* Gives the promise back: when its stack has been put back or handed to another promise, or was
 * never taken. */
static inline void gr_stack_unpromise(struct gr_stack_cache *cache, int class)
{
	if (gr_likely(cache != NULL && class == cache->hot_class &&
		    cache->allowance < 2 * GR_STACK_HOT && !gr_load_relaxed(&gr_stack_short)))
		cache->allowance++;
	else
		gr_stack_unpromise_slow(cache, class);
}

/* A stack from the hot array, NULL if there is none. Never blocks, never makes a system call. */
static inline void *gr_stack_get_hot(struct gr_stack_cache *cache, int class)
{
	void *top;

	if (gr_unlikely(class != cache->hot_class || cache->count == 0))
		return NULL;
	top = cache->hot[--cache->count];
	if (gr_unlikely(gr_sanitizer_any))
		gr_stack_reused(class, top);
	return top;
}

/* A stack; the caller holds a promise. May lock, map and guard. NULL: the system refuses to
 * guard it, or its promise was not kept. */
static inline void *gr_stack_get(struct gr_stack_cache *cache, int class)
{
	void *top = cache != NULL ? gr_stack_get_hot(cache, class) : NULL;

	return gr_likely(top != NULL) ? top : gr_stack_get_slow(cache, class);
}

/* Gives it back. Not the stack one runs on. Seldom locks. */
static inline void gr_stack_put(struct gr_stack_cache *cache, int class, void *top)
{
	if (gr_likely(cache != NULL && class == cache->hot_class && cache->count < GR_STACK_HOT &&
		    !gr_load_relaxed(&gr_stack_short)))
		cache->hot[cache->count++] = top;
	else
		gr_stack_put_slow(cache, class, top);
}

/* Now and then, from any thread: gives pages of free stacks back that have not been wanted for
 * GR_POOL_LOOKS times, a millisecond's worth. True: there is more to give back, later. */
bool gr_stack_tidy(void);

/* The addresses that frames on this stack may have: [*low, *high). */
void gr_stack_bounds(int class, const void *top, uintptr_t *low, uintptr_t *high);

/* Is addr in a slot that was ever used? Then its bounds, and whether addr is in the guard below
 * them. Signal-safe. */
bool gr_stack_find(uintptr_t addr, uintptr_t *low, uintptr_t *high, bool *in_guard);

/* Slots made, stacks that are neither in a cache nor in a pool, and free ones in the pools.
 * Those in caches count as in use. */
void gr_stack_stats(size_t *mapped, size_t *in_use, size_t *cached);

/* Bytes of address space reserved, guards and slots not used yet included. */
size_t gr_stack_reserved(void);

#endif
