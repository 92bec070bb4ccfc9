/* SPDX-License-Identifier: MIT */
#include "base/slots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "os/os.h"

#define SLOT_SIZE_MAX ((size_t)1 << 20)

int gr_slots_init(struct gr_slots *s, size_t slot_size)
{
	if (slot_size == 0 || slot_size > SLOT_SIZE_MAX)
		return -EINVAL;
	memset(s, 0, sizeof(*s));
	s->slot_size = (slot_size + 7) & ~(size_t)7;
	return 0;
}

void gr_slots_fini(struct gr_slots *s)
{
	unsigned chunks = gr_chunk_of(s->room);

	for (unsigned c = 0; c < chunks; c++)
		gr_os_release(s->chunks[c], gr_chunk_bytes(s->slot_size, c));
	free(s->free);
	memset(s, 0, sizeof(*s));
}

/* Under the lock. Maps memory there, but only when the number of slots doubles. */
static int grow(struct gr_slots *s)
{
	unsigned chunk = gr_chunk_of(s->room); /* the next: all before it are full */
	uint32_t room = gr_chunk_start(chunk + 1);
	uint32_t *list;
	void *memory;
	int rc;

	if (chunk == GR_SLOTS_CHUNKS)
		return -ENOMEM;
	list = realloc(s->free, room * sizeof(*list)); /* S4 */
	if (list == NULL)
		return -ENOMEM;
	s->free = list;
	rc = gr_os_reserve(gr_chunk_bytes(s->slot_size, chunk), 0, &memory);
	if (rc != 0)
		return rc;
	gr_store_relaxed(&s->chunks[chunk], memory); /* S3: the count tells of it */
	s->room = room;
	return 0;
}

/* Under the lock. False: out of memory. */
static bool take(struct gr_slots *s, uint32_t *index)
{
	if (s->nfree > 0) {
		*index = s->free[--s->nfree];
		return true;
	}
	if (s->count == s->room && grow(s) != 0)
		return false;
	*index = s->count;
	gr_store_release(&s->count, s->count + 1); /* S3: pairs with gr_slots_count() */
	return true;
}

/* Under the lock. */
static void give(struct gr_slots *s, uint32_t index)
{
	GR_CHECK(index < s->count && s->nfree < s->count);
	s->free[s->nfree++] = index;
}

void *gr_slots_get(struct gr_slots *s, uint32_t *index)
{
	bool taken;

	gr_lock_acquire(&s->lock);
	taken = take(s, index);
	gr_lock_release(&s->lock);
	return taken ? gr_slots_at(s, *index) : NULL;
}

void gr_slots_put(struct gr_slots *s, uint32_t index)
{
	gr_lock_acquire(&s->lock);
	give(s, index);
	gr_lock_release(&s->lock);
}

uint32_t gr_slots_in_use(struct gr_slots *s)
{
	uint32_t in_use;

	gr_lock_acquire(&s->lock);
	in_use = s->count - s->nfree;
	gr_lock_release(&s->lock);
	return in_use;
}

unsigned gr_slots_get_batch(
	struct gr_slots *s, unsigned n, size_t link, size_t index_at, void **first)
{
	void **last = first;
	unsigned got;

	gr_lock_acquire(&s->lock);
	for (got = 0; got < n; got++) {
		uint32_t index;
		char *slot;

		if (!take(s, &index))
			break;
		slot = gr_slots_at(s, index);
		memcpy(slot + index_at, &index, sizeof(index));
		*last = slot;
		last = (void **)(void *)(slot + link);
	}
	gr_lock_release(&s->lock);
	*last = NULL;
	return got;
}

void gr_slots_put_batch(struct gr_slots *s, size_t link, size_t index_at, void *first)
{
	gr_lock_acquire(&s->lock);
	for (char *slot = first, *next; slot != NULL; slot = next) {
		uint32_t index;

		memcpy(&index, slot + index_at, sizeof(index));
		memcpy(&next, slot + link, sizeof(next));
		give(s, index);
	}
	gr_lock_release(&s->lock);
}
