/* SPDX-License-Identifier: MIT */
/* doors.h: before each load and each compare-exchange of the source that is included next there is
 * a door, through which somebody else may come in. So what another thread does at the worst moment
 * is done then, each time.
 */
#ifndef GR_UNIT_DOORS_H
#define GR_UNIT_DOORS_H

#include "base/atomic.h"

static void (*intruder)(void);
static unsigned doors; /* to be passed before he comes in */

static void door(void)
{
	void (*f)(void) = intruder;

	if (f == NULL || doors-- > 0)
		return;
	intruder = NULL;
	f();
}

#undef gr_cas_acq_rel
#undef gr_cas_acquire
#undef gr_cas_release
#undef gr_cas_relaxed
#undef gr_load_acquire
#undef gr_load_relaxed
#define gr_cas_acq_rel(p, expected, v) (door(), gr_cas_seq_cst((p), (expected), (v)))
#define gr_cas_acquire(p, expected, v) (door(), gr_cas_seq_cst((p), (expected), (v)))
#define gr_cas_release(p, expected, v) (door(), gr_cas_seq_cst((p), (expected), (v)))
#define gr_cas_relaxed(p, expected, v) (door(), gr_cas_seq_cst((p), (expected), (v)))
#define gr_load_acquire(p)             (door(), gr_load_seq_cst(p))
#define gr_load_relaxed(p)             (door(), gr_load_seq_cst(p))

#endif
