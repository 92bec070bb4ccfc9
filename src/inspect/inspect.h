/* SPDX-License-Identifier: MIT */
/* inspect.h: what runtime/ needs of this room. The public half is goro/inspect.h.
 *
 *  N1  Nothing here takes a lock that a stuck coroutine could hold, but for the loader's, which
 *      dladdr(3) takes: a coroutine that is stuck in a constructor run by dlopen() holds it. So in
 *      a report of a fault the names come last.
 *  N2  What another thread may be writing, descriptors and stacks, is read by the kernel for us
 *      (gr_os_read_memory), into a copy. The copy of a parked stack counts only if the wait word
 *      said PARKED before and is unchanged afterwards.
 */
#ifndef GR_INSPECT_INSPECT_H
#define GR_INSPECT_INSPECT_H

#include <stdint.h>

/* On the monitor's stack: says on stderr that nothing can ever run again, and dumps. */
void gr_asleep_report(void);

/* Dumps to stderr. */
void gr_dump_all(void);

/* By the thread that stops: names on stderr who has not ended after `waited_ns`. */
void gr_dump_stragglers(int64_t waited_ns);

/* Reports of hardware faults in coroutines. 0 or negative errno. stop puts back what was there. */
int gr_fault_start(void);
void gr_fault_stop(void);

#endif
