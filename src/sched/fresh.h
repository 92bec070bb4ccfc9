/* SPDX-License-Identifier: MIT */
/* fresh.h: a worker's coroutines that have not begun yet.
 *
 *     oldest                      newest
 *     [ c │ c │ c │ c │ c │ c │ c │ c ]
 *     thieves take half from here   the owner adds and takes here
 *
 * They are kept apart from those that have (runq.h), because it costs nothing to let them wait:
 * they have no stack. So what has begun is brought to its end first, and of the others the newest
 * begins first: a tree of coroutines is walked in depth, with as many stacks as it is deep, not as
 * it is wide. Thieves take the oldest, the largest subtrees.
 *
 *  F1  Taking, by whomever, and replacing the array are done under `lock`. Adding is not: only the owner
 *      adds, and behind `newest`, where nobody else looks; so `newest` is stored by the owner alone, and
 *      goes back only under the lock. `oldest` moves under the lock, and never back.
 *  F2  None is forgotten: each GR_FRESH_OLDEST-th time the owner takes the oldest.
 *  F3  gr_fresh_any() is a hint, but what has been pushed and not been taken makes it true. For the
 *      owner: `newest` is its own, and `oldest` is never read beyond what was taken. For the last
 *      look of who goes to sleep: the push comes before gr_idle_notify(), whose fence pairs with the
 *      sleeper's (I3 of idle.h), so he sees that `newest`, or the pusher sees him.
 *
 * Source: the order is Cilk's (Blumofe, Leiserson: "Scheduling multithreaded computations by work
 * stealing", 1999). A lock, since a thief takes many at once: where the owner takes from the other
 * end by itself, a thief can safely take one only. The owner takes it once a coroutine's life.
 *
 * Orderings
 *   push   store-release of newest, pairs with the thief's load-acquire: the cell and the coroutine are
 *          visible. The load-acquire of oldest pairs with the thief's store-release: a cell is
 *          written again after it was read.
 *   take   the lock orders takers, and what the owner puts back into `newest`; the rest is relaxed.
 */
#ifndef GR_SCHED_FRESH_H
#define GR_SCHED_FRESH_H

#include "base/lock.h"
#include "sched/coro.h"

#define GR_FRESH_OLDEST 16u

struct gr_fresh {
	struct gr_lock lock;
	uint32_t oldest;        /* indices mod 2^32; here is the oldest ... */
	uint32_t newest;        /* ... and here behind the newest */
	uint32_t mask;          /* capacity - 1 */
	uint32_t takes;         /* the owner's */
	struct gr_coro **cells; /* NULL: capacity 0 */
} GR_ALIGNED;

void gr_fresh_fini(struct gr_fresh *f);

/* Owner only. False: out of memory, or there are very many. */
bool gr_fresh_push(struct gr_fresh *f, struct gr_coro *co);

struct gr_coro *gr_fresh_pop_slow(struct gr_fresh *f);

/* Is there one? (F3) */
static inline bool gr_fresh_any(const struct gr_fresh *f)
{
	return gr_load_relaxed(&f->oldest) != gr_load_relaxed(&f->newest);
}

/* Owner only. NULL: empty. */
static inline struct gr_coro *gr_fresh_pop(struct gr_fresh *f)
{
	return gr_fresh_any(f) ? gr_fresh_pop_slow(f) : NULL;
}

/* Anybody: takes the older half, but no more than `most`, linked by `next`, the oldest first. NULL:
 * nothing, or somebody else is at it. */
struct gr_coro *gr_fresh_steal(struct gr_fresh *f, unsigned most);

#endif
