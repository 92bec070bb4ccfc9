/* SPDX-License-Identifier: MIT */
/* worker.c: the life of a worker (find, run, repeat, leave), and of all of them. */
#include "sched/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/chaos.h"
#include "base/check.h"
#include "base/clock.h"
#include "sched/asleep.h"
#include "sched/bench.h"
#include "sched/find.h"
#include "sched/idle.h"
#include "sched/inject.h"
#include "sched/park.h"
#include "sched/ports.h"
#include "sched/sim.h"
#include "sched/timer.h"

struct gr_sched gr_sched;
struct gr_ports gr_ports;

void gr_worker_enter(struct gr_worker *w)
{
	gr_current_set(w);
	w->error = gr_os_errno();
	w->now = gr_now();
	gr_fiber_adopt(&w->fiber);
}

void gr_worker_leave(struct gr_worker *w)
{
	gr_coro_cache_flush(&w->coros);
	gr_stack_cache_fini(&w->stacks);
	gr_current_set(NULL);
	gr_store_release(&w->state, (uint32_t)GR_WORKER_GONE);
}

static void work(void *arg)
{
	struct gr_worker *w = arg;
	struct gr_coro *co;

	gr_worker_enter(w);
	gr_chaos_stream(w->index);
	while ((co = gr_find(w)) != NULL)
		gr_park_run(w, co);
	gr_idle_leave(w->index);
	gr_worker_leave(w);
}

static void play(void *arg)
{
	(void)arg; /* it is all of them */
	gr_sim_play();
}

/* A coroutine has no thread to end: on this one others would run, and it holds what is theirs. */
static void lost(void *arg)
{
	const struct gr_worker *w = gr_current_worker(); /* which may be played by this thread */
	const struct gr_coro *co = w->running;

	(void)arg;
	if (co == NULL)
		gr_check_fail("worker %u was cancelled", w->index);
	gr_check_fail("coroutine %llu \"%s\" ended its thread, by pthread_exit or pthread_cancel",
		(unsigned long long)gr_coro_id(co), co->name);
}

static void worker_main(void *arg)
{
	void *signal_stack = NULL;

	if (gr_os_signal_stack_start(&signal_stack) != 0)
		signal_stack = NULL; /* an overflow is then the kernel's to report */
	gr_os_thread_call(gr_played() ? play : work, arg, lost);
	if (signal_stack != NULL)
		gr_os_signal_stack_stop(signal_stack);
}

static void sit_down(struct gr_worker *w)
{
	gr_stack_cache_init(&w->stacks, gr_sched.stack_class);
	gr_store_release(&w->state, (uint32_t)GR_WORKER_ACTIVE);
}

int gr_worker_start(struct gr_worker *w)
{
	char name[16];
	int rc;

	snprintf(name, sizeof name, "goro-%u", w->index);
	gr_idle_join(w->index);
	sit_down(w);
	rc = gr_os_thread_start(&w->thread, name, GR_OS_THREAD_PROF, worker_main, w);
	if (rc != 0) {
		gr_store_release(&w->state, (uint32_t)GR_WORKER_NONE);
		gr_idle_leave(w->index);
	}
	return rc;
}

static void free_workers(void)
{
	for (unsigned i = 0; i < gr_sched.seats; i++) {
		gr_runq_fini(&gr_sched.workers[i].queue);
		gr_fresh_fini(&gr_sched.workers[i].fresh);
	}
	free(gr_sched.workers);
	gr_sched.workers = NULL;
	gr_sched.seats = 0;
}

static int make_workers(const struct gr_sched_config *config)
{
	size_t bytes = gr_sched.seats * sizeof *gr_sched.workers;

	gr_sched.workers = aligned_alloc(GR_CACHELINE, bytes);
	if (gr_sched.workers == NULL)
		return -ENOMEM;
	memset(gr_sched.workers, 0, bytes); /* a seat where nobody sits */
	for (unsigned i = 0; i < gr_sched.seats; i++) {
		struct gr_worker *w = &gr_sched.workers[i];

		w->index = i;
		gr_runq_init(&w->queue);
		gr_random_seed(&w->random, config->seed + i);
	}
	return 0;
}

/* As many workers as the system lets us have, one at least. */
static int start_workers(void)
{
	unsigned wanted = gr_sched.configured;

	if (gr_played()) {
		for (unsigned i = 1; i < wanted; i++)
			sit_down(&gr_sched.workers[i]);
		return gr_worker_start(&gr_sched.workers[0]) == 0 ? 0 : -ENOMEM;
	}
	for (unsigned i = 0; i < wanted; i++) {
		int rc = gr_worker_start(&gr_sched.workers[i]);

		if (rc == 0)
			continue;
		if (i == 0)
			return -ENOMEM; /* whatever was short: it was for a thread */
		gr_store_relaxed(&gr_sched.configured, i); /* workers read it already */
		break;
	}
	return 0;
}

/* Once in a process: a thread of the program may still be in a call that works in any state, and
 * uses the fences. */
static void start_fences(void)
{
	static bool started;

	if (!started)
		gr_atomic_start(gr_os_membarrier_start() ? gr_os_membarrier : NULL);
	started = true;
}

int gr_sched_start(const struct gr_sched_config *config)
{
	int rc;

	gr_sched.configured = config->workers;
	gr_sched.seats = config->workers + config->max_spares;
	gr_sched.stack_class = config->stack_class;
	gr_store_relaxed(&gr_sched.played, (uint32_t)config->played);
	gr_store_relaxed(&gr_sched.birth, config->played ? GR_CORO_PLAYED : UINT64_C(0));
	gr_store_relaxed(&gr_sched.quit, 0u);
	gr_sched.foreign_spawned = 0;
	start_fences();
	gr_context_start();
	rc = make_workers(config);
	if (rc != 0)
		return rc;
	rc = gr_idle_start(gr_sched.seats);
	if (rc != 0)
		goto free_workers;
	rc = gr_timer_start();
	if (rc != 0)
		goto stop_idle;
	gr_asleep_start(config->report);
	if (config->played)
		gr_sim_start(config->seed, config->event_log);
	rc = start_workers();
	if (rc != 0)
		goto stop_sim;
	return 0;

stop_sim:
	if (config->played)
		gr_sim_stop();
	gr_timer_stop();
stop_idle:
	gr_idle_stop();
free_workers:
	free_workers();
	return rc;
}

static void tell_to_leave(void)
{
	gr_store_release(&gr_sched.quit, 1u);
	gr_idle_wake_all();
	for (unsigned i = 0; i < gr_sched.seats; i++)
		gr_bench_clear(&gr_sched.workers[i]);
}

/* Seats that may have a thread of their own. */
static unsigned threads(void)
{
	return gr_played() ? 1 : gr_sched.seats;
}

void gr_sched_stop(void)
{
	tell_to_leave();
	for (unsigned i = 0; i < threads(); i++)
		if (gr_load_acquire(&gr_sched.workers[i].state) != GR_WORKER_NONE)
			gr_os_thread_join(&gr_sched.workers[i].thread);
	if (gr_played())
		gr_sim_stop();
	gr_timer_stop();
	gr_idle_stop();
	free_workers();
}

void gr_sched_abandon(void)
{
	tell_to_leave();
	for (unsigned i = 0; i < threads(); i++)
		if (gr_load_acquire(&gr_sched.workers[i].state) != GR_WORKER_NONE)
			gr_os_thread_detach(&gr_sched.workers[i].thread);
	if (gr_played())
		gr_sim_stop();
}

void gr_sched_forget(void)
{
	gr_store_relaxed(&gr_sched.state, (uint32_t)GR_SCHED_FORKED);
	gr_store_relaxed(&gr_sched.open, 0u);
	gr_clock_virtual(false);
	gr_current_set(NULL);
}

void gr_sched_opening(void)
{
	gr_store_relaxed(&gr_sched.open, gr_played() ? 0u : 1u);
}

void gr_sched_stopping(void)
{
	gr_store_relaxed(&gr_sched.open, 0u);
	gr_fetch_or_acq_rel(&gr_sched.birth, GR_CORO_CANCELLED);
}

uint64_t gr_sched_outside(void)
{
	uint64_t answered = 0, outside = 0;

	for (unsigned i = 0; i < gr_sched.seats; i++)
		answered += gr_load_acquire(&gr_sched.workers[i].counters.answered);
	for (unsigned i = 0; i < gr_sched.seats; i++)
		outside += gr_load_acquire(&gr_sched.workers[i].counters.outside);
	return outside - answered;
}

uint64_t gr_sched_polls(void)
{
	uint64_t polls = 0;

	for (unsigned i = 0; i < gr_sched.seats; i++)
		polls += gr_load_relaxed(&gr_sched.workers[i].counters.polls);
	return polls;
}

uint64_t gr_sched_alive(void)
{
	uint64_t ended = 0;
	uint64_t spawned;

	/* The ends first: then spawned >= ended, and if they are equal, none was alive when the
	 * last of the ends was read. */
	for (unsigned i = 0; i < gr_sched.seats; i++)
		ended += gr_load_acquire(&gr_sched.workers[i].counters.ended);
	spawned = gr_load_acquire(&gr_sched.foreign_spawned);
	for (unsigned i = 0; i < gr_sched.seats; i++)
		spawned += gr_load_acquire(&gr_sched.workers[i].counters.spawned);
	return spawned - ended;
}
