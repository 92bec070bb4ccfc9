/* SPDX-License-Identifier: MIT */
/* watchdog.h: in checked builds the monitor proves, look after look, that no wake-up was lost.
 *
 * A thread may be kept from running by the kernel for as long as it likes, so "nothing happened for
 * 10 ms" proves nothing. What it takes, at two looks 10 ms apart:
 *
 *  G1  A runnable coroutine stood where others may take it: the same one at the front of the same
 *      queue; in a worker's own queue only while that worker runs one coroutine all the time.
 *  G2  Somebody slept, nobody searched, and between the looks nobody began or ended a search, lay
 *      down or was woken (gr_witness.moves: read first at the first look, last at the second).
 *  G3  Nobody stood between a change and the notify that has to follow it: neither who makes work
 *      visible, nor who stops searching, nor who lies down. Each says so (gr_owing_begin()). It is
 *      looked at after the coroutine of G1 was seen: so its notify is over.
 *
 * By idle.h I3 there is no such state. And the other half, for who was told but sleeps on:
 *
 *  G4  A seat has been woken, its waker has done, and its thread still stands in the same
 *      futex_wait at the second look; and a futex_wake then finds it asleep, which the kernel says,
 *      and afterwards it has left no more than that one. A thread that only waits for a processor
 *      is not found.
 *
 * Then it dumps and aborts. An alarm is proof of a fault of goro; that there is none proves less:
 * where others are busy, somebody comes by who finds what was forgotten.
 */
#ifndef GR_SCHED_WATCHDOG_H
#define GR_SCHED_WATCHDOG_H

/* By the monitor, before it mends anything. Takes 10 ms if there is something to be suspicious of.
 * Nothing in other builds. */
#ifdef GORO_DEBUG
void gr_watchdog_look(void);
#else
static inline void gr_watchdog_look(void)
{
}
#endif

#endif
