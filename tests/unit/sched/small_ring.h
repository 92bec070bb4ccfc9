/* SPDX-License-Identifier: MIT */
/* small_ring.h: a ring of eight, begun anywhere, so that every fill, every split between owner and
 * thief and every place in the ring can be tried. To be included after runq.c.
 */
#ifndef GR_UNIT_SMALL_RING_H
#define GR_UNIT_SMALL_RING_H

#define N GR_RUNQ_SIZE

static struct gr_coro coros[4 * N];

/* Where a ring may begin: everywhere in it, and where the indices wrap around. */
static uint32_t begins_at(unsigned k)
{
	return k < N ? k : UINT32_MAX - (k - N);
}

#define BEGINS (2 * N + 1)

static void make(struct gr_runq *q, uint32_t begin)
{
	gr_runq_init(q);
	q->head = q->tail = begin;
}

#endif
