/* SPDX-License-Identifier: MIT */
/* turn.h: one at a time, in order: the line before one side of a descriptor.
 *
 *   word:  bit 0 the line's lock · 1 WAITERS · 2 somebody has the turn
 *
 * Who gives the turn hands it to the first who waits and can still be woken; so nobody overtakes. A
 * close needs nothing here: who has the turn finds out, and so does everybody behind him, one after
 * the other.
 */
#ifndef GR_IO_TURN_H
#define GR_IO_TURN_H

#include "sync/waitline.h"

/* All zero: nobody's turn. */
struct gr_turn {
	uint64_t word_;
	void *head_;
	void *tail_;
};

#define GR_TURN_TAKEN (UINT64_C(1) << GR_LINE_OWN)

int gr_turn_take_slow(struct gr_turn *t, struct gr_caller *me, int64_t deadline, const char *why);
void gr_turn_give_slow(struct gr_turn *t);

/* 0; -ETIMEDOUT, -ECANCELED: it is not ours. */
static inline int gr_turn_take(
	struct gr_turn *t, struct gr_caller *me, int64_t deadline, const char *why)
{
	uint64_t nobody = 0;

	/* Pairs with the release of who had it before. */
	if (gr_likely(gr_cas_acquire(&t->word_, &nobody, GR_TURN_TAKEN)))
		return 0;
	return gr_turn_take_slow(t, me, deadline, why);
}

static inline void gr_turn_give(struct gr_turn *t)
{
	uint64_t mine = GR_TURN_TAKEN;

	if (gr_unlikely(!gr_cas_release(&t->word_, &mine, UINT64_C(0))))
		gr_turn_give_slow(t);
}

#endif
