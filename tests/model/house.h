/* SPDX-License-Identifier: MIT */
/* house.h: workers for models of what parks: real coroutines, switched by the real sched/park.c,
 * with as little as possible below and beside it. Sources: model/house.c and HOUSE's in
 * park.model.
 *
 * What the house has of its own: a mailbox instead of the global queue (what outsiders make
 * runnable), timers that a model thread fires, stacks from the engine. Workers do not steal, and
 * leave when nobody can go on.
 */
#ifndef GR_MODEL_HOUSE_H
#define GR_MODEL_HOUSE_H

#include "model.h"
#include "sched/park.h"

/* In setup: so many workers, and then each coroutine, which begins on that worker. */
void house_open(unsigned workers);
struct gr_coro *house_spawn(unsigned worker, void (*run)(void *arg), void *arg, const char *name);

/* Model thread: cancels the coroutine that was spawned first. */
void house_cancel(void *unused);

/* setup_NAME(): the model's own furnish(), with these arguments. */
#define HOUSE_SETUP(name, ...)         \
	static void setup_##name(void) \
	{                              \
		furnish(__VA_ARGS__);  \
	}

/* In a coroutine: another one on its worker, in the place of the one that ended there last. */
void house_spawn_here(void (*run)(void *arg), void *arg);

/* Model threads: worker 0, 1, …; and the one that lets deadlines pass, whenever it likes. */
void house_worker(void *number);
void house_timer(void *unused);
#define HOUSE_WORKER(n)                                                                  \
	{                                                                                \
		.name = "worker " #n, .run = house_worker, .arg = (void *)(uintptr_t)(n) \
	}
#define HOUSE_TIMER                                 \
	{                                           \
		.name = "timer", .run = house_timer \
	}

/* How often somebody said that there is work for others. */
extern unsigned house_notified;

/* In check: all coroutines must have ended. */
void house_close(void);

#endif
