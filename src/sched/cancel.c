/* SPDX-License-Identifier: MIT */
#include "sched/cancel.h"

#include <errno.h>

#include "sched/current.h"
#include "sched/ready.h"

/* -ESRCH: the coroutine meant is over. 0: the flag was set before. 1: it is set now. The flag tells
 * of nothing but itself, and the fence puts it before the look at the word: relaxed. */
static int set_flag(struct gr_coro *co, uint64_t life)
{
	uint64_t seen = gr_load_relaxed(&co->life);

	do {
		if (!(seen & GR_CORO_LIVE) ||
			seen >> GR_CORO_LIFE_SHIFT != life >> GR_CORO_LIFE_SHIFT)
			return -ESRCH;
		if (seen & GR_CORO_CANCELLED)
			return 0;
	} while (!gr_cas_relaxed(&co->life, &seen, seen | GR_CORO_CANCELLED));
	return 1;
}

/* After the fence. If the wait it sees is over when it claims, the next one sees the flag. And if
 * the coroutine is over, whoever has the slot now was not cancelled: its life says so. */
static void wake_if_parked(struct gr_coro *co)
{
	uint64_t word = gr_load_acquire(&co->wait.word); /* pairs with its commit */

	if (gr_wait_state(word) != GR_WAIT_PARKED || word & GR_WAIT_NOCANCEL)
		return;
	if (!(gr_load_relaxed(&co->life) & GR_CORO_CANCELLED))
		return;
	if (gr_wait_claim(&co->wait, gr_wait_seq(word), -ECANCELED))
		gr_wake(gr_current_worker(), &co->wait);
}

int gr_cancel(struct gr_coro *co, uint64_t life)
{
	int set = set_flag(co, life);

	if (set <= 0)
		return set; /* whoever set it wakes it */
	gr_fence_heavy();   /* pairs with gr_fence_light() in the commit of a park */
	wake_if_parked(co);
	return 0;
}

void gr_cancel_all(void)
{
	uint32_t count = gr_coro_count();
	bool any = false;

	for (uint32_t i = 0; i < count; i++) {
		struct gr_coro *co = gr_coro_at(i);

		if (set_flag(co, gr_load_relaxed(&co->life)) == 1)
			any = true;
	}
	if (!any)
		return;
	gr_fence_heavy(); /* as above */
	for (uint32_t i = 0; i < count; i++)
		wake_if_parked(gr_coro_at(i));
}
