/* SPDX-License-Identifier: MIT */
/* poll.h: readiness of one descriptor: a reader's and a writer's wait.
 *
 * One entry a number, in memory that never moves; it is opened for a descriptor and closed with
 * it, and its uv_poll_t serves all descriptors that have this number one after the other.
 *
 * Invariants
 *  P1  `armed` are the events that libuv watches for; the loop's owner alone changes it, under the
 *      entry's lock. They stay armed: a steady read-park cycle asks the kernel for nothing. Who
 *      parks for an event that is armed has only to leave its wait in the slot; who parks for
 *      one that is not posts the entry.
 *  P2  libuv is level-triggered. So an event that nobody waits for is not remembered: it comes
 *      again. It may come while a reader is on its way to the descriptor, which is long if that
 *      reader is one of many that another worker has been told of before; so only after some of
 *      them in a row the event is disarmed; one round of polling counts once, whatever libuv tells.
 *      Room to write is there nearly always: it has less time, and whoever posts drops it.
 *  P3  An event is no more than a reason to look: the system call says what it was.
 *  P4  A slot holds (word, sequence) of a sleeper, as W4 of wait.h wants of who claims behind a
 *      lock; a sleeper that gave up, or was woken through its other slot, clears it. There is one
 *      for each side: callers of one side come one after the other (io/turn.h).
 *  P5  A descriptor is closed by the loop's owner after it has been disarmed, or by anybody if
 *      nothing of it is armed. The entry is free before close(2), since the number may come back
 *      at once. A posted entry is looked at as it then is, so a request that comes late does
 *      no harm.
 *  P6  libuv makes non-blocking what it is given, and with it the file of everybody who shares it. A
 *      file that blocks is a copy of somebody else's (io/fd.c: F2): so while libuv is told of the
 *      number, another file stands there.
 */
#ifndef GR_NETPOLL_POLL_H
#define GR_NETPOLL_POLL_H

#include "netpoll/request.h"
#include "sched/park.h"

struct gr_poll;

/* As bits: a wait may be for both. */
enum gr_poll_side { GR_POLL_READ = 1, GR_POLL_WRITE = 2 };

/* For a new descriptor, whose owner the entry becomes. The loop is open. NULL: out of memory. */
struct gr_poll *gr_poll_open(int fd);

/* Parks the caller until the descriptor is ready for one of these sides. 0: look again; -ETIMEDOUT,
 * -ECANCELED; -EBADF: evicted; or what libuv said. `looked`: the system call has just said EAGAIN.
 * Otherwise it parks only if the events are armed, else it returns 0 at once. */
int gr_poll_wait(struct gr_caller *me, struct gr_poll *p, unsigned sides, bool looked,
	int64_t deadline, const char *why, const void *what);

/* The same, without being woken by events: until the deadline, a cancel or an eviction. */
int gr_poll_pause(struct gr_caller *me, struct gr_poll *p, unsigned sides, int64_t deadline,
	const char *why, const void *what);

/* For the loop's owner: the kernel says that a number is ready for `what` (enum gr_os_readiness). True:
 * it is armed here and whoever waits for it is woken; false: it is for libuv to see. */
bool gr_poll_ready(int fd, unsigned what);

/* Wakes both sides with -EBADF, and nobody waits any more. */
void gr_poll_evict(struct gr_poll *p);

/* Gives the entry back and closes the descriptor. Nobody waits, nor will. */
void gr_poll_close(struct gr_poll *p);

/* Frees the entries. The loop is closed, and with it their handles. */
void gr_poll_stop(void);

#endif
