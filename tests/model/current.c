/* SPDX-License-Identifier: MIT */
/* current.c: instead of sched/current.c, whose thread-local all model threads would share. */
#include "sched/current.h"

#include "engine.h"

struct gr_worker *gr_current_worker(void)
{
	return engine->self->worker;
}

void gr_current_set(struct gr_worker *w)
{
	engine->self->worker = w;
}
