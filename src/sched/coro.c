/* SPDX-License-Identifier: MIT */
/* coro.c: descriptors: made, recycled, ended.
 *
 *  D1  A free descriptor is in one worker's cache or in the slots' free list; its life has no
 *      LIVE bit then. `next` links a cache.
 *  D2  Making a coroutine raises the generation and sets LIVE in one store (release: pairs with
 *      the acquire of whoever walks the registry and reads the fields set before).
 *  D3  Generations go on over runs: the memory goes with a stop, but the next run begins above
 *      the highest generation of the last. So a handle is stale for ever.
 *
 * An id is generation << 28 | index + 1; 36 bits of generation outlast the machine.
 */
#include "sched/coro.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/check.h"

#define REFILL 32u

_Static_assert(sizeof(struct gr_coro) <= 256, "more is dear where a million are parked");
_Static_assert(offsetof(struct gr_coro, entry) <= 2 * GR_CACHELINE, "what a switch touches");

static struct gr_slots slots;
static uint64_t first_generation = 1;

int gr_coro_start(void)
{
	return gr_slots_init(&slots, sizeof(struct gr_coro));
}

void gr_coro_stop(void)
{
	for (uint32_t i = 0; i < gr_coro_count(); i++) {
		uint64_t generation = gr_coro_at(i)->life >> GR_CORO_LIFE_SHIFT;

		if (generation >= first_generation)
			first_generation = generation + 1;
	}
	gr_slots_fini(&slots);
}

uint32_t gr_coro_count(void)
{
	return gr_slots_count(&slots);
}

struct gr_coro *gr_coro_at(uint32_t index)
{
	return gr_slots_at(&slots, index);
}

uint64_t gr_coro_id(const struct gr_coro *co)
{
	uint64_t generation = gr_load_relaxed(&co->life) >> GR_CORO_LIFE_SHIFT;

	return (generation - 1) << GR_CORO_ID_SHIFT | (co->index + 1);
}

void gr_coro_misplaced(const struct gr_coro *co, uint8_t found, uint8_t from)
{
	static const char *const places[] = { "asleep", "queued", "running" };

	gr_check_fail("coroutine %llu is %s where it should be %s",
		(unsigned long long)gr_coro_id(co), places[found % 3], places[from]);
}

static struct gr_coro *take(struct gr_coro_cache *cache)
{
	struct gr_coro *co;
	void *first;

	if (cache == NULL) {
		gr_slots_get_batch(&slots, 1, offsetof(struct gr_coro, next),
			offsetof(struct gr_coro, index), &first);
		return first;
	}
	if (gr_unlikely(cache->first == NULL)) {
		cache->count = gr_slots_get_batch(&slots, REFILL, offsetof(struct gr_coro, next),
			offsetof(struct gr_coro, index), &first);
		if (cache->count == 0)
			return NULL;
		cache->first = first;
	}
	co = cache->first;
	cache->first = co->next;
	cache->count--;
	return co;
}

struct gr_coro *gr_coro_make(struct gr_coro_cache *cache, struct gr_stack_cache *stacks,
	const struct gr_entry *entry, int stack_class, uint64_t flags)
{
	struct gr_coro *co;
	uint64_t generation;

	if (gr_stack_promise(stacks, stack_class) != 0)
		return NULL;
	co = take(cache);
	if (gr_unlikely(co == NULL)) {
		gr_stack_unpromise(stacks, stack_class);
		return NULL;
	}
	co->next = NULL;
	co->stack = NULL;
	co->error = 0;
	co->stack_class = (uint8_t)stack_class;
	co->name[0] = '\0';
	gr_entry_copy(&co->entry, entry);
	co->why = NULL;
	co->what = NULL;
	co->locals = NULL;
	co->scope = NULL;
	/* Relaxed: without LIVE nobody else writes it; who did has been here, or came by a lock. */
	generation = (gr_load_relaxed(&co->life) >> GR_CORO_LIFE_SHIFT) + 1;
	if (gr_unlikely(generation < first_generation))
		generation = first_generation;
	gr_store_release(&co->life, generation << GR_CORO_LIFE_SHIFT | GR_CORO_LIVE | flags);
	return co;
}

/* The cache is full: the older half goes to the slots' free list. */
static GR_NOINLINE void keep_half(struct gr_coro_cache *cache)
{
	struct gr_coro *last = cache->first;
	struct gr_coro_cache older;

	for (unsigned i = 1; i < GR_CORO_CACHE_MAX / 2; i++)
		last = last->next;
	older.first = last->next;
	last->next = NULL;
	cache->count = GR_CORO_CACHE_MAX / 2;
	gr_coro_cache_flush(&older);
}

void gr_coro_free(struct gr_coro_cache *cache, struct gr_coro *co)
{
	uint64_t generation = gr_load_relaxed(&co->life) >> GR_CORO_LIFE_SHIFT;

	/* A canceller's compare-exchange comes before it, or finds it and fails (cancel.c). Release: who
	 * finds it dead (acquire: gr_coro_live(), dump.c) finds its life behind it. */
	gr_store_release(&co->life, generation << GR_CORO_LIFE_SHIFT);
	co->next = cache->first;
	cache->first = co;
	if (gr_unlikely(++cache->count > GR_CORO_CACHE_MAX))
		keep_half(cache);
}

void gr_coro_end(struct gr_coro_cache *cache, struct gr_stack_cache *stacks, struct gr_coro *co)
{
	if (co->stack != NULL) {
		gr_fiber_destroy(&co->fiber);
		gr_stack_put(stacks, co->stack_class, co->stack);
	}
	gr_stack_unpromise(stacks, co->stack_class);
	gr_coro_free(cache, co);
}

void gr_coro_cache_flush(struct gr_coro_cache *cache)
{
	if (cache->first != NULL)
		gr_slots_put_batch(&slots, offsetof(struct gr_coro, next),
			offsetof(struct gr_coro, index), cache->first);
	*cache = (struct gr_coro_cache){ .first = NULL };
}
