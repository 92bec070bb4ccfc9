/* SPDX-License-Identifier: MIT */
#include "context/segment.h"

#include <errno.h>
#include <string.h>

#include "base/atomic.h"
#include "base/lock.h"
#include "context/sanitizer.h"
#include "os/os.h"

#define SEGMENTS_MAX 2048u

/* Tops differ by multiples of a cache line, in 32 steps: 2 KiB, so that half a page is left for
 * the frames of a parked coroutine and they do not touch a second one. */
#define STAGGER_STEPS 32u

struct segment {
	uintptr_t base;
	struct gr_slot_shape shape;
	size_t slots;
	size_t used;
	int class;
};

static struct segment table[SEGMENTS_MAX];
static uint32_t count;
static struct gr_lock table_lock; /* for adding; inside the lock of a class */

void gr_segment_start(void)
{
	gr_store_release(&count, 0);
}

void gr_segment_stop(void)
{
	uint32_t n = gr_load_relaxed(&count);

	gr_store_release(&count, 0);
	for (uint32_t i = 0; i < n; i++) {
		const struct segment *s = &table[i];
		size_t slot = gr_slot_bytes(&s->shape);

		/* ASan's marks would outlive the memory, and meet whoever maps it next. */
		gr_sanitizer_stack_reuse(s->base, s->base + s->used * slot);
		gr_os_release((void *)s->base, s->slots * slot);
	}
}

int gr_segment_add(struct gr_segment_cursor *cursor, size_t slots)
{
	size_t bytes;
	uint32_t n;
	void *base;
	int rc = -ENOMEM;

	if (__builtin_mul_overflow(slots, gr_slot_bytes(&cursor->shape), &bytes))
		return -ENOMEM;
	gr_lock_acquire(&table_lock);
	n = gr_load_relaxed(&count);
	if (n < SEGMENTS_MAX)
		rc = gr_os_reserve(bytes, 0, &base);
	if (rc == 0) {
		table[n] = (struct segment){
			.base = (uintptr_t)base,
			.shape = cursor->shape,
			.slots = slots,
			.class = cursor->class,
		};
		gr_store_release(&count, n + 1); /* G1: pairs with gr_segment_find() */
		cursor->slots += slots;
	}
	gr_lock_release(&table_lock);
	return rc;
}

void *gr_segment_cut(struct gr_segment_cursor *cursor)
{
	uint32_t n = gr_load_acquire(&count); /* G1 */

	for (; cursor->segment < n; cursor->segment++) {
		struct segment *s = &table[cursor->segment];
		size_t k;

		if (s->class != cursor->class || s->used == s->slots)
			continue;
		k = s->used;
		gr_store_relaxed(&s->used, k + 1);
		return (char *)s->base + (k + 1) * gr_slot_bytes(&s->shape) -
			(cursor->used++ % STAGGER_STEPS) * GR_CACHELINE;
	}
	return NULL;
}

size_t gr_segment_reserved(void)
{
	uint32_t n = gr_load_acquire(&count); /* G1: pairs with gr_segment_add() */
	size_t bytes = 0;

	for (uint32_t i = 0; i < n; i++)
		bytes += table[i].slots * gr_slot_bytes(&table[i].shape);
	return bytes;
}

bool gr_segment_find(uintptr_t addr, uintptr_t *low, uintptr_t *high, bool *in_guard)
{
	uint32_t n = gr_load_acquire(&count); /* G1: pairs with gr_segment_add() */

	for (uint32_t i = 0; i < n; i++) {
		const struct segment *s = &table[i];
		size_t slot = gr_slot_bytes(&s->shape);
		uintptr_t start;

		if (addr < s->base || (addr - s->base) / slot >= gr_load_relaxed(&s->used))
			continue;
		start = addr - (addr - s->base) % slot;
		*in_guard = addr - start < s->shape.guard;
		*low = start + s->shape.guard;
		*high = start + slot;
		return true;
	}
	return false;
}
