/* SPDX-License-Identifier: MIT */
#include "tls/session.h"

#include <stdlib.h>

#include "goro/go.h"
#include "goro/time.h"
#include "tls/handles.h"

#define AT_ONCE INT64_MIN

struct gr_tls *gr_session_make(goro_conn *c)
{
	struct gr_tls *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->conn = c;
	return s;
}

void gr_session_free(struct gr_tls *s)
{
	gr_engine_fini(&s->engine);
	free(s);
}

void gr_session_leave(struct gr_tls *s)
{
	if (gr_handles_leave(s->handle))
		gr_session_free(s);
}

int gr_session_push(struct gr_tls *s, int64_t deadline)
{
	char wire[GR_ENGINE_WIRE];

	while (s->unsent == 0) {
		size_t n = gr_engine_peek(&s->engine, wire, sizeof(wire));
		ssize_t sent;

		if (n == 0) {
			s->sender_called = false;
			return 0;
		}
		sent = goro_conn_write(s->conn, wire, n, deadline);
		if (sent > 0)
			gr_engine_take(&s->engine, (size_t)sent);
		if (sent >= 0 && (size_t)sent < n)
			return goro_cancelled() ? -ECANCELED : -ETIMEDOUT;
		if (sent < 0 && gr_session_cut_short((int)sent))
			return (int)sent;
		if (sent < 0)
			s->unsent = (int)sent;
	}
	return s->unsent;
}

static int fetch(struct gr_tls *s, int64_t deadline)
{
	char wire[GR_ENGINE_WIRE];
	ssize_t got = goro_conn_read(s->conn, wire, sizeof(wire), deadline);

	if (got < 0)
		return (int)got;
	return got == 0 ? gr_engine_cut(&s->engine) : gr_engine_feed(&s->engine, wire, (size_t)got);
}

int gr_session_pull(struct gr_tls *s, uint64_t seen, int64_t deadline)
{
	int rc = gr_input_begin(&s->input, seen, deadline);

	if (rc != 0)
		return rc == GR_INPUT_CAME ? 0 : rc;
	rc = fetch(s, deadline);
	gr_input_end(&s->input);
	return rc;
}

/* By the handle: when this runs the session may be closed, and gone. */
static void carry_on(void *handle)
{
	struct gr_tls *s = gr_handles_enter(handle);

	if (s == NULL)
		return;
	goro_set_name("tls sender");
	if (goro_mutex_lock(&s->sending) == 0) {
		if (gr_session_cut_short(gr_session_push(s, GORO_FOREVER)))
			s->unsent = -EBADF; /* the runtime stops, and closes the connection */
		gr_session_give_sending(s);
	}
	gr_session_leave(s);
}

/* Whose turn it is to write: makes a sender for what is to go out (S4). */
static void call_sender(struct gr_tls *s)
{
	if (!s->sender_called)
		s->sender_called = goro_go(carry_on, s->handle) == 0;
}

void gr_session_settle(struct gr_tls *s)
{
	while (gr_engine_pending(&s->engine) && goro_mutex_try_lock(&s->sending) == 0) {
		int rc = gr_session_push(s, AT_ONCE);

		if (gr_session_cut_short(rc))
			call_sender(s);
		goro_mutex_unlock(&s->sending);
		if (rc != 0)
			return;
	}
}

void gr_session_give_sending(struct gr_tls *s)
{
	goro_mutex_unlock(&s->sending);
	gr_session_settle(s);
}
