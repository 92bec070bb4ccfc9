/* SPDX-License-Identifier: MIT */
/* segment.h: the memory that stacks are cut from. Used by stack.c alone, which explains it.
 *
 * A segment is one reservation, cut into slots of one class from the low end on. Segments of all
 * classes stand in one table in the order of their making, which only grows.
 *
 *  G1  An entry is written before `count` (release) covers it, and then only `used` changes: so a
 *      signal handler may search the table at any time.
 *  G2  `used` of a segment and the cursor of a class change under the lock of the class.
 */
#ifndef GR_CONTEXT_SEGMENT_H
#define GR_CONTEXT_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a slot's parts, from low to high: guard, usable, and a page for the stagger. */
struct gr_slot_shape {
	size_t guard;
	size_t usable;
	size_t page;
};

static inline size_t gr_slot_bytes(const struct gr_slot_shape *shape)
{
	return shape->guard + shape->usable + shape->page;
}

/* Where a class cuts its next slot. */
struct gr_segment_cursor {
	int class;
	struct gr_slot_shape shape;
	uint32_t segment; /* index in the table; slots are left from here on */
	size_t slots;     /* in all its segments */
	size_t used;      /* cut so far */
};

void gr_segment_start(void);
void gr_segment_stop(void); /* unmaps all */

/* Reserves a segment of `slots` slots. 0 or -ENOMEM. */
int gr_segment_add(struct gr_segment_cursor *cursor, size_t slots);

/* The next slot's high end, staggered; its guard is not made yet. NULL: no slot is left. */
void *gr_segment_cut(struct gr_segment_cursor *cursor);

size_t gr_segment_reserved(void); /* bytes in all segments */

bool gr_segment_find(uintptr_t addr, uintptr_t *low, uintptr_t *high, bool *in_guard);

#endif
