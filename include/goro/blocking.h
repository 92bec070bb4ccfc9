/* SPDX-License-Identifier: MIT */
/* blocking.h: calls that block a thread, and must not block a worker.
 *
 *     static int look_up(void *arg)
 *     {
 *             struct query *q = arg;
 *
 *             return sqlite3_step(q->statement);
 *     }
 *
 *     rc = goro_blocking(look_up, &query);
 */
#ifndef GORO_BLOCKING_H
#define GORO_BLOCKING_H

#include "goro/attributes.h"

GORO_BEGIN

/** Calls fn(arg) on a thread of a pool made for that, and waits for it.
 *
 *  @param fn   may take its time, and block. It runs on a thread that is no coroutine, on a stack
 *              of at least 256 KiB, with all signals blocked; it may call whatever a plain thread
 *              may, channels included. It must return.
 *  @param arg  handed to it; may be a local of the caller.
 *
 *  @return              what fn returned
 *  @return -EINVAL      fn is NULL                                 ┐
 *  @return -EPERM       not in a coroutine                         │ fn has
 *  @return -ECANCELED   the coroutine is cancelled, or was before  │ not run,
 *                       fn had begun                               │ nor will
 *  @return -EAGAIN, -ENOMEM                                        │ it
 *                       the system gives no thread                 ┘
 *
 *  Blocks    parks. A cancel withdraws what has not begun, and waits for what runs: then the result
 *            is fn's, since it was done.
 *  Threads   up to 64 at once, started when they are needed and ended by the stop of the runtime;
 *            what is more waits in order. Files and names have other threads.
 *  Owner     nothing is kept: when it returns fn has returned too, or will never run.
 *  Source    src/io/blocking.c.
 */
GORO_API int goro_blocking(int (*fn)(void *), void *arg);

GORO_END

#endif
