/* SPDX-License-Identifier: MIT */
#include "chan/match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chan/case.h"

void gr_match_put_block(struct goro_chan *c, const void *elem)
{
	gr_chan_copy(gr_segments_put(&c->segments, c->elem_size), elem, c->elem_size);
}

struct gr_segment *gr_match_take_block(struct goro_chan *c, void *elem)
{
	gr_chan_copy(elem, gr_segments_oldest(&c->segments, c->elem_size), c->elem_size);
	return gr_segments_drop(&c->segments);
}

void gr_match_unlink_siblings(struct goro_chan *c, struct gr_waitnode *n)
{
	for (goro_case *k = n->select; k != NULL && k->chan == c; k = gr_case_of(k)->next)
		if (&gr_case_of(k)->node != n)
			gr_waitq_remove(gr_case_queue(k), &gr_case_of(k)->node);
}

int gr_match_send(struct goro_chan *c, const void *elem, struct gr_match *m)
{
	struct gr_wait *receiver = NULL;
	int rc = gr_match_send_inline(c, elem, &receiver);

	if (receiver != NULL)
		gr_waits_add(&m->claimed, receiver);
	return rc;
}

int gr_match_recv(struct goro_chan *c, void *elem, struct gr_match *m)
{
	struct gr_wait *sender = NULL;
	struct gr_segment *garbage = NULL;
	int rc = gr_match_recv_inline(c, elem, &sender, &garbage);

	if (sender != NULL)
		gr_waits_add(&m->claimed, sender);
	if (garbage != NULL) {
		garbage->next = m->garbage;
		m->garbage = garbage;
	}
	return rc;
}

/* A claimed node's siblings stand behind it, never among those passed over: the same word was lost
 * for them. */
static void claim_line(struct goro_chan *c, struct gr_waitq *q, bool zero, struct gr_match *m)
{
	struct gr_waitnode *lost = NULL;
	struct gr_waitnode *n;
	struct gr_wait *w;

	while ((n = gr_waitq_claim_next(q, &lost, -EPIPE, &w)) != NULL) {
		if (n->select != NULL)
			gr_match_unlink_siblings(c, n);
		if (zero && c->elem_size != 0)
			memset(n->elem, 0, c->elem_size);
		gr_waits_add(&m->claimed, w);
	}
}

void gr_match_close(struct goro_chan *c, struct gr_match *m)
{
	c->closed = true;
	claim_line(c, &c->receivers, true, m);
	claim_line(c, &c->senders, false, m);
}

void gr_match_finish(struct gr_worker *here, struct gr_match *m)
{
	if (m->claimed.first != NULL && m->claimed.first == m->claimed.last)
		gr_wake(here, m->claimed.first);
	else if (m->claimed.first != NULL)
		gr_waitq_wake_all(here, m->claimed.first);
	while (m->garbage != NULL) {
		struct gr_segment *block = m->garbage;

		m->garbage = block->next;
		free(block);
	}
}
