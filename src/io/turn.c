/* SPDX-License-Identifier: MIT */
#include "io/turn.h"

int gr_turn_take_slow(struct gr_turn *t, struct gr_caller *me, int64_t deadline, const char *why)
{
	struct gr_line line = GR_LINE(t);
	struct gr_waitnode node;
	int rc = gr_line_may_wait(me, deadline);
	uint64_t word;

	if (rc != 0)
		return rc;
	word = gr_line_lock(line);
	if (!(word & GR_TURN_TAKEN)) {
		gr_line_unlock(line, GR_TURN_TAKEN);
		return 0;
	}
	rc = gr_line_wait(me, line, &node, &word, false, deadline, why);
	if (rc < 0)
		gr_line_unlock(line, word);
	else
		gr_fiber_acquire(t);
	return rc;
}

void gr_turn_give_slow(struct gr_turn *t)
{
	struct gr_line line = GR_LINE(t);
	struct gr_wait *claimed = NULL;

	gr_fiber_release(t);
	gr_line_lock(line);
	if (gr_line_claim(line, 0, &claimed) != NULL)
		gr_line_unlock(line, GR_TURN_TAKEN);
	else
		gr_line_unlock(line, 0);
	gr_line_wake(claimed);
}
