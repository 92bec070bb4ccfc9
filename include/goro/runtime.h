/* SPDX-License-Identifier: MIT */
/* runtime.h: start and stop the threads that run coroutines.
 *
 * A program that is all goro calls goro_run() in main(). A program that has a main loop of its own
 * calls goro_start(), uses channels and locks from its threads, and calls goro_stop() at the end.
 * One runtime at a time in a process; after it has stopped another may start. After fork() the
 * child has none.
 *
 * Deterministic mode (`seed`, `virtual_time` or $GORO_SEED) is for tests: docs/testing.md. One thread
 * plays all the workers (4, if nobody says how many, whatever the machine has); which coroutine goes
 * on at each scheduling point, steals, what a select chooses, how late a timer is and how long a
 * step takes follow from the seed. goro_now() begins at a constant; it jumps to the earliest
 * deadline when all coroutines sleep, so that an hour of sleeping takes no time. What plain threads
 * do in calls of the library works as always, but it is not the seed's. There are no spares: C code
 * that never comes to a scheduling point holds up everything.
 *
 * Environment
 *   GORO_WORKERS=n       in place of a 0 in goro_config.workers
 *   GORO_SEED=n          deterministic mode with this seed, where goro_config asks for neither a
 *                        seed nor virtual time; 0: virtual time alone
 *   GORO_EVENT_LOG=path  in deterministic mode: appends a line for each event to this file. The same
 *                        seed writes the same bytes.
 */
#ifndef GORO_RUNTIME_H
#define GORO_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#include "goro/attributes.h"
#include "goro/error.h"

GORO_BEGIN

/** How a runtime is set up. Begin with GORO_CONFIG_INIT and change what you want different. */
typedef struct goro_config {
	size_t size;       /* of this structure; set by GORO_CONFIG_INIT */
	int workers;       /* threads that run coroutines at once. 0: $GORO_WORKERS, or else the
	                      CPUs this process may use (affinity, cgroup quota) */
	int max_spares;    /* further threads while all workers are held up in C code. -1: the
	                      default, 16; 0: none */
	size_t stack_size; /* bytes a coroutine can use, rounded up to a class. 0: the default,
	                      192 KiB; at most 1 GiB */
	int64_t drain;     /* nanoseconds a stop waits for coroutines to end; default 5 s */
	uint64_t seed;     /* not 0: deterministic mode, every choice follows from this number */
	int virtual_time;  /* not 0: deterministic mode; with no seed: in order and on time */
	void (*on_panic)(const goro_error *error, void *arg); /* told of a detached coroutine that
	                      failed; runs on a thread of the runtime. NULL: one line on stderr */
	void *on_panic_arg;
	int trap_faults; /* not 0: a hardware fault in user code becomes a panic */
} goro_config;

#ifdef __cplusplus
#define GORO_CONFIG_INIT                                                                     \
	{                                                                                    \
		sizeof(goro_config), 0, -1, 0, GORO_DRAIN_DEFAULT, 0, 0, nullptr, nullptr, 0 \
	}
#else
#define GORO_CONFIG_INIT                                                               \
	{                                                                              \
		sizeof(goro_config), 0, -1, 0, GORO_DRAIN_DEFAULT, 0, 0, NULL, NULL, 0 \
	}
#endif

#define GORO_DRAIN_DEFAULT ((int64_t)5000000000)

/** Starts a runtime, runs `fn` in its first coroutine, the root, waits for it and stops.
 *
 *  @param fn   what the root coroutine does. When it returns, the others are cancelled.
 *  @param arg  handed to fn.
 *
 *  @return 0           fn has returned and everything has ended
 *  @return -EINVAL     fn is NULL, or $GORO_WORKERS or $GORO_SEED is not such a number
 *  @return -EBUSY      a runtime runs already, or coroutines of an earlier one never ended
 *  @return -ENOMEM     no memory, or the system refuses even one thread
 *  @return -ETIMEDOUT  fn has returned, but coroutines had not ended after the drain time; they
 *                      are named on stderr, and what they hold stays allocated
 *
 *  Blocks    until the runtime has stopped. The calling thread stays outside: fn runs on another.
 *  Threads   any thread that is not a coroutine's.
 *  Owner     keeps nothing.
 *  Source    src/runtime/runtime.c, examples/01_hello.c.
 */
GORO_API int goro_run(void (*fn)(void *), void *arg);

/** The same with a configuration.
 *
 *  @param cfg  NULL: defaults. Copied.
 *  @param fn   as for goro_run().
 *  @param arg  as for goro_run().
 *
 *  @return as goro_run(), and:
 *  @return -EINVAL     a field of cfg is out of range
 *  @return -ENOTSUP    a field of cfg asks for what this build does not have
 *
 *  Blocks, Threads, Owner, Source: as for goro_run().
 */
GORO_API int goro_run_config(const goro_config *cfg, void (*fn)(void *), void *arg);

/** Starts a runtime in the background; the caller stays a plain thread.
 *
 *  @param cfg  NULL: defaults. Copied.
 *
 *  @return 0           running: go(), channels and locks work from every thread
 *  @return -EINVAL     a field of cfg, $GORO_WORKERS or $GORO_SEED is out of range
 *  @return -ENOTSUP    a field of cfg asks for what this build does not have
 *  @return -EBUSY      a runtime runs already, or coroutines of an earlier one never ended
 *  @return -ENOMEM     no memory, or the system refuses even one thread
 *
 *  Threads   any thread that is not a coroutine's.
 *  Source    src/runtime/runtime.c, examples/07_plain_thread.c.
 */
GORO_API int goro_start(const goro_config *cfg);

/** Cancels all coroutines, wakes plain threads that wait in calls of the library, waits for both
 *  to leave and stops the threads.
 *
 *  @return 0           stopped; everything is freed
 *  @return -EPERM      no runtime is running
 *  @return -EDEADLK    called in a coroutine, which it would wait for
 *  @return -ETIMEDOUT  stopped, but coroutines or threads had not ended after the drain time;
 *                      they are named on stderr, and what they hold stays allocated
 *
 *  Blocks    at most about goro_config.drain.
 *  Threads   any thread that is not a coroutine's. One stop at a time: a second gets -EPERM.
 *  Source    src/runtime/runtime.c.
 */
GORO_API int goro_stop(void);

/** How many workers the runtime was set up with; spares are not counted.
 *
 *  @return at least 1
 *  @return -EPERM      no runtime is running
 *
 *  Threads   any.
 */
GORO_API int goro_workers(void);

GORO_END

#endif
