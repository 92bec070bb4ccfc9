/* SPDX-License-Identifier: MIT */
/* stack.c: classes of stacks, caches and their promises; see stack.h. Memory comes from
 * segment.c, free stacks are kept by pool.c. */
#include "context/stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/lock.h"
#include "context/pool.h"
#include "context/segment.h"
#include "os/os.h"

#define CLASSES      33 /* 16, 24, 32, 48 KiB ... 768 MiB, 1 GiB */
#define CLASS_MIN    ((size_t)16 << 10)
#define CUT_AHEAD    32u /* slots guarded at once */
#define BATCH_MODEST 16u /* promises fetched at once while there are few */

bool gr_stack_short;

static struct gr_pool pools[CLASSES];

/* What valgrind was told, to be taken back at stop. */
static struct {
	struct gr_lock lock;
	unsigned *ids;
	size_t count;
} told;

/* Classes ----------------------------------------------------------------------------------- */

/* 2^n and 1.5 * 2^n in turn. */
static size_t nominal(int class)
{
	size_t bytes = CLASS_MIN << (class / 2);

	return class % 2 == 0 ? bytes : bytes + bytes / 2;
}

int gr_stack_class(size_t usable)
{
	/* Twice what the kernel pushes for a handler that has no stack of its own. */
	size_t least = 2 * gr_os_signal_frame();
	int class = 0;

	if (usable == 0)
		usable = GR_STACK_DEFAULT;
	if (usable > GR_STACK_MAX)
		return -EINVAL;
	if (usable < least)
		usable = least;
	while (nominal(class) < usable)
		class ++; /* the last one is GR_STACK_MAX */
	return class;
}

size_t gr_stack_usable(int class)
{
	return pools[class].cursor.shape.usable;
}

void gr_stack_bounds(int class, const void *top, uintptr_t *low, uintptr_t *high)
{
	gr_slot_bounds(&pools[class].cursor.shape, (uintptr_t)top, low, high);
}

bool gr_stack_find(uintptr_t addr, uintptr_t *low, uintptr_t *high, bool *in_guard)
{
	return gr_segment_find(addr, low, high, in_guard);
}

void gr_stack_stats(size_t *mapped, size_t *in_use, size_t *cached)
{
	*mapped = *cached = 0;
	for (int i = 0; i < CLASSES; i++) {
		gr_lock_acquire(&pools[i].lock);
		*mapped += pools[i].cursor.used;
		*cached += pools[i].free;
		gr_lock_release(&pools[i].lock);
	}
	*in_use = *mapped - *cached;
}

size_t gr_stack_reserved(void)
{
	return gr_segment_reserved();
}

int gr_stack_start(void)
{
	size_t page = gr_os_page_size();

	gr_store_relaxed(&gr_stack_short, false);
	gr_sanitizer_start();
	gr_segment_start();
	gr_pool_guards(gr_os_guard_limit());
	for (int i = 0; i < CLASSES; i++) {
		size_t guard = nominal(i) <= (size_t)64 << 10 ? (size_t)16 << 10 : (size_t)64 << 10;
		struct gr_slot_shape shape = {
			.guard = (guard + page - 1) & ~(page - 1),
			.usable = (nominal(i) + page - 1) & ~(page - 1),
			.page = page,
		};

		gr_pool_init(&pools[i], i, &shape);
	}
	return 0;
}

void gr_stack_stop(void)
{
	for (size_t k = 0; k < told.count; k++)
		gr_sanitizer_stack_deregister(told.ids[k]);
	free(told.ids);
	told.ids = NULL;
	told.count = 0;
	for (int i = 0; i < CLASSES; i++)
		gr_pool_fini(&pools[i]);
	gr_segment_stop();
}

/* Promises ---------------------------------------------------------------------------------- */

/* All promises of a cache are covered by stacks lying in it, and no more are to be had: the
 * coldest of them goes where others can take it. */
static int give_up_one(struct gr_stack_cache *cache, struct gr_pool *pool)
{
	if (cache->allowance == 0)
		return -ENOMEM;
	GR_DEBUG(cache->count >= cache->allowance); /* else it would not be asked */
	cache->allowance--;
	gr_pool_put_locked(pool, cache->hot[0]);
	cache->count--;
	memmove(cache->hot, cache->hot + 1, cache->count * sizeof(cache->hot[0]));
	return 0;
}

static int refill_promises(struct gr_stack_cache *cache, struct gr_pool *pool)
{
	unsigned batch = pool->promised < GR_STACK_HOT ? BATCH_MODEST : GR_STACK_HOT;

	for (; batch > 0; batch /= 2) {
		if (gr_pool_promise_locked(pool, batch) == 0) {
			cache->allowance += batch - 1;
			return 0;
		}
	}
	return give_up_one(cache, pool);
}

int gr_stack_promise_slow(struct gr_stack_cache *cache, int class)
{
	struct gr_pool *pool = &pools[class];
	int rc;

	gr_lock_acquire(&pool->lock);
	if (cache != NULL && class == cache->hot_class)
		rc = refill_promises(cache, pool);
	else
		rc = gr_pool_promise_locked(pool, 1);
	gr_lock_release(&pool->lock);
	if (gr_unlikely(rc != 0))
		gr_store_relaxed(&gr_stack_short, true);
	return rc;
}

void gr_stack_unpromise_slow(struct gr_stack_cache *cache, int class)
{
	struct gr_pool *pool = &pools[class];
	unsigned n = 1;

	if (cache != NULL && class == cache->hot_class &&
		cache->allowance >= 2 * GR_STACK_HOT) { /* the half is enough (P2) */
		cache->allowance -= GR_STACK_HOT - 1;
		n = GR_STACK_HOT;
	}
	gr_lock_acquire(&pool->lock);
	gr_pool_unpromise_locked(pool, n);
	gr_lock_release(&pool->lock);
}

/* Getting and putting ----------------------------------------------------------------------- */

/* valgrind must know a stack before anything runs on it. Without memory for the list it goes on
 * believing in this one after stop, which does no harm. */
static void introduce(uintptr_t low, uintptr_t high)
{
	unsigned id = gr_sanitizer_stack_register(low, high);
	unsigned *ids;

	if (!gr_sanitizer_valgrind)
		return;
	gr_lock_acquire(&told.lock);
	ids = realloc(told.ids, (told.count + 1) * sizeof(*ids));
	if (ids != NULL) {
		told.ids = ids;
		ids[told.count++] = id;
	}
	gr_lock_release(&told.lock);
}

/* Makes the guard of an entry that has none. NULL: refused, and the entry is back in the pool. */
static void *guard(struct gr_pool *pool, uintptr_t entry)
{
	const struct gr_slot_shape *shape = &pool->cursor.shape;
	uintptr_t low, high;

	if (!(entry & GR_POOL_UNGUARDED))
		return (void *)entry;
	gr_slot_bounds(shape, entry & ~GR_POOL_UNGUARDED, &low, &high);
	if (gr_os_guard((void *)(low - shape->guard), shape->guard) != 0) {
		gr_lock_acquire(&pool->lock);
		gr_pool_put_unguarded_locked(pool, entry);
		gr_lock_release(&pool->lock);
		return NULL;
	}
	introduce(low, high);
	return (void *)(entry & ~GR_POOL_UNGUARDED);
}

/* Guards entries that have been cut ahead, or leaves it to those who take them. */
static void guard_ahead(struct gr_pool *pool, uintptr_t *entries, size_t n)
{
	const struct gr_slot_shape *shape = &pool->cursor.shape;
	struct gr_os_range guards[CUT_AHEAD];
	uintptr_t low, high;

	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++) {
		gr_slot_bounds(shape, entries[i] & ~GR_POOL_UNGUARDED, &low, &high);
		guards[i] = (struct gr_os_range){ (void *)(low - shape->guard), shape->guard };
	}
	if (gr_os_guard_all(guards, n) == 0) {
		for (size_t i = 0; i < n; i++) {
			entries[i] &= ~GR_POOL_UNGUARDED;
			gr_slot_bounds(shape, entries[i], &low, &high);
			introduce(low, high);
		}
	}
	gr_lock_acquire(&pool->lock);
	gr_pool_add_locked(pool, entries, n);
	gr_lock_release(&pool->lock);
}

void gr_stack_reused(int class, void *top)
{
	uintptr_t low, high;

	gr_stack_bounds(class, top, &low, &high);
	gr_sanitizer_stack_reuse(low, (uintptr_t)top);
}

void *gr_stack_get_slow(struct gr_stack_cache *cache, int class)
{
	struct gr_pool *pool = &pools[class];
	uintptr_t ahead[CUT_AHEAD];
	uintptr_t entry, warm;
	size_t cut = 0;
	void *top;

	gr_lock_acquire(&pool->lock);
	entry = gr_pool_take_locked(pool);
	if (entry & GR_POOL_UNGUARDED)
		cut = gr_pool_cut_locked(pool, ahead, CUT_AHEAD);
	if (cache != NULL && class == cache->hot_class) /* while here; P2: covered by promises */
		while (cache->count < GR_STACK_HOT / 2 && cache->count < cache->allowance &&
			(warm = gr_pool_take_warm_locked(pool)) != 0)
			cache->hot[cache->count++] = (void *)warm;
	gr_lock_release(&pool->lock);

	guard_ahead(pool, ahead, cut);
	top = entry != 0 ? guard(pool, entry) : NULL;
	if (gr_unlikely(gr_sanitizer_any) && top != NULL)
		gr_stack_reused(class, top);
	return top;
}

void gr_stack_put_slow(struct gr_stack_cache *cache, int class, void *top)
{
	struct gr_pool *pool = &pools[class];

	gr_lock_acquire(&pool->lock);
	if (cache != NULL && class == cache->hot_class && cache->count == GR_STACK_HOT &&
		!gr_load_relaxed(&gr_stack_short)) { /* the colder half goes */
		unsigned half = GR_STACK_HOT / 2;

		for (unsigned i = 0; i < half; i++)
			gr_pool_put_locked(pool, cache->hot[i]);
		memmove(cache->hot, cache->hot + half, half * sizeof(cache->hot[0]));
		cache->count -= half;
		cache->hot[cache->count++] = top;
	} else {
		gr_pool_put_locked(pool, top);
	}
	gr_pool_relieve_locked(pool);
	gr_lock_release(&pool->lock);
}

bool gr_stack_tidy(void)
{
	bool more = false;

	for (int i = 0; i < CLASSES; i++) {
		gr_lock_acquire(&pools[i].lock);
		more |= gr_pool_tidy_locked(&pools[i]);
		gr_lock_release(&pools[i].lock);
	}
	return more;
}

void gr_stack_cache_init(struct gr_stack_cache *cache, int class)
{
	cache->hot_class = class;
	cache->count = 0;
	cache->allowance = 0;
}

void gr_stack_cache_fini(struct gr_stack_cache *cache)
{
	struct gr_pool *pool = &pools[cache->hot_class];

	gr_lock_acquire(&pool->lock);
	while (cache->count > 0)
		gr_pool_put_locked(pool, cache->hot[--cache->count]);
	gr_pool_unpromise_locked(pool, cache->allowance);
	cache->allowance = 0;
	gr_pool_relieve_locked(pool);
	gr_lock_release(&pool->lock);
}
