/* SPDX-License-Identifier: MIT */
/* error.h: what the negative numbers mean.
 *
 *   -EAGAIN     a try_ form, which never waits: not possible now
 *   -EBUSY      goro_mutex_try_lock() and the like: held; goro_start(): a runtime runs
 *   -ECANCELED  the calling coroutine is cancelled
 *   -EDEADLK    would wait for itself
 *   -EINVAL     a wrong argument: NULL, a negative count, an impossible size
 *   -ENOMEM     out of memory, address space or stack guards
 *   -ENOTSUP    asked for what this build or system does not have
 *   -EPERM      no runtime is running, or the call belongs in a coroutine
 *   -EPIPE      the channel is closed
 *   -ETIMEDOUT  the deadline passed first
 *
 * Other values come from system calls and mean what errno(3) says.
 */
#ifndef GORO_ERROR_H
#define GORO_ERROR_H

#include <stdint.h>

#include "goro/attributes.h"

GORO_BEGIN

#define GORO_ERROR_MESSAGE 120
#define GORO_ERROR_FRAMES  16

/** What became of a coroutine that failed: what goro_config.on_panic is shown. */
typedef struct goro_error {
	int code;                         /* a negative errno value */
	uint64_t coroutine;               /* as goro_id() in it; 0: none */
	char message[GORO_ERROR_MESSAGE]; /* ends with a zero byte */
	void *frames[GORO_ERROR_FRAMES];  /* return addresses, the innermost first */
	int nframes;
} goro_error;

/** Puts an error code into words.
 *
 *  @param rc  what a function of this library returned. Counts and 0 are "success".
 *
 *  @return English text without a full stop; never NULL; lives as long as the library. A code
 *          nobody knows has a text too.
 *
 *  Threads   any, with or without a runtime.
 *  Source    src/base/error.c. Not strerror(3), which may share a buffer between threads.
 */
GORO_API const char *goro_strerror(int rc);

GORO_END

#endif
