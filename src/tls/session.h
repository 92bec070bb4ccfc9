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
 *  S4  What there is no room for and nobody waits with any more (a deadline, a cancel, S3) is carried on by
 *      a coroutine of its own, which is given the turn (a goro_mutex has no owner) and gives it back. At
 *      most one record of a write, so the line behind it feels that the connection is full.
 *  S5  A close marks the handle and closes the connection, which wakes whoever is parked; each finds
 *      -EBADF and leaves, and the last one frees the session (handles.h H1). It takes no turn and no
 *      lock of the session's, so it works from anywhere.
 */
#ifndef GR_TLS_SESSION_H
#define GR_TLS_SESSION_H

#include <errno.h>
#include <stdint.h>

#include "goro/net.h"
#include "tls/engine.h"

struct gr_tls {
	struct gr_engine engine;
	goro_conn *conn;
	void *handle; /* once others can know it */
	goro_mutex receiving;
	goro_mutex sending;
	int unsent; /* whose turn it is to write: why nothing can be sent any more; never cut short */
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

/* In one's turn to read: waits for input, and gives it to the engine. 0, or why not. */
int gr_session_pull(struct gr_tls *s, int64_t deadline);

/* After a step of a reader: sends what nobody sends (S3). */
void gr_session_settle(struct gr_tls *s);

/* The end of a turn to write; `rc` is what its last push said (S4). */
void gr_session_give_sending(struct gr_tls *s, int rc);

#endif
