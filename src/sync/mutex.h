/* SPDX-License-Identifier: MIT */
/* mutex.h: what cond.c needs of the mutex. */
#ifndef GR_SYNC_MUTEX_H
#define GR_SYNC_MUTEX_H

#include "goro/mutex.h"

/* Locks and never fails: for who must come back with the mutex, though he is cancelled, though
 * the runtime stops, though there is none. */
void gr_mutex_relock(goro_mutex *m);

#endif
