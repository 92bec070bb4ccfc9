/* SPDX-License-Identifier: MIT */
/* sim.h: deterministic mode: one thread plays all the workers, and every choice comes from a seed.
 *
 *        ┌────────────► choose a worker ─► it finds a coroutine ─► runs it up to its next ─┐
 *        │                                                         scheduling point        │
 *        └─────────────────────────────────────────────────────────────────────────────────┘
 *
 * A worker is its queue, its caches and what runs on it; between two scheduling points nothing of
 * it is on a stack. So the workers need no stacks of their own here: the thread's own is that of
 * each in turn, and whatever leads a coroutine to "the worker's own stack" (park.h P1) leads back to
 * the player. It then may let any worker go on. Nothing but the order differs from workers that are
 * threads: the same queues, the same steals, parks and wakes.
 *
 * Invariants
 *  V1  A played worker gives way at scheduling points alone, where it holds no short lock. There
 *      are more of them than usual: before each call that may wait, and after each wake and each
 *      go() it may stand still (gr_sim_point), which is what a preempted thread does: what it
 *      holds can be stolen, what it runs can't.
 *  V2  The long way costs the usual one nothing: `urged` is set all the time, so every park and
 *      yield leads to the own stack; PLAYED beside CANCELLED in a coroutine's life leads its calls
 *      to the slow half of gr_caller_enter(); gr_sanitizer_any leads wakes to gr_wake_slow().
 *  V3  Nothing is drawn, logged or ticked while all sleep: so it does not matter how long threads
 *      from outside take, and a run that only goro_run() called from outside is the same again.
 *      The one other thing that comes from outside then, the stop behind the root's end, finds the
 *      player waiting for it (gr_sim_hold).
 *  V4  The clock is virtual (base/clock.h). It jumps to the earliest timer when all sleep.
 *  V5  Threads from outside come through the global queue and wake the player, as they wake any
 *      sleeping worker: he has the one seat of idle.h that is taken.
 *  V6  There is no monitor and there are no spares: a loop that passes no scheduling point holds
 *      up everything. The player himself looks for "all asleep" and tidies stacks, when he sleeps.
 *  V7  While a coroutine waits for something outside (a descriptor, a request) the clock does not
 *      jump: the player asks the poller, and the clock goes on by as much as he waits there. Such a
 *      run is not the same again.
 *
 * How wild a run is follows from the seed too: some seeds let every call stand still, others only
 * few; some have tiny queues, others steps that take long. Each finds other bugs.
 *
 * Source: FoundationDB's simulation (W. Wilson, "Testing distributed systems w/ deterministic
 * simulation", Strange Loop 2014) for the idea; "swarm testing" (Groce et al., ISSTA 2012) for runs
 * that differ in how they behave.
 */
#ifndef GR_SCHED_SIM_H
#define GR_SCHED_SIM_H

#include "sched/worker.h"

/* Before the thread starts; after it has ended, or been given up. Seed 0: nothing but the clock is
 * special. `event_log`: NULL, or where to append a line for each event (playlog.h). */
void gr_sim_start(uint64_t seed, const char *event_log);
void gr_sim_stop(void);

/* The life of the one thread. */
void gr_sim_play(void);

/* The root has ended: nobody goes on before the stop. By a coroutine. */
void gr_sim_hold(void);

/* For the stop: gr_cancel_all(), at first at once, in case that a coroutine asks for nothing else;
 * then again, as often as it likes, between two steps. */
void gr_sim_cancel(bool first);

/* Hooks, where gr_played() ------------------------------------------------------------------ */

/* The coroutine that runs on w, NULL or the own stack for none, may stand still here. */
void gr_sim_point(struct gr_worker *w);

/* A coroutine has left w, with `pending` set. */
void gr_sim_left(const struct gr_worker *w);

/* What happened on w, NULL for a thread from outside, of which nothing is logged. */
void gr_sim_spawned(struct gr_worker *w, const struct gr_coro *co);
void gr_sim_woken(struct gr_worker *w, const struct gr_coro *co);
void gr_sim_stole(struct gr_worker *w, const struct gr_worker *victim);
void gr_sim_fired(struct gr_worker *w, unsigned timers);
void gr_sim_chose(struct gr_worker *w, int which);

/* Shall a full ring shed half of it though it could grow? */
bool gr_sim_sheds(void);

#endif
