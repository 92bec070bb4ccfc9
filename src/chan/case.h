/* SPDX-License-Identifier: MIT */
/* case.h: what the library keeps in a goro_case while a select waits on it.
 *
 * The cases of a select that have a channel are linked in the order of their channels' addresses,
 * so that all selects lock in the same order; those of one channel stand together, and the first
 * of them is named in the node of each. `turn` has nothing to do with the case it stands in: the
 * n of them are an array, in which a random order of the cases is drawn.
 */
#ifndef GR_CHAN_CASE_H
#define GR_CHAN_CASE_H

#include "chan/chan.h"
#include "goro/select.h"

struct gr_case {
	struct gr_waitnode node; /* node.select: the first case of the same channel */
	struct goro_case *next;  /* in the order of addresses */
	uint32_t turn;
};

_Static_assert(sizeof(struct gr_case) <= sizeof(((goro_case *)0)->room), "goro/select.h");

static inline struct gr_case *gr_case_of(goro_case *k)
{
	return (struct gr_case *)(void *)k->room;
}

static inline goro_case *gr_case_of_node(struct gr_waitnode *node)
{
	return gr_container_of(gr_container_of(node, struct gr_case, node), goro_case, room);
}

static inline bool gr_case_sends(const goro_case *k)
{
	return k->kind != GORO_CASE_RECV;
}

/* The line in which the case waits. */
static inline struct gr_waitq *gr_case_queue(const goro_case *k)
{
	return gr_case_sends(k) ? &k->chan->senders : &k->chan->receivers;
}

#endif
