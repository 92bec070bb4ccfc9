/* SPDX-License-Identifier: MIT */
#include "tls/session.h"

#include <stdlib.h>

#include "base/check.h"
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

		if (n == 0)
			return 0;
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

int gr_session_pull(struct gr_tls *s, int64_t deadline)
{
	char wire[GR_ENGINE_WIRE];
	ssize_t got = goro_conn_read(s->conn, wire, sizeof(wire), deadline);

	if (got < 0)
		return (int)got;
	return got == 0 ? gr_engine_cut(&s->engine) : gr_engine_feed(&s->engine, wire, (size_t)got);
}

static void carry_on(void *arg)
{
	struct gr_tls *s = arg;
	int rc;

	goro_set_name("tls sender");
	rc = gr_session_push(s, GORO_FOREVER);
	if (gr_session_cut_short(rc))
		s->unsent = -EBADF; /* the runtime stops, and closes the connection */
	gr_session_give_sending(s, s->unsent);
	gr_session_leave(s);
}

/* The turn to write, and what is left to send, to a coroutine of its own (S4). */
static bool hand_over(struct gr_tls *s)
{
	int rc;

	gr_handles_enter_again(s->handle);
	rc = goro_go(carry_on, s);
	if (rc == 0)
		return true;
	s->unsent = rc;
	GR_CHECK(!gr_handles_leave(s->handle)); /* the caller is one */
	return false;
}

void gr_session_settle(struct gr_tls *s)
{
	while (gr_engine_pending(&s->engine) && goro_mutex_try_lock(&s->sending) == 0) {
		int rc = gr_session_push(s, AT_ONCE);

		if (gr_session_cut_short(rc) && hand_over(s))
			return;
		goro_mutex_unlock(&s->sending);
		if (rc != 0)
			return;
	}
}

void gr_session_give_sending(struct gr_tls *s, int rc)
{
	if (gr_session_cut_short(rc) && gr_engine_pending(&s->engine) && hand_over(s))
		return;
	goro_mutex_unlock(&s->sending);
	gr_session_settle(s);
}
