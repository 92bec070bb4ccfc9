/* SPDX-License-Identifier: MIT */
/* house_below.c: what the house stands on: stacks of the engine's, no sanitizer; and what no
 * model's house has: a player of the workers (sched/sim.h). */
#include "context/stack.h"
#include "model.h"
#include "sched/sim.h"

bool gr_sanitizer_any, gr_sanitizer_tsan, gr_sanitizer_asan, gr_sanitizer_valgrind;
bool gr_stack_short;

/* Stacks ------------------------------------------------------------------------------------ */

int gr_stack_promise_slow(struct gr_stack_cache *cache, int class)
{
	(void)cache, (void)class;
	return 0;
}

void gr_stack_unpromise_slow(struct gr_stack_cache *cache, int class)
{
	(void)cache, (void)class;
}

void gr_stack_cache_init(struct gr_stack_cache *cache, int class)
{
	(void)cache, (void)class;
}

void gr_stack_cache_fini(struct gr_stack_cache *cache)
{
	(void)cache;
}

void *gr_stack_get_slow(struct gr_stack_cache *cache, int class)
{
	(void)cache, (void)class;
	return model_stack_get();
}

void gr_stack_put_slow(struct gr_stack_cache *cache, int class, void *top)
{
	(void)cache, (void)class;
	model_stack_put(top);
}

void gr_stack_reused(int class, void *top)
{
	(void)class, (void)top;
}

void gr_stack_bounds(int class, const void *top, uintptr_t *low, uintptr_t *high)
{
	(void)class, (void)top, (void)low, (void)high;
}

void gr_fiber_create_slow(struct gr_fiber *f)
{
	(void)f;
}

void gr_fiber_destroy_slow(struct gr_fiber *f)
{
	(void)f;
}

void gr_fiber_before_asan(struct gr_fiber *from, uintptr_t to_low, size_t to_size, bool from_dies)
{
	(void)from, (void)to_low, (void)to_size, (void)from_dies;
}

/* Never called, as gr_played() is false ------------------------------------------------------- */

void gr_sim_point(struct gr_worker *w)
{
	(void)w;
}

void gr_sim_left(const struct gr_worker *w)
{
	(void)w;
}

void gr_sim_woken(struct gr_worker *w, const struct gr_coro *co)
{
	(void)w, (void)co;
}

bool gr_sim_sheds(void)
{
	return false;
}

void gr_sim_chose(struct gr_worker *w, int which)
{
	(void)w, (void)which;
}

void gr_sim_stole(struct gr_worker *w, const struct gr_worker *victim)
{
	(void)w, (void)victim;
}

void gr_sim_fired(struct gr_worker *w, unsigned timers)
{
	(void)w, (void)timers;
}
