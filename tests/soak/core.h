/* SPDX-License-Identifier: MIT */
/* core.h: the loads of the program soak. */
#ifndef GORO_SOAK_CORE_H
#define GORO_SOAK_CORE_H

#include "soak.h"

/* What is counted, each by its load. */
enum soak_kind {
	SOAK_GO,
	SOAK_CHAN,
	SOAK_SELECT,
	SOAK_THREAD,
	SOAK_TIMER,
	SOAK_SLEEP,
	SOAK_MUTEX,
	SOAK_RWMUTEX,
	SOAK_COND,
	SOAK_SEM,
	SOAK_BARRIER,
	SOAK_ONCE,
	SOAK_DEEP,
	SOAK_HELD_UP,
	SOAK_LOCAL,
	SOAK_LOOK,
	SOAK_KINDS
};

/* Each load: begin before the phase what is needed, begin its actors in the runtime, check what it
 * promises after the stop. */
void soak_flow_begin(void);
void soak_flow_close(void); /* all that send have ended */
void soak_flow_settle(void);
void soak_flow_end(void); /* in a runtime of its own, later */
void soak_locks_begin(void);
void soak_locks_end(void);
void soak_life_begin(void);
void soak_life_end(void);

#endif
