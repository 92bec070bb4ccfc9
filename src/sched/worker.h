/* SPDX-License-Identifier: MIT */
/* worker.h: an OS thread that runs coroutines, and the set of them.
 *
 * Invariants
 *  K1  Every field of a worker is its own thread's, except: `queue` and `fresh` by the rules of
 *      runq.h and fresh.h; `ticks` and the counters (written by the owner with relaxed stores,
 *      read by the monitor and by stats); `stuck` and `urged` (written by the monitor, read by
 *      thieves and by the owner, who clears `urged`).
 *  K2  `pending` is what has to happen once the registers of the coroutine that has just left
 *      are saved. It is set immediately before a switch and carried out first thing after it,
 *      on the stack switched to. Between the two nothing runs.
 *  K3  `running` is the coroutine whose code runs on this thread, NULL on the worker's own
 *      stack. It is set immediately before the switch.
 *  K4  The array of workers is allocated at start for all seats, spares included, and neither
 *      moves nor shrinks while a worker or a foreign caller is inside.
 */
#ifndef GR_SCHED_WORKER_H
#define GR_SCHED_WORKER_H

#include "base/lock.h"
#include "base/random.h"
#include "os/os.h"
#include "sched/current.h"
#include "sched/fresh.h"
#include "sched/ports.h"
#include "sched/runq.h"

/* Every so many scheduling points a worker goes through its own stack, which looks at the
 * timers, the global queue and the poller though its own ring is never empty. */
#ifdef GORO_CHAOS
#define GR_WORKER_VISIT 4u
#else
#define GR_WORKER_VISIT 64u
#endif

enum gr_pending_kind {
	GR_PENDING_NONE,
	GR_PENDING_PARK_LOCKED, /* as wait.h W5 has it */
	GR_PENDING_PARK,
	GR_PENDING_YIELD,
	GR_PENDING_END,
};

struct gr_pending {
	enum gr_pending_kind kind;
	struct gr_coro *co;
	void (*unlock)(void *); /* releases the caller's lock */
	void *arg;              /* … without `unlock`: a struct gr_lock, or NULL */
};

/* A park hands over a lock as a function and its argument, or, since that is the channels' and
 * must be quick, as no function and a struct gr_lock. */
static GR_ALWAYS_INLINE void gr_pending_unlock(void (*unlock)(void *), void *arg)
{
	if (unlock != NULL)
		unlock(arg);
	else if (arg != NULL)
		gr_lock_release(arg);
}

/* Counters for goro_stats_get(); the owner's, by relaxed load and store. */
struct gr_worker_counters {
	uint64_t spawned;
	uint64_t ended;
	uint64_t parks;
	uint64_t steals;
	uint64_t timers;
	uint64_t polls;    /* looks at the poller */
	uint64_t outside;  /* waits begun for what the poller brings... */
	uint64_t answered; /* ...and over */
};

struct gr_worker {
	/* Hot, and the owner's: near the beginning, where an instruction can name them shortly. */
	struct gr_coro *running;
	struct gr_pending pending;
	uint64_t ticks; /* scheduling points */
	int *error;     /* this thread's errno */
	struct gr_context context;
	struct gr_coro *handoff; /* taken from the queue, but its stack needs more than the cache */
	bool visit;
	bool poke; /* what is pending armed a deadline earlier than the watcher sleeps */
	bool searching;
	unsigned index;
	int64_t now;         /* coarse: at the last visit */
	unsigned begun_runs; /* how often in a row those that have begun came before the others */
	struct gr_worker_counters counters;
	struct gr_fiber fiber;
	struct gr_coro_cache coros;
	struct gr_stack_cache stacks;
	struct gr_random random;
	struct gr_ready_batch polled; /* from the poller, not in a queue yet */
	uint64_t poll_after;          /* in ticks: when all that the last poll brought has run */
	bool poll_pays;               /* the last one without blocking brought something */
	uint64_t woken_at; /* in ticks: since then what runs has woken so many (ready.c) */
	unsigned woken;
	uint32_t stuck __attribute__((aligned(GR_CACHELINE)));
	uint32_t urged;      /* the monitor's: visit your own stack soon */
	uint64_t seen_ticks; /* the monitor's */
	uint64_t rests; /* the player's: stands still until it has made so many steps (sim.c) */
	uint32_t state; /* enum gr_worker_state */
	uint32_t owing; /* checked builds: gr_owing_begin() */
	uint32_t bench; /* futex: a spare that is not needed waits here */
	struct gr_os_thread thread;
	struct gr_fresh fresh;
	struct gr_runq queue;
} GR_ALIGNED;

enum gr_worker_state { GR_WORKER_NONE, GR_WORKER_ACTIVE, GR_WORKER_BENCHED, GR_WORKER_GONE };

enum gr_sched_state {
	GR_SCHED_OFF,
	GR_SCHED_STARTING,
	GR_SCHED_RUNNING,
	GR_SCHED_STOPPING, /* coroutines are being cancelled and waited for; no new foreign calls */
	GR_SCHED_STUCK,    /* a stop gave up on stragglers */
	GR_SCHED_FORKED,   /* in the child of a fork: there is no runtime, nor will be one */
};

struct gr_sched {
	uint32_t state; /* enum gr_sched_state */
	uint32_t open;  /* running, and its workers are threads: the short ways may be taken */
	uint32_t quit;  /* workers leave */
	uint32_t
		stop_event; /* futex: bumped when a coroutine ends, or a caller leaves, in a stop */
	unsigned configured; /* workers asked for, or fewer if the system refused threads */
	unsigned seats;      /* configured + spares */
	int stack_class;
	uint32_t played; /* deterministic mode: one thread plays all workers (sim.h) */
	uint64_t birth;  /* flags of the coroutines that are made now */
	struct gr_worker *workers;
	uint64_t foreign_spawned;
	uint32_t owing; /* of threads that are no workers */
};

extern GR_HIDDEN struct gr_sched gr_sched;

struct gr_sched_config {
	unsigned workers;
	unsigned max_spares;
	int stack_class;
	bool report; /* "all asleep" is worth a word (asleep.h) */
	bool played;
	uint64_t seed;
	const char *event_log; /* a path; NULL: none */
};

/* Deterministic mode? Constant while a runtime runs; threads from outside ask at any time. */
static inline bool gr_played(void)
{
	return gr_load_relaxed(&gr_sched.played);
}

/* Starts the workers (fewer than asked if the system refuses threads; -ENOMEM if it refuses
 * the first). The monitor comes after it, and is stopped before, since it starts threads.
 * gr_sched_stop() needs no coroutine to be alive; it joins every thread. If a
 * worker is stuck in user code, gr_sched_abandon() instead: the others leave, memory stays. */
int gr_sched_start(const struct gr_sched_config *config);
void gr_sched_stop(void);
void gr_sched_abandon(void);

/* In the child of a fork: there is no runtime here, and this thread is no worker. */
void gr_sched_forget(void);

/* For the monitor: puts a thread on a seat where none has been. -EAGAIN. */
int gr_worker_start(struct gr_worker *w);

/* A thread begins and ends to be this worker; it may be several (sim.c). */
void gr_worker_enter(struct gr_worker *w);
void gr_worker_leave(struct gr_worker *w);

/* The state will be RUNNING next, and is STOPPING now: whoever is born then is cancelled. */
void gr_sched_opening(void);
void gr_sched_stopping(void);

/* Coroutines that wait for what the poller brings; and how often it was asked. Exact only when
 * none of them moves. */
uint64_t gr_sched_outside(void);
uint64_t gr_sched_polls(void);

/* Coroutines made and not yet ended. Exact only when nothing is being made. */
uint64_t gr_sched_alive(void);

static inline struct gr_coro *gr_running(void)
{
	struct gr_worker *w = gr_current_worker();

	return w == NULL ? NULL : w->running;
}

/* Those that have begun come first, but so often in a row at most while others wait to begin. */
#define GR_WORKER_BEGUN_RUNS 16u

/* Owner only: what to run next of its own. NULL: nothing. */
static GR_ALWAYS_INLINE struct gr_coro *gr_worker_next(struct gr_worker *w)
{
	struct gr_coro *co;

	if (gr_unlikely(gr_fresh_any(&w->fresh) && ++w->begun_runs > GR_WORKER_BEGUN_RUNS)) {
		w->begun_runs = 0;
		co = gr_fresh_pop(&w->fresh);
		if (co != NULL)
			return co;
	}
	co = gr_runq_next(&w->queue);
	if (co != NULL)
		return co;
	w->begun_runs = 0;
	return gr_fresh_pop(&w->fresh);
}

/* Does it hold anything that others could take? The next-slot does not count. */
static inline bool gr_worker_holds(const struct gr_worker *w)
{
	return gr_runq_len(&w->queue) != 0 || gr_fresh_any(&w->fresh);
}

/* The same, if it stands still: then the next-slot counts (runq.h R4). */
static inline bool gr_worker_holds_back(const struct gr_worker *w)
{
	return gr_worker_holds(w) || gr_load_relaxed(&w->queue.slot) != NULL;
}

/* Around a wait for what the poller brings; the worker may be another afterwards. */
static inline void gr_worker_outside(struct gr_worker *w)
{
	gr_store_relaxed(&w->counters.outside, w->counters.outside + 1);
}

static inline void gr_worker_answered(struct gr_worker *w)
{
	gr_store_relaxed(&w->counters.answered, w->counters.answered + 1);
}

/* In checked builds, for watchdog.h G3: from here to end(), `here` (NULL: no worker) does something
 * that a gr_idle_notify() has to follow. */
static inline void gr_owing_begin(struct gr_worker *here)
{
#ifdef GORO_DEBUG
	gr_fetch_add_seq_cst(here != NULL ? &here->owing : &gr_sched.owing, 1u);
#else
	(void)here;
#endif
}

static inline void gr_owing_end(struct gr_worker *here)
{
#ifdef GORO_DEBUG
	gr_fetch_sub_seq_cst(here != NULL ? &here->owing : &gr_sched.owing, 1u);
#else
	(void)here;
#endif
}

/* A counter or tick that only its owner writes. */
#define gr_bump(counter) gr_store_relaxed(&(counter), gr_load_relaxed(&(counter)) + 1)

#endif
