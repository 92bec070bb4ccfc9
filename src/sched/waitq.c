/* SPDX-License-Identifier: MIT */
#include "sched/waitq.h"

struct gr_waitnode *gr_waitq_claim_all(struct gr_waitq *q, int outcome)
{
	struct gr_waitnode *first = NULL;
	struct gr_waitnode **end = &first;

	for (struct gr_waitnode *n = q->head, *next; n != NULL; n = next) {
		struct gr_wait *w = n->wait;

		next = n->next;
		if (!gr_wait_claim(w, n->seq, outcome))
			continue;
		gr_fiber_acquire(w);
		w->node = n;
		gr_waitq_unlink(q, n);
		n->wait = w;
		n->next = NULL;
		*end = n;
		end = &n->next;
	}
	return first;
}

void gr_waitq_wake_all(struct gr_worker *here, struct gr_waitnode *claimed)
{
	struct gr_ready_batch woken = { .first = NULL };

	while (claimed != NULL) {
		struct gr_waitnode *n = claimed;

		claimed = n->next; /* once woken, its frame is gone (Q4) */
		gr_ready_batch_wake(&woken, n->wait);
	}
	gr_ready_batch_flush(here, &woken);
}
