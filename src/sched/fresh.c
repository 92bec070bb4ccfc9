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
	for (uint32_t i = 0; i < f->count; i++)
		cells[i] = *cell(f, f->oldest + i);
	f->cells = cells;
	f->mask = larger - 1;
	f->oldest = 0;
	gr_lock_release(&f->lock);
	free(old);
	return true;
}

bool gr_fresh_push(struct gr_fresh *f, struct gr_coro *co)
{
	if (gr_chaos(GR_CHAOS_FULL, 8) ||
		(gr_unlikely(gr_fresh_count(f) == capacity(f)) && !grow(f)))
		return false;
	gr_lock_acquire(&f->lock);
	*cell(f, f->oldest + f->count) = co;
	gr_store_relaxed(&f->count, f->count + 1);
	gr_lock_release(&f->lock);
	return true;
}

struct gr_coro *gr_fresh_pop_slow(struct gr_fresh *f)
{
	struct gr_coro *co = NULL;

	gr_lock_acquire(&f->lock);
	if (f->count != 0) {
		gr_store_relaxed(&f->count, f->count - 1);
		if (gr_unlikely(++f->takes % GR_FRESH_OLDEST == 0 || gr_chaos(GR_CHAOS_ORDER, 4)))
			co = *cell(f, f->oldest++); /* F2 */
		else
			co = *cell(f, f->oldest + f->count);
	}
	gr_lock_release(&f->lock);
	return co;
}

struct gr_coro *gr_fresh_steal(struct gr_fresh *f, unsigned most)
{
	struct gr_coro *first = NULL;
	struct gr_coro **end = &first;
	uint32_t n;

	if (gr_fresh_count(f) == 0 || gr_chaos(GR_CHAOS_STEAL, 4) || !gr_lock_try(&f->lock))
		return NULL;
	n = f->count - f->count / 2;
	if (n > most)
		n = most;
	gr_store_relaxed(&f->count, f->count - n);
	for (; n > 0; n--) {
		*end = *cell(f, f->oldest++);
		end = &(*end)->next;
	}
	*end = NULL;
	gr_lock_release(&f->lock);
	return first;
}
