/* SPDX-License-Identifier: MIT */
/* asleep.h: can nothing ever run again? (D16)
 *
 * Reported once a run, and nothing else is done: a signal handler or a debugger may still know what
 * to do. Asked when all workers sleep, by the monitor or by the player of the workers.
 */
#ifndef GR_SCHED_ASLEEP_H
#define GR_SCHED_ASLEEP_H

#include <stdbool.h>

/* `report`: nobody but goro's threads and one that waits for the end can wake a coroutine, so that
 * it is worth a word. */
void gr_asleep_start(bool report);

/* Besides the workers and the monitor so many threads are goro's, and wake nobody by themselves. */
void gr_asleep_helpers(unsigned n);

/* The same for those of libuv's pool, which stay when the run ends. */
void gr_asleep_pool(unsigned n);

/* One more, or one less, from which something may come for which no coroutine needs to be parked: a
 * signal. From anywhere. */
void gr_asleep_source(int more);

/* Reports if nothing can, and this process has no other threads than `ours`. All workers sleep, or
 * have lain down for it. */
void gr_asleep_look(unsigned ours);

#endif
