/* SPDX-License-Identifier: MIT */
#include "seats.h"

#include "base/clock.h"
#include "sched/bench.h"
#include "sched/find.h"
#include "sched/idle.h"
#include "sched/park.h"
#include "sched/ports.h"
#include "sched/timer.h"

struct gr_sched gr_sched;
struct gr_ports gr_ports;

static unsigned seats, coroutines;
static unsigned left;           /* coroutines that have not run */
static uint32_t has_run[HANDS]; /* for seats_await() */

void seats_open(unsigned workers, unsigned count)
{
	hands_open();
	seats = workers;
	left = coroutines = count;
	gr_sched.seats = gr_sched.configured = workers;
	gr_sched.workers = model_alloc(workers * sizeof(struct gr_worker));
	gr_store_relaxed(&gr_sched.state, (uint32_t)GR_SCHED_RUNNING);
	MODEL_CHECK(gr_idle_start(workers) == 0 && gr_timer_start() == 0);
	for (unsigned i = 0; i < workers; i++) {
		struct gr_worker *w = &gr_sched.workers[i];

		w->index = i;
		gr_runq_init(&w->queue);
		gr_random_seed(&w->random, i);
		gr_idle_join(i);
		gr_store_relaxed(&w->state, (uint32_t)GR_WORKER_ACTIVE);
	}
	model_name(&gr_sched, sizeof(gr_sched), "sched");
	model_name(gr_sched.workers, workers * sizeof(struct gr_worker), "workers");
}

struct gr_coro *seats_make(unsigned n, void (*run)(struct gr_worker *w))
{
	struct gr_coro *co = hands_make(n);

	co->stack = co; /* it has one, as far as find.c wants to know */
	co->entry.fn = (void (*)(void))run;
	return co;
}

static void tell_to_leave(void)
{
	gr_store_release(&gr_sched.quit, 1u);
	gr_idle_wake_all();
	for (unsigned i = 0; i < gr_sched.seats; i++)
		gr_bench_clear(&gr_sched.workers[i]);
}

static void run(struct gr_worker *w, struct gr_coro *co)
{
	unsigned n = (unsigned)(co - hands);

	gr_store_relaxed(&w->running, co);
	hands_run(co);
	gr_store_release(&has_run[n], 1u);
	if (co->entry.fn != NULL)
		((void (*)(struct gr_worker *))co->entry.fn)(w);
	gr_store_relaxed(&w->running, (struct gr_coro *)NULL);
	if (gr_fetch_sub_acq_rel(&left, 1u) == 1)
		tell_to_leave();
}

void seats_worker(void *number)
{
	struct gr_worker *w = &gr_sched.workers[(uintptr_t)number];
	struct gr_coro *co;

	w->error = gr_os_errno();
	gr_current_set(w);
	while ((co = gr_find(w)) != NULL)
		run(w, co);
	gr_current_set(NULL);
}

void seats_await(unsigned n)
{
	while (!gr_load_acquire(&has_run[n]))
		model_spin();
}

void seats_close(void)
{
	hands_all_done(coroutines);
	MODEL_CHECK(gr_idle_sleeping() == 0);
	for (unsigned i = 0; i < seats; i++)
		if (gr_sched.workers[i].searching)
			gr_idle_search_end();
	MODEL_CHECK(gr_idle_search_begin() && gr_idle_search_end()); /* and the only one */
}

/* Below ------------------------------------------------------------------------------------- */

int64_t gr_now(void)
{
	return gr_os_now();
}

void gr_clock_advance(int64_t d)
{
	(void)d; /* the clock is not virtual */
}

/* Each coroutine has a stack when it is found. */

void gr_park_start(struct gr_coro *co)
{
	MODEL_CHECK(co == NULL);
}

void gr_park_count_end(struct gr_worker *w)
{
	MODEL_CHECK(w == NULL);
}

void gr_thread_deliver(struct gr_wait *w)
{
	MODEL_CHECK(w == NULL);
}
