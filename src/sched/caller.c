/* SPDX-License-Identifier: MIT */
/* caller.c: who calls, when it is not the usual coroutine: an OS thread from outside, or one that
 * is cancelled or gives way. */
#include <errno.h>

#include "sched/park.h"
#include "sched/sim.h"

int gr_caller_enter_thread(struct gr_caller *me, bool in_any_case)
{
	if (!gr_thread_enter(in_any_case))
		return -EPERM;
	gr_thread_init(&me->thread, me->shielded);
	me->wait = &me->thread.wait;
	return 0;
}

GR_NOINLINE int gr_caller_enter_slow(struct gr_caller *me)
{
	if (me->co == NULL)
		return gr_caller_enter_thread(me, false);
	if (gr_load_relaxed(&me->co->life) & GR_CORO_GIVES_WAY) /* its own; others' bits stay */
		gr_fetch_and_relaxed(&me->co->life, ~GR_CORO_GIVES_WAY);
	if (gr_played() && !gr_cancelled(me->co)) {
		gr_sim_point(me->worker);
		return 0;
	}
	gr_park_yield();       /* a loop that ignores a cancel starves nobody */
	gr_caller_is_coro(me); /* perhaps on another worker by now */
	return gr_cancelled(me->co) ? -ECANCELED : 0; /* 0: it gave way, or chaos wanted this */
}

void gr_caller_enter_shielded(struct gr_caller *me)
{
	bool coro = gr_caller_is_coro(me);

	me->shielded = true;
	if (!coro)
		gr_caller_enter_thread(me, true);
}

struct gr_random *gr_caller_random(struct gr_caller *me)
{
	static uint64_t calls;
	struct gr_random seed;

	if (gr_likely(me->worker != NULL))
		return &me->worker->random;
	gr_random_seed(&seed, gr_fetch_add_relaxed(&calls, UINT64_C(1)));
	gr_random_seed(&me->thread.random, gr_random_next(&seed));
	return &me->thread.random;
}
