/* SPDX-License-Identifier: MIT */
/* ports.h: what the scheduler asks of the rooms above it. runtime/ hands the functions in at
 * start, so that no room of this floor imports upwards.
 */
#ifndef GR_SCHED_PORTS_H
#define GR_SCHED_PORTS_H

#include <stdint.h>

#include "base/compiler.h"

struct gr_coro;

/* Coroutines claimed and delivered, on their way into a queue (ready.h). */
struct gr_ready_batch {
	struct gr_coro *first;
	struct gr_coro *last;
	unsigned count;
};

struct gr_ports {
	/* On the coroutine's own stack, after its function has returned: what ends with it
	 * (locals; in the child of a fork, the process). It may park. */
	void (*finish)(struct gr_coro *co);
	/* On a worker's stack: `co` can't have a stack, and ends without having run. */
	void (*stillborn)(struct gr_coro *co);
	/* On the monitor's stack: nothing can ever run again (D16); called once. */
	void (*all_asleep)(void);
	/* On the monitor's stack, before an abort: says on stderr what everybody does. */
	void (*dump)(void);
	/* The poller. Both are called only while gr_idle_poller() says that there is one.
	 *
	 * On a worker's own stack: adds to `out` whoever waits for what has happened outside. If
	 * `until` has passed it does not block, and does nothing if another worker is at it. Else
	 * it waits until something has happened, until that time, or until poll_wake(), which may
	 * come from any thread and also before the wait; it may come back earlier. */
	void (*poll)(int64_t until, struct gr_ready_batch *out);
	void (*poll_wake)(void);
};

extern GR_HIDDEN struct gr_ports gr_ports;

#endif
