/* SPDX-License-Identifier: MIT */
/* chaos.h: decisions and delays that only the chaos build (GORO_CHAOS) makes; nothing otherwise.
 *
 * Each thread draws from a stream of its own, which follows from the seed of the process and, for
 * a worker, from its index: so a seed gives every worker the same decisions again. The seed comes
 * from GORO_CHAOS_SEED, or is random; whoever reports a failure prints it (gr_chaos_seed()).
 */
#ifndef GR_BASE_CHAOS_H
#define GR_BASE_CHAOS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef GORO_CHAOS

uint64_t gr_chaos_seed(void);

/* The calling thread draws from stream `index` from now on, from its beginning. */
void gr_chaos_stream(unsigned index);

/* … or what follows from a number of its own, whatever the seed (sched/sim.h). */
void gr_chaos_replay(uint64_t from);

/* True one time in n. */
bool gr_chaos_chance(unsigned n);

/* Sometimes an instant, rarely long enough for another thread to run. errno stays. */
void gr_chaos_delay(void);

#else

static inline void gr_chaos_stream(unsigned index)
{
	(void)index;
}

static inline void gr_chaos_replay(uint64_t from)
{
	(void)from;
}

static inline bool gr_chaos_chance(unsigned n)
{
	(void)n;
	return false;
}

static inline void gr_chaos_delay(void)
{
}

#endif
#endif
