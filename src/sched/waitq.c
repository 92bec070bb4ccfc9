/* SPDX-License-Identifier: MIT */
#include "sched/waitq.h"

struct gr_wait *gr_waitq_claim_all(struct gr_waitq *q, int outcome)
{
	struct gr_waits claimed = { .first = NULL };
	struct gr_waitnode *lost = NULL;
	struct gr_wait *w;

	while (gr_waitq_claim_next(q, &lost, outcome, &w) != NULL)
		gr_waits_add(&claimed, w);
	return claimed.first;
}

void gr_waitq_wake_all(struct gr_worker *here, struct gr_wait *claimed)
{
	struct gr_ready_batch woken = { .first = NULL };

	while (claimed != NULL) {
		struct gr_wait *w = claimed;

		claimed = w->next; /* once woken, it is not ours (Q4) */
		gr_ready_batch_wake(&woken, w);
	}
	gr_ready_batch_flush(here, &woken);
}
