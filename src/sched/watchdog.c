/* SPDX-License-Identifier: MIT */
#include "sched/watchdog.h"

#ifdef GORO_DEBUG

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "os/os.h"
#include "sched/idle.h"
#include "sched/inject.h"
#include "sched/ports.h"
#include "sched/witness.h"
#include "sched/worker.h"

#define PATIENCE INT64_C(10000000)

struct gr_witness gr_witness;

/* The front of a queue. */
struct front {
	const struct gr_worker *holder; /* NULL: the global queue */
	const struct gr_coro *running;  /* the holder's */
	uint64_t ticks;                 /* the holder's */
	uint64_t place;                 /* how many have been taken from this end */
	bool fresh;
};

static bool same(const struct front *a, const struct front *b)
{
	return a->holder == b->holder && a->running == b->running && a->ticks == b->ticks &&
		a->place == b->place && a->fresh == b->fresh;
}

static bool front_of(const struct gr_worker *w, struct front *f)
{
	*f = (struct front){ .holder = w, .ticks = gr_load_acquire(&w->ticks) };
	f->running = gr_load_acquire(&w->running);
	if (gr_load_acquire(&w->state) != GR_WORKER_ACTIVE || f->running == NULL)
		return false;
	f->place = gr_load_acquire(&w->queue.head);
	if (gr_runq_len(&w->queue) != 0)
		return true;
	f->fresh = true;
	f->place = gr_load_acquire(&w->fresh.oldest);
	return gr_fresh_any(&w->fresh);
}

/* Something that could run (G1). */
static bool find_front(struct front *f)
{
	*f = (struct front){ .place = gr_inject_taken() };
	if (gr_inject_len() != 0)
		return true;
	for (unsigned i = 0; i < gr_sched.seats; i++)
		if (front_of(&gr_sched.workers[i], f))
			return true;
	return false;
}

static bool somebody_owes(void)
{
	gr_fence_seq_cst();
	for (unsigned i = 0; i < gr_sched.seats; i++)
		if (gr_load_acquire(&gr_sched.workers[i].owing) != 0)
			return true;
	return gr_load_acquire(&gr_sched.owing) != 0;
}

/* Is there what could run, and nobody who sees to it? */
static bool suspicious(struct front *f)
{
	return gr_load_acquire(&gr_sched.state) == GR_SCHED_RUNNING && gr_idle_sleeping() != 0 &&
		gr_idle_searching() == 0 && find_front(f) && !somebody_owes();
}

static GR_COLD GR_NORETURN void bark(const char *what)
{
	if (gr_ports.dump != NULL)
		gr_ports.dump();
	gr_check_fail("watchdog: %s", what);
}

/* Was told, and stands in the same futex_wait as then (G4)? */
static bool stands_though_told(unsigned seat)
{
	uint32_t told = gr_load_seq_cst(&gr_witness.seats[seat].told);

	return told != 0 && gr_load_seq_cst(&gr_witness.seats[seat].stands) == told;
}

static uint64_t told_seats(void)
{
	uint64_t seats = 0;

	for (unsigned i = 0; i < GR_WITNESS_SEATS; i++)
		seats |= (uint64_t)stands_though_told(i) << i;
	return seats;
}

/* Whom the wake found may have been in a later futex_wait, if this thread was kept from running before
 * it. */
static bool sleeps_though_told(unsigned seat)
{
	uint32_t told = gr_load_seq_cst(&gr_witness.seats[seat].told);

	return stands_though_told(seat) &&
		gr_os_futex_wake(gr_load_relaxed(&gr_witness.seats[seat].futex), 1) > 0 &&
		gr_load_seq_cst(&gr_witness.seats[seat].stands) - told <= 1;
}

static bool found_asleep(uint64_t told)
{
	for (unsigned i = 0; i < GR_WITNESS_SEATS; i++)
		if (told >> i & 1 && sleeps_though_told(i))
			return true;
	return false;
}

void gr_watchdog_look(void)
{
	uint32_t moves = gr_load_seq_cst(&gr_witness.moves);
	struct front first, second;
	uint64_t told = told_seats();
	bool work = suspicious(&first);

	if (!work && told == 0)
		return;
	gr_os_nap(PATIENCE);
	if (work && suspicious(&second) && same(&first, &second) &&
		gr_load_seq_cst(&gr_witness.moves) == moves)
		bark("a coroutine can run, a worker sleeps, and nobody will tell it");
	if (told != 0 && found_asleep(told))
		bark("a worker was told to wake up, and nobody woke it");
}

#else

typedef int nothing_here; /* ISO C wants a declaration in every file */

#endif
