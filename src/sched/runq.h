/* SPDX-License-Identifier: MIT */
/* runq.h: a worker's own queue of runnable coroutines, and its next-slot.
 *
 *        head                    tail
 *   ──────▼───────────────────────▼──────────
 *     …   │ c │ c │ c │ c │ c │ c │           …     indices mod 2^32
 *   ──────────────────────────────────────────
 *   thieves and the owner            the owner
 *   take from here                   adds here
 *
 * The next-slot holds the one coroutine that was woken last by what runs here: the pair that
 * hands a value to and fro stays on one worker and in its cache.
 *
 * Invariants
 *  R1  Only the owner writes `tail` and the cells; `head` moves only by compare-exchange, by
 *      the owner (one) or by a thief (half).
 *  R2  tail - head <= the ring's capacity, as unsigned 32-bit numbers. Indices wrap after 2^32
 *      pushes, so a thief asleep between its load and its compare-exchange would have to sleep
 *      through exactly 2^32 of them (16-bit indices wrap in a millisecond: tokio#5041).
 *  R3  A thief copies cells before its compare-exchange on `head`; if that fails, the copies
 *      are thrown away. A cell may be rewritten meanwhile: hence cells are relaxed atomics.
 *  R4  Only the owner fills the slot, and only when it is empty (a plain release store); the
 *      owner and thieves empty it by compare-exchange. So what lies there can always be taken
 *      by others, and a fill needs no locked instruction.
 *  R5  The owner replaces a full ring by one twice as large: it copies what lies between head and
 *      tail, and publishes the new ring before the next tail. A thief reads head, tail and then
 *      the ring, so its ring has the cells up to that tail; if it does not have those at that
 *      head, because the ring is newer, head has moved on and his compare-exchange fails. Rings
 *      that were replaced stay until the end: a thief may still be reading there.
 *  R6  The slot is preferred a bounded number of times in a row while the ring holds others.
 *
 * Orderings
 *   push   store-release of tail, pairs with the thief's load-acquire of tail: the cells and
 *          the coroutine behind them (its saved registers) are visible.
 *   take   a thief's compare-exchange on head releases: pairs with the acquire in push, so that
 *          what the owner writes into the freed cells comes after the thief's copies (R3). The
 *          owner's own needs no order: nobody else writes what it reads there. It hands on the
 *          thieves' release, as every read-modify-write does.
 *   slot   store-release / compare-exchange acquire.
 *
 * Source: the ring of Go's scheduler (Vyukov, 2012) and of Tokio's; the cells as atomics after
 * tokio#7712.
 */
#ifndef GR_SCHED_RUNQ_H
#define GR_SCHED_RUNQ_H

#include "base/compiler.h"
#include "sched/coro.h"

#ifndef GR_RUNQ_SIZE
#ifdef GORO_CHAOS
#define GR_RUNQ_SIZE 4u /* full and wrapping all the time */
#else
#define GR_RUNQ_SIZE 1024u
#endif
#endif

/* What a ring grows to at most; more goes to the global queue. */
#ifndef GR_RUNQ_MOST
#ifdef GORO_CHAOS
#define GR_RUNQ_MOST 32u
#else
#define GR_RUNQ_MOST (UINT32_C(1) << 20)
#endif
#endif

struct gr_runq_ring {
	uint32_t mask; /* capacity - 1; constant, as is everything here but the cells */
	struct gr_runq_ring *older;
	struct gr_coro **cells;
};

/* How often in a row the next-slot comes before a ring that is not empty: a pair that wakes
 * each other must not starve the rest (R6). */
#ifdef GORO_CHAOS
#define GR_RUNQ_SLOT_RUNS 2u
#else
#define GR_RUNQ_SLOT_RUNS 16u
#endif

struct gr_runq {
	uint32_t head __attribute__((aligned(GR_CACHELINE)));
	uint32_t tail __attribute__((aligned(GR_CACHELINE)));
	struct gr_coro *slot;
	unsigned slot_runs;     /* owner: how often in a row the slot was preferred */
	uint32_t mask;          /* owner: of the ring in use */
	struct gr_coro **cells; /* owner: the same */
	struct gr_runq_ring *ring;
	struct gr_runq_ring first;
	struct gr_coro *first_cells[GR_RUNQ_SIZE];
};

void gr_runq_init(struct gr_runq *q);
void gr_runq_fini(struct gr_runq *q); /* nobody steals any more */

/* Before its first use: as if its ring were smaller, a power of two. */
void gr_runq_narrow(struct gr_runq *q, unsigned capacity);

/* Owner only, when the ring is full: makes it larger. False: it is as large as it gets. */
bool gr_runq_grow(struct gr_runq *q);

/* Owner only: takes the older half out, linked by `next`; returns the first, *last, *count. */
struct gr_coro *gr_runq_shed(struct gr_runq *q, struct gr_coro **last, unsigned *count);

/* A thief, which owns `into` (empty): moves half of `from` there. Returns one of them to run,
 * NULL: nothing to take. */
struct gr_coro *gr_runq_steal(struct gr_runq *into, struct gr_runq *from);

/* Anybody, a hint: how many are in the ring. */
unsigned gr_runq_len(const struct gr_runq *q);

/* The owner's side, which each switch passes --------------------------------------------------- */

static inline struct gr_coro **gr_runq_cell(struct gr_runq *q, uint32_t at)
{
	return &q->cells[at & q->mask];
}

/* Owner only. False: full. */
static inline bool gr_runq_push(struct gr_runq *q, struct gr_coro *co)
{
	uint32_t tail = gr_load_relaxed(&q->tail); /* ours (R1) */
	uint32_t head = gr_load_acquire(&q->head); /* pairs with the release in gr_runq_steal() */

	if (tail - head > q->mask)
		return false;
	gr_store_relaxed(gr_runq_cell(q, tail), co);
	gr_store_release(&q->tail, tail + 1); /* pairs with the acquire in share() */
	return true;
}

/* The one at `head` has been taken, and `tail` is the owner's. Where thousands take turns, each
 * descriptor and each stack has left the caches, and the page table's too, when its turn comes:
 * they are fetched while others run. A hint: a thief may have taken those, and they may run
 * elsewhere or have ended; descriptors are type-stable (coro.h). */
static inline void gr_runq_fetch_ahead(struct gr_runq *q, uint32_t head, uint32_t tail)
{
#if GR_FETCH_AHEAD
	if (tail - head > 4) {
		const char *sp =
			gr_load_relaxed(&gr_load_relaxed(gr_runq_cell(q, head + 2))->context.sp);

		gr_prefetch(gr_load_relaxed(gr_runq_cell(q, head + 4)));
		gr_prefetch(sp); /* what the switch has saved, and those who called it */
		gr_prefetch(sp + 2 * GR_CACHELINE);
	}
#else
	(void)q, (void)head, (void)tail;
#endif
}

/* Owner only. NULL: empty. */
static inline struct gr_coro *gr_runq_pop(struct gr_runq *q)
{
	uint32_t tail = gr_load_relaxed(&q->tail); /* ours (R1) */
	uint32_t head = gr_load_relaxed(&q->head);
	struct gr_coro *co;

	do {
		if (head == tail)
			return NULL;
		co = gr_load_relaxed(gr_runq_cell(q, head));
	} while (gr_chaos(GR_CHAOS_CLAIM, 8) || !gr_cas_relaxed(&q->head, &head, head + 1));
	gr_runq_fetch_ahead(q, head, tail);
	return co;
}

/* Anybody: empties the next-slot. NULL: it was empty. */
static inline struct gr_coro *gr_runq_take_slot(struct gr_runq *q)
{
	struct gr_coro *co = gr_load_relaxed(&q->slot);

	while (co != NULL &&
		(gr_chaos(GR_CHAOS_CLAIM, 8) ||
			!gr_cas_acquire(&q->slot, &co, (struct gr_coro *)NULL)))
		;
	return co;
}

/* Owner only, and the slot is empty (R4). */
static inline void gr_runq_fill_slot(struct gr_runq *q, struct gr_coro *co)
{
	gr_store_release(&q->slot, co);
}

/* Owner only: puts `co` into the next-slot; returns the one it displaced, or NULL. */
static inline struct gr_coro *gr_runq_put_slot(struct gr_runq *q, struct gr_coro *co)
{
	struct gr_coro *old = gr_runq_take_slot(q);

	gr_runq_fill_slot(q, co);
	return old;
}

/* Owner only: what to run next; the slot before the ring, but not for ever. NULL: nothing. */
static inline struct gr_coro *gr_runq_next(struct gr_runq *q)
{
	struct gr_coro *co;

	if (gr_load_relaxed(&q->slot) == NULL) {
		q->slot_runs = 0;
		return gr_runq_pop(q);
	}
	/* A ring that looks empty is (only its owner adds). */
	if (gr_load_relaxed(&q->head) != gr_load_relaxed(&q->tail) &&
		(++q->slot_runs > GR_RUNQ_SLOT_RUNS || gr_chaos(GR_CHAOS_ORDER, 4))) {
		q->slot_runs = 0;
		co = gr_runq_pop(q);
		if (co != NULL)
			return co;
	}
	co = gr_runq_take_slot(q);
	return gr_likely(co != NULL) ? co : gr_runq_pop(q);
}

#endif
