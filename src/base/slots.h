/* SPDX-License-Identifier: MIT */
/* slots.h: type-stable memory: slots of one size, named by a dense index.
 *
 * A slot is handed out, given back and handed out again, but between init and fini its memory is
 * always a slot of the same table: whoever holds a stale index or pointer reads an old or a new
 * value of the same field, never something else. So a generation in the slot tells a stale
 * handle, and the table of all slots can be walked without a lock.
 *
 *  S1  Memory is zero when a slot is handed out for the first time. Afterwards nobody but its
 *      users writes to it; free slots are remembered elsewhere.
 *  S2  Chunks never move and are not unmapped before fini. They are as chunks.h has them.
 *  S3  `count` grows only. It is stored (release) after the chunk that contains the new slots;
 *      whoever has read an index below count (acquire), or has the index from who got the slot, or
 *      holds the lock, finds the chunk. So chunks are stored and read relaxed.
 *  S4  Giving back needs no memory: room for each slot's index is made with its chunk.
 *
 * get and put lock; at and count do not. Indices are below 2^28.
 */
#ifndef GR_BASE_SLOTS_H
#define GR_BASE_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/atomic.h"
#include "base/chunks.h"
#include "base/lock.h"

#define GR_SLOTS_CHUNKS 22u
#define GR_SLOTS_MAX    gr_chunk_start(GR_SLOTS_CHUNKS)

struct gr_slots {
	size_t slot_size;
	char *chunks[GR_SLOTS_CHUNKS];
	uint32_t count; /* slots ever handed out */
	struct gr_lock lock;
	/* Under the lock: */
	uint32_t room; /* slots in the chunks that exist */
	uint32_t nfree;
	uint32_t *free; /* indices given back, the last one first out */
};

/* slot_size is rounded up to a multiple of 8; a multiple of 64 makes every slot start a cache
 * line. Takes no memory yet. 0 or -EINVAL. */
int gr_slots_init(struct gr_slots *s, size_t slot_size);

/* Unmaps everything. Nobody may use a slot any more. */
void gr_slots_fini(struct gr_slots *s);

/* A slot never used or given back, and its index. NULL: out of memory. */
void *gr_slots_get(struct gr_slots *s, uint32_t *index);
void gr_slots_put(struct gr_slots *s, uint32_t index);

/* The same for several at once, for caches. The slots form a list: a `void *` at offset `link` of
 * each points to the next, the last one's is NULL; and each one's index stands in a `uint32_t` at
 * offset `index`. get returns how many there are in *first: up to n, 0 when out of memory. The
 * two fields are written, nothing else. */
unsigned gr_slots_get_batch(
	struct gr_slots *s, unsigned n, size_t link, size_t index, void **first);
void gr_slots_put_batch(struct gr_slots *s, size_t link, size_t index, void *first);

/* How many are handed out. */
uint32_t gr_slots_in_use(struct gr_slots *s);

/* Every index below it has been handed out at some time (those of one batch together). */
static inline uint32_t gr_slots_count(const struct gr_slots *s)
{
	return gr_load_acquire(&s->count); /* S3: pairs with the release in slots.c */
}

/* The slot at an index that get returned, or that is below gr_slots_count(). */
static inline void *gr_slots_at(const struct gr_slots *s, uint32_t index)
{
	unsigned c = gr_chunk_of(index);

	return gr_load_relaxed(&s->chunks[c]) + (size_t)(index - gr_chunk_start(c)) * s->slot_size;
}

#endif
