/* SPDX-License-Identifier: MIT */
#include "base/heap.h"

#include <errno.h>
#include <stdlib.h>

#include "base/check.h"

#define ARITY        GR_HEAP_ARITY
#define CAPACITY_MIN 16u

void gr_heap_init(struct gr_heap *heap)
{
	*heap = (struct gr_heap){ 0 };
}

void gr_heap_fini(struct gr_heap *heap)
{
	free(heap->entries);
	gr_heap_init(heap);
}

static int resize(struct gr_heap *heap, size_t capacity)
{
	struct gr_heap_entry *entries = realloc(heap->entries, capacity * sizeof(*entries));

	if (entries == NULL)
		return -ENOMEM;
	heap->entries = entries;
	heap->capacity = capacity;
	return 0;
}

/* Puts e where it belongs at i or above; i is a hole. */
static void sift_up(struct gr_heap *heap, size_t i, struct gr_heap_entry e)
{
	struct gr_heap_entry *a = heap->entries;

	while (i > 0) {
		size_t parent = (i - 1) / ARITY;

		if (a[parent].key <= e.key)
			break;
		a[i] = a[parent];
		i = parent;
	}
	a[i] = e;
}

/* Puts e where it belongs at i or below; i is a hole. */
static void sift_down(struct gr_heap *heap, size_t i, struct gr_heap_entry e)
{
	struct gr_heap_entry *a = heap->entries;

	for (;;) {
		size_t first = i * ARITY + 1;
		size_t end = first + ARITY < heap->size ? first + ARITY : heap->size;
		size_t least = first;

		if (first >= heap->size)
			break;
		for (size_t c = first + 1; c < end; c++)
			if (a[c].key < a[least].key)
				least = c;
		if (e.key <= a[least].key)
			break;
		a[i] = a[least];
		i = least;
	}
	a[i] = e;
}

int gr_heap_push(struct gr_heap *heap, struct gr_heap_entry entry)
{
	if (heap->size == heap->capacity) {
		size_t more = heap->capacity == 0 ? CAPACITY_MIN : heap->capacity * 2;
		int rc = resize(heap, more);

		if (rc != 0)
			return rc;
	}
	sift_up(heap, heap->size++, entry);
	return 0;
}

void gr_heap_pop(struct gr_heap *heap)
{
	GR_CHECK(heap->size > 0);
	heap->size--;
	if (heap->size > 0)
		sift_down(heap, 0, heap->entries[heap->size]);
}

void gr_heap_filter(
	struct gr_heap *heap, bool (*keep)(const struct gr_heap_entry *entry, void *arg), void *arg)
{
	size_t kept = 0, capacity = heap->capacity;

	for (size_t i = 0; i < heap->size; i++)
		if (keep(&heap->entries[i], arg))
			heap->entries[kept++] = heap->entries[i];
	heap->size = kept;

	if (kept > 1)
		for (size_t i = (kept - 2) / ARITY + 1; i-- > 0;)
			sift_down(heap, i, heap->entries[i]);

	while (capacity > CAPACITY_MIN && capacity / 4 >= kept)
		capacity /= 2;
	if (capacity < heap->capacity)
		resize(heap, capacity); /* too little memory to use less of it: then not */
}
