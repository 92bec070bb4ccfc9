/* SPDX-License-Identifier: MIT */
/* no_timer.c: for models without timers. Never called: threads from outside ask for them where the
 * clock is virtual. */
#include "sched/timer.h"

struct gr_timer *gr_timer_make(void (*fire)(struct gr_timer *, void *arg, int64_t now), void *arg)
{
	(void)fire, (void)arg;
	return NULL;
}

void gr_timer_free(struct gr_timer *t)
{
	(void)t;
}

int gr_timer_arm(struct gr_timer *t, int64_t when)
{
	(void)t, (void)when;
	return -1;
}

void gr_timer_disarm(struct gr_timer *t)
{
	(void)t;
}
