/* SPDX-License-Identifier: MIT */
/* hands.h: coroutines that go from hand to hand, for models of the queues. Whoever takes one reads
 * and writes it plainly, as who resumes it does: so a pushed one that is not yet visible is a race,
 * and so is one that two have taken. */
#ifndef GR_MODEL_HANDS_H
#define GR_MODEL_HANDS_H

#include "model.h"
#include "sched/coro.h"

#define HANDS 10

enum { HANDS_UNBORN, HANDS_WAITS, HANDS_DONE }; /* gr_coro.error */

static struct gr_coro *hands;

/* In setup. */
static inline void hands_open(void)
{
	hands = model_alloc(HANDS * sizeof(*hands));
	model_name(hands, HANDS * sizeof(*hands), "coroutine");
}

/* Number n, as its maker has it before it pushes it. */
static inline struct gr_coro *hands_make(unsigned n)
{
	hands[n].error = HANDS_WAITS;
	hands[n].next = &hands[n]; /* means nothing yet */
	return &hands[n];
}

static inline void hands_run(struct gr_coro *co)
{
	MODEL_CHECK(co->error == HANDS_WAITS);
	co->error = HANDS_DONE;
}

/* In check: each of the first n has run, and no other. */
static inline void hands_all_done(unsigned n)
{
	for (unsigned i = 0; i < HANDS; i++)
		MODEL_CHECK(hands[i].error == (i < n ? HANDS_DONE : HANDS_UNBORN));
}

#endif
