/* SPDX-License-Identifier: MIT */
/* core.c: the program soak: the loads of core.h together. */
#include "core.h"

const char *const soak_name = "soak";
const char *const soak_kinds[] = { "go", "chan", "select", "thread", "timer", "sleep", "mutex",
	"rwmutex", "cond", "sem", "barrier", "once", "deep", "held up", "local", "look" };
const unsigned soak_nkinds = SOAK_KINDS;
const double soak_fds_factor = 1;

void soak_program_begin(void)
{
	soak_life_begin();
	soak_locks_begin();
	soak_flow_begin();
}

void soak_program_close(void)
{
	soak_flow_close();
}

void soak_program_ended(void)
{
}

/* What a stop in the midst left in the channels is found in the next runtime. */
void soak_program_settle(void)
{
	soak_flow_settle();
	soak_runtime_start();
	soak_flow_end();
	CHECK_EQ(goro_stop(), 0);
	soak_locks_end();
	soak_life_end();
}

void soak_program_say(void)
{
}

/* None of its loads keeps others from having descriptors. */
void soak_descriptors_lock(void)
{
}

void soak_descriptors_unlock(void)
{
}
