/* SPDX-License-Identifier: MIT */
#include "sched/park.h"

#include <errno.h>

#include "base/chaos.h"
#include "base/clock.h"
#include "sched/cancel.h"
#include "sched/idle.h"
#include "sched/ports.h"
#include "sched/ready.h"
#include "sched/sim.h"
#include "sched/timer.h"

/* Leaves the coroutine (or the worker's own stack, `from` NULL) for `to` (NULL: the worker's own
 * stack). Returns when somebody switches back, with the worker this now runs on. */
static GR_ALWAYS_INLINE struct gr_worker *switch_to(
	struct gr_worker *w, struct gr_coro *from, struct gr_coro *to)
{
	struct gr_context *here = from != NULL ? &from->context : &w->context;
	const struct gr_context *there = to != NULL ? &to->context : &w->context;

	if (to != NULL)
		gr_coro_move(to, GR_CORO_QUEUED, GR_CORO_RUNNING);
	gr_store_relaxed(&w->running, to);
	if (gr_unlikely(gr_sanitizer_any)) {
		struct gr_fiber *me = from != NULL ? &from->fiber : &w->fiber;
		uintptr_t low = 0, high = 0;

		if (to != NULL)
			gr_stack_bounds(to->stack_class, to->stack, &low, &high);
		gr_fiber_before(me, to != NULL ? &to->fiber : &w->fiber, low, high - low,
			w->pending.kind == GR_PENDING_END);
		w = gr_context_switch(here, there, w);
		gr_fiber_after(me);
		return w;
	}
	return gr_context_switch(here, there, w);
}

/* The coroutine sleeps since its word became PARKED from `word`, and its frame may be gone. The
 * flag is looked at after PARKED was stored (cancel.h); if it ran on meanwhile, the sequence is
 * old. */
static GR_ALWAYS_INLINE void look_at_flag(struct gr_worker *w, struct gr_coro *co, uint64_t word)
{
	gr_fence_light(); /* pairs with gr_fence_heavy() in gr_cancel() */
	if (gr_unlikely(gr_load_relaxed(&co->life) & GR_CORO_CANCELLED) &&
		!(word & GR_WAIT_NOCANCEL) &&
		gr_wait_claim(&co->wait, gr_wait_seq(word), -ECANCELED))
		gr_wake(w, &co->wait);
}

static GR_ALWAYS_INLINE void commit_park_locked(struct gr_worker *w)
{
	struct gr_coro *co = w->pending.co;
	uint64_t word;

	gr_coro_move(co, GR_CORO_RUNNING, GR_CORO_ASLEEP);
	word = gr_wait_commit_unclaimed(&co->wait);

	gr_pending_unlock(w->pending.unlock, w->pending.arg);
	look_at_flag(w, co, word);
}

static void commit_park(struct gr_worker *w)
{
	struct gr_coro *co = w->pending.co;
	uint64_t word = gr_load_relaxed(&co->wait.word);

	gr_coro_move(co, GR_CORO_RUNNING, GR_CORO_ASLEEP);
	gr_pending_unlock(w->pending.unlock, w->pending.arg);
	if (w->poke) {
		w->poke = false;
		gr_idle_poke();
	}
	if (gr_wait_commit(&co->wait))
		gr_ready(w, co);
	else
		look_at_flag(w, co, word);
}

/* After the descriptor's last use: a stop goes by this count, and may be waiting for it. */
void gr_park_count_end(struct gr_worker *w)
{
	/* Release: pairs with gr_sched_alive(), which must see the spawn of what ended. */
	gr_store_release(&w->counters.ended, gr_load_relaxed(&w->counters.ended) + 1);
	if (gr_unlikely(gr_load_relaxed(&gr_sched.state) == GR_SCHED_STOPPING)) {
		gr_fetch_add_release(&gr_sched.stop_event, 1u);
		gr_os_futex_wake(&gr_sched.stop_event, 1);
	}
}

static GR_ALWAYS_INLINE void commit_yield(struct gr_worker *w)
{
	/* Nobody runs here, nor will before it. */
	bool next = w->running == NULL && w->handoff == NULL && !gr_worker_holds_back(w);

	gr_coro_move(w->pending.co, GR_CORO_RUNNING, GR_CORO_QUEUED);
	gr_owing_begin(w);
	gr_ready_behind(w, w->pending.co);
	if (!next)
		gr_idle_notify(); /* it is work for others */
	gr_owing_end(w);
}

/* Reads `pending` field by field: a copy of the whole would wait for the stores to its parts. */
static GR_NOINLINE void commit_slow(struct gr_worker *w, enum gr_pending_kind kind)
{
	if (kind == GR_PENDING_PARK) {
		commit_park(w);
		return;
	}
	GR_DEBUG(kind == GR_PENDING_END);
	gr_coro_move(w->pending.co, GR_CORO_RUNNING, GR_CORO_ASLEEP);
	gr_coro_end(&w->coros, &w->stacks, w->pending.co);
	gr_park_count_end(w);
}

/* On the stack switched to: carries out what the last one to leave this worker left behind. */
static GR_ALWAYS_INLINE void commit(struct gr_worker *w)
{
	enum gr_pending_kind kind = w->pending.kind;

	gr_chaos_delay(); /* saved, and nobody knows yet */
	w->pending.kind = GR_PENDING_NONE;
	if (gr_likely(kind == GR_PENDING_PARK_LOCKED))
		commit_park_locked(w);
	else if (kind == GR_PENDING_YIELD)
		commit_yield(w);
	else if (kind != GR_PENDING_NONE)
		commit_slow(w, kind);
}

/* Takes the next coroutine from this worker's own queue. NULL: the worker's own stack goes on
 * (nothing is here, or it is time for a visit there, or the stack cache is empty). A new one may
 * inherit the stack of `dying`, the caller, which then goes on in its place. */
static GR_ALWAYS_INLINE struct gr_coro *next_local(struct gr_worker *w, struct gr_coro *dying)
{
	uint64_t ticks = gr_load_relaxed(&w->ticks) + 1;
	struct gr_coro *co;

	gr_store_relaxed(&w->ticks, ticks);
	if (gr_unlikely(ticks % GR_WORKER_VISIT == 0 || gr_load_relaxed(&w->urged))) {
		w->visit = true;
		return NULL;
	}
	co = gr_worker_next(w);
	if (gr_unlikely(gr_tsan_active())) { /* sanitizer.h F2 */
		w->handoff = co;
		return NULL;
	}
	if (co == NULL || gr_likely(co->stack != NULL))
		return co;
	if (dying != NULL && dying->stack_class == co->stack_class && !gr_sanitizer_any) {
		co->stack = dying->stack;
		dying->stack = NULL;
		return co;
	}
	co->stack = gr_stack_get_hot(&w->stacks, co->stack_class);
	if (co->stack == NULL) {
		w->handoff = co;
		return NULL;
	}
	gr_park_start(co);
	return co;
}

/* Leaves `co` with `pending` set; back when it runs again. Returns the worker. */
static GR_ALWAYS_INLINE struct gr_worker *leave(
	struct gr_worker *w, struct gr_coro *co, struct gr_coro *next)
{
	co->error = *w->error;
	w = switch_to(w, co, next);
	commit(w);
	*w->error = co->error;
	return w;
}

void gr_park_run(struct gr_worker *w, struct gr_coro *co)
{
	w = switch_to(w, NULL, co);
	if (gr_unlikely(gr_played()))
		gr_sim_left(w);
	commit(w);
}

void gr_park_stand_still(struct gr_worker *w)
{
	gr_coro_move(w->running, GR_CORO_RUNNING, GR_CORO_QUEUED);
	w->handoff = w->running;
	w->pending.kind = GR_PENDING_NONE;
	leave(w, w->running, NULL);
}

/* Sleep ------------------------------------------------------------------------------------ */

static GR_ALWAYS_INLINE int park_coro(
	struct gr_caller *me, int64_t deadline, void (*unlock)(void *), void *arg, bool one_lock)
{
	struct gr_coro *co = me->co;
	struct gr_worker *w = me->worker;
	struct gr_limit limit;

	w->pending.kind =
		one_lock && deadline == INT64_MAX ? GR_PENDING_PARK_LOCKED : GR_PENDING_PARK;
	w->pending.co = co;
	w->pending.unlock = unlock;
	w->pending.arg = arg;
	if (deadline != INT64_MAX) {
		uint64_t seq = gr_wait_seq(gr_load_relaxed(&co->wait.word));

		gr_timer_limit(w->index, &co->wait, seq, deadline, &limit, &w->poke);
	}
	gr_bump(w->counters.parks);
	me->worker = leave(w, co, next_local(w, NULL));
	if (deadline != INT64_MAX)
		gr_timer_unlimit(&limit);
	gr_fiber_acquire(&co->wait);
	gr_wait_end(&co->wait);
	return co->wait.outcome;
}

static GR_ALWAYS_INLINE int park(struct gr_caller *me, int64_t deadline, void (*unlock)(void *),
	void *arg, bool one_lock, const char *why, const void *what)
{
	if (gr_unlikely(me->co == NULL))
		return gr_thread_park(&me->thread, gr_wait_seq(gr_load_relaxed(&me->wait->word)),
			deadline, unlock, arg);
	me->co->why = why;
	me->co->what = what;
	me->co->since = me->worker->now;
	return park_coro(me, deadline, unlock, arg, one_lock);
}

int gr_park(struct gr_caller *me, int64_t deadline, void (*unlock)(void *), void *arg,
	const char *why, const void *what)
{
	return park(me, deadline, unlock, arg, false, why, what);
}

int gr_park_locked(struct gr_caller *me, int64_t deadline, void (*unlock)(void *), void *arg,
	const char *why, const void *what)
{
	return park(me, deadline, unlock, arg, true, why, what);
}

void gr_park_yield(void)
{
	struct gr_worker *w = gr_current_worker();
	struct gr_coro *co = w == NULL ? NULL : w->running;
	struct gr_coro *next;

	if (co == NULL)
		return;
	next = next_local(w, NULL);
	if (next == NULL && !w->visit && w->handoff == NULL)
		return; /* nobody else is here */
	w->pending.kind = GR_PENDING_YIELD;
	w->pending.co = co;
	leave(w, co, next);
}

/* Birth and death --------------------------------------------------------------------------- */

/* The coroutine has returned. Comes back only if the next one is new and has inherited the
 * stack: then that one begins here, without a switch. */
static struct gr_worker *end(struct gr_coro *co)
{
	struct gr_worker *w;
	struct gr_coro *next;

	gr_ports.finish(co);
	w = gr_current_worker();
	next = next_local(w, co);
	if (co->stack == NULL) {
		gr_coro_move(co, GR_CORO_RUNNING, GR_CORO_ASLEEP);
		gr_coro_move(next, GR_CORO_QUEUED, GR_CORO_RUNNING);
		gr_store_relaxed(&w->running, next);
		gr_coro_end(&w->coros, &w->stacks, co);
		gr_park_count_end(w);
		return w;
	}
	w->pending.kind = GR_PENDING_END;
	w->pending.co = co;
	switch_to(w, co, next);
	__builtin_unreachable();
}

static void coro_main(void *message)
{
	struct gr_worker *w = message;
	struct gr_coro *co = w->running;

	if (gr_sanitizer_any)
		gr_fiber_after(&co->fiber);
	commit(w);
	for (;;) {
		gr_fiber_acquire(&co->wait);
		*w->error = 0;
		gr_enter_call(&co->entry);
		w = end(co);
		co = w->running; /* another one, on this stack */
		gr_context_reset();
	}
}

void gr_park_start(struct gr_coro *co)
{
	gr_context_make(&co->context, co->stack, coro_main);
	if (gr_sanitizer_any)
		gr_fiber_create(&co->fiber);
}
