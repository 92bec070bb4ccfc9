/* SPDX-License-Identifier: MIT */
/* check.h: what must hold, in release builds too.
 *
 * GR_CHECK is for our own invariants: false means that goro is broken or memory was overwritten,
 * and going on would hide it. gr_check_fail is for errors of the caller that no return value can
 * tell. GR_DEBUG is for checks too dear for a release build. All end in abort().
 */
#ifndef GR_BASE_CHECK_H
#define GR_BASE_CHECK_H

#include "base/compiler.h"

#define GR_CHECK(cond) (gr_likely(cond) ? (void)0 : gr_check_broken(__FILE__, __LINE__, #cond))

#ifdef GORO_DEBUG
#define GR_DEBUG(cond) GR_CHECK(cond)
#else
#define GR_DEBUG(cond) ((void)sizeof(!(cond)))
#endif

/* "goro: base/heap.c:40: cond" on stderr, and abort. */
GR_COLD GR_NORETURN void gr_check_broken(const char *file, int line, const char *cond);

/* "goro: " and the message on stderr, and abort. Takes no newline. */
GR_COLD GR_NORETURN GR_PRINTF(1, 2) void gr_check_fail(const char *format, ...);

#endif
