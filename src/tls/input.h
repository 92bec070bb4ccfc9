/* SPDX-License-Identifier: MIT */
/* input.h: who waits for input of a session, when two want some: one does, and the other waits for him.
 *
 * A reader wants some, of course. A writer does if the peer is in the midst of a message of the
 * handshake's kind (a ticket, new keys), before whose end OpenSSL says nothing. Each may be gone first, by
 * a deadline or a cancel, and what he was waiting for is then the other's to wait for.
 *
 *  I1  `count` grows with all that comes, and when whoever waits gives up. Who looked whether there is enough
 *      has read it before, and waits only while it is the same: nothing that came meanwhile is missed.
 *  I2  `awaited`: exactly one is on his way to the connection or back, and will end it.
 */
#ifndef GR_TLS_INPUT_H
#define GR_TLS_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "goro/cond.h"
#include "goro/mutex.h"

struct gr_input {
	goro_mutex lock; /* brief.h */
	goro_cond changed;
	bool awaited;
	uint64_t count; /* is read without the lock, too */
};

/* To be read before the look. */
uint64_t gr_input_count(struct gr_input *in);

/* 0: it is the caller's to wait, and to call end() then. GR_INPUT_CAME: look again. -ETIMEDOUT,
 * -ECANCELED. */
#define GR_INPUT_CAME 1
int gr_input_begin(struct gr_input *in, uint64_t seen, int64_t deadline);
void gr_input_end(struct gr_input *in);

#endif
