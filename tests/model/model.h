/* SPDX-License-Identifier: MIT */
/* model.h: what a model sees of the checker that explores goro's real sources.
 *
 * A model is a program of a few threads that call real functions of src/, compiled against the
 * atomic.h of include/ here. Every atomic operation is a question to the engine, which runs the
 * program again and again until all answers have been given:
 *
 *   - who goes on? (explore.c) At most --preemptions switches away from a thread that could go on;
 *     switches away from one that waits or ends are free.
 *   - what does this load read? (memory.c) Not only the last store: any that C11 allows, as far as
 *     stores, release sequences, fences and the orders of loads do not forbid it. At most --stale
 *     answers of an execution are not the newest.
 *
 * An execution fails with one of these kinds (engine.h):
 *   check     MODEL_CHECK or GR_CHECK is false
 *   race      two plain accesses, or a plain and an atomic one, without order (race.c); the plain
 *             accesses are seen because the compiler tells of them as it would tell
 *             ThreadSanitizer (instrument.c)
 *   dead      memory was touched after model_free(), or a frame after its function's end, or
 *             without an order that says it was before
 *   deadlock  nobody can go on, and not all have ended: a lost wake-up looks like this
 *   livelock  an execution with more steps than --steps
 *   crash     a signal, as a context resumed too early brings it
 *
 * It prints the schedule, and a string for --replay, which shows the same execution once more.
 *
 * Waiting: a thread that spins (gr_cpu_relax, gr_os_nap) goes on when a store has changed
 * something it has read since it last spun; one in gr_os_futex_wait, when it is woken, or, if it
 * has a deadline, at any time.
 *
 * What is not explored: load buffering (a load that reads a store which comes later); a
 * read-modify-write that reads anything but the newest store; more threads than these.
 */
#ifndef GR_MODEL_MODEL_H
#define GR_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_THREADS 5 /* of one model; the setup is another one */

struct model_thread {
	const char *name;
	void (*run)(void *arg);
	void *arg;
};

struct model {
	const char *name;
	void (*setup)(void); /* before all threads; globals are as when the program began */
	void (*check)(void); /* after all have ended; may be NULL */
	struct model_thread threads[MODEL_THREADS];
	unsigned preemptions; /* the bounds, where the defaults are not fit; 0: the defaults */
#define MODEL_NONE UINT32_MAX /* … and this: 0 */
	unsigned stale;
	const char
		*outcomes; /* the engine's tests: exactly what model_outcome() must hear, "a|b" */
	const char *fails; /* the same: the failure that must be found */
};

/* Explores each; returns what main() returns. */
int model_main(int argc, char **argv, const struct model *models, size_t count);

#define MODEL_CHECK(cond) ((cond) ? (void)0 : model_check_failed(__FILE__, __LINE__, #cond))
void model_check_failed(const char *file, int line, const char *cond);

/* An arbitrary number below n; all are tried. */
unsigned model_choose(unsigned n);

/* Who calls: 0 is the setup and the check, 1 the first thread, … */
unsigned model_self(void);

/* Memory of this execution, zeroed. Freed memory is not handed out again. */
void *model_alloc(size_t size);
void model_free(void *p);

/* True: the C library has no memory. */
extern bool model_no_memory;

/* A stack for a context of the model's own; returns its high end. */
void *model_stack_get(void);
void model_stack_put(void *top);

/* Schedules and reports call the object by this name. */
void model_name(const void *p, size_t size, const char *name);

/* Waits until a store has changed something that the caller has read since it last waited. */
void model_spin(void);

/* Where a thread that waits for nothing pauses: the third time that nothing has changed since, others go
 * on first. Returns 0. */
unsigned model_pause(void);

/* Messages between threads of a model, for what is no part of what it explores: no step, in order,
 * and all that came before the sending is before the receipt. NULL: nobody can go on any more but
 * those who receive. */
#define MODEL_QUEUES 4
void model_send(unsigned queue, void *message);
void *model_receive(unsigned queue);

/* Ends this execution as a deadlock: somebody sleeps whom nobody will wake. */
void model_stuck(const char *who);

/* A line of the schedule, for what no operation tells. */
void model_note(const char *text);

/* Litmus tests: this execution has ended so. */
void model_outcome(const char *text);

#endif
