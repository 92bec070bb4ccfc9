/* SPDX-License-Identifier: MIT */
#include "base/chaos.h"

#ifdef GORO_CHAOS

#include <stdlib.h>

#include "base/atomic.h"
#include "base/random.h"
#include "os/os.h"

#define OTHERS 4096u /* streams of threads that are no workers begin here */

/* Read and written here alone, by functions that are not inlined: a coroutine that calls them may
 * have changed threads since. */
static _Thread_local struct gr_random stream;
static _Thread_local bool begun;

static uint64_t the_seed; /* 0: not read yet */
static uint32_t others;

GR_NOINLINE uint64_t gr_chaos_seed(void)
{
	uint64_t seed = gr_load_relaxed(&the_seed);
	uint64_t unread = 0;
	const char *text;

	if (seed != 0)
		return seed;
	text = getenv("GORO_CHAOS_SEED");
	seed = text != NULL ? strtoull(text, NULL, 0) : gr_os_entropy();
	if (seed == 0)
		seed = 1;
	return gr_cas_relaxed(&the_seed, &unread, seed) ? seed : unread; /* one of us was first */
}

GR_NOINLINE void gr_chaos_stream(unsigned index)
{
	struct gr_random mix;

	gr_random_seed(&mix, gr_chaos_seed() + index);
	gr_random_seed(&stream, gr_random_next(&mix));
	begun = true;
}

GR_NOINLINE void gr_chaos_replay(uint64_t from)
{
	gr_random_seed(&stream, from);
	begun = true;
}

GR_NOINLINE bool gr_chaos_chance(unsigned n)
{
	__asm__ volatile("" : : : "memory");
	if (!begun)
		gr_chaos_stream(OTHERS + gr_fetch_add_relaxed(&others, 1u));
	return gr_random_below(&stream, n) == 0;
}

GR_NOINLINE void gr_chaos_delay(void)
{
	if (!gr_chaos_chance(16))
		return;
	if (gr_chaos_chance(32)) {
		gr_os_nap(1000);
		return;
	}
	for (unsigned i = 0; i < 200; i++)
		gr_cpu_relax();
}

#else

typedef int nothing_here; /* ISO C wants a declaration in every file */

#endif
