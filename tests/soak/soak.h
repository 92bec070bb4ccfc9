/* SPDX-License-Identifier: MIT */
/* soak.h: everything goro has at once, for as long as one likes; and whether it stays the same.
 *
 *   soak.c    options; phases: a runtime starts, all loads run, it stops, what was sent is counted
 *   flow.c    load: coroutines and plain threads send and receive, in all the ways there are
 *   locks.c   load: each thing that synchronises, with what it promises
 *   life.c    load: coroutines that begin and end, sleep, go deep, are held up in C, look around
 *   watch.c   samples of what the process holds and how late its sleepers wake; the verdict
 *
 *  S1  A phase ends in one of two ways, in turn: quietly (`quiet` is set, loads see it and end,
 *      channels are closed), or by a stop in the midst of it. A load takes -ECANCELED and -EPERM
 *      for the end.
 *  S2  After a phase nothing is left: what was received is what was sent, each value once, and
 *      the process has its own threads and descriptors only.
 *  S3  A run is a pass if what the process holds is in the last quarter of the phases what it was
 *      in the second (watch.c says how much may differ); if it is not, it gets two more chances.
 *      A phase lasts as long as it shall, and until every load has moved in it: one that never
 *      does is a hang, which is ended as such.
 *  S4  All that is random follows from the seed, which is printed; how threads interleave does not.
 *  S5  --leak=KIND makes a leak of one kind on purpose: the verdict must be a failure.
 */
#ifndef GORO_SOAK_H
#define GORO_SOAK_H

#include "../stress/stress.h"

/* What is counted, each by its load. */
enum soak_kind {
	SOAK_GO,
	SOAK_CHAN,
	SOAK_SELECT,
	SOAK_THREAD,
	SOAK_TIMER,
	SOAK_SLEEP,
	SOAK_MUTEX,
	SOAK_RWMUTEX,
	SOAK_COND,
	SOAK_SEM,
	SOAK_BARRIER,
	SOAK_ONCE,
	SOAK_DEEP,
	SOAK_HELD_UP,
	SOAK_LOCAL,
	SOAK_LOOK,
	SOAK_KINDS
};

enum soak_leak {
	SOAK_NO_LEAK,
	SOAK_LEAK_MEMORY,
	SOAK_LEAK_THREAD,
	SOAK_LEAK_FD,
	SOAK_LEAK_STACK,
	SOAK_LEAK_TIME,
	SOAK_LEAK_VALUE,
	SOAK_LEAKS
};

extern struct soak {
	uint64_t seed;
	int64_t length; /* of all phases together, in nanoseconds */
	int workers;    /* 0: as many as there are CPUs */
	enum soak_leak leak;
	unsigned phase; /* counted from 0 */
	unsigned phases;
	bool quiet; /* atomic */
	goro_waitgroup loads;
	struct {
		uint64_t n;
		char rest[56]; /* of the cache line */
	} done[SOAK_KINDS];
} soak;

static inline void soak_count(enum soak_kind kind, uint64_t n)
{
	__atomic_fetch_add(&soak.done[kind].n, n, __ATOMIC_RELAXED);
}

static inline bool soak_quiet(void)
{
	return __atomic_load_n(&soak.quiet, __ATOMIC_ACQUIRE);
}

/* Is it the end of the phase (S1)? Anything else but success and a timeout is a failure. */
static inline bool soak_over(int rc)
{
	CHECK_TRUE(rc >= 0 || rc == -ECANCELED || rc == -EPERM || rc == -ETIMEDOUT);
	return soak_quiet() || rc == -ECANCELED || rc == -EPERM;
}

/* A generator for the i-th actor of this load in this phase. */
uint64_t soak_random(enum soak_kind kind, size_t i);

/* Begins fn(i, random) as a load: soak.loads counts it. */
void soak_begin(void (*fn)(size_t, uint64_t), enum soak_kind kind, size_t i);

/* Each load: begin before the phase what is needed, begin its actors in the runtime, check what it
 * promises after the stop. */
void soak_flow_begin(void);
void soak_flow_close(void); /* all that send have ended */
void soak_flow_settle(void);
void soak_flow_end(void); /* in a runtime of its own, later */
void soak_locks_begin(void);
void soak_locks_end(void);
void soak_life_begin(void);
void soak_life_end(void);

/* A sleeper woke so late. */
void soak_watch_late(int64_t ns);

void soak_watch_begin(void);
void soak_watch_phase_begin(void);
void soak_watch_phase_end(void);
void soak_watch_sample(void);
bool soak_watch_all_moved(void); /* in this phase */
bool soak_watch_flat(void);      /* so far */
int soak_watch_verdict(void);    /* 0: pass; else the exit status */

#endif
