/* SPDX-License-Identifier: MIT */
/* brief.h: a mutex that is held for a moment only. It can be waited for in a cancelled coroutine, too: there
 * a mutex is not got by waiting.
 */
#ifndef GR_TLS_BRIEF_H
#define GR_TLS_BRIEF_H

#include "goro/go.h"
#include "goro/mutex.h"

static inline void gr_brief_lock(goro_mutex *m)
{
	while (goro_mutex_lock(m) != 0)
		goro_yield();
}

#endif
