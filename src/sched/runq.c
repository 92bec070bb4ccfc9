/* SPDX-License-Identifier: MIT */
#include "sched/runq.h"

#include <stdlib.h>

static void use_ring(struct gr_runq *q, struct gr_runq_ring *ring)
{
	q->mask = ring->mask;
	q->cells = ring->cells;
	gr_store_release(&q->ring, ring); /* R5: pairs with the acquire in gr_runq_steal() */
}

void gr_runq_init(struct gr_runq *q)
{
	gr_store_relaxed(&q->head, 0u);
	gr_store_relaxed(&q->tail, 0u);
	gr_store_relaxed(&q->slot, (struct gr_coro *)NULL);
	q->slot_runs = 0;
	q->first = (struct gr_runq_ring){ GR_RUNQ_SIZE - 1, NULL, q->first_cells };
	use_ring(q, &q->first);
}

void gr_runq_narrow(struct gr_runq *q, unsigned capacity)
{
	q->first.mask = capacity - 1;
	use_ring(q, &q->first);
}

void gr_runq_fini(struct gr_runq *q)
{
	struct gr_runq_ring *ring = gr_load_relaxed(&q->ring);

	while (ring != &q->first) {
		struct gr_runq_ring *older = ring->older;

		free(ring->cells);
		free(ring);
		ring = older;
	}
	use_ring(q, &q->first);
}

static struct gr_runq_ring *make_ring(struct gr_runq_ring *older)
{
	size_t capacity = 2 * ((size_t)older->mask + 1);
	struct gr_runq_ring *ring = malloc(sizeof *ring);

	if (ring == NULL)
		return NULL;
	*ring = (struct gr_runq_ring){ (uint32_t)(capacity - 1), older, NULL };
	ring->cells = malloc(capacity * sizeof *ring->cells);
	if (ring->cells == NULL) {
		free(ring);
		return NULL;
	}
	return ring;
}

bool gr_runq_grow(struct gr_runq *q)
{
	uint32_t tail = gr_load_relaxed(&q->tail);
	uint32_t head = gr_load_relaxed(&q->head); /* thieves may take on: copied in vain then */
	struct gr_runq_ring *ring;

	if (q->mask + 1 >= GR_RUNQ_MOST)
		return false;
	ring = make_ring(q->ring);
	if (ring == NULL)
		return false;
	for (uint32_t i = head; i != tail; i++)
		gr_store_relaxed(&ring->cells[i & ring->mask], gr_load_relaxed(gr_runq_cell(q, i)));
	use_ring(q, ring);
	return true;
}

unsigned gr_runq_len(const struct gr_runq *q)
{
	uint32_t head = gr_load_relaxed(&q->head);
	uint32_t tail = gr_load_relaxed(&q->tail);

	return tail - head > GR_RUNQ_MOST ? 0 : tail - head; /* a torn pair of loads */
}

/* How many a taker should leave with: half, rounded up. 0: empty. *head is refreshed. */
static uint32_t share(const struct gr_runq *q, uint32_t *head)
{
	for (;;) {
		uint32_t tail = gr_load_acquire(&q->tail); /* pairs with push */
		uint32_t count = tail - *head;

		if (count <= GR_RUNQ_MOST)
			return count - count / 2;
		*head = gr_load_relaxed(&q->head); /* the owner has gone on since: look again */
	}
}

struct gr_coro *gr_runq_shed(struct gr_runq *q, struct gr_coro **last, unsigned *count)
{
	uint32_t head = gr_load_relaxed(&q->head);

	do {
		*count = share(q, &head);
		if (*count == 0)
			return NULL;
	} while (gr_chaos(GR_CHAOS_CLAIM, 8) || !gr_cas_relaxed(&q->head, &head, head + *count));
	/* They are ours, and the cells still hold them: only we write cells (R1). */
	for (uint32_t i = 0; i + 1 < *count; i++)
		(*gr_runq_cell(q, head + i))->next = *gr_runq_cell(q, head + i + 1);
	*last = *gr_runq_cell(q, head + *count - 1);
	(*last)->next = NULL;
	return *gr_runq_cell(q, head);
}

struct gr_coro *gr_runq_steal(struct gr_runq *into, struct gr_runq *from)
{
	uint32_t head = gr_load_relaxed(&from->head);
	uint32_t tail = gr_load_acquire(&into->head); /* it is empty; acquire as in a push */
	struct gr_coro *first;
	uint32_t count;

	do {
		const struct gr_runq_ring *ring;

		count = share(from, &head);
		if (count == 0)
			return NULL;
		if (count > into->mask)
			count = into->mask + 1; /* one to run, and a ring full: `into` is empty */
		ring = gr_load_acquire(&from->ring); /* after the tail (R5) */
		first = gr_load_relaxed(&ring->cells[head & ring->mask]);
		for (uint32_t i = 1; i < count; i++)
			gr_store_relaxed(gr_runq_cell(into, tail + i - 1),
				gr_load_relaxed(&ring->cells[(head + i) & ring->mask]));
	} while (gr_chaos(GR_CHAOS_CLAIM, 8) || !gr_cas_release(&from->head, &head, head + count));
	gr_store_release(&into->tail, tail + count - 1);
	return first;
}
