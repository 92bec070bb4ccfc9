/* SPDX-License-Identifier: MIT */
#include "sched/asleep.h"

#include "os/os.h"
#include "sched/idle.h"
#include "sched/inject.h"
#include "sched/ports.h"
#include "sched/thread.h"
#include "sched/timer.h"
#include "sched/worker.h"

static bool wanted;
static bool reported;
static uint32_t helpers;
static uint32_t pool;
static int sources;

void gr_asleep_start(bool report)
{
	wanted = report;
	reported = false;
	gr_store_relaxed(&helpers, 0u);
}

void gr_asleep_helpers(unsigned n)
{
	gr_store_relaxed(&helpers, n);
}

void gr_asleep_pool(unsigned n)
{
	gr_store_relaxed(&pool, n);
}

void gr_asleep_source(int more)
{
	gr_fetch_add_relaxed(&sources, more);
}

/* Who calls from outside leaves work before he leaves: so the callers are looked at first. */
static bool nothing_can_run(void)
{
	return gr_load_acquire(&gr_sched.state) == GR_SCHED_RUNNING && gr_thread_count() == 0 &&
		gr_inject_len() == 0 && gr_timer_next() == INT64_MAX && gr_sched_outside() == 0 &&
		gr_load_relaxed(&sources) == 0 && gr_idle_awake() == 0;
}

void gr_asleep_look(unsigned ours)
{
	if (!wanted || reported || gr_sched_alive() == 0 || !nothing_can_run())
		return;
	ours += gr_load_relaxed(&helpers) + gr_load_relaxed(&pool);
	if (gr_os_thread_count() != (int)ours)
		return;
	reported = true;
	gr_ports.all_asleep();
}
