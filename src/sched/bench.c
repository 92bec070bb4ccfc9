/* SPDX-License-Identifier: MIT */
#include "sched/bench.h"

#include "sched/idle.h"
#include "sched/inject.h"

static uint32_t too_many; /* set by the monitor, counted down by the spares that go */

void gr_bench_want(unsigned surplus)
{
	gr_store_relaxed(&too_many, (uint32_t)surplus);
}

bool gr_bench_recall(struct gr_worker *w)
{
	if (gr_load_acquire(&w->state) != GR_WORKER_BENCHED)
		return false;
	gr_bench_clear(w);
	return true;
}

void gr_bench_clear(struct gr_worker *w)
{
	gr_store_release(&w->bench, 1u); /* pairs with the acquires in sit() */
	gr_os_futex_wake(&w->bench, 1);
}

static void give_all_away(struct gr_worker *w)
{
	struct gr_coro *co;

	while ((co = gr_worker_next(w)) != NULL)
		gr_inject_push(co, co, 1);
	gr_coro_cache_flush(&w->coros);
	gr_stack_cache_fini(&w->stacks);
	gr_stack_cache_init(&w->stacks, gr_sched.stack_class);
}

static void sit(struct gr_worker *w)
{
	gr_owing_begin(w);
	give_all_away(w);
	gr_exchange_acq_rel(&w->bench, 0u); /* B2 */
	gr_store_release(&w->state, (uint32_t)GR_WORKER_BENCHED);
	if (w->searching)
		gr_idle_search_end();
	w->searching = false;
	gr_idle_leave(w->index);
	gr_idle_notify();
	gr_owing_end(w);
	while (!gr_load_acquire(&w->bench) && !gr_load_acquire(&gr_sched.quit))
		if (!gr_chaos(GR_CHAOS_WAKE, 8))
			gr_os_futex_wait(&w->bench, 0, INT64_MAX);
	gr_idle_join(w->index);
	gr_store_release(&w->state, (uint32_t)GR_WORKER_ACTIVE);
}

bool gr_bench_retire(struct gr_worker *w)
{
	uint32_t surplus = gr_load_relaxed(&too_many);

	if (gr_likely(surplus == 0 || w->index < gr_load_relaxed(&gr_sched.configured)))
		return false;
	do {
		if (surplus == 0)
			return false;
	} while (!gr_cas_relaxed(&too_many, &surplus, surplus - 1));
	sit(w);
	return true;
}
