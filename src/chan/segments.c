/* SPDX-License-Identifier: MIT */
#include "chan/segments.h"

#include <stdlib.h>

/* With its header and malloc's a block fills a page, if the elements are not large. */
#define BLOCK_BYTES ((size_t)4096 - sizeof(struct gr_segment) - 16)

void gr_segments_init(struct gr_segments *s, size_t elem_size)
{
	*s = (struct gr_segments){ .per_block = BLOCK_BYTES };
	if (elem_size != 0)
		s->per_block = BLOCK_BYTES / elem_size;
	if (s->per_block == 0)
		s->per_block = 1;
}

void gr_segments_fini(struct gr_segments *s)
{
	while (s->first != NULL) {
		struct gr_segment *next = s->first->next;

		free(s->first);
		s->first = next;
	}
	free(s->spare);
}

struct gr_segment *gr_segments_alloc(const struct gr_segments *s, size_t elem_size)
{
	struct gr_segment *block = malloc(sizeof *block + s->per_block * elem_size);

	if (block != NULL)
		block->next = NULL;
	return block;
}

bool gr_segments_room(const struct gr_segments *s)
{
	return s->spare != NULL || (s->last != NULL && s->written < s->per_block);
}

struct gr_segment *gr_segments_add(struct gr_segments *s, struct gr_segment *block)
{
	if (gr_segments_room(s))
		return block;
	s->spare = block;
	return NULL;
}

void *gr_segments_put(struct gr_segments *s, size_t elem_size)
{
	if (s->last == NULL || s->written == s->per_block) {
		struct gr_segment *block = s->spare;

		s->spare = NULL;
		if (s->last == NULL)
			s->first = block;
		else
			s->last->next = block;
		s->last = block;
		s->written = 0;
	}
	return s->last->elems + s->written++ * elem_size;
}

void *gr_segments_oldest(const struct gr_segments *s, size_t elem_size)
{
	return s->first->elems + s->read * elem_size;
}

struct gr_segment *gr_segments_drop(struct gr_segments *s)
{
	struct gr_segment *block = s->first;

	s->read++;
	if (block == s->last) {
		if (s->read == s->written)
			s->read = s->written = 0; /* empty: from the start again (G2) */
		return NULL;
	}
	if (s->read < s->per_block)
		return NULL;
	s->first = block->next;
	s->read = 0;
	block->next = NULL;
	if (s->spare != NULL)
		return block;
	s->spare = block;
	return NULL;
}
