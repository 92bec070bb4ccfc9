/* SPDX-License-Identifier: MIT */
/* loop.h: who may touch the uv_loop_t, and when.
 *
 * There is one loop, made when the first coroutine asks for it. Nobody owns it for good: it goes
 * with a baton. The idle worker that keeps the watch (sched/idle.h) takes the baton and blocks in
 * the loop; a busy one takes it now and then and looks without blocking; who has something to be
 * done there takes it if it lies about.
 *
 * Invariants
 *  L1  Only the holder of the baton touches the uv_loop_t and its handles. The holder blocks only if it
 *      keeps the watch, so that who waits for the baton of somebody else never waits long.
 *  L2  What others want done they post (request.h). Store–load pair: who posts pushes, fence,
 *      reads `blocked` and rings the bell if it is set; the owner sets `blocked`, fence, looks
 *      at the list, and only then blocks. So nobody sleeps on a request that nobody looks at. If
 *      the owner is not blocked, whoever runs the loop next drains first.
 *  L3  Whom an event wakes is claimed while the loop runs, and handed to the scheduler in one
 *      batch when it is back.
 *  L4  The loop is closed when all workers have been joined, without the baton: nobody is left who
 *      could want it. What cannot be called off (a getaddrinfo() in libuv's pool) may outlive that:
 *      then the uv_loop_t stays as it is, and the next run's loop is the same one.
 *  L5  A wake is for the holder of the watch, and may come before he blocks: while he is on his way
 *      another worker, which only looks, may silence the bell. So a wake leaves a mark, which he alone
 *      looks at and clears. The mark comes before the ring; who has silenced that had the baton, so who has
 *      the baton after him sees the mark. (A mark set while he comes back is for him: he still holds the
 *      watch.)
 *  L6  Who waits does so on the loop's backend, as libuv allows for embedding it in another loop, and
 *      takes the events of our own descriptors, and of the bell, from there: a few at once, which is what a
 *      cache wants, and with the deadline's own precision. (uv_run() takes up to 48 times 1024, and since
 *      nobody reads meanwhile it sees each of them again and again. So the bell is ours, too, and no
 *      uv_async_t, which only uv_run() could silence.) What is not an event of ours it leaves
 *      to uv_run(), which asks the kernel again: readiness is level-triggered. uv_run() is due first
 *      if a request has run or something was armed, since that goes to the kernel there, and if libuv
 *      has a timer or a close to see to; nobody blocks while it is due.
 *
 * Source: libuv's design page ("a loop is not tied to a thread, but used by one at a time"); the
 * token that travels between idle workers is Tokio's. A thread of its own for the loop costs two
 * thread hops an event; docs/io.md has the figures.
 */
#ifndef GR_NETPOLL_LOOP_H
#define GR_NETPOLL_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "netpoll/request.h"
#include "sched/ready.h"

struct uv_loop_s;

/* Makes the loop if there is none yet. For coroutines. 0, -ENOMEM, -EMFILE, ... */
int gr_loop_open(void);

/* As sched/ports.h has it. */
void gr_loop_poll(int64_t until, struct gr_ready_batch *out);
void gr_loop_wake(void);

/* Closes it and every handle in it, whose memory is free afterwards (L4). */
void gr_loop_stop(void);

/* From anywhere while the loop is open (L2). */
void gr_loop_post(struct gr_request *r);

/* The same, but the caller does it itself, at once, if nobody has the baton. For workers that hold
 * no lock. */
void gr_loop_post_or_run(struct gr_request *r);

/* For the owner: the loop itself; the number of this round of polling; and to make somebody runnable whom
 * the owner has claimed. */
struct uv_loop_s *gr_loop_uv(void);
uint32_t gr_loop_round(void);

/* For the owner outside of a request: it has armed or disarmed something (L6). */
void gr_loop_touched(void);
void gr_loop_ready(struct gr_wait *claimed);

#endif
