/* SPDX-License-Identifier: MIT */
/* fifo.h: intrusive singly linked queue. All zero is an empty one.
 *
 * `last` means something only while the queue is not empty. An element's `next` is the queue's
 * from push to pop.
 */
#ifndef GR_BASE_FIFO_H
#define GR_BASE_FIFO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

struct gr_fifo_node {
	struct gr_fifo_node *next;
};

struct gr_fifo {
	struct gr_fifo_node *first;
	struct gr_fifo_node *last;
};

static inline void gr_fifo_init(struct gr_fifo *q)
{
	q->first = NULL;
	q->last = NULL;
}

static inline bool gr_fifo_empty(const struct gr_fifo *q)
{
	return q->first == NULL;
}

static inline void gr_fifo_push(struct gr_fifo *q, struct gr_fifo_node *node)
{
	node->next = NULL;
	if (q->first == NULL)
		q->first = node;
	else
		q->last->next = node;
	q->last = node;
}

static inline void gr_fifo_push_front(struct gr_fifo *q, struct gr_fifo_node *node)
{
	if (q->first == NULL)
		q->last = node;
	node->next = q->first;
	q->first = node;
}

/* NULL when empty. */
static inline struct gr_fifo_node *gr_fifo_pop(struct gr_fifo *q)
{
	struct gr_fifo_node *node = q->first;

	if (node != NULL)
		q->first = node->next;
	return node;
}

/* All of `from` behind what is in `q`; `from` is empty then. */
static inline void gr_fifo_splice(struct gr_fifo *q, struct gr_fifo *from)
{
	if (from->first == NULL)
		return;
	if (q->first == NULL)
		q->first = from->first;
	else
		q->last->next = from->first;
	q->last = from->last;
	gr_fifo_init(from);
}

#endif
