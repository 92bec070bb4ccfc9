/* SPDX-License-Identifier: MIT */
/* tls.c: sessions: the engine (engine.h) between its user and a connection.
 *  Here are the calls: who may make them, and what they come to. session.h has the rules.
 */
#include "goro/tls.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/atomic.h"
#include "goro/go.h"
#include "goro/mutex.h"
#include "goro/time.h"
#include "tls/handles.h"
#include "tls/session.h"

#define HOST_MAX 253 /* bytes, in DNS */

/* The process whose sessions these are. */
static pid_t home;

/* Callers ------------------------------------------------------------------------------------ */

/* Before any lock, since in the child of a fork they may be held for ever: -EPERM there. 0; -EBADF. */
static int check_home(const goro_tls *t)
{
	pid_t owner = gr_load_relaxed(&home);

	if (t == NULL || owner == 0)
		return -EBADF;
	return owner == getpid() ? 0 : -EPERM;
}

/* For calls that do not wait. Such a child has no coroutines, so in one there is nothing to check. */
static int enter_any(const goro_tls *t, struct gr_tls **s)
{
	bool in_coroutine = goro_id() != 0;
	int rc = in_coroutine ? 0 : check_home(t);

	if (rc != 0)
		return rc;
	*s = gr_handles_enter(t);
	if (*s == NULL)
		return -EBADF;
	if (in_coroutine)
		return 0;
	gr_session_leave(*s);
	return -EPERM;
}

/* May the caller wait here at all? */
static int may_wait(void)
{
	if (goro_id() == 0)
		return -EPERM;
	if (!goro_cancelled())
		return 0;
	goro_yield();
	return -ECANCELED;
}

static int enter(const goro_tls *t, struct gr_tls **s)
{
	int rc = enter_any(t, s);

	if (rc != 0)
		return rc;
	rc = may_wait();
	if (rc != 0)
		gr_session_leave(*s);
	return rc;
}

/* The handshake ------------------------------------------------------------------------------ */

/* Nobody else knows the session yet. */
static int shake_hands(struct gr_tls *s, int64_t deadline)
{
	for (;;) {
		uint64_t seen = gr_input_count(&s->input);
		int rc = gr_engine_handshake(&s->engine);
		int sent = gr_session_push(s, rc == 0 || rc == -EAGAIN ? deadline : INT64_MIN);

		if (rc != -EAGAIN)
			return rc != 0 ? rc : sent;
		/* A peer that takes no more may have said why. */
		if (sent != 0 && sent != -EPIPE)
			return sent;
		rc = gr_session_pull(s, seen, deadline);
		if (rc != 0)
			return rc;
	}
}

static int begin(goro_tls **t, struct gr_tls *s, SSL_CTX *ctx, bool server, const char *host,
	int64_t deadline)
{
	int rc = gr_engine_init(&s->engine, ctx, server, host);

	if (rc == 0)
		rc = shake_hands(s, deadline);
	if (rc != 0)
		return rc;
	s->handle = gr_handles_open(s);
	if (s->handle == NULL)
		return -ENOMEM;
	gr_store_relaxed(&home, getpid());
	*t = s->handle;
	return 0;
}

static int make(goro_tls **t, SSL_CTX *ctx, bool server, goro_conn *c, const char *host,
	int64_t deadline, struct gr_reason *why)
{
	/* Is it open, and may the caller wait? */
	int rc = (int)goro_conn_read(c, NULL, 0, deadline);
	struct gr_tls *s;

	if (rc != 0)
		return rc;
	s = gr_session_make(c);
	if (s == NULL)
		return -ENOMEM;
	rc = begin(t, s, ctx, server, host, deadline);
	if (rc == 0)
		return 0;
	*why = s->engine.broken;
	gr_session_free(s);
	return rc;
}

static bool is_server(const SSL_CTX *ctx)
{
	return SSL_CTX_get_ssl_method(ctx) == TLS_server_method();
}

/* Whom the client asks for; nobody only if it does not check. */
static bool sensible(const SSL_CTX *ctx, const char *host)
{
	if (host == NULL)
		return SSL_CTX_get_verify_mode(ctx) == SSL_VERIFY_NONE;
	return *host != '\0' && strlen(host) <= HOST_MAX;
}

static int make_and_tell(goro_tls **t, goro_tls_context *context, bool server, goro_conn *c,
	const char *host, int64_t deadline, goro_error *error)
{
	SSL_CTX *ctx = (SSL_CTX *)context;
	struct gr_reason why = { .code = 0 };
	int rc = -EINVAL;

	if (t != NULL && ctx != NULL && is_server(ctx) == server && (server || sensible(ctx, host)))
		rc = make(t, ctx, server, c, host, deadline, &why);
	gr_reason_tell(&why, rc, error);
	return rc;
}

int goro_tls_client(goro_tls **t, goro_tls_context *ctx, goro_conn *c, const char *host,
	int64_t deadline, goro_error *error)
{
	return make_and_tell(t, ctx, false, c, host, deadline, error);
}

int goro_tls_server(
	goro_tls **t, goro_tls_context *ctx, goro_conn *c, int64_t deadline, goro_error *error)
{
	return make_and_tell(t, ctx, true, c, NULL, deadline, error);
}

/* Reading and writing ------------------------------------------------------------------------ */

static ssize_t receive(struct gr_tls *s, void *buf, size_t n, int64_t deadline)
{
	for (;;) {
		uint64_t seen = gr_input_count(&s->input);
		ssize_t got = gr_engine_read(&s->engine, buf, n);
		int rc;

		gr_session_settle(s);
		if (got != -EAGAIN)
			return got;
		rc = gr_session_pull(s, seen, deadline);
		if (rc != 0)
			return rc;
	}
}

ssize_t goro_tls_read(goro_tls *t, void *buf, size_t n, int64_t deadline)
{
	struct gr_tls *s;
	ssize_t got;

	if (buf == NULL && n != 0)
		return -EINVAL;
	got = enter(t, &s);
	if (got != 0)
		return got;
	got = goro_mutex_lock_until(&s->receiving, deadline);
	if (got == 0) {
		got = n == 0 ? 0 : receive(s, buf, n, deadline);
		goro_mutex_unlock(&s->receiving);
	}
	gr_session_leave(s);
	return got;
}

/* A record into the engine; NULL: the end. 0, or why not. */
static int say(struct gr_tls *s, const void *buf, size_t n, int64_t deadline)
{
	for (;;) {
		uint64_t seen = gr_input_count(&s->input);
		int rc = buf == NULL ? gr_engine_end(&s->engine) :
				       gr_engine_write(&s->engine, buf, n);

		if (rc != -EAGAIN)
			return rc;
		rc = gr_session_push(s, deadline);
		if (rc == 0)
			rc = gr_session_pull(s, seen, deadline);
		if (rc != 0)
			return rc;
	}
}

/* Record by record: 0 when all is sent, else why not. *done is what cannot be taken back. */
static int transmit(struct gr_tls *s, const char *buf, size_t n, int64_t deadline, size_t *done)
{
	int rc = n == 0 ? 0 : gr_session_push(s, deadline); /* what others have left (S4) */

	while (rc == 0 && *done < n) {
		size_t part = n - *done < GR_ENGINE_RECORD ? n - *done : GR_ENGINE_RECORD;

		if (*done > 0 && deadline != GORO_FOREVER && deadline <= goro_now())
			return -ETIMEDOUT;
		rc = say(s, buf + *done, part, deadline);
		if (rc == 0) {
			*done += part;
			rc = gr_session_push(s, deadline);
		}
	}
	return rc;
}

ssize_t goro_tls_write(goro_tls *t, const void *buf, size_t n, int64_t deadline)
{
	struct gr_tls *s;
	size_t done = 0;
	int rc;

	if ((buf == NULL && n != 0) || n > SSIZE_MAX)
		return -EINVAL;
	rc = enter(t, &s);
	if (rc != 0)
		return rc;
	rc = goro_mutex_lock_until(&s->sending, deadline);
	if (rc == 0) {
		rc = transmit(s, buf, n, deadline, &done);
		gr_session_give_sending(s);
	}
	gr_session_leave(s);
	return rc == 0 || (done > 0 && gr_session_cut_short(rc)) ? (ssize_t)done : rc;
}

/* The end ------------------------------------------------------------------------------------ */

int goro_tls_shutdown(goro_tls *t, int64_t deadline)
{
	struct gr_tls *s;
	int rc = enter(t, &s);

	if (rc != 0)
		return rc;
	rc = goro_mutex_lock_until(&s->sending, deadline);
	if (rc == 0) {
		rc = say(s, NULL, 0, deadline);
		if (rc == 0)
			rc = gr_session_push(s, deadline);
		gr_session_give_sending(s);
	}
	gr_session_leave(s);
	return rc;
}

int goro_tls_close(goro_tls *t)
{
	int rc = check_home(t);
	struct gr_tls *s;

	if (rc != 0)
		return rc;
	s = gr_handles_close(t);
	if (s == NULL)
		return -EBADF;
	goro_conn_close(s->conn); /* S6; closed already: by a stop of the runtime */
	gr_session_leave(s);
	return 0;
}

/* Questions ---------------------------------------------------------------------------------- */

int goro_tls_inspect(goro_tls *t, int (*fn)(struct ssl_st *ssl, void *arg), void *arg)
{
	struct gr_tls *s;
	int rc;

	if (fn == NULL)
		return -EINVAL;
	rc = enter_any(t, &s);
	if (rc != 0)
		return rc;
	rc = gr_engine_inspect(&s->engine, fn, arg);
	gr_session_leave(s);
	return rc;
}

struct name {
	char *buf;
	size_t room;
};

static int copy_protocol(SSL *ssl, void *arg)
{
	struct name *to = arg;
	const unsigned char *chosen;
	unsigned n;

	SSL_get0_alpn_selected(ssl, &chosen, &n);
	if (n >= to->room)
		return -ENOBUFS;
	if (n > 0)
		memcpy(to->buf, chosen, n);
	to->buf[n] = '\0';
	return (int)n;
}

int goro_tls_alpn(goro_tls *t, char *buf, size_t n)
{
	struct name to = { .buf = buf, .room = n };

	return buf == NULL ? -EINVAL : goro_tls_inspect(t, copy_protocol, &to);
}

int goro_tls_failure(goro_tls *t, goro_error *error)
{
	struct gr_reason why;
	struct gr_tls *s;
	int rc;

	if (error == NULL)
		return -EINVAL;
	rc = enter_any(t, &s);
	if (rc != 0)
		return rc;
	gr_engine_failure(&s->engine, &why);
	gr_reason_tell(&why, why.code, error);
	gr_session_leave(s);
	return 0;
}
