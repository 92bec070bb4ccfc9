/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <goro/time.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "os/os.h"

#define BEGIN    GORO_SECOND /* of virtual time */
#define PATIENCE 10000u      /* ticks at one moment that cost nothing */
#define CREEP    GORO_MICROSECOND

static int64_t virtual_now; /* 0: the clock is real */
static uint32_t ticks;      /* since it last jumped */

int64_t gr_now(void)
{
	int64_t now = gr_load_relaxed(&virtual_now);

	return gr_likely(now == 0) ? gr_os_now() : now;
}

int64_t gr_clock_after(int64_t now, int64_t d)
{
	int64_t sum;

	if (__builtin_add_overflow(now, d, &sum))
		return d < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

void gr_clock_virtual(bool on)
{
	gr_store_relaxed(&ticks, 0u);
	gr_store_relaxed(&virtual_now, on ? BEGIN : 0);
}

bool gr_clock_is_virtual(void)
{
	return gr_load_relaxed(&virtual_now) != 0;
}

/* Threads from outside may do the same meanwhile: it never goes back. */
void gr_clock_jump(int64_t when)
{
	int64_t now = gr_load_relaxed(&virtual_now);

	while (now < when && !gr_cas_relaxed(&virtual_now, &now, when))
		;
	gr_store_relaxed(&ticks, 0u);
}

void gr_clock_advance(int64_t d)
{
	int64_t now = gr_load_relaxed(&virtual_now);

	while (!gr_cas_relaxed(&virtual_now, &now, gr_clock_after(now, d)))
		;
}

void gr_clock_tick(void)
{
	if (gr_fetch_add_relaxed(&ticks, 1u) >= PATIENCE)
		gr_clock_advance(CREEP);
}

int64_t goro_now(void)
{
	if (gr_unlikely(gr_clock_is_virtual()))
		gr_clock_tick();
	return gr_now();
}

int64_t goro_after(int64_t ns)
{
	return gr_clock_after(goro_now(), ns);
}
