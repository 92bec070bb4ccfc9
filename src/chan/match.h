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

#include "chan/chan.h"

/* What is left to do when the channel is unlocked. Begin with all zero. */
struct gr_match {
	struct gr_waitnode *claimed; /* linked by `next` */
	struct gr_waitnode *last;
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

void gr_match_finish_slow(struct gr_worker *here, struct gr_match *m);

/* Without the lock; does not touch the channel. `here`: as in sched/ready.h. */
static inline void gr_match_finish(struct gr_worker *here, struct gr_match *m)
{
	if (m->claimed == NULL && gr_likely(m->garbage == NULL))
		return;
	if (gr_likely(m->claimed != NULL && m->claimed == m->last && m->garbage == NULL))
		gr_wake(here, m->claimed->wait);
	else
		gr_match_finish_slow(here, m);
}

#endif
