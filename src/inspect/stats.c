/* SPDX-License-Identifier: MIT */
/* stats.c: counters and gauges. Each is the sum of what the workers count for themselves. */
#include <string.h>

#include "context/stack.h"
#include "goro/inspect.h"
#include "sched/idle.h"
#include "sched/park.h"

/* Ends before spawns, workers' spawns last: so `alive` is never negative (gr_sched_alive()). */
static void add_up(goro_stats *s)
{
	for (unsigned i = 0; i < gr_sched.seats; i++)
		s->ended += gr_load_acquire(&gr_sched.workers[i].counters.ended);
	s->spawned = gr_load_acquire(&gr_sched.foreign_spawned);
	for (unsigned i = 0; i < gr_sched.seats; i++) {
		const struct gr_worker *w = &gr_sched.workers[i];

		s->spawned += gr_load_acquire(&w->counters.spawned);
		s->switches += gr_load_relaxed(&w->ticks);
		s->steals += gr_load_relaxed(&w->counters.steals);
		s->parks += gr_load_relaxed(&w->counters.parks);
		s->timers_fired += gr_load_relaxed(&w->counters.timers);
		if (i >= gr_sched.configured && gr_load_relaxed(&w->state) == GR_WORKER_ACTIVE)
			s->spares++;
	}
	s->alive = s->spawned - s->ended;
	s->workers_running = gr_idle_awake();
	s->wakes = gr_idle_wakes();
}

/* Stacks that lie in workers' caches are free, though their class does not know. */
static void add_stacks(goro_stats *s)
{
	size_t mapped, in_use, cached, hot = 0;

	gr_stack_stats(&mapped, &in_use, &cached);
	for (unsigned i = 0; i < gr_sched.seats; i++) {
		unsigned n = 0;

		if (gr_os_read_memory(&n, &gr_sched.workers[i].stacks.count, sizeof n) == sizeof n)
			hot += n;
	}
	if (hot > in_use)
		hot = in_use; /* one moved between the two looks */
	s->stacks_in_use = in_use - hot;
	s->stacks_cached = cached + hot;
	s->stack_bytes = gr_stack_reserved();
}

static void read_stats(goro_stats *s)
{
	struct gr_caller me;
	unsigned callers;

	if (gr_caller_enter_try(&me) != 0)
		return;
	add_up(s);
	add_stacks(s);
	callers = gr_thread_count();
	s->foreign_callers = callers - (me.co == NULL && callers > 0); /* not this call itself */
	gr_caller_leave(&me);
}

/* The caller's structure may be shorter than ours, or longer: what we do not know is 0. */
void goro_stats_get(goro_stats *out)
{
	goro_stats s = GORO_STATS_INIT;
	size_t size = out == NULL ? 0 : out->size;
	size_t known = size < sizeof s ? size : sizeof s;

	if (size <= sizeof out->size)
		return;
	read_stats(&s);
	memset((char *)out + sizeof out->size, 0, size - sizeof out->size);
	memcpy((char *)out + sizeof out->size, (char *)&s + sizeof s.size, known - sizeof s.size);
}
