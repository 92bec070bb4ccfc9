/* SPDX-License-Identifier: MIT */
#include "sched/monitor.h"

#include <errno.h>

#include "base/clock.h"
#include "sched/asleep.h"
#include "sched/bench.h"
#include "sched/idle.h"
#include "sched/inject.h"
#include "sched/timer.h"
#include "sched/watchdog.h"

#define PERIOD       (10 * INT64_C(1000000))
#define QUIET_LOOKS  10u
#define MOST_AT_ONCE 1024u

static struct {
	struct gr_os_thread thread;
	bool started;
	uint64_t polls; /* at the last look */
	uint32_t quit;
} monitor;

struct census {
	unsigned active;
	unsigned held_up;
	bool waiting; /* something could run, or is due */
};

static struct census look(void)
{
	struct census c = { .waiting = gr_inject_len() != 0 };

	for (unsigned i = 0; i < gr_sched.seats; i++) {
		struct gr_worker *w = &gr_sched.workers[i];
		uint64_t ticks = gr_load_relaxed(&w->ticks);
		bool stuck;

		if (gr_load_acquire(&w->state) != GR_WORKER_ACTIVE)
			continue;
		stuck = gr_load_relaxed(&w->running) != NULL && ticks == w->seen_ticks;
		w->seen_ticks = ticks;
		gr_store_relaxed(&w->stuck, (uint32_t)stuck);
		c.active++;
		c.held_up += stuck;
		c.waiting |= stuck && gr_worker_holds_back(w);
	}
	return c;
}

/* Puts a spare on its feet: one from the bench, else a new thread. */
static void add_spare(void)
{
	for (unsigned i = gr_sched.configured; i < gr_sched.seats; i++) {
		struct gr_worker *w = &gr_sched.workers[i];

		if (gr_bench_recall(w))
			return;
		if (gr_load_acquire(&w->state) == GR_WORKER_NONE) {
			gr_worker_start(w); /* refused: perhaps next time */
			return;
		}
	}
}

/* Takes what a worker holds, or half of it, to the global queue. */
static void take_from(struct gr_worker *w)
{
	static struct gr_runq mine; /* as a thief's; empty but in here */
	struct gr_coro *co = gr_runq_take_slot(&w->queue);
	struct gr_coro *last;
	unsigned count = 1;

	if (co != NULL)
		gr_inject_push(co, co, 1);
	co = gr_fresh_steal(&w->fresh, MOST_AT_ONCE);
	if (co != NULL) {
		for (last = co; last->next != NULL; last = last->next)
			count++;
		gr_inject_push(co, last, count);
	}
	gr_runq_init(&mine);
	for (co = gr_runq_steal(&mine, &w->queue); co != NULL; co = gr_runq_pop(&mine))
		gr_inject_push(co, co, 1);
}

/* All those that move have work of their own and never look for others'. */
static void rescue(void)
{
	for (unsigned i = 0; i < gr_sched.seats; i++) {
		struct gr_worker *w = &gr_sched.workers[i];

		if (gr_load_acquire(&w->state) == GR_WORKER_ACTIVE && gr_load_relaxed(&w->stuck))
			take_from(w);
	}
	gr_idle_notify();
}

/* Makes all who move look at timers and the global queue soon (M3). */
static void urge_all(void)
{
	for (unsigned i = 0; i < gr_sched.seats; i++) {
		struct gr_worker *w = &gr_sched.workers[i];

		if (gr_load_acquire(&w->state) == GR_WORKER_ACTIVE)
			gr_store_relaxed(&w->urged, 1u);
	}
}

/* Somebody waits for the poller, and nobody has asked it since the last look, nor sleeps in it. */
static bool neglected(void)
{
	uint64_t polls = gr_sched_polls();
	bool asked = polls != monitor.polls;

	monitor.polls = polls;
	return gr_idle_poller() && !asked && !gr_idle_watched() && gr_sched_outside() != 0;
}

static void mend(const struct census *c)
{
	unsigned moving = c->active - c->held_up;
	bool late = neglected() || gr_timer_earliest() <= gr_now();

	gr_bench_want(moving > gr_sched.configured ? moving - gr_sched.configured : 0);
	if (gr_idle_sleeping() != 0) {
		if ((c->held_up != 0 && c->waiting) || (late && !gr_idle_watched()))
			gr_idle_kick(); /* M1 */
		return;
	}
	if (moving < gr_sched.configured &&
		(c->waiting || (moving == 0 && (late || gr_timer_earliest() != INT64_MAX))))
		add_spare(); /* M2 */
	if (c->waiting)
		rescue(); /* M3 */
	if (late || c->waiting)
		urge_all();
}

/* All workers have slept for a while. */
static void look_at_the_sleepers(void)
{
	unsigned ours = 2; /* the monitor and the one that waits in goro_run() */

	for (unsigned i = 0; i < gr_sched.seats; i++)
		ours += gr_load_acquire(&gr_sched.workers[i].state) != GR_WORKER_NONE;
	gr_asleep_look(ours);
}

static void monitor_main(void *arg)
{
	unsigned quiet = 0;

	(void)arg;
	while (!gr_load_acquire(&monitor.quit)) {
		struct census c;
		bool untidy;

		gr_os_futex_wait(&monitor.quit, 0, gr_now() + PERIOD);
		untidy = gr_stack_tidy();
		quiet = gr_idle_awake() == 0 && !untidy ? quiet + 1 : 0;
		if (quiet >= QUIET_LOOKS) {
			look_at_the_sleepers();
			gr_idle_await_waking(&monitor.quit);
			quiet = 0;
			continue;
		}
		gr_watchdog_look();
		c = look();
		mend(&c);
	}
}

int gr_monitor_start(void)
{
	int rc;

	gr_store_relaxed(&monitor.quit, 0u);
	gr_bench_want(0);
	rc = gr_os_thread_start(&monitor.thread, "goro-monitor", 0, monitor_main, NULL);
	monitor.started = rc == 0;
	return rc;
}

void gr_monitor_stop(void)
{
	if (!monitor.started)
		return;
	gr_store_release(&monitor.quit, 1u);
	gr_fence_seq_cst(); /* pairs with the one in gr_idle_await_waking() */
	gr_os_futex_wake(&monitor.quit, 1);
	gr_idle_rouse();
	gr_os_thread_join(&monitor.thread);
	monitor.started = false;
}
