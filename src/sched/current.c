/* SPDX-License-Identifier: MIT */
#include "sched/current.h"

#include <stddef.h>

#include "base/compiler.h"

/* Initial-exec: an address known when the program starts, not a call; this is one word, for which
 * there is room also when the library is loaded later (dlopen). */
static _Thread_local struct gr_worker *current __attribute__((tls_model("initial-exec")));

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
