/* SPDX-License-Identifier: MIT */
/* caller.c: who calls? A coroutine of a running worker, or an OS thread from outside. */
#include <errno.h>

#include "sched/cancel.h"
#include "sched/park.h"

/* True: a coroutine. */
static bool from_coro(struct gr_caller *me)
{
	struct gr_worker *w = gr_current_worker();

	me->shielded = false;
	me->worker = w;
	me->co = w == NULL ? NULL : w->running;
	if (gr_unlikely(me->co == NULL))
		return false;
	me->wait = &me->co->wait;
	return true;
}

static GR_NOINLINE int from_thread(struct gr_caller *me, bool in_any_case)
{
	if (!gr_thread_enter(in_any_case))
		return -EPERM;
	gr_thread_init(&me->thread, me->shielded);
	me->wait = &me->thread.wait;
	return 0;
}

int gr_caller_enter(struct gr_caller *me)
{
	if (gr_unlikely(!from_coro(me)))
		return from_thread(me, false);
	if (gr_unlikely(gr_cancelled(me->co))) {
		gr_park_yield(); /* a loop that ignores it starves nobody */
		return -ECANCELED;
	}
	return 0;
}

int gr_caller_enter_try(struct gr_caller *me)
{
	return gr_likely(from_coro(me)) ? 0 : from_thread(me, false);
}

void gr_caller_enter_any(struct gr_caller *me)
{
	if (gr_unlikely(!from_coro(me)))
		from_thread(me, true);
}

void gr_caller_enter_shielded(struct gr_caller *me)
{
	bool coro = from_coro(me);

	me->shielded = true;
	if (!coro)
		from_thread(me, true);
}

void gr_caller_leave(struct gr_caller *me)
{
	if (gr_unlikely(me->co == NULL))
		gr_thread_leave();
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
