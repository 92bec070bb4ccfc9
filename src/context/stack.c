/* SPDX-License-Identifier: MIT */
/* stack.c: classes of stacks, promises, pools, caches. See stack.h; memory comes from segment.c.
 *
 * A class's free stacks are an array of tops, last in, first out: the hot end is handed out. At
 * most POOL_DIRTY of them keep their pages; older ones are trimmed, TRIM_BATCH at a time, since
 * dropping pages interrupts every CPU that runs a thread of ours. Neighbours are dropped in one
 * call.
 *
 *      pool:  | trimmed ... | dirty, oldest ... hottest |
 *             0           clean                       free
 *
 * An entry's low bit says that its guard is still to be made: it was refused once.
 *
 * Accounting, per class and under its lock:
 *      promised <= covered <= slots,  covered summed over the classes <= guards we may make
 * and slots not cut + pool + batch being trimmed >= promises given out and not yet redeemed (P2).
 */
#include "context/stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "base/check.h"
#include "base/lock.h"
#include "context/segment.h"
#include "os/os.h"

#define CLASSES    33 /* 16, 24, 32, 48 KiB ... 768 MiB, 1 GiB */
#define CLASS_MIN  ((size_t)16 << 10)
#define SEGMENT    ((size_t)64 << 20)
#define FIRST      16u /* slots in a class's first segment, if they fit into one */
#define POOL_DIRTY 1024u
#define TRIM_BATCH 256u
#define UNGUARDED  ((uintptr_t)1)

struct class {
	struct gr_lock lock;
	struct gr_segment_cursor cursor;
	size_t promised;
	size_t covered;
	size_t free, clean; /* pool[0 .. clean .. free) */
	size_t room;        /* pool's; at least cursor.slots */
	uintptr_t *pool;
	unsigned trimming; /* batches under way */
	unsigned *valgrind_ids;
	size_t ids;
} GR_ALIGNED;

static struct class classes[CLASSES];
static size_t guards_left; /* that are not covered yet, of all classes */

/* Classes ----------------------------------------------------------------------------------- */

/* 2^n and 1.5 * 2^n in turn. */
static size_t nominal(int class)
{
	size_t bytes = CLASS_MIN << (class / 2);

	return class % 2 == 0 ? bytes : bytes + bytes / 2;
}

int gr_stack_class(size_t usable)
{
	/* Room for what the kernel pushes for a handler without a stack of its own, twice. */
	size_t least = 2 * gr_os_signal_frame();

	if (usable == 0)
		usable = GR_STACK_DEFAULT;
	if (usable > GR_STACK_MAX)
		return -EINVAL;
	if (usable < least)
		usable = least;
	for (int c = 0; c < CLASSES; c++)
		if (nominal(c) >= usable)
			return c;
	return -EINVAL;
}

size_t gr_stack_usable(int class)
{
	return classes[class].cursor.shape.usable;
}

void gr_stack_bounds(int class, const void *top, uintptr_t *low, uintptr_t *high)
{
	const struct gr_slot_shape *shape = &classes[class].cursor.shape;

	*high = ((uintptr_t)top + shape->page - 1) & ~(uintptr_t)(shape->page - 1);
	*low = *high - shape->page - shape->usable;
}

bool gr_stack_find(uintptr_t addr, uintptr_t *low, uintptr_t *high, bool *in_guard)
{
	return gr_segment_find(addr, low, high, in_guard);
}

int gr_stack_start(void)
{
	size_t page = gr_os_page_size();

	gr_sanitizer_start();
	gr_segment_start();
	guards_left = gr_os_guard_limit();
	for (int i = 0; i < CLASSES; i++) {
		struct class *c = &classes[i];
		size_t guard = nominal(i) <= (size_t)64 << 10 ? (size_t)16 << 10 : (size_t)64 << 10;

		memset(c, 0, sizeof(*c));
		c->cursor.class = i;
		c->cursor.shape = (struct gr_slot_shape){
			.guard = (guard + page - 1) & ~(page - 1),
			.usable = (nominal(i) + page - 1) & ~(page - 1),
			.page = page,
		};
	}
	return 0;
}

void gr_stack_stop(void)
{
	for (int i = 0; i < CLASSES; i++) {
		struct class *c = &classes[i];

		for (size_t k = 0; k < c->ids; k++)
			gr_sanitizer_stack_deregister(c->valgrind_ids[k]);
		free(c->valgrind_ids);
		free(c->pool);
		c->valgrind_ids = NULL;
		c->pool = NULL;
		c->ids = c->free = c->clean = c->room = 0;
	}
	gr_segment_stop();
}

void gr_stack_stats(size_t *mapped, size_t *in_use, size_t *cached)
{
	*mapped = *cached = 0;
	for (int i = 0; i < CLASSES; i++) {
		gr_lock_acquire(&classes[i].lock);
		*mapped += classes[i].cursor.used;
		*cached += classes[i].free;
		gr_lock_release(&classes[i].lock);
	}
	*in_use = *mapped - *cached;
}

/* Promises ---------------------------------------------------------------------------------- */

/* Room in the pool for every slot there is, so that putting a stack back needs no memory. */
static int make_room(struct class *c, size_t slots)
{
	uintptr_t *pool;

	if (slots <= c->room)
		return 0;
	pool = realloc(c->pool, slots * sizeof(*pool));
	if (pool == NULL)
		return -ENOMEM;
	c->pool = pool;
	c->room = slots;
	return 0;
}

/* Reserves at least `need` more slots: as many as there are, up to one segment's worth or an
 * eighth of what there is, and fewer when the system refuses so many. */
static int reserve(struct class *c, size_t need)
{
	size_t have = c->cursor.slots;
	size_t segment = SEGMENT / gr_slot_bytes(&c->cursor.shape);
	size_t most = segment > have / 8 ? segment : have / 8;
	size_t want = have == 0 ? FIRST : have;

	if (want > most)
		want = most;
	for (;; want /= 2) {
		if (want < need)
			want = need;
		if (make_room(c, have + want) == 0 && gr_segment_add(&c->cursor, want) == 0)
			return 0;
		if (want == need)
			return -ENOMEM;
	}
}

/* Takes n of the guards the system bears. */
static bool take_guards(size_t n)
{
	size_t left = gr_load_relaxed(&guards_left);

	do {
		if (left < n)
			return false;
		if (left == SIZE_MAX)
			return true; /* markers: no limit */
	} while (!gr_cas_relaxed(&guards_left, &left, left - n));
	return true;
}

/* Under the class's lock: n promises more. */
static int promise(struct class *c, size_t n)
{
	size_t need = c->promised + n;

	if (need > c->cursor.slots) {
		int rc = reserve(c, need - c->cursor.slots);

		if (rc != 0)
			return rc;
	}
	if (need > c->covered) {
		if (!take_guards(need - c->covered))
			return -ENOMEM;
		c->covered = need;
	}
	c->promised = need;
	return 0;
}

static void pool_push(struct class *c, uintptr_t entry)
{
	GR_CHECK(c->free < c->room);
	c->pool[c->free++] = entry;
}

/* A cache's promises are all covered by stacks lying in it, and no more are to be had: the
 * coldest stack goes where others can take it, and its promise is free. */
static int give_up_one(struct gr_stack_cache *cache, struct class *c)
{
	if (cache->allowance == 0)
		return -ENOMEM;
	cache->allowance--;
	if (cache->count > cache->allowance) {
		pool_push(c, (uintptr_t)cache->hot[0]);
		cache->count--;
		memmove(cache->hot, cache->hot + 1, cache->count * sizeof(cache->hot[0]));
	}
	return 0;
}

int gr_stack_promise_slow(struct gr_stack_cache *cache, int class)
{
	struct class *c = &classes[class];
	size_t batch;
	int rc = -ENOMEM;

	gr_lock_acquire(&c->lock);
	if (cache == NULL || class != cache->hot_class) {
		rc = promise(c, 1);
		gr_lock_release(&c->lock);
		return rc;
	}
	/* A program of few coroutines need not reserve for many. */
	for (batch = c->promised < GR_STACK_HOT ? FIRST : GR_STACK_HOT; batch > 0; batch /= 2) {
		rc = promise(c, batch);
		if (rc == 0)
			break;
	}
	if (rc == 0)
		cache->allowance += (unsigned)batch - 1;
	else
		rc = give_up_one(cache, c);
	gr_lock_release(&c->lock);
	return rc;
}

void gr_stack_unpromise_slow(struct gr_stack_cache *cache, int class)
{
	struct class *c = &classes[class];
	size_t n = 1;

	if (cache != NULL && class == cache->hot_class) { /* 2 * HOT: the half is enough (P2) */
		cache->allowance -= GR_STACK_HOT - 1;
		n = GR_STACK_HOT;
	}
	gr_lock_acquire(&c->lock);
	GR_CHECK(c->promised >= n);
	c->promised -= n;
	gr_lock_release(&c->lock);
}

/* Trimming ---------------------------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
	uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

	return x < y ? -1 : x > y;
}

/* Drops the pages of n stacks. A run of neighbours is one piece, guards included: a marker stays
 * and a mapping without access has nothing to drop. */
static void discard(int class, uintptr_t *entries, size_t n)
{
	size_t slot = gr_slot_bytes(&classes[class].cursor.shape);
	uintptr_t from = 0, to = 0;

	qsort(entries, n, sizeof(*entries), by_address);
	for (size_t i = 0; i < n; i++) {
		uintptr_t low, high;

		gr_stack_bounds(class, (void *)entries[i], &low, &high);
		if (from == 0 || high - slot != to) {
			if (from != 0)
				gr_os_discard((void *)from, to - from);
			from = low;
		}
		to = high;
	}
	if (from != 0)
		gr_os_discard((void *)from, to - from);
}

/* Under the class's lock, which is released meanwhile; a getter that finds nothing waits. */
static void trim(struct class *c)
{
	uintptr_t batch[TRIM_BATCH];

	memcpy(batch, c->pool + c->clean, sizeof(batch));
	c->free -= TRIM_BATCH;
	memmove(c->pool + c->clean, c->pool + c->clean + TRIM_BATCH,
		(c->free - c->clean) * sizeof(*batch));
	c->trimming++;
	gr_lock_release(&c->lock);

	discard(c->cursor.class, batch, TRIM_BATCH);

	gr_lock_acquire(&c->lock);
	c->trimming--;
	memmove(c->pool + c->clean + TRIM_BATCH, c->pool + c->clean,
		(c->free - c->clean) * sizeof(*batch));
	memcpy(c->pool + c->clean, batch, sizeof(batch));
	c->clean += TRIM_BATCH;
	c->free += TRIM_BATCH;
}

/* Getting and putting ----------------------------------------------------------------------- */

static uintptr_t pool_pop(struct class *c)
{
	uintptr_t entry = c->pool[--c->free];

	if (c->clean > c->free)
		c->clean = c->free;
	return entry;
}

/* Under the class's lock: a free stack or a new one, 0 if there is none. */
static uintptr_t take(struct class *c)
{
	struct gr_backoff b = { 0 };

	for (;;) {
		void *fresh;

		if (c->free > 0)
			return pool_pop(c);
		fresh = gr_segment_cut(&c->cursor);
		if (fresh != NULL)
			return (uintptr_t)fresh | UNGUARDED;
		if (c->trimming == 0)
			return 0;
		gr_lock_release(&c->lock);
		gr_backoff_wait(&b);
		gr_lock_acquire(&c->lock);
	}
}

/* valgrind must know a stack before anything runs on it. The list is only kept to be forgotten
 * at stop; without memory for it valgrind will remember stacks that are gone. */
static void introduce(struct class *c, uintptr_t low, uintptr_t high)
{
	unsigned id = gr_sanitizer_stack_register(low, high);
	unsigned *ids;

	if (id == 0)
		return;
	gr_lock_acquire(&c->lock);
	ids = realloc(c->valgrind_ids, (c->ids + 1) * sizeof(*ids));
	if (ids != NULL) {
		c->valgrind_ids = ids;
		ids[c->ids++] = id;
	}
	gr_lock_release(&c->lock);
}

void *gr_stack_get_slow(struct gr_stack_cache *cache, int class)
{
	struct class *c = &classes[class];
	uintptr_t entry, low, high;

	gr_lock_acquire(&c->lock);
	entry = take(c);
	/* While here, refill the cache with what is warm (P2: no more than its promises). */
	if (cache != NULL && class == cache->hot_class)
		while (c->free > c->clean && !(c->pool[c->free - 1] & UNGUARDED) &&
			cache->count < GR_STACK_HOT / 2 && cache->count < cache->allowance)
			cache->hot[cache->count++] = (void *)pool_pop(c);
	gr_lock_release(&c->lock);
	if (entry == 0)
		return NULL;

	if (entry & UNGUARDED) {
		void *top = (void *)(entry - UNGUARDED);

		gr_stack_bounds(class, top, &low, &high);
		if (gr_os_guard((void *)(low - c->cursor.shape.guard), c->cursor.shape.guard) != 0) {
			gr_lock_acquire(&c->lock);
			pool_push(c, entry);
			gr_lock_release(&c->lock);
			return NULL;
		}
		introduce(c, low, high);
		entry -= UNGUARDED;
	}
	if (gr_unlikely(gr_sanitizer_any))
		gr_sanitizer_stack_reuse((void *)entry, gr_stack_usable(class));
	return (void *)entry;
}

void gr_stack_put_slow(struct gr_stack_cache *cache, int class, void *top)
{
	struct class *c = &classes[class];

	gr_lock_acquire(&c->lock);
	if (cache != NULL && class == cache->hot_class) {
		unsigned half = GR_STACK_HOT / 2;

		for (unsigned i = 0; i < half; i++)
			pool_push(c, (uintptr_t)cache->hot[i]);
		memmove(cache->hot, cache->hot + half, half * sizeof(cache->hot[0]));
		cache->count -= half;
		cache->hot[cache->count++] = top;
	} else {
		pool_push(c, (uintptr_t)top);
	}
	while (c->free - c->clean >= POOL_DIRTY + TRIM_BATCH)
		trim(c);
	gr_lock_release(&c->lock);
}

void gr_stack_cache_init(struct gr_stack_cache *cache, int class)
{
	cache->hot_class = class;
	cache->count = 0;
	cache->allowance = 0;
}

void gr_stack_cache_fini(struct gr_stack_cache *cache)
{
	struct class *c = &classes[cache->hot_class];

	gr_lock_acquire(&c->lock);
	for (unsigned i = 0; i < cache->count; i++)
		pool_push(c, (uintptr_t)cache->hot[i]);
	GR_CHECK(c->promised >= cache->allowance);
	c->promised -= cache->allowance;
	gr_lock_release(&c->lock);
	cache->count = 0;
	cache->allowance = 0;
}
