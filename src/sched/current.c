/* SPDX-License-Identifier: MIT */
#include "sched/current.h"

#include <stddef.h>

#include "base/compiler.h"

static _Thread_local struct gr_worker *current;

GR_NOINLINE struct gr_worker *gr_current_worker(void)
{
	struct gr_worker *w = current;

	/* The barrier keeps an inter-procedural optimiser from treating two calls as one. */
	__asm__ volatile("" : "+r"(w) : : "memory");
	return w;
}

GR_NOINLINE void gr_current_set(struct gr_worker *w)
{
	current = w;
	__asm__ volatile("" : : : "memory");
}
