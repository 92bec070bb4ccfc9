/* SPDX-License-Identifier: MIT */
#include "sched/runq.h"

void gr_runq_init(struct gr_runq *q)
{
	gr_store_relaxed(&q->head, 0u);
	gr_store_relaxed(&q->tail, 0u);
	gr_store_relaxed(&q->slot, (struct gr_coro *)NULL);
	q->slot_runs = 0;
}

unsigned gr_runq_len(const struct gr_runq *q)
{
	uint32_t head = gr_load_acquire(&q->head);
	uint32_t tail = gr_load_acquire(&q->tail);

	return tail - head > GR_RUNQ_SIZE ? 0 : tail - head; /* a torn pair of loads */
}

/* How many a taker should leave with: half, rounded up. 0: empty. *head is refreshed. */
static uint32_t share(const struct gr_runq *q, uint32_t *head)
{
	for (;;) {
		uint32_t tail = gr_load_acquire(&q->tail); /* pairs with push */
		uint32_t count = tail - *head;

		if (count <= GR_RUNQ_SIZE)
			return count - count / 2;
		*head = gr_load_acquire(&q->head); /* the owner has gone on since: look again */
	}
}

struct gr_coro *gr_runq_shed(struct gr_runq *q, struct gr_coro **last, unsigned *count)
{
	uint32_t head = gr_load_acquire(&q->head);

	do {
		*count = share(q, &head);
		if (*count == 0)
			return NULL;
	} while (!gr_cas_acq_rel(&q->head, &head, head + *count));
	/* They are ours, and the cells still hold them: only we write cells (R1). */
	for (uint32_t i = 0; i + 1 < *count; i++)
		(*gr_runq_cell(q, head + i))->next = *gr_runq_cell(q, head + i + 1);
	*last = *gr_runq_cell(q, head + *count - 1);
	(*last)->next = NULL;
	return *gr_runq_cell(q, head);
}

struct gr_coro *gr_runq_steal(struct gr_runq *into, struct gr_runq *from)
{
	uint32_t head = gr_load_acquire(&from->head);
	uint32_t tail = gr_load_relaxed(&into->tail); /* ours (R1) */
	struct gr_coro *first;
	uint32_t count;

	do {
		count = share(from, &head);
		if (count == 0)
			return NULL;
		first = gr_load_relaxed(gr_runq_cell(from, head));
		for (uint32_t i = 1; i < count; i++) /* `into` is empty: half a ring fits */
			gr_store_relaxed(gr_runq_cell(into, tail + i - 1),
				gr_load_relaxed(gr_runq_cell(from, head + i)));
	} while (!gr_cas_acq_rel(&from->head, &head, head + count));
	gr_store_release(&into->tail, tail + count - 1);
	return first;
}
