/* SPDX-License-Identifier: MIT */
/* once.h: the first one does it, the others wait until it is done. */
#ifndef GORO_ONCE_H
#define GORO_ONCE_H

#include <stdint.h>

#include "goro/attributes.h"
#include "goro/init.h"

GORO_BEGIN

/** Begin with GORO_ONCE_INIT, which is all zero. The fields are the library's. */
typedef struct goro_once {
	uint64_t word_;
	void *head_;
	void *tail_;
	uint64_t room_[1];
} goro_once;

GORO_ZERO_OBJECT(goro_once)
#define GORO_ONCE_INIT GORO_ZERO(goro_once)

/** Calls fn(arg), unless a call with the same `o` has done so.
 *
 *  @param o    one for each thing to be done.
 *  @param fn   what to do. It must not come back to the same `o`: it would wait for itself.
 *  @param arg  handed to fn.
 *
 *  @return 0           done: fn has returned, here or elsewhere
 *  @return -ECANCELED  the calling coroutine is cancelled, and it is not done yet
 *  @return -EINVAL     o or fn is NULL
 *  @return -EPERM      no runtime is running
 *
 *  Blocks    while another one is in fn. Parks a coroutine; blocks the thread when called from
 *            outside one.
 *  Threads   any.
 *  Memory    what fn wrote, every caller sees.
 *  Source    src/sync/once.c, examples/12_once.c.
 */
GORO_API int goro_once_do(goro_once *o, void (*fn)(void *), void *arg);

GORO_END

#endif
