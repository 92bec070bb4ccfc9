/* SPDX-License-Identifier: MIT */
/* blocking.h: the end of the threads that goro_blocking() has started. */
#ifndef GR_IO_BLOCKING_H
#define GR_IO_BLOCKING_H

/* All coroutines have ended, so nothing is to be done: joins the threads. Before the workers go,
 * whom the last one may just be waking. */
void gr_blocking_stop(void);

#endif
