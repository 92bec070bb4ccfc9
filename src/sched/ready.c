/* SPDX-License-Identifier: MIT */
#include "sched/ready.h"

#include "sched/idle.h"
#include "sched/inject.h"
#include "sched/sim.h"
#include "sched/worker.h"

/* One that has woken so many without a pause gives way to them: where a million wait, those woken last
 * are still in the caches then, and who was woken first has not to wait for the last. */
#ifdef GORO_CHAOS
#define WOKEN_MOST 4u
#else
#define WOKEN_MOST 256u
#endif

/* The ring is full. If it cannot grow its older half goes to the global queue, in one piece. */
static GR_NOINLINE void overflow(struct gr_worker *w, struct gr_coro *co)
{
	struct gr_coro *last;
	unsigned count;
	struct gr_coro *first;

	if ((gr_played() && gr_sim_sheds()) || !gr_runq_grow(&w->queue)) {
		first = gr_runq_shed(&w->queue, &last, &count);
		if (first != NULL)
			gr_inject_push(first, last, count);
	}
	if (!gr_runq_push(&w->queue, co))
		gr_inject_push(co, co, 1);
}

void gr_ready_behind(struct gr_worker *w, struct gr_coro *co)
{
	if (gr_chaos(GR_CHAOS_FULL, 16) || gr_unlikely(!gr_runq_push(&w->queue, co)))
		overflow(w, co);
}

void gr_ready_fresh(struct gr_worker *w, struct gr_coro *co)
{
	if (gr_unlikely(!gr_fresh_push(&w->fresh, co)))
		gr_ready_behind(w, co);
}

/* What runs here has put one more into the ring. */
static void count_woken(struct gr_worker *w)
{
	uint64_t ticks = gr_load_relaxed(&w->ticks);

	if (w->woken_at != ticks) {
		w->woken_at = ticks;
		w->woken = 0;
	}
	/* Relaxed: its own bit, which tells of nothing else; a read-modify-write, for the cancelled bit is
	 * anybody's. */
	if (gr_unlikely(++w->woken == WOKEN_MOST))
		gr_fetch_or_relaxed(&w->running->life, GR_CORO_GIVES_WAY);
}

void gr_ready(struct gr_worker *here, struct gr_coro *co)
{
	gr_coro_move(co, GR_CORO_ASLEEP, GR_CORO_QUEUED);
	if (here != NULL && here->running != NULL && !gr_chaos(GR_CHAOS_ORDER, 4)) {
		co = gr_runq_put_slot(&here->queue, co);
		if (co == NULL)
			return;
		count_woken(here);
	}
	if (gr_unlikely(here == NULL) && gr_load_relaxed(&gr_sched.state) == GR_SCHED_FORKED)
		return; /* it will never run here, and the queues may be half changed */
	gr_owing_begin(here);
	if (gr_unlikely(here == NULL))
		gr_inject_push(co, co, 1);
	else
		gr_ready_behind(here, co);
	gr_idle_notify();
	gr_owing_end(here);
}

static struct gr_coro *coro_of(struct gr_wait *w)
{
	return gr_container_of(w, struct gr_coro, wait);
}

/* Delivers. Returns the coroutine if it is the caller's to make runnable. */
static inline struct gr_coro *deliver(struct gr_wait *w)
{
	if (gr_unlikely(w->kind == GR_WAIT_THREAD)) {
		gr_thread_deliver(w);
		return NULL;
	}
	gr_fiber_release(w);
	return gr_wait_deliver(w) ? coro_of(w) : NULL;
}

void gr_wake_slow(struct gr_worker *here, struct gr_wait *w)
{
	struct gr_coro *co = deliver(w);

	if (gr_unlikely(gr_played())) {
		gr_sim_woken(here, co);
		gr_sim_point(here); /* delivered, and in no queue yet */
	}
	if (gr_likely(co != NULL))
		gr_ready(here, co);
}

void gr_ready_batch_wake(struct gr_ready_batch *b, struct gr_wait *w)
{
	struct gr_coro *co = deliver(w);

	if (co == NULL)
		return;
	if (gr_unlikely(gr_played()))
		gr_sim_woken(gr_current_worker(), co);
	gr_coro_move(co, GR_CORO_ASLEEP, GR_CORO_QUEUED);
	b->count++;
	if (b->first != NULL && gr_chaos(GR_CHAOS_ORDER, 2)) {
		co->next = b->first;
		b->first = co;
		return;
	}
	co->next = NULL;
	if (b->first == NULL)
		b->first = co;
	else
		b->last->next = co;
	b->last = co;
}

void gr_ready_batch_flush(struct gr_worker *here, struct gr_ready_batch *b)
{
	bool alone = false;

	if (b->first == NULL)
		return;
	if (gr_unlikely(here == NULL && gr_load_relaxed(&gr_sched.state) == GR_SCHED_FORKED))
		return; /* as in gr_ready() */
	gr_owing_begin(here);
	if (here != NULL && b->count <= GR_READY_RING_MOST) {
		/* One alone, and its worker is looking for something to run: nobody's help is due. */
		alone = b->count == 1 && here->running == NULL && !gr_worker_holds(here);
		for (struct gr_coro *co = b->first, *next; co != NULL; co = next) {
			next = co->next; /* once pushed it is not ours */
			gr_ready_behind(here, co);
		}
	} else {
		gr_inject_push(b->first, b->last, b->count);
	}
	*b = (struct gr_ready_batch){ .first = NULL };
	if (!alone)
		gr_idle_notify();
	gr_owing_end(here);
}
