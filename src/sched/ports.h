/* SPDX-License-Identifier: MIT */
/* ports.h: what the scheduler asks of the rooms above it. runtime/ hands the functions in at
 * start, so that no room of this floor imports upwards.
 */
#ifndef GR_SCHED_PORTS_H
#define GR_SCHED_PORTS_H

#include <stdint.h>

#include "base/compiler.h"

struct gr_coro;

struct gr_ports {
	/* On the coroutine's own stack, after its function has returned: what ends with it
	 * (locals; in the child of a fork, the process). It may park. */
	void (*finish)(struct gr_coro *co);
	/* On a worker's stack: `co` can't have a stack, and ends without having run. */
	void (*stillborn)(struct gr_coro *co);
	/* On the monitor's stack: nothing can ever run again (D16); called once. */
	void (*all_asleep)(void);
};

extern GR_HIDDEN struct gr_ports gr_ports;

#endif
