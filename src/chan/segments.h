/* SPDX-License-Identifier: MIT */
/* segments.h: the buffer of an unbounded channel: a list of blocks of elements.
 *
 *      first ──► [ . . 3 4 ] ──► [ 5 6 7 8 ] ──► [ 9 . . . ] ◄── last          spare ──► [ ]
 *                    ▲ read                        ▲ written
 *
 *  G1  Memory is never got or given back under the channel's lock: put wants room that is there
 *      (a spare block is kept ready), take returns the block it has emptied if there is a spare
 *      already, and the caller frees it later.
 *  G2  An empty buffer keeps one block and the spare at most: what a burst took is given back
 *      when it is drained.
 *
 * The channel's lock covers everything. All zero, with `per_block` set, is an empty buffer.
 */
#ifndef GR_CHAN_SEGMENTS_H
#define GR_CHAN_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>

struct gr_segment {
	struct gr_segment *next;
	char elems[];
};

struct gr_segments {
	struct gr_segment *first, *last; /* NULL: there has never been one */
	struct gr_segment *spare;
	size_t read, written; /* index in first, in last */
	size_t per_block;     /* constant */
};

void gr_segments_init(struct gr_segments *s, size_t elem_size);
void gr_segments_fini(struct gr_segments *s);

/* A block, without any lock. NULL: out of memory. */
struct gr_segment *gr_segments_alloc(const struct gr_segments *s, size_t elem_size);

/* Is there room for one more? */
bool gr_segments_room(const struct gr_segments *s);

/* Makes room with `block`. Returns it if there was room by now. */
struct gr_segment *gr_segments_add(struct gr_segments *s, struct gr_segment *block);

/* The place of the element to be written next; there is room. */
void *gr_segments_put(struct gr_segments *s, size_t elem_size);

/* The oldest element; there is one. Its place is the buffer's again with gr_segments_drop(). */
void *gr_segments_oldest(const struct gr_segments *s, size_t elem_size);

/* Takes the oldest out. Returns a block to be freed, or NULL. */
struct gr_segment *gr_segments_drop(struct gr_segments *s);

#endif
