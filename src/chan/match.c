/* SPDX-License-Identifier: MIT */
#include "chan/match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chan/case.h"

/* The buffer --------------------------------------------------------------------------------- */

static void set_count(struct goro_chan *c, size_t count)
{
	gr_store_relaxed(&c->count, count); /* read by goro_chan_len() */
}

static void put(struct goro_chan *c, const void *elem)
{
	void *place;

	if (c->cap == GORO_CHAN_UNBOUNDED) {
		place = gr_segments_put(&c->segments, c->elem_size);
	} else {
		size_t to_end = c->cap - c->oldest;
		size_t at = c->count < to_end ? c->oldest + c->count : c->count - to_end;

		place = c->cells + at * c->elem_size;
	}
	gr_chan_copy(place, elem, c->elem_size);
	gr_fiber_release(c); /* pairs with the acquire in take() */
	set_count(c, c->count + 1);
}

static void take(struct goro_chan *c, void *elem, struct gr_match *m)
{
	gr_fiber_acquire(c);
	set_count(c, c->count - 1);
	if (c->cap == GORO_CHAN_UNBOUNDED) {
		struct gr_segment *empty;

		gr_chan_copy(elem, gr_segments_oldest(&c->segments, c->elem_size), c->elem_size);
		empty = gr_segments_drop(&c->segments);
		if (empty != NULL) {
			empty->next = m->garbage;
			m->garbage = empty;
		}
		return;
	}
	gr_chan_copy(elem, c->cells + c->oldest * c->elem_size, c->elem_size);
	if (++c->oldest == c->cap)
		c->oldest = 0;
}

/* The lines ---------------------------------------------------------------------------------- */

/* Takes the other cases of n's select out of this channel's lines (M1). n is claimed, so its
 * frame is ours. */
static void unlink_siblings(struct goro_chan *c, struct gr_waitnode *n)
{
	for (goro_case *k = n->select; k != NULL && k->chan == c; k = gr_case_of(k)->next)
		if (&gr_case_of(k)->node != n)
			gr_waitq_remove(gr_case_queue(k), &gr_case_of(k)->node);
}

static void add(struct gr_match *m, struct gr_waitnode *n)
{
	n->next = NULL;
	if (m->claimed == NULL)
		m->claimed = n;
	else
		m->last->next = n;
	m->last = n;
}

/* The first in line who can be claimed. NULL: nobody waits. */
static inline struct gr_waitnode *claim(
	struct goro_chan *c, struct gr_waitq *q, struct gr_match *m)
{
	struct gr_wait *wait;
	struct gr_waitnode *n;

	if (gr_waitq_empty(q))
		return NULL;
	n = gr_waitq_claim(q, 0, &wait);
	if (n == NULL)
		return NULL;
	if (n->select != NULL)
		unlink_siblings(c, n);
	n->wait = wait; /* for the wake */
	add(m, n);
	return n;
}

static void claim_line(struct goro_chan *c, struct gr_waitq *q, bool zero, struct gr_match *m)
{
	for (struct gr_waitnode *n = gr_waitq_claim_all(q, -EPIPE), *next; n != NULL; n = next) {
		next = n->next;
		if (n->select != NULL)
			unlink_siblings(c, n);
		if (zero && c->elem_size != 0)
			memset(n->elem, 0, c->elem_size);
		add(m, n);
	}
}

/* The meeting -------------------------------------------------------------------------------- */

int gr_match_send(struct goro_chan *c, const void *elem, struct gr_match *m)
{
	struct gr_waitnode *receiver;

	if (gr_unlikely(c->closed))
		return -EPIPE;
	receiver = claim(c, &c->receivers, m);
	if (receiver != NULL) {
		gr_chan_copy(receiver->elem, elem, c->elem_size);
		return 0;
	}
	if (c->count >= c->cap)
		return -EAGAIN;
	if (c->cap == GORO_CHAN_UNBOUNDED && !gr_segments_room(&c->segments))
		return GR_MATCH_GROW;
	put(c, elem);
	return 0;
}

int gr_match_recv(struct goro_chan *c, void *elem, struct gr_match *m)
{
	struct gr_waitnode *sender;

	if (c->count != 0) {
		take(c, elem, m);
		sender = claim(c, &c->senders, m);
		if (sender != NULL)
			put(c, sender->elem); /* its turn has come: into the place that got free */
		return 0;
	}
	sender = claim(c, &c->senders, m);
	if (sender != NULL) {
		gr_chan_copy(elem, sender->elem, c->elem_size);
		return 0;
	}
	if (!c->closed)
		return -EAGAIN;
	if (c->elem_size != 0)
		memset(elem, 0, c->elem_size);
	return -EPIPE;
}

void gr_match_close(struct goro_chan *c, struct gr_match *m)
{
	c->closed = true;
	claim_line(c, &c->receivers, true, m);
	claim_line(c, &c->senders, false, m);
}

void gr_match_finish_slow(struct gr_worker *here, struct gr_match *m)
{
	gr_waitq_wake_all(here, m->claimed);
	while (m->garbage != NULL) {
		struct gr_segment *block = m->garbage;

		m->garbage = block->next;
		free(block);
	}
}
