/* SPDX-License-Identifier: MIT */
/* soak.h: everything goro has at once, for as long as one likes; and whether it stays the same.
 *
 * The frame of two programs, soak and soak_net:
 *   soak.c    options; phases: a runtime starts, all loads run, it stops, what was sent is counted
 *   watch.c   samples of what the process holds and how late its sleepers wake; the verdict
 *   heap.c    each block that goro and libuv take and give back
 *   leak.c    leaks on purpose
 * soak, of everything inside the process (core.h):
 *   core.c    its loads together
 *   flow.c    load: coroutines and plain threads send and receive, in all the ways there are
 *   locks.c   load: each thing that synchronises, with what it promises
 *   life.c    load: coroutines that begin and end, sleep, go deep, are held up in C, look around
 * soak_net, of connections: net.h.
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
 *  S6  In a sanitizer's build what is large or slow says nothing: only what has to be exact counts.
 */
#ifndef GORO_SOAK_H
#define GORO_SOAK_H

#include "../stress/stress.h"

#define SOAK_KINDS_MOST 16

enum soak_leak {
	SOAK_NO_LEAK,
	SOAK_LEAK_MEMORY,
	SOAK_LEAK_BLOCK,
	SOAK_LEAK_THREAD,
	SOAK_LEAK_FD,
	SOAK_LEAK_STACK,
	SOAK_LEAK_TIME,
	SOAK_LEAK_VALUE,
	SOAK_LEAK_CONN,
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
	} done[SOAK_KINDS_MOST];
} soak;

/* The program, in place of a table of its own: what its loads are called, of which each counts what it
 * has done. */
extern const char *const soak_name;
extern const char *const soak_kinds[];
extern const unsigned soak_nkinds;
extern const double
	soak_fds_factor; /* so much the number of descriptors may differ while it runs */

/* It begins its loads in the runtime; has been told that they shall end (`quiet`), which it tells those that wait
 * without a limit; they have ended, all of them; the runtime has stopped. */
void soak_program_begin(void);
void soak_program_close(void);
void soak_program_ended(void);
void soak_program_settle(void);
void soak_program_say(void); /* behind the verdict: what there is to say of all phases */

void soak_runtime_start(void);

static inline void soak_count(unsigned kind, uint64_t n)
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
uint64_t soak_random(unsigned kind, size_t i);

/* Begins fn(i, random) as a load: soak.loads counts it. */
void soak_begin(void (*fn)(size_t, uint64_t), unsigned kind, size_t i);

/* The leaks that both programs can make; at the begin of each phase. */
void soak_leak(void);

/* Bytes that goro, libuv and the program itself have of the heap now. */
uint64_t soak_heap(void);

/* Nobody may want a new descriptor for a moment (net.c): the samples do. */
void soak_descriptors_lock(void);
void soak_descriptors_unlock(void);

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
