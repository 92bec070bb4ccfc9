/* SPDX-License-Identifier: MIT */
/* goro.h: coroutines on every core, channels, select, and locks that park.
 *
 *     #include <goro.h>
 *     #include <stdio.h>
 *
 *     static void square(chan(int) out, int n)
 *     {
 *             chan_send(out, n * n);
 *             chan_free(out);
 *     }
 *
 *     static void root(void *arg)
 *     {
 *             chan(int) c = chan_make(int, 0);
 *             int v;
 *
 *             (void)arg;
 *             go(square, chan_ref(c), 7);
 *             if (chan_recv(c, &v) == 0)
 *                     printf("%d\n", v);
 *             chan_free(c);
 *     }
 *
 *     int main(void)
 *     {
 *             return goro_run(root, NULL) == 0 ? 0 : 1;
 *     }
 *
 * The conventions that hold for every function:
 *   errors   an int: 0 or a count, or a negative errno value (goro/error.h); errno is never the
 *            channel. Wrong arguments are told before anything else.
 *   time     int64_t nanoseconds; a deadline is a point on goro_now() (goro/time.h).
 *   cancel   in a cancelled coroutine every call that could wait returns -ECANCELED, and what it
 *            had not done is not done.
 *   threads  every call works from a coroutine, which it parks, and from any other thread, which
 *            it blocks, while the runtime runs. Without a runtime: -EPERM.
 *
 * Each part can be included alone. In C++ the untyped functions are there and no short names.
 */
#ifndef GORO_H
#define GORO_H

/* In the order of learning. */
/* clang-format off */
#include "goro/attributes.h"
#include "goro/version.h"

#include "goro/error.h"
#include "goro/time.h"

#include "goro/runtime.h"

#include "goro/go.h"

#include "goro/chan.h"
#include "goro/select.h"
#include "goro/timer.h"

#include "goro/waitgroup.h"
#include "goro/mutex.h"
#include "goro/rwmutex.h"
#include "goro/cond.h"
#include "goro/sem.h"
#include "goro/once.h"
#include "goro/barrier.h"
#include "goro/local.h"

#include "goro/net.h"
#include "goro/blocking.h"
#include "goro/fs.h"
#include "goro/resolve.h"
#include "goro/udp.h"
#include "goro/signal.h"
#include "goro/process.h"

#include "goro/inspect.h"

#include "goro/short.h"
/* clang-format on */

#endif
