/* SPDX-License-Identifier: MIT */
/* local.h: values that each coroutine has for itself.
 *
 * Thread-locals (_Thread_local) are no substitute: a coroutine may go on in another thread after
 * every call that parks.
 */
#ifndef GORO_LOCAL_H
#define GORO_LOCAL_H

#include <stdint.h>

#include "goro/attributes.h"

GORO_BEGIN

/** A key, the same for all coroutines; may be copied. All zero is no key. */
typedef struct goro_local {
	uint64_t key_;
} goro_local;

/** Makes a key; with it every coroutine finds NULL at first.
 *
 *  @param key         where it goes.
 *  @param destructor  called with the value when a coroutine ends and its value is not NULL, on
 *                     its own stack. It may do what a coroutine may; if it sets values, there is
 *                     another round, at most 4. NULL: none.
 *
 *  @return 0           made
 *  @return -EINVAL     key is NULL
 *  @return -ENOMEM     1024 keys exist
 *
 *  Threads   any, with or without a runtime.
 *  Owner     the caller; goro_local_free() ends it.
 *  Source    src/task/local.c.
 */
GORO_API int goro_local_create(goro_local *key, void (*destructor)(void *));

/** Ends a key. Values still set are forgotten: no destructor is called.
 *
 *  @return 0           ended
 *  @return -EINVAL     there is no such key, or no longer
 *
 *  Threads   any, with or without a runtime.
 */
GORO_API int goro_local_free(goro_local key);

/** The value of the calling coroutine.
 *
 *  @return what it set last; NULL: nothing, or there is no such key, or not called in a coroutine
 */
GORO_API void *goro_local_get(goro_local key);

/** Sets the value of the calling coroutine. The old one is forgotten: no destructor is called.
 *
 *  @return 0           set
 *  @return -EINVAL     there is no such key, or no longer
 *  @return -EPERM      not called in a coroutine
 *  @return -ENOMEM     no memory
 *
 *  Owner     keeps `value` until it is replaced, the key freed, or the coroutine ends.
 */
GORO_API int goro_local_set(goro_local key, void *value);

GORO_END

#endif
