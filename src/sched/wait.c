/* SPDX-License-Identifier: MIT */
#include "sched/wait.h"

#include <inttypes.h>

static const char *name_of(uint64_t word)
{
	static const char *const names[] = {
		[GR_WAIT_RUNNING] = "RUNNING",
		[GR_WAIT_PARKING] = "PARKING",
		[GR_WAIT_PARKED] = "PARKED",
		[GR_WAIT_CLAIMED] = "CLAIMED",
		[GR_WAIT_PARKING_CLAIMED] = "PARKING_CLAIMED",
		[GR_WAIT_DELIVERED] = "DELIVERED",
	};

	return (word & GR_WAIT_STATE) <= GR_WAIT_DELIVERED ? names[word & GR_WAIT_STATE] : "?";
}

void gr_wait_broken(uint64_t from, uint64_t to)
{
	gr_check_fail("wait word: no step leads from %s of wait %" PRIu64 " to %s of wait %" PRIu64,
		name_of(from), gr_wait_seq(from), name_of(to), gr_wait_seq(to));
}
