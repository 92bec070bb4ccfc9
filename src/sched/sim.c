/* SPDX-License-Identifier: MIT */
#include "sched/sim.h"

#include "base/chaos.h"
#include "base/clock.h"
#include "context/sanitizer.h"
#include "sched/asleep.h"
#include "sched/cancel.h"
#include "sched/find.h"
#include "sched/idle.h"
#include "sched/inject.h"
#include "sched/park.h"
#include "sched/playlog.h"
#include "sched/ready.h"
#include "sched/thread.h"
#include "sched/timer.h"

/* How often what happens: one time in so many; 0: never. */
struct temper {
	unsigned pause; /* at a point a worker stands still, and may go on at once */
	unsigned rest;  /* after a step it stands still for REST steps at most */
	unsigned stray; /* one goes on that may have nothing: it steals, or wakes in vain */
	unsigned visit; /* one looks at timers and the global queue first */
	unsigned slot;  /* the next-slot is not preferred */
	unsigned ring;  /* the first of the ring becomes its last */
	unsigned fresh; /* one that has not begun comes first */
	unsigned shed;  /* a full ring goes to the global queue */
	unsigned late;  /* timers come late, by LATE at most */
	unsigned cost;  /* nanoseconds that a step takes at most */
	unsigned room;  /* of a ring, at first */
};

#define REST 64u
#define LATE 1000000u

/* Real nanoseconds after which he looks again. */
#define AGAIN 1000000

/* The clock does not jump so far, which is a way to say never: somebody outside may come before. */
#define HORIZON (INT64_MAX / 2)

/* With no seed: in order, on time. */
static const struct temper calm = { .stray = 4, .visit = 8, .room = GR_RUNQ_SIZE };

static struct {
	struct gr_random random;
	struct temper temper;
	uint64_t steps;
	uint32_t held;   /* futex: enum hold */
	uint32_t cancel; /* the stop wants all cancelled */
} sim;

enum hold { GOES_ON, SHALL_STAND, STANDS };

static unsigned below(unsigned n)
{
	return gr_random_below(&sim.random, n);
}

static bool chance(unsigned n)
{
	return n != 0 && below(n) == 0;
}

#define ONE_OF(...)                               \
	((const unsigned[]){ __VA_ARGS__ }[below( \
		sizeof((const unsigned[]){ __VA_ARGS__ }) / sizeof(unsigned))])

static struct temper draw_temper(void)
{
	/* In this order, one after the other: the seed says so. */
	struct temper t = { .pause = ONE_OF(2, 4, 8, 64) };

	t.rest = ONE_OF(0, 16, 128, 1024);
	t.stray = ONE_OF(1, 2, 8);
	t.visit = ONE_OF(2, 8, 64);
	t.slot = ONE_OF(0, 2, 4, 16);
	t.ring = ONE_OF(0, 2, 8, 64);
	t.fresh = ONE_OF(0, 2, 8);
	t.shed = ONE_OF(0, 2);
	t.late = ONE_OF(0, 2, 16);
	t.cost = ONE_OF(10, 1000, 20000);
	t.room = ONE_OF(2, 4, GR_RUNQ_SIZE);
	return t;
}

/* Start and stop ----------------------------------------------------------------------------- */

void gr_sim_start(uint64_t seed, const char *event_log)
{
	gr_random_seed(&sim.random, seed);
	sim.temper = seed == 0 ? calm : draw_temper();
	sim.steps = 0;
	gr_store_relaxed(&sim.held, (uint32_t)GOES_ON);
	gr_store_relaxed(&sim.cancel, 0u);
	for (unsigned i = 0; i < gr_sched.configured; i++) {
		struct gr_worker *w = &gr_sched.workers[i];

		gr_random_seed(&w->random, gr_random_next(&sim.random));
		gr_runq_narrow(&w->queue, sim.temper.room);
	}
	gr_clock_virtual(true);
	gr_sanitizer_watch(true);
	gr_playlog_start(event_log);
}

void gr_sim_stop(void)
{
	gr_playlog_stop();
	gr_sanitizer_watch(false);
	gr_clock_virtual(false);
}

/* The stop ------------------------------------------------------------------------------------ */

void gr_sim_hold(void)
{
	if (gr_load_acquire(&gr_sched.state) == GR_SCHED_RUNNING)
		gr_store_release(&sim.held, (uint32_t)SHALL_STAND);
}

/* The player waits for the stop. */
static void stand(void)
{
	gr_store_release(&sim.held, (uint32_t)STANDS);
	gr_os_futex_wake(&sim.held, 1);
	while (gr_load_acquire(&sim.held) == STANDS)
		gr_os_futex_wait(&sim.held, STANDS, INT64_MAX);
}

/* The stop waits for the player, if he shall stand. */
static void await_stand(void)
{
	while (gr_load_acquire(&sim.held) == SHALL_STAND)
		gr_os_futex_wait(&sim.held, SHALL_STAND, INT64_MAX);
}

void gr_sim_cancel(bool first)
{
	if (first) {
		await_stand();
		gr_cancel_all();
	} else {
		gr_store_release(&sim.cancel, 1u);
		gr_idle_kick();
	}
	gr_store_release(&sim.held, (uint32_t)GOES_ON);
	gr_os_futex_wake(&sim.held, 1);
}

/* Hooks -------------------------------------------------------------------------------------- */

void gr_sim_point(struct gr_worker *w)
{
	if (w != NULL && w->running != NULL && chance(sim.temper.pause))
		gr_park_stand_still(w);
}

void gr_sim_left(const struct gr_worker *w)
{
	const struct gr_coro *co = w->pending.co;

	switch (w->pending.kind) {
	case GR_PENDING_NONE:
		gr_playlog(w, w->handoff, "pause", NULL);
		break;
	case GR_PENDING_PARK:
	case GR_PENDING_PARK_LOCKED:
		gr_playlog(w, co, "park", co->why);
		break;
	case GR_PENDING_YIELD:
		gr_playlog(w, co, "yield", NULL);
		break;
	case GR_PENDING_END:
		gr_playlog(w, co, "end", NULL);
		break;
	}
}

void gr_sim_spawned(struct gr_worker *w, const struct gr_coro *co)
{
	if (w != NULL)
		gr_playlog_number(w, w->running, "spawn", 'c', gr_coro_id(co));
}

void gr_sim_woken(struct gr_worker *w, const struct gr_coro *co)
{
	if (w != NULL && co != NULL)
		gr_playlog_number(w, w->running, "ready", 'c', gr_coro_id(co));
}

void gr_sim_stole(struct gr_worker *w, const struct gr_worker *victim)
{
	gr_playlog_number(w, NULL, "steal", 'w', victim->index);
}

void gr_sim_fired(struct gr_worker *w, unsigned timers)
{
	gr_playlog_number(w, NULL, "timer", '#', timers);
}

void gr_sim_chose(struct gr_worker *w, int which)
{
	if (w != NULL)
		gr_playlog_number(w, w->running, "select", '#', (uint64_t)which);
}

bool gr_sim_sheds(void)
{
	return chance(sim.temper.shed);
}

/* A step ------------------------------------------------------------------------------------- */

static bool holds(const struct gr_worker *w)
{
	return w->handoff != NULL || gr_worker_holds_back(w);
}

static bool rests(const struct gr_worker *w)
{
	return w->rests > sim.steps;
}

/* Who goes on: one that holds something, or anybody. If those that do all rest, somebody else, who
 * may rob them; and if all rest, one has rested enough. */
static struct gr_worker *choose(void)
{
	unsigned n = gr_sched.configured;
	unsigned start = below(n);
	bool anybody = chance(sim.temper.stray);
	struct gr_worker *other = &gr_sched.workers[start];

	for (unsigned i = 0; i < n; i++) {
		struct gr_worker *w = &gr_sched.workers[(start + i) % n];

		if (rests(w))
			continue;
		if (anybody || holds(w))
			return w;
		if (rests(other))
			other = w;
	}
	return other;
}

/* What it would do next becomes something else that it might do. */
static void stir(struct gr_worker *w)
{
	struct gr_coro *co = chance(sim.temper.slot) ? gr_runq_take_slot(&w->queue) : NULL;

	if (co != NULL)
		gr_ready_behind(w, co);
	co = chance(sim.temper.ring) ? gr_runq_pop(&w->queue) : NULL;
	if (co != NULL)
		gr_ready_behind(w, co);
	if (chance(sim.temper.fresh))
		w->begun_runs = GR_WORKER_BEGUN_RUNS;
	w->visit = chance(sim.temper.visit);
}

static void rest(struct gr_worker *w)
{
	if (!chance(sim.temper.rest))
		return;
	w->rests = sim.steps + 1 + below(REST);
	gr_store_relaxed(&w->stuck, 1u); /* what it holds back may be stolen */
	gr_playlog(w, NULL, "rest", NULL);
}

static void step(void)
{
	struct gr_worker *w = choose();
	struct gr_coro *co;

	sim.steps++;
	gr_chaos_replay(gr_random_next(&sim.random));
	gr_current_set(w);
	gr_store_relaxed(&w->stuck, 0u);
	stir(w);
	co = gr_find_now(w);
	if (co == NULL)
		return;
	gr_store_relaxed(&w->urged, 1u); /* V2 */
	gr_playlog(w, co, "run", NULL);
	gr_park_run(w, co);
	gr_clock_tick();
	if (sim.temper.cost != 0)
		gr_clock_advance(below(sim.temper.cost));
	rest(w);
}

/* All sleep ------------------------------------------------------------------------------------ */

static bool all_sleep(void)
{
	if (gr_inject_len() != 0 || gr_timer_earliest() <= gr_now())
		return false;
	for (unsigned i = 0; i < gr_sched.configured; i++)
		if (holds(&gr_sched.workers[i]))
			return false;
	return true;
}

/* A stop has nothing more to wait for; how soon it says so is not the seed's, and must not show. */
static bool is_over(void)
{
	return gr_load_relaxed(&gr_sched.state) == GR_SCHED_STOPPING && gr_sched_alive() == 0;
}

/* For who is lying down: until when? If nothing could wake him it is time to say so; but while a
 * thread passes through a call, and does not wait there, that can't be told. */
static int64_t earliest(void)
{
	bool passing = gr_thread_count() != gr_thread_waiting();
	int64_t next = gr_timer_next();

	gr_asleep_look(2); /* this thread, and the one in goro_run() */
	if (next < HORIZON && !is_over())
		return gr_sched_outside() == 0 ? INT64_MIN : next; /* V7 */
	return passing ? gr_os_now() + AGAIN : INT64_MAX;
}

static void sleep_for_all(void)
{
	struct gr_worker *w = &gr_sched.workers[0];

	gr_current_set(w);
	gr_stack_tidy();
	gr_find_sleep(w, earliest);
	if (w->searching)
		gr_idle_search_end();
	w->searching = false;
}

static void jump(int64_t when)
{
	if (chance(sim.temper.late))
		when = gr_clock_after(when, below(LATE));
	gr_clock_jump(when);
}

static void cancel_all(void)
{
	gr_store_relaxed(&sim.cancel, 0u);
	gr_current_set(&gr_sched.workers[0]);
	gr_cancel_all();
}

static void go_on(void)
{
	int64_t next;

	if (gr_load_acquire(&sim.held) == SHALL_STAND)
		stand();
	if (gr_load_acquire(&sim.cancel))
		cancel_all();
	if (is_over())
		sleep_for_all();
	else if (!all_sleep())
		step();
	else if (gr_sched_outside() == 0 && (next = gr_timer_next()) < HORIZON)
		jump(next);
	else
		sleep_for_all();
}

void gr_sim_play(void)
{
	for (unsigned i = 0; i < gr_sched.configured; i++)
		gr_worker_enter(&gr_sched.workers[i]);
	while (!gr_load_acquire(&gr_sched.quit))
		go_on();
	gr_idle_leave(0);
	for (unsigned i = 0; i < gr_sched.configured; i++)
		gr_worker_leave(&gr_sched.workers[i]);
}
