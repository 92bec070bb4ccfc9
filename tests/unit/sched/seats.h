/* SPDX-License-Identifier: MIT */
/* seats.h: workers' seats (idle.h) that all have somebody, before each test. */
#ifndef GR_UNIT_SEATS_H
#define GR_UNIT_SEATS_H

#include "sched/idle.h"

#define SEATS 4u

static int sit_down(void **state)
{
	(void)state;
	assert_int_equal(gr_idle_start(SEATS), 0);
	for (unsigned i = 0; i < SEATS; i++)
		gr_idle_join(i);
	return 0;
}

static int leave_all(void **state)
{
	(void)state;
	gr_idle_stop();
	return 0;
}

/* For gr_idle_sleep(): no timer is set. */
static int64_t never(void)
{
	return INT64_MAX;
}

#endif
