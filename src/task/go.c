/* SPDX-License-Identifier: MIT */
/* go.c: begin a coroutine; what it can ask about itself. */
#include "task/go.h"

#include "goro/go.h"
#include "goro/time.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "sched/cancel.h"
#include "sched/idle.h"
#include "sched/inject.h"
#include "sched/park.h"
#include "sched/ready.h"
#include "sched/sim.h"

static void pack_entry(struct gr_entry *e, const struct goro_call *call)
{
	e->fn = call->fn;
	e->nint = (uint8_t)call->nint;
	e->nfp = (uint8_t)call->nfp;
	e->watched = false;
	gr_entry_copy_args(e, call->arg);
}

/* From a worker: into its ring. A thread that is none: into the global queue. */
static int begin(const struct gr_entry *entry, void *site)
{
	struct gr_caller me;
	struct gr_coro *co;
	uint64_t birth = gr_load_relaxed(&gr_sched.birth);
	int rc = gr_caller_enter_try(&me);

	if (rc != 0)
		return rc;
	co = gr_coro_make(me.worker != NULL ? &me.worker->coros : NULL,
		me.worker != NULL ? &me.worker->stacks : NULL, entry, gr_sched.stack_class, birth);
	if (co == NULL) {
		rc = -ENOMEM;
		goto leave;
	}
	co->site = site;
	gr_fiber_release(&co->wait);
	gr_coro_move(co, GR_CORO_ASLEEP, GR_CORO_QUEUED);
	gr_owing_begin(me.worker);
	if (gr_likely(me.worker != NULL)) {
		gr_bump(me.worker->counters.spawned); /* before it can end (gr_sched_alive) */
		gr_ready_fresh(me.worker, co);
	} else {
		gr_fetch_add_relaxed(&gr_sched.foreign_spawned, (uint64_t)1);
		gr_inject_push(co, co, 1);
	}
	gr_idle_notify();
	gr_owing_end(me.worker);
	if (gr_unlikely(birth & GR_CORO_PLAYED)) {
		gr_sim_spawned(me.worker, co);
		gr_sim_point(me.worker);
	}
leave:
	gr_caller_leave(&me);
	return rc;
}

int goro_go_call(const struct goro_call *call)
{
	struct gr_entry entry;

	if (call == NULL || call->fn == NULL || call->nint > GR_ENTRY_ARGS ||
		call->nfp > GR_ENTRY_ARGS - call->nint)
		return -EINVAL;
	pack_entry(&entry, call);
	return begin(&entry, __builtin_return_address(0));
}

int goro_go(void (*fn)(void *), void *arg)
{
	struct gr_entry entry = {
		.fn = (void (*)(void))fn,
		.nint = 1,
		.arg = { (uint64_t)(uintptr_t)arg },
	};

	return fn == NULL ? -EINVAL : begin(&entry, __builtin_return_address(0));
}

int gr_go_watched(void (*fn)(void *), void *arg, void (*unborn)(void *))
{
	struct gr_entry entry = {
		.fn = (void (*)(void))fn,
		.nint = 2, /* fn does not look at the second */
		.watched = true,
		.arg = { (uint64_t)(uintptr_t)arg, (uint64_t)(uintptr_t)unborn },
	};

	return begin(&entry, __builtin_return_address(0));
}

void gr_go_unborn(const struct gr_coro *co)
{
	const struct gr_entry *e = &co->entry;

	if (e->watched)
		((void (*)(void *))(uintptr_t)e->arg[1])((void *)(uintptr_t)e->arg[0]);
}

void goro_yield(void)
{
	gr_park_yield();
}

int goro_sleep(int64_t ns)
{
	struct gr_caller me;
	int rc = gr_caller_enter(&me);

	if (rc != 0)
		return rc;
	if (ns <= 0) {
		gr_park_yield();
	} else {
		gr_park_begin(&me);
		rc = gr_park(&me, gr_clock_after(gr_now(), ns), NULL, NULL, "sleep", NULL);
	}
	gr_caller_leave(&me);
	return rc == -ETIMEDOUT ? 0 : rc;
}

uint64_t goro_id(void)
{
	struct gr_coro *co = gr_running();

	return co == NULL ? 0 : gr_coro_id(co);
}

int goro_set_name(const char *name)
{
	struct gr_coro *co = gr_running();

	if (name == NULL)
		return -EINVAL;
	if (co == NULL)
		return -EPERM;
	strncpy(co->name, name, GR_CORO_NAME - 1); /* the rest is zeroed: a dump sees an end */
	return 0;
}

int goro_cancelled(void)
{
	struct gr_coro *co = gr_running();

	return co != NULL && gr_cancelled(co);
}
