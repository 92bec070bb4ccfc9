/* SPDX-License-Identifier: MIT */
/* enter.h: calls a function whose parameter types only its caller knew.
 *
 * go(f, a, b, c) has checked the types where it stands and kept f's integer arguments and its
 * floating ones apart, as both calling conventions do: each kind fills its own row of registers
 * in order, and neither row depends on the other.
 *
 *                     arg[0..nint) ->                arg[nint..nint+nfp) ->
 *      x86-64         rdi rsi rdx rcx r8 r9          xmm0 ... xmm5
 *      AArch64        x0 x1 x2 x3 x4 x5              d0 ... d5
 *
 * Six of each fit into registers, so a function with up to six arguments finds them where it
 * looks when it is called as one with six integers and six doubles; registers it has no parameter
 * for hold values it never reads. A float is the low half of its register, so its bits are the
 * low half of the word. Integers narrower than a word were widened when they were stored.
 *
 * Source: System V AMD64 psABI 1.0, 3.2.3; AAPCS64 2022Q3, 6.8.2.
 */
#ifndef GR_CONTEXT_ENTER_H
#define GR_CONTEXT_ENTER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/atomic.h"

#define GR_ENTRY_ARGS 6

struct gr_entry {
	void (*fn)(void);
	uint8_t nint, nfp; /* nint + nfp <= 6 */
	bool watched;      /* arg[1] is for who cannot call it (task/go.h) */
	uint64_t arg[GR_ENTRY_ARGS];
};

/* The arguments there are. Word by word, as they have just been stored: a wider load would wait until
 * the stores have reached the cache. */
static inline void gr_entry_copy_args(struct gr_entry *e, const uint64_t *arg)
{
	for (unsigned i = 0; i < e->nint + e->nfp; i++)
		e->arg[i] = gr_load_relaxed(&arg[i]);
}

static inline void gr_entry_copy(struct gr_entry *e, const struct gr_entry *from)
{
	e->fn = from->fn;
	e->nint = gr_load_relaxed(&from->nint); /* byte by byte, too */
	e->nfp = gr_load_relaxed(&from->nfp);
	e->watched = from->watched;
	gr_entry_copy_args(e, from->arg);
}

/* The k-th floating argument as a register wants it. Beyond the last: any value. */
static inline double gr_enter_fp(const struct gr_entry *e, unsigned k)
{
	unsigned i = e->nint + k;
	double d;

	memcpy(&d, &e->arg[i < GR_ENTRY_ARGS ? i : GR_ENTRY_ARGS - 1], sizeof(d));
	return d;
}

static inline void gr_enter_call(const struct gr_entry *e)
{
	const uint64_t *a = e->arg;

	if (e->nfp == 0) { /* nearly always */
		((void (*)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t))e->fn)(
			a[0], a[1], a[2], a[3], a[4], a[5]);
		return;
	}
	((void (*)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, double, double,
		double, double, double, double))e->fn)(a[0], a[1], a[2], a[3], a[4], a[5],
		gr_enter_fp(e, 0), gr_enter_fp(e, 1), gr_enter_fp(e, 2), gr_enter_fp(e, 3),
		gr_enter_fp(e, 4), gr_enter_fp(e, 5));
}

#endif
