/* SPDX-License-Identifier: MIT */
#include "sched/fresh.h"

#include <stdlib.h>

/* The first array's capacity. */
#ifndef GR_FRESH_FIRST
#ifdef GORO_CHAOS
#define GR_FRESH_FIRST 2u /* growing all the time */
#else
#define GR_FRESH_FIRST 256u
#endif
#endif

#define MOST (UINT32_C(1) << 24)

void gr_fresh_fini(struct gr_fresh *f)
{
	free(f->cells);
	f->cells = NULL;
}

static uint32_t capacity(const struct gr_fresh *f)
{
	return f->cells == NULL ? 0 : f->mask + 1;
}

static struct gr_coro **cell(struct gr_fresh *f, uint32_t at)
{
	return &f->cells[at & f->mask];
}

/* The owner's; without the lock, which only the change itself needs. */
static GR_NOINLINE bool grow(struct gr_fresh *f)
{
	uint32_t larger = capacity(f) == 0 ? GR_FRESH_FIRST : 2 * capacity(f);
	struct gr_coro **cells = larger > MOST ? NULL : malloc(larger * sizeof(struct gr_coro *));
	struct gr_coro **old = f->cells;

	if (cells == NULL)
		return false;
	gr_lock_acquire(&f->lock);
	for (uint32_t i = f->oldest; i != f->newest; i++)
		cells[i & (larger - 1)] = *cell(f, i);
	f->cells = cells;
	f->mask = larger - 1;
	gr_lock_release(&f->lock);
	free(old);
	return true;
}

bool gr_fresh_push(struct gr_fresh *f, struct gr_coro *co)
{
	uint32_t end = gr_load_relaxed(&f->newest); /* ours */
	uint32_t used = end - gr_load_acquire(&f->oldest);

	if (gr_chaos(GR_CHAOS_FULL, 8) || (gr_unlikely(used == capacity(f)) && !grow(f)))
		return false;
	*cell(f, end) = co;
	gr_store_release(&f->newest, end + 1);
	return true;
}

/* Under the lock; they are begin .. end - 1. */
static struct gr_coro *take_one(struct gr_fresh *f, uint32_t begin, uint32_t end)
{
	if (gr_unlikely(++f->takes % GR_FRESH_OLDEST == 0 || gr_chaos(GR_CHAOS_ORDER, 4))) {
		gr_store_relaxed(&f->oldest, begin + 1); /* F2 */
		return *cell(f, begin);
	}
	gr_store_relaxed(&f->newest, end - 1);
	if (end - begin > 1) { /* the next one's descriptor comes while this one runs */
		gr_prefetch(*cell(f, end - 2));
		gr_prefetch((char *)*cell(f, end - 2) + GR_CACHELINE);
	}
	return *cell(f, end - 1);
}

struct gr_coro *gr_fresh_pop_slow(struct gr_fresh *f)
{
	struct gr_coro *co = NULL;
	uint32_t begin, end;

	gr_lock_acquire(&f->lock);
	begin = gr_load_relaxed(&f->oldest);
	end = gr_load_relaxed(&f->newest);
	if (begin != end)
		co = take_one(f, begin, end);
	gr_lock_release(&f->lock);
	return co;
}

struct gr_coro *gr_fresh_steal(struct gr_fresh *f, unsigned most)
{
	struct gr_coro *first = NULL;
	struct gr_coro **end = &first;
	uint32_t begin, n;

	if (!gr_fresh_any(f) || gr_chaos(GR_CHAOS_STEAL, 4) || !gr_lock_try(&f->lock))
		return NULL;
	begin = gr_load_relaxed(&f->oldest);
	n = gr_load_acquire(&f->newest) - begin;
	n -= n / 2;
	if (n > most)
		n = most;
	for (uint32_t i = begin; i != begin + n; i++) {
		*end = *cell(f, i);
		end = &(*end)->next;
	}
	*end = NULL;
	gr_store_release(&f->oldest, begin + n);
	gr_lock_release(&f->lock);
	return first;
}
