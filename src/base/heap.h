/* SPDX-License-Identifier: MIT */
/* heap.h: min-heap of small entries, held by value: comparing touches no target.
 *
 * Four children a node: half as deep as a binary heap, and the four keys lie in two lines. There
 * is no removal from the middle: the owner recognises an entry that is out of date by its tag,
 * drops it when it comes to the top, and sweeps with gr_heap_filter() when too many are.
 * The caller's lock covers a heap. All zero is an empty heap.
 */
#ifndef GR_BASE_HEAP_H
#define GR_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"

struct gr_heap_entry {
	int64_t key;
	void *target;
	uint64_t tag;
};

#define GR_HEAP_ARITY 4u

struct gr_heap {
	struct gr_heap_entry *entries;
	size_t size;
	size_t capacity;
};

void gr_heap_init(struct gr_heap *heap);
void gr_heap_fini(struct gr_heap *heap); /* frees the memory; may be used again like a new one */

int gr_heap_push(struct gr_heap *heap, struct gr_heap_entry entry); /* 0 or -ENOMEM */
void gr_heap_pop(struct gr_heap *heap);                             /* the top; not when empty */

/* Drops every entry for which keep(entry, arg) is false, in linear time, and gives memory back
 * when little is left. */
void gr_heap_filter(struct gr_heap *heap,
	bool (*keep)(const struct gr_heap_entry *entry, void *arg), void *arg);

/* In checked builds: of one entry after the other, those above it come before it. */
static inline void gr_heap_check(const struct gr_heap *heap, size_t turn)
{
#ifdef GORO_DEBUG
	size_t i = heap->size == 0 ? 0 : turn % heap->size;

	GR_CHECK(heap->size <= heap->capacity);
	for (; i > 0; i = (i - 1) / GR_HEAP_ARITY)
		GR_CHECK(heap->entries[(i - 1) / GR_HEAP_ARITY].key <= heap->entries[i].key);
#else
	(void)heap, (void)turn;
#endif
}

/* The entry with the smallest key, NULL when empty. Valid until the heap changes. */
static inline const struct gr_heap_entry *gr_heap_top(const struct gr_heap *heap)
{
	return heap->size == 0 ? NULL : heap->entries;
}

static inline size_t gr_heap_size(const struct gr_heap *heap)
{
	return heap->size;
}

#endif
