/* SPDX-License-Identifier: MIT */
/* signal.h: signals that arrive through a channel, for a select.
 *
 *     chan(int) stop;
 *
 *     goro_signal(&stop, SIGTERM);
 *     switch (chan_select(chan_on_recv(stop, &signo), chan_on_recv(work, &w)))
 *             ...
 *     chan_free(stop);
 */
#ifndef GORO_SIGNAL_H
#define GORO_SIGNAL_H

#include "goro/attributes.h"
#include "goro/chan.h"

GORO_BEGIN

#ifdef GORO_TYPED
typedef GORO_CHAN(int) goro_signal_chan;
#else
typedef goro_chan *goro_signal_chan;
#endif

/** A channel that receives the signal's number each time the process gets that signal.
 *
 *  @param c      receives a chan(int) of capacity 1. A signal that comes while the last one has not been
 *                taken is dropped, as the kernel itself does. Any number of channels may wait for one
 *                signal, and each receives it. A stop of the runtime ends them: nothing more comes.
 *  @param signo  but none that cannot be caught (SIGKILL, SIGSTOP), and none that tells of a fault
 *                (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT).
 *
 *  @return 0            from now on it is caught
 *  @return -EINVAL      c is NULL, or no such signal
 *  @return -EPERM       not in a coroutine
 *  @return -ECANCELED   the coroutine is cancelled
 *  @return -ENOMEM, -EMFILE
 *                       no room
 *
 *  Blocks    parks for a moment, not until there is a signal.
 *  Threads   goro's own block all signals, so a thread of the program must be there that does not: in
 *            goro_run() it is the caller.
 *  Owner     the caller; chan_free() ends it. When the last channel of a signal has ended, the
 *            signal's action is the default one, whatever it was before.
 *  Source    src/io/signal.c.
 */
GORO_API int goro_signal(goro_signal_chan *c, int signo);

GORO_END

#endif
