/* SPDX-License-Identifier: MIT */
/* idle.h: which workers sleep, which search, which one watches the clock; and why no wake-up
 * is lost.
 *
 * Each thread that may run coroutines has a seat. One word counts three sorts of them:
 *
 *   state = taken << 32 | sleeping << 16 | searching         (awake = taken - sleeping)
 *
 * Waking a thread costs its waker microseconds and takes tens of them, so wakes are few: who
 * makes work visible wakes a sleeper only if nobody searches; a searcher that finds something
 * and was the last one wakes the next; at most half of the awake ones search.
 *
 * Invariants
 *  I1  A seat is in the list of sleepers, or awake. Both counts change together with the list,
 *      under its lock; only "stop searching without going to sleep" is a lone decrement.
 *  I2  Who wakes a seat takes it out of the list and counts it as searching, on its behalf;
 *      so between a wake and the moment it takes effect nobody wakes a second one.
 *  I3  No lost wake-up (Dekker). The one who has work: makes it visible in a queue, fence,
 *      reads `state`. The one who goes to sleep: enters the list and changes `state`, fence,
 *      looks at all queues once more if it was the last to search. One of the two sees the
 *      other. If the former sees a searcher instead, that searcher will look again before it
 *      sleeps. What lies in a next-slot is exempt: its owner runs it, or the monitor sees that
 *      the owner stands still (monitor.c).
 *  I4  At most one sleeper holds the watch: it sleeps no longer than to `watch_until`. Who arms
 *      an earlier timer: publishes it, fence, reads `watch_until`, pokes the holder if it is
 *      later. The holder: stores `watch_until`, fence, reads the earliest timer again. If all
 *      are asleep somebody holds the watch, as each asks for it before it sleeps and lets go
 *      of it only when it wakes. If nobody holds it, somebody is awake, and looks at the timers
 *      every so many scheduling points; and the monitor looks after those who do not come by
 *      one.
 *  I5  The monitor sleeps while all seats do. Store–load pair: it stores `guard_asleep`, fence,
 *      counts who is awake; who wakes up has changed that count, fence, and reads
 *      `guard_asleep`.
 *  I6  If there is a poller, the holder of the watch sleeps in it, not on its futex. It says so in
 *      its seat's futex word (POLLING) before it looks at the word a last time; who wakes or pokes
 *      it changes the same word and finds that out. Both are read-modify-writes, so one sees the
 *      other.
 *  I7  The fences of I3 and I4 are the asymmetric pair of base/atomic.h: light for those who make
 *      work, heavy for those who go to sleep, since the former happens a million times more often. But
 *      heavy is a system call that interrupts others, and a server with little to do sleeps after each
 *      request. So the light half is for workers that are awake alone, and who goes to sleep as the
 *      last one of these needs no heavy one:
 *      - Who is asleep or gone by then has changed `state` before, so what it did is seen; and it changes
 *        `state` again before it does more, so then it sees the sleeper. (The watch is no part of
 *        `state`: hence the fence of who gets up or joins, against the one in keep_watch().)
 *      - Who is no worker, or one that is counted as asleep (it is in the poller), passes a full fence:
 *        its work goes through the global queue, which has one in gr_inject_push(), its timers through
 *        gr_timer_arm().
 *
 * What orders these words are fences, and the lock, under which all of them lie down and are taken out
 * of the list; the words themselves are relaxed. Not so `poller`, with which the poller itself is handed
 * over; `watcher`, with which the watch is; a wake, which brings its change of `state` before the fence of
 * I5; POLLING, which brings the waker behind what those who slept in the poller before have done
 * there; and `state` where it says that a seat sleeps or is left, which brings the timers it has armed (I7).
 *
 * Source: the protocol of Go's proc.go ("submission of work against idling") and the counters of
 * Tokio's idle.rs; one thread that sleeps in the poller for all, as in both.
 */
#ifndef GR_SCHED_IDLE_H
#define GR_SCHED_IDLE_H

#include <stdbool.h>
#include <stdint.h>

/* All seats up to `count` begin as not taken. -ENOMEM. */
int gr_idle_start(unsigned count);
void gr_idle_stop(void);

/* A thread takes its seat (awake), or gives it up (awake). */
void gr_idle_join(unsigned seat);
void gr_idle_leave(unsigned seat);

/* Work has become visible in a queue: wakes a sleeper if nobody searches. */
void gr_idle_notify(void);

/* The same for one who knows that all those awake are held up: wakes one in any case. */
bool gr_idle_kick(void);

void gr_idle_wake_all(void);

/* May this worker search others' queues? If true it counts as searching. */
bool gr_idle_search_begin(void);

/* Stops searching; true: it was the last one, so if it found work another should search. */
bool gr_idle_search_end(void);

/* First half of going to sleep. True: the caller was the last searcher, and must look at all
 * queues once more; if it finds something, it calls gr_idle_notify() and goes on as usual. */
bool gr_idle_lie_down(unsigned seat, bool searching);

/* Second half: sleeps until somebody wakes this seat (true: it counts as searching now) or, if it
 * got the watch, until the earliest timer or until the poller has brought something (false: it
 * does not). `earliest` gives the earliest timer's time, INT64_MAX if there is none; `poll` asks
 * the poller and sleeps there until such a time: true if it brought something. */
bool gr_idle_sleep(unsigned seat, int64_t (*earliest)(void), bool (*poll)(int64_t until));

/* There is a poller now, or there is none any more. Before gr_idle_stop() it is taken away. */
void gr_idle_poller_set(bool there);
bool gr_idle_poller(void);

/* Gets up without having slept. True: somebody has woken this seat already. */
bool gr_idle_get_up(unsigned seat);

/* A timer due at `when` is visible in its shard. True: the holder of the watch sleeps longer
 * than that, and gr_idle_poke() is due (apart, since it is a system call). */
bool gr_idle_oversleeps(int64_t when);
void gr_idle_poke(void);

/* For the monitor: sleeps until a seat is awake, or until *quit is set, fence, and gr_idle_rouse()
 * called. */
void gr_idle_await_waking(const uint32_t *quit);
void gr_idle_rouse(void);

/* For the monitor and the stats. */
unsigned gr_idle_sleeping(void);
unsigned gr_idle_searching(void);
unsigned gr_idle_awake(void);
bool gr_idle_watched(void);
uint64_t gr_idle_wakes(void); /* how often a sleeper has been woken */

#endif
