/* SPDX-License-Identifier: MIT */
#include "sched/find.h"

#include <errno.h>

#include "base/chaos.h"
#include "base/clock.h"
#include "sched/bench.h"
#include "sched/idle.h"
#include "sched/inject.h"
#include "sched/park.h"
#include "sched/ports.h"
#include "sched/ready.h"
#include "sched/sim.h"
#include "sched/timer.h"

/* An idle worker searches this many rounds before it sleeps, with a pause between them: some
 * microseconds, against the tens that a thread takes to wake up. */
#ifndef GR_SEARCH_ROUNDS
#define GR_SEARCH_ROUNDS 4u
#define GR_SEARCH_PAUSE  100u
#endif

/* What a worker with nothing in its ring takes out of the global queue at most. */
#define SHARE_MOST (GR_RUNQ_MOST < 8192u ? GR_RUNQ_MOST / 2 : 4096u)

/* What a thief takes at most of those that have not begun. */
#define FRESH_MOST 256u

static void fire_timers(struct gr_worker *w)
{
	w->now = gr_now();
	if (gr_timer_earliest() <= w->now) {
		unsigned fired = gr_timer_fire(gr_chaos_late(w->now));

		gr_store_relaxed(&w->counters.timers, w->counters.timers + fired);
		if (gr_unlikely(gr_played()))
			gr_sim_fired(w, fired);
	}
}

static bool poll_until(int64_t until)
{
	struct gr_worker *w = gr_current_worker();
	int64_t began = gr_played() ? gr_os_now() : 0;

	gr_bump(w->counters.polls);
	gr_ports.poll(until, &w->polled);
	if (gr_unlikely(gr_played()))
		gr_clock_advance(gr_os_now() - began); /* outside, time goes its own way */
	return w->polled.count != 0;
}

/* Lets run what the poller has brought. The next look without blocking waits until all of it has had
 * its turn: what is on its way to its descriptor would be seen there again. A large batch is in the
 * global queue. */
static void take_polled(struct gr_worker *w)
{
	bool many = w->polled.count > GR_READY_RING_MOST;
	unsigned behind;

	gr_ready_batch_flush(w, &w->polled);
	behind = many ? gr_inject_len() / gr_load_relaxed(&gr_sched.configured) : 0;
	w->poll_after = gr_load_relaxed(&w->ticks) + gr_runq_len(&w->queue) + behind;
}

/* Asks the poller without blocking, if nobody sleeps in it. */
static void poll_now(struct gr_worker *w)
{
	if (gr_likely(!gr_idle_poller()) || gr_idle_watched())
		return;
	w->poll_pays = poll_until(INT64_MIN);
	take_polled(w);
}

/* Takes a fair share of the global queue, but no more than `most`, nor than fit, or they would go to
 * and fro; one to run, the rest into the ring. */
static struct gr_coro *from_inject(struct gr_worker *w, unsigned most)
{
	unsigned len = gr_inject_len();
	unsigned max = len / gr_load_relaxed(&gr_sched.configured) + 1;
	unsigned room = GR_RUNQ_MOST - gr_runq_len(&w->queue);
	unsigned count;
	struct gr_coro *first;

	if (len == 0)
		return NULL;
	if (max > most)
		max = most;
	if (gr_chaos(GR_CHAOS_INJECT, 2))
		max = 1;
	if (max > room + 1)
		max = room + 1;
	first = gr_inject_pop(max, &count);
	if (first == NULL)
		return NULL;
	for (struct gr_coro *co = first->next, *next; co != NULL; co = next) {
		next = co->next;
		gr_ready_behind(w, co);
	}
	if (count > 1)
		gr_idle_notify(); /* nobody saw them on their way from queue to queue */
	return first;
}

/* One to run; the others are this worker's, the newest last. */
static struct gr_coro *steal_fresh(struct gr_worker *w, struct gr_worker *victim)
{
	struct gr_coro *first = gr_fresh_steal(&victim->fresh, FRESH_MOST);

	if (first == NULL)
		return NULL;
	for (struct gr_coro *co = first->next, *next; co != NULL; co = next) {
		next = co->next;
		gr_ready_fresh(w, co);
	}
	return first;
}

/* One round over all other workers, from a random one on. The next-slot of one that stands
 * still is taken too (runq.h R4). */
static struct gr_coro *steal(struct gr_worker *w)
{
	unsigned n = gr_sched.seats;
	unsigned start = gr_random_below(&w->random, n);

	for (unsigned i = 0; i < n; i++) {
		struct gr_worker *victim = &gr_sched.workers[(start + i) % n];
		struct gr_coro *co;

		if (victim == w || gr_load_relaxed(&victim->state) == GR_WORKER_NONE ||
			gr_chaos(GR_CHAOS_STEAL, 4))
			continue;
		co = gr_runq_steal(&w->queue, &victim->queue);
		if (co == NULL)
			co = steal_fresh(w, victim);
		if (co == NULL && gr_load_relaxed(&victim->stuck))
			co = gr_runq_take_slot(&victim->queue);
		if (co != NULL) {
			gr_bump(w->counters.steals);
			if (gr_unlikely(gr_played()))
				gr_sim_stole(w, victim);
			return co;
		}
	}
	return NULL;
}

/* A worker that begins to run what it found stops searching; the last one passes the search on,
 * since where one found something there may be more. */
static struct gr_coro *found(struct gr_worker *w, struct gr_coro *co)
{
	if (w->searching) {
		w->searching = false;
		gr_owing_begin(w);
		if (gr_idle_search_end())
			gr_idle_notify();
		gr_owing_end(w);
	}
	return co;
}

static struct gr_coro *search(struct gr_worker *w)
{
	if (!w->searching && !(w->searching = gr_idle_search_begin()))
		return NULL;
	for (unsigned round = 0; round < GR_SEARCH_ROUNDS; round++) {
		struct gr_coro *co = steal(w);

		if (co == NULL)
			co = from_inject(w, SHARE_MOST);
		if (co != NULL || gr_idle_awake() == 1)
			return co; /* nobody else is about to make something */
		for (unsigned i = GR_SEARCH_PAUSE; i > 0; i--)
			gr_cpu_relax();
	}
	return NULL;
}

/* Does anything lie where others may take it? For the last look before sleep (idle.h I3). */
static bool work_visible(void)
{
	if (gr_inject_len() != 0)
		return true;
	for (unsigned i = 0; i < gr_sched.seats; i++)
		if (gr_worker_holds(&gr_sched.workers[i]))
			return true;
	return false;
}

void gr_find_sleep(struct gr_worker *w, int64_t (*earliest)(void))
{
	gr_owing_begin(w);
	if (gr_idle_lie_down(w->index, w->searching) && work_visible())
		gr_idle_notify();
	gr_owing_end(w);
	w->searching = false;
	if (!gr_load_relaxed(&gr_sched.quit)) { /* set before all are woken */
		w->searching = gr_idle_sleep(w->index, earliest, poll_until);
		w->poll_pays = w->polled.count > 1;
		take_polled(w);
	} else {
		w->searching = gr_idle_get_up(w->index);
	}
}

/* What is in hand gets its stack. False: it could not, and has ended unrun. */
static GR_ALWAYS_INLINE bool equip(struct gr_worker *w, struct gr_coro *co)
{
	if (gr_likely(co->stack != NULL))
		return true;
	co->stack = gr_stack_get(&w->stacks, co->stack_class);
	if (co->stack == NULL) {
		gr_coro_move(co, GR_CORO_QUEUED, GR_CORO_ASLEEP);
		gr_ports.stillborn(co);
		gr_coro_end(&w->coros, &w->stacks, co);
		gr_park_count_end(w);
		return false;
	}
	gr_park_start(co);
	return true;
}

static struct gr_coro *look(struct gr_worker *w)
{
	struct gr_coro *co = w->handoff;

	if (co != NULL) {
		w->handoff = NULL;
		return co;
	}
	if (w->visit) {
		bool urged = gr_load_relaxed(&w->urged);

		w->visit = false;
		gr_store_relaxed(&w->urged, 0u);
		gr_bench_retire(w);
		fire_timers(w);
		if (urged || gr_load_relaxed(&w->ticks) >= w->poll_after)
			poll_now(w);
		/* As many as may have run since the last visit: what waits there gets its turn
		 * though the ring never runs empty. */
		co = from_inject(w, GR_WORKER_VISIT);
		if (co != NULL) {
			if (gr_worker_holds(w))
				gr_idle_notify(); /* it does not come to what fired just now */
			return co;
		}
	}
	co = gr_worker_next(w);
	if (co == NULL)
		co = from_inject(w, SHARE_MOST);
	return co;
}

struct gr_coro *gr_find(struct gr_worker *w)
{
	for (;;) {
		struct gr_coro *co = look(w);

		if (co == NULL) {
			if (gr_load_relaxed(&gr_sched.quit))
				return NULL;
			fire_timers(w);
			if (w->poll_pays) /* else it is asked when there is time to wait for it */
				poll_now(w);
			co = gr_worker_next(w);
		}
		if (co == NULL)
			co = search(w);
		if (co != NULL && equip(w, co))
			return found(w, co);
		if (co == NULL && !gr_bench_retire(w))
			gr_find_sleep(w, gr_timer_next);
	}
}

struct gr_coro *gr_find_now(struct gr_worker *w)
{
	struct gr_coro *co = look(w);

	if (co == NULL) {
		fire_timers(w);
		co = gr_worker_next(w);
	}
	if (co == NULL)
		co = steal(w);
	return co != NULL && equip(w, co) ? co : NULL;
}
