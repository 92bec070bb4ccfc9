/* SPDX-License-Identifier: MIT */
/* session.h: the engine (engine.h) between its user and a connection: turns, and all that parks.
 *
 *  S1  `receiving` is the turn to read: held through a call, from the first look to the last byte.
 *  S2  `sending` is the turn to write to the connection, and to take what is to go out from the engine: so
 *      records leave in the order in which they were made. A write holds it from its first byte to
 *      its last.
 *  S3  A reader makes records, too (alerts, answers to new keys), and must not wait for room: the peer
 *      may be waiting for him to read. So he looks whether it is somebody's turn to write: if so, that
 *      one looks again after he has given it back; if not, he sends what there is room for.
 *  S4  What there is no room for and nobody waits with any more (a deadline, a cancel, S3) is sent by a
 *      coroutine of its own, which takes the turn as everybody does. Whoever has it before sends first
 *      what is there: so that is at most one record of a write, and the line feels that the connection
 *      is full. Only when it is sent hangs on that coroutine, for which there may be no memory, or
 *      no stack.
 *  S5  A writer may need input, too (input.h). He waits for it in his turn; readers never wait for that
 *      one (S3), so nobody waits in a ring.
 *  S6  A close marks the handle and closes the connection, which wakes whoever is parked; each finds
 *      -EBADF and leaves, and the last one frees the session (handles.h H1). It takes no turn and no
 *      lock of the session's, so it works from anywhere.
 */
#ifndef GR_TLS_SESSION_H
#define GR_TLS_SESSION_H

#include <errno.h>
#include <stdint.h>

#include "goro/net.h"
#include "tls/engine.h"
#include "tls/input.h"

struct gr_tls {
	struct gr_engine engine;
	goro_conn *conn;
	void *handle; /* once others can know it */
	struct gr_input input;
	goro_mutex receiving;
	goro_mutex sending;
	/* Whose turn it is to write: */
	int unsent;         /* why nothing can be sent any more; never cut short */
	bool sender_called; /* S4: for what is to go out now */
};

/* Neither says anything of the connection: -ETIMEDOUT, -ECANCELED. */
static inline bool gr_session_cut_short(int rc)
{
	return rc == -ETIMEDOUT || rc == -ECANCELED;
}

/* NULL: no memory. */
struct gr_tls *gr_session_make(goro_conn *c);
void gr_session_free(struct gr_tls *s);

/* For a user of it (handles.h). */
void gr_session_leave(struct gr_tls *s);

/* In one's turn to write (S2): sends what is to go out. 0, or why not all of it. */
int gr_session_push(struct gr_tls *s, int64_t deadline);

/* In one's turn to read or to write: waits for input, and gives it to the engine. `seen` is what
 * gr_input_count() said before the engine wanted it. 0: look again; or why not. */
int gr_session_pull(struct gr_tls *s, uint64_t seen, int64_t deadline);

/* After a step of a reader: sends what nobody sends (S3). */
void gr_session_settle(struct gr_tls *s);

/* The end of a turn to write (S3, S4). */
void gr_session_give_sending(struct gr_tls *s);

#endif
