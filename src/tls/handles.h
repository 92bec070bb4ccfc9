/* SPDX-License-Identifier: MIT */
/* handles.h: what users hold of a session, a slot and a generation, never a pointer to memory.
 *
 *  H1  Whoever uses a session has counted himself in while the generation was the handle's and the
 *      session was not closed. The close lets nobody in any more; the last one to leave frees it.
 *  H2  Slots are type-stable for as long as the process lives, and a generation is never used again: so a
 *      stale handle, or a number that is none, is told as one in any thread, for ever.
 *  H3  Each slot has a lock, held for a few instructions.
 */
#ifndef GR_TLS_HANDLES_H
#define GR_TLS_HANDLES_H

#include <stdbool.h>
#include <stdint.h>

struct gr_tls;

/* A handle for a session. NULL: out of memory. */
void *gr_handles_open(struct gr_tls *session);

/* The session, and one more user of it; NULL: it is closed, or there is none. */
struct gr_tls *gr_handles_enter(const void *handle);

/* The same as enter, once for each handle: from then on it is closed. */
struct gr_tls *gr_handles_close(const void *handle);

/* True: it is closed, and that was the last user, who frees the session. */
bool gr_handles_leave(const void *handle);

#endif
