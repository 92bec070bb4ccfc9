/* SPDX-License-Identifier: MIT */
#include "sched/cancel.h"

#include <errno.h>

#include "sched/current.h"
#include "sched/ready.h"

int gr_cancel(struct gr_coro *co, uint64_t life)
{
	uint64_t seen = gr_load_acquire(&co->life);
	uint64_t word;

	do {
		if (!(seen & GR_CORO_LIVE) ||
			seen >> GR_CORO_LIFE_SHIFT != life >> GR_CORO_LIFE_SHIFT)
			return -ESRCH;
		if (seen & GR_CORO_CANCELLED)
			return 0; /* whoever set it wakes it */
	} while (!gr_cas_seq_cst(&co->life, &seen, seen | GR_CORO_CANCELLED));

	word = gr_load_seq_cst(&co->wait.word);
	if (word & GR_WAIT_NOCANCEL)
		return 0;
	/* If the wait it saw is over, the next one will see the flag before it sleeps. */
	if (gr_wait_claim(&co->wait, gr_wait_seq(word), -ECANCELED))
		gr_wake(gr_current_worker(), &co->wait);
	return 0;
}

void gr_cancel_all(void)
{
	for (uint32_t i = 0; i < gr_coro_count(); i++) {
		struct gr_coro *co = gr_coro_at(i);

		if (co != NULL)
			gr_cancel(co, gr_load_acquire(&co->life));
	}
}
