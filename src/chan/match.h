/* SPDX-License-Identifier: MIT */
/* match.h: the one place where a sender and a receiver meet: send, recv, their many forms, select
 * and the ticker all come here, with the channel locked.
 *
 *  M1  Whoever has been claimed is unlinked, with all cases of the same select on this channel,
 *      under the same hold of the lock; so none of them needs the channel any more.
 *  M2  He is woken after the unlock, by gr_match_finish(): as soon as he runs he may free the
 *      channel.
 */
#ifndef GR_CHAN_MATCH_H
#define GR_CHAN_MATCH_H

#include <errno.h>
#include <string.h>

#include "chan/chan.h"

/* What is left to do when the channel is unlocked. Begin with all zero. */
struct gr_match {
	struct gr_waits claimed;
	struct gr_segment *garbage; /* linked by `next` */
};

/* A send to a segmented channel needs gr_chan_grow() first. */
#define GR_MATCH_GROW 1

/* Moves one element from elem. 0; -EPIPE: closed; -EAGAIN: full, and nobody receives;
 * GR_MATCH_GROW. */
int gr_match_send(struct goro_chan *c, const void *elem, struct gr_match *m);

/* Moves one element to elem. 0; -EPIPE: closed and drained, elem is zeroed; -EAGAIN: empty, and
 * nobody sends. */
int gr_match_recv(struct goro_chan *c, void *elem, struct gr_match *m);

/* Claims all who wait, with -EPIPE, and zeroes what the receivers would have received. */
void gr_match_close(struct goro_chan *c, struct gr_match *m);

/* Without the lock; does not touch the channel. `here`: as in sched/ready.h. */
void gr_match_finish(struct gr_worker *here, struct gr_match *m);

/* The parts --------------------------------------------------------------------------------- */

/* Segmented channels: the place of an element. */
void gr_match_put_block(struct goro_chan *c, const void *elem);
struct gr_segment *gr_match_take_block(struct goro_chan *c, void *elem);

/* Takes the other cases of n's select out of this channel's lines (M1). n is claimed, so its frame
 * is ours. */
void gr_match_unlink_siblings(struct goro_chan *c, struct gr_waitnode *n);

/* The buffer's cells go to and fro between senders and receivers: each side acquires what the other
 * has released. */
static inline void gr_match_put(struct goro_chan *c, const void *elem)
{
	gr_fiber_acquire(c);
	if (gr_likely(c->cap != GORO_CHAN_UNBOUNDED)) {
		size_t to_end = c->cap - c->oldest;
		size_t at = c->count < to_end ? c->oldest + c->count : c->count - to_end;

		gr_chan_copy(c->cells + at * c->elem_size, elem, c->elem_size);
	} else {
		gr_match_put_block(c, elem);
	}
	gr_fiber_release(c);
	gr_store_relaxed(&c->count, c->count + 1);
}

/* Returns a block to be freed, or NULL. */
static inline struct gr_segment *gr_match_take(struct goro_chan *c, void *elem)
{
	struct gr_segment *garbage = NULL;

	gr_fiber_acquire(c);
	gr_store_relaxed(&c->count, c->count - 1);
	if (gr_unlikely(c->cap == GORO_CHAN_UNBOUNDED)) {
		garbage = gr_match_take_block(c, elem);
	} else {
		gr_chan_copy(elem, c->cells + c->oldest * c->elem_size, c->elem_size);
		if (++c->oldest == c->cap)
			c->oldest = 0;
	}
	gr_fiber_release(c);
	return garbage;
}

/* The first in line who can be claimed, *peer. NULL: nobody waits. */
static GR_ALWAYS_INLINE struct gr_waitnode *gr_match_claim(
	struct goro_chan *c, struct gr_waitq *q, struct gr_wait **peer)
{
	struct gr_waitnode *n;

	if (gr_waitq_empty(q))
		return NULL;
	n = gr_waitq_claim(q, 0, peer);
	if (gr_unlikely(n != NULL && n->select != NULL))
		gr_match_unlink_siblings(c, n);
	return n;
}

/* The meeting -------------------------------------------------------------------------------- */

/* As gr_match_send(), for chan.c, whose speed depends on it: *peer is who has been claimed, if
 * somebody has. */
static GR_ALWAYS_INLINE int gr_match_send_inline(
	struct goro_chan *c, const void *elem, struct gr_wait **peer)
{
	struct gr_waitnode *receiver;

	if (gr_unlikely(c->closed))
		return -EPIPE;
	receiver = gr_match_claim(c, &c->receivers, peer);
	if (receiver != NULL) {
		gr_chan_copy(receiver->elem, elem, c->elem_size);
		return 0;
	}
	if (c->count >= c->cap)
		return -EAGAIN;
	if (gr_unlikely(c->cap == GORO_CHAN_UNBOUNDED) && !gr_segments_room(&c->segments))
		return GR_MATCH_GROW;
	gr_match_put(c, elem);
	return 0;
}

/* As gr_match_recv(); *garbage is a block to be freed. */
static GR_ALWAYS_INLINE int gr_match_recv_inline(
	struct goro_chan *c, void *elem, struct gr_wait **peer, struct gr_segment **garbage)
{
	struct gr_waitnode *sender;

	if (c->count != 0) {
		*garbage = gr_match_take(c, elem);
		sender = gr_match_claim(c, &c->senders, peer);
		if (sender != NULL)
			gr_match_put(c, sender->elem); /* its turn: into the place that got free */
		return 0;
	}
	sender = gr_match_claim(c, &c->senders, peer);
	if (sender != NULL) {
		gr_chan_copy(elem, sender->elem, c->elem_size);
		return 0;
	}
	if (!c->closed)
		return -EAGAIN;
	gr_fiber_acquire(c); /* pairs with the release in goro_chan_close() */
	if (c->elem_size != 0)
		memset(elem, 0, c->elem_size);
	return -EPIPE;
}

#endif
