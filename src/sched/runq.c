/* SPDX-License-Identifier: MIT */
#include "sched/runq.h"

/* How often in a row the next-slot comes before a ring that is not empty: a pair that wakes
 * each other must not starve the rest (R5). */
#ifdef GORO_CHAOS
#define SLOT_RUNS 2u
#else
#define SLOT_RUNS 16u
#endif

void gr_runq_init(struct gr_runq *q)
{
	gr_store_relaxed(&q->head, 0u);
	gr_store_relaxed(&q->tail, 0u);
	gr_store_relaxed(&q->slot, (struct gr_coro *)NULL);
	q->slot_runs = 0;
}

static struct gr_coro **cell(struct gr_runq *q, uint32_t at)
{
	return &q->cells[at % GR_RUNQ_SIZE];
}

bool gr_runq_push(struct gr_runq *q, struct gr_coro *co)
{
	uint32_t tail = gr_load_relaxed(&q->tail); /* ours (R1) */
	uint32_t head = gr_load_acquire(&q->head); /* pairs with the takers' release */

	if (tail - head >= GR_RUNQ_SIZE)
		return false;
	gr_store_relaxed(cell(q, tail), co);
	gr_store_release(&q->tail, tail + 1); /* pairs with the acquire in take_from() */
	return true;
}

struct gr_coro *gr_runq_pop(struct gr_runq *q)
{
	uint32_t head = gr_load_acquire(&q->head);
	struct gr_coro *co;

	do {
		if (head == gr_load_relaxed(&q->tail))
			return NULL;
		co = gr_load_relaxed(cell(q, head));
	} while (!gr_cas_acq_rel(&q->head, &head, head + 1));
	return co;
}

struct gr_coro *gr_runq_put_slot(struct gr_runq *q, struct gr_coro *co)
{
	struct gr_coro *old = gr_runq_take_slot(q);

	gr_store_release(&q->slot, co); /* empty now, and only we fill it (R4) */
	return old;
}

struct gr_coro *gr_runq_take_slot(struct gr_runq *q)
{
	struct gr_coro *co = gr_load_relaxed(&q->slot);

	while (co != NULL && !gr_cas_acquire(&q->slot, &co, (struct gr_coro *)NULL))
		;
	return co;
}

struct gr_coro *gr_runq_next(struct gr_runq *q)
{
	struct gr_coro *co;

	if (gr_load_relaxed(&q->slot) != NULL) {
		if (q->slot_runs < SLOT_RUNS) {
			co = gr_runq_take_slot(q);
			if (co != NULL) {
				q->slot_runs++;
				return co;
			}
		}
		co = gr_runq_pop(q);
		if (co == NULL)
			co = gr_runq_take_slot(q);
	} else {
		co = gr_runq_pop(q);
	}
	q->slot_runs = 0;
	return co;
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
		(*cell(q, head + i))->next = *cell(q, head + i + 1);
	*last = *cell(q, head + *count - 1);
	(*last)->next = NULL;
	return *cell(q, head);
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
		first = gr_load_relaxed(cell(from, head));
		for (uint32_t i = 1; i < count; i++) /* `into` is empty: half a ring fits */
			gr_store_relaxed(cell(into, tail + i - 1),
				gr_load_relaxed(cell(from, head + i)));
	} while (!gr_cas_acq_rel(&from->head, &head, head + count));
	gr_store_release(&into->tail, tail + count - 1);
	return first;
}
