/* SPDX-License-Identifier: MIT */
/* chaos.h: bad luck, by seed; only in the chaos build (GORO_CHAOS), nothing otherwise.
 *
 * Each thread draws from streams of its own, one for each kind of bad luck, which follow from the
 * seed of the process and, for a worker, from its index. So with the same seed a worker draws the
 * same decisions in the same order, whatever the others do, and turning one kind off leaves the
 * draws of the others as they were. Where in the program each draw falls is for the threads'
 * interleaving to say, which the kernel makes: a seed that failed fails again often, not always.
 *
 *   GORO_CHAOS_SEED   the seed; without it that of a deterministic run (GORO_SEED), else a random
 *                     one. Whoever reports a failure prints it.
 *   GORO_CHAOS        which kinds: "claim,steal" only these, "-stall,-site" all but these, "all",
 *                     "none". Without it the seed picks some three of four, so that kinds which
 *                     hide each other's effects are not always together.
 *
 * Everything here is legal by the protocols: what fails may fail there, and is done again or left
 * to others. errno stays as it was.
 *
 * Source: the points and the "swizzle" (stop one after the other, in random order) are those of
 * FoundationDB's simulation; leaving out some kinds by seed is swarm testing (Groce et al., 2012).
 */
#ifndef GR_BASE_CHAOS_H
#define GR_BASE_CHAOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gr_chaos_kind {
	GR_CHAOS_CLAIM,  /* a compare-exchange fails once more, as if the word had moved and back */
	GR_CHAOS_STEAL,  /* nothing to be stolen there, no search for this worker */
	GR_CHAOS_WAKE,   /* a futex wakes for no reason */
	GR_CHAOS_LATE,   /* what is due is not fired yet */
	GR_CHAOS_STALL,  /* a thread stands still for milliseconds, wherever it is */
	GR_CHAOS_FULL,   /* no room: a ring grows or sheds, what is new goes elsewhere */
	GR_CHAOS_DELAY,  /* delays at the points where most depends on it */
	GR_CHAOS_ATOMIC, /* delays before any atomic operation */
	GR_CHAOS_SITE, /* delays before one of them, which the seed picks: seed modulo their number */
	GR_CHAOS_YIELD, /* calls that may wait let others run first; visits to the worker's stack */
	GR_CHAOS_ORDER, /* who is woken first; ring or next-slot; oldest or newest */
	GR_CHAOS_INJECT, /* few at a time out of the global queue */
	GR_CHAOS_KINDS,
};

/* A place in the source with an atomic operation. */
struct gr_chaos_site {
	const char *file;
	uintptr_t line;
} __attribute__((aligned(16)));

#ifdef GORO_CHAOS

uint64_t gr_chaos_seed(void);

/* "GORO_CHAOS_SEED=… GORO_CHAOS=…" and a newline, as much as fits; returns its length. */
size_t gr_chaos_describe(char *text, size_t size);

/* The calling thread draws from streams `index` from now on, from their beginning. */
void gr_chaos_stream(unsigned index);

/* … or what follows from a number of its own, whatever the seed (sched/sim.h). */
void gr_chaos_replay(uint64_t from);

/* True one time in n, if this kind is on. */
bool gr_chaos(enum gr_chaos_kind kind, unsigned n);

/* 0 … n - 1; 0 if this kind is off. */
unsigned gr_chaos_below(enum gr_chaos_kind kind, unsigned n);

/* GR_CHAOS_DELAY: sometimes an instant, rarely long enough for another thread to run. */
void gr_chaos_delay(void);

/* GR_CHAOS_LATE: `now`, or somewhat before. */
int64_t gr_chaos_late(int64_t now);

/* Before each atomic operation (atomic.h). */
void gr_chaos_at(const struct gr_chaos_site *site);

#define GR_CHAOS_AT()                                                                        \
	__extension__({                                                                      \
		static struct gr_chaos_site gr_site_                                         \
			__attribute__((section("gr_chaos_sites"))) = { __FILE__, __LINE__ }; \
		gr_chaos_at(&gr_site_);                                                      \
	})

#else

static inline void gr_chaos_stream(unsigned index)
{
	(void)index;
}

static inline void gr_chaos_replay(uint64_t from)
{
	(void)from;
}

static inline bool gr_chaos(enum gr_chaos_kind kind, unsigned n)
{
	(void)kind, (void)n;
	return false;
}

static inline unsigned gr_chaos_below(enum gr_chaos_kind kind, unsigned n)
{
	(void)kind, (void)n;
	return 0;
}

static inline void gr_chaos_delay(void)
{
}

static inline int64_t gr_chaos_late(int64_t now)
{
	return now;
}

#endif
#endif
