/* SPDX-License-Identifier: MIT */
#include "context/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "base/check.h"
#include "os/os.h"

#define SEGMENT      ((size_t)64 << 20)
#define FIRST        16u /* slots in a pool's first segment, if they fit into one */
#define POOL_DIRTY   1024u
#define TRIM_BATCH   256u
#define CUT_SINGLY   256u /* a program with few coroutines pays for no guard it does not use */
#define TIDY_MOST    4u   /* batches at once: a millisecond, if the kernel takes many in a call */
#define FAR_TOO_MANY 1048576u /* dirty ones: 4 GiB at least, which were in use a moment ago */

static size_t guards_left; /* that no pool counts as covered */

void gr_pool_guards(size_t limit)
{
	gr_store_relaxed(&guards_left, limit);
}

void gr_pool_init(struct gr_pool *pool, int class, const struct gr_slot_shape *shape)
{
	memset(pool, 0, sizeof(*pool));
	pool->cursor.class = class;
	pool->cursor.shape = *shape;
}

void gr_pool_fini(struct gr_pool *pool)
{
	free(pool->entries);
	pool->entries = NULL;
	pool->free = pool->clean = pool->room = 0;
}

/* Promises ---------------------------------------------------------------------------------- */

/* Room for every slot there is, so that giving a stack back needs no memory. */
static int make_room(struct gr_pool *pool, size_t slots)
{
	uintptr_t *entries;

	if (slots <= pool->room)
		return 0;
	entries = realloc(pool->entries, slots * sizeof(*entries));
	if (entries == NULL)
		return -ENOMEM;
	pool->entries = entries;
	pool->room = slots;
	return 0;
}

/* Reserves at least `need` more slots: as many as there are, up to one segment's worth or an
 * eighth of what there is, and fewer when the system refuses so many. */
static int reserve(struct gr_pool *pool, size_t need)
{
	size_t have = pool->cursor.slots;
	size_t segment = SEGMENT / gr_slot_bytes(&pool->cursor.shape);
	size_t most = segment > have / 8 ? segment : have / 8;
	size_t want = have == 0 ? FIRST : have;

	if (want > most)
		want = most;
	for (;; want /= 2) {
		if (want < need)
			want = need;
		if (make_room(pool, have + want) == 0 && gr_segment_add(&pool->cursor, want) == 0)
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
		if (left == SIZE_MAX)
			return true; /* markers: no limit */
		if (left < n)
			return false;
	} while (!gr_cas_relaxed(&guards_left, &left, left - n));
	return true;
}

int gr_pool_promise_locked(struct gr_pool *pool, size_t n)
{
	size_t need = pool->promised + n;

	if (need > pool->cursor.slots) {
		int rc = reserve(pool, need - pool->cursor.slots);

		if (rc != 0)
			return rc;
	}
	if (need > pool->covered) {
		if (!take_guards(need - pool->covered))
			return -ENOMEM;
		pool->covered = need;
	}
	pool->promised = need;
	return 0;
}

void gr_pool_unpromise_locked(struct gr_pool *pool, size_t n)
{
	GR_CHECK(pool->promised >= n);
	pool->promised -= n;
}

/* Taking ------------------------------------------------------------------------------------ */

/* Those that may be taken, and have their pages. */
static size_t dirty(const struct gr_pool *pool)
{
	return pool->free - (pool->floor != 0 ? pool->floor : pool->clean);
}

static uintptr_t pop(struct gr_pool *pool)
{
	uintptr_t entry = pool->entries[--pool->free];

	if (pool->clean > pool->free)
		pool->clean = pool->free;
	if (pool->idle > dirty(pool))
		pool->idle = dirty(pool);
	return entry;
}

uintptr_t gr_pool_take_locked(struct gr_pool *pool)
{
	struct gr_backoff b = { 0 };

	for (;;) {
		void *fresh;

		if (pool->free > pool->floor)
			return pop(pool);
		fresh = gr_segment_cut(&pool->cursor);
		if (fresh != NULL)
			return (uintptr_t)fresh | GR_POOL_UNGUARDED;
		if (pool->away == 0)
			return 0;
		gr_lock_release(&pool->lock); /* a batch will come back */
		gr_backoff_wait(&b);
		gr_lock_acquire(&pool->lock);
	}
}

size_t gr_pool_cut_locked(struct gr_pool *pool, uintptr_t *entries, size_t n)
{
	size_t got = 0;

	if (pool->cursor.used < CUT_SINGLY || gr_load_relaxed(&guards_left) != SIZE_MAX)
		return 0;
	for (void *top; got < n && (top = gr_segment_cut(&pool->cursor)) != NULL;)
		entries[got++] = (uintptr_t)top | GR_POOL_UNGUARDED;
	if (got != 0)
		pool->away++;
	return got;
}

uintptr_t gr_pool_take_warm_locked(struct gr_pool *pool)
{
	if (dirty(pool) == 0 || (pool->entries[pool->free - 1] & GR_POOL_UNGUARDED))
		return 0;
	return pop(pool);
}

/* Giving back ------------------------------------------------------------------------------- */

static void push(struct gr_pool *pool, uintptr_t entry)
{
	GR_CHECK(pool->free < pool->room);
	pool->entries[pool->free++] = entry;
}

void gr_pool_put_locked(struct gr_pool *pool, void *top)
{
	push(pool, (uintptr_t)top);
}

/* Below all that is dirty. Behind a batch that is being trimmed they count as dirty, which costs
 * nothing but that they are trimmed, too. */
void gr_pool_add_locked(struct gr_pool *pool, const uintptr_t *entries, size_t n)
{
	size_t behind = dirty(pool);
	uintptr_t *to = pool->entries + (pool->free - behind);

	GR_CHECK(pool->free + n <= pool->room);
	memmove(to + n, to, behind * sizeof(*to));
	memcpy(to, entries, n * sizeof(*to));
	if (pool->floor == 0)
		pool->clean += n;
	pool->free += n;
	pool->away--;
}

void gr_pool_put_unguarded_locked(struct gr_pool *pool, uintptr_t entry)
{
	size_t last = pool->floor;

	push(pool, pool->free > last ? pool->entries[last] : entry);
	pool->entries[last] = entry;
}

/* Trimming ---------------------------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
	uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

	return x < y ? -1 : x > y;
}

/* Drops the pages of a batch of stacks. A run of neighbours is one piece, guards included: a marker
 * stays and a mapping without access has nothing to drop. */
static void discard(const struct gr_slot_shape *shape, uintptr_t entries[TRIM_BATCH])
{
	struct gr_os_range pieces[TRIM_BATCH], *last = NULL;
	size_t n = 0;

	qsort(entries, TRIM_BATCH, sizeof(*entries), by_address);
	for (size_t i = 0; i < TRIM_BATCH; i++) {
		uintptr_t low, high;

		gr_slot_bounds(shape, entries[i] & ~GR_POOL_UNGUARDED, &low, &high);
		if (last != NULL && (uintptr_t)last->addr + last->bytes == low - shape->guard) {
			last->bytes = high - (uintptr_t)last->addr;
		} else {
			last = &pieces[n++];
			*last = (struct gr_os_range){ (void *)low, high - low };
		}
	}
	gr_os_discard_all(pieces, n);
}

/* The oldest dirty ones. The lock is released meanwhile. */
static void trim_batch(struct gr_pool *pool)
{
	uintptr_t batch[TRIM_BATCH];

	GR_DEBUG(pool->floor == 0 && dirty(pool) >= TRIM_BATCH);
	memcpy(batch, pool->entries + pool->clean, sizeof(batch));
	pool->floor = pool->clean + TRIM_BATCH;
	pool->idle -= pool->idle < TRIM_BATCH ? pool->idle : TRIM_BATCH;
	pool->away++;
	gr_lock_release(&pool->lock);

	discard(&pool->cursor.shape, batch);

	gr_lock_acquire(&pool->lock);
	pool->away--;
	pool->clean = pool->floor;
	pool->floor = 0;
}

void gr_pool_relieve_locked(struct gr_pool *pool)
{
	while (pool->floor == 0 && dirty(pool) >= FAR_TOO_MANY)
		trim_batch(pool);
}

bool gr_pool_tidy_locked(struct gr_pool *pool)
{
	if (++pool->looks >= GR_POOL_LOOKS) {
		pool->looks = 0;
		pool->surplus = pool->idle;
		pool->idle = dirty(pool);
	}
	for (unsigned n = 0; n < TIDY_MOST && pool->floor == 0; n++) {
		if (pool->surplus > pool->idle)
			pool->surplus = pool->idle; /* some have been wanted since */
		if (pool->surplus < POOL_DIRTY + TRIM_BATCH)
			break;
		pool->surplus -= TRIM_BATCH;
		trim_batch(pool);
	}
	return dirty(pool) >= POOL_DIRTY + TRIM_BATCH;
}
