/* SPDX-License-Identifier: MIT */
/* witness.h: what idle.c lets the watchdog see (watchdog.h), in checked builds; nothing otherwise.
 *
 * All counters, mod 2^32; written with an order that puts each where it was in time, so checked
 * builds are somewhat less racy here than others.
 */
#ifndef GR_SCHED_WITNESS_H
#define GR_SCHED_WITNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"

/* For tests: the next wake-up of that sort does not happen. */
enum gr_loss { GR_LOSS_NONE, GR_LOSS_NOTIFY, GR_LOSS_WAKE };

#ifdef GORO_DEBUG

#define GR_WITNESS_SEATS 64u /* those beyond are not looked at */

struct gr_witness {
	uint32_t moves; /* a search began or ended, somebody lay down, or was woken */
	uint32_t loss;  /* enum gr_loss */
	struct {
		const uint32_t *futex;
		uint32_t
			stands; /* odd: its thread is in futex_wait; grows when it enters and leaves */
		uint32_t told; /* `stands`, if it was odd when somebody had woken the seat */
	} seats[GR_WITNESS_SEATS];
};

extern GR_HIDDEN struct gr_witness gr_witness;

static inline void gr_witness_move(void)
{
	gr_fetch_add_seq_cst(&gr_witness.moves, 1u);
}

static inline void gr_witness_stand(unsigned seat, const uint32_t *futex)
{
	if (seat < GR_WITNESS_SEATS) {
		gr_store_relaxed(&gr_witness.seats[seat].futex, futex);
		gr_fetch_add_seq_cst(&gr_witness.seats[seat].stands, 1u);
	}
}

/* Before somebody wakes the seat; what it returns goes to told(), afterwards. */
static inline uint32_t gr_witness_tell(unsigned seat)
{
	return seat < GR_WITNESS_SEATS ? gr_load_seq_cst(&gr_witness.seats[seat].stands) : 0;
}

static inline void gr_witness_told(unsigned seat, uint32_t before)
{
	if (before % 2 == 1 && gr_witness_tell(seat) == before)
		gr_store_seq_cst(&gr_witness.seats[seat].told, before);
}

static inline bool gr_witness_loses(enum gr_loss loss)
{
	uint32_t wanted = (uint32_t)loss;

	return gr_unlikely(gr_load_relaxed(&gr_witness.loss) == wanted) &&
		gr_cas_relaxed(&gr_witness.loss, &wanted, (uint32_t)GR_LOSS_NONE);
}

#else

static inline void gr_witness_move(void)
{
}

static inline void gr_witness_stand(unsigned seat, const uint32_t *futex)
{
	(void)seat, (void)futex;
}

static inline uint32_t gr_witness_tell(unsigned seat)
{
	(void)seat;
	return 0;
}

static inline void gr_witness_told(unsigned seat, uint32_t before)
{
	(void)seat, (void)before;
}

static inline bool gr_witness_loses(enum gr_loss loss)
{
	(void)loss;
	return false;
}

#endif
#endif
