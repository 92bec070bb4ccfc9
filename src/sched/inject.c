/* SPDX-License-Identifier: MIT */
#include "sched/inject.h"

#include "base/lock.h"

static struct {
	struct gr_lock lock;
	struct gr_coro *first;
	struct gr_coro *last;
	unsigned len;
	uint32_t taken;
} queue __attribute__((aligned(GR_CACHELINE)));

void gr_inject_push(struct gr_coro *first, struct gr_coro *last, unsigned count)
{
	last->next = NULL;
	gr_lock_acquire(&queue.lock);
	if (queue.first == NULL)
		queue.first = first;
	else
		queue.last->next = first;
	queue.last = last;
	gr_store_relaxed(&queue.len, queue.len + count);
	gr_lock_release(&queue.lock);
	gr_fence_seq_cst(); /* pairs with the one in gr_idle_lie_down(): idle.h I7 */
}

struct gr_coro *gr_inject_pop(unsigned max, unsigned *count)
{
	struct gr_coro *first;
	struct gr_coro *last;

	*count = 0;
	if (gr_inject_len() == 0)
		return NULL;
	gr_lock_acquire(&queue.lock);
	first = last = queue.first;
	if (first != NULL) {
		for (*count = 1; *count < max && last->next != NULL; ++*count)
			last = last->next;
		queue.first = last->next;
		last->next = NULL;
		gr_store_relaxed(&queue.len, queue.len - *count);
#ifdef GORO_DEBUG
		gr_store_relaxed(&queue.taken, queue.taken + *count);
#endif
	}
	gr_lock_release(&queue.lock);
	return first;
}

unsigned gr_inject_len(void)
{
	return gr_load_relaxed(&queue.len);
}

uint32_t gr_inject_taken(void)
{
	return gr_load_relaxed(&queue.taken);
}
