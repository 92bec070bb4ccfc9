/* SPDX-License-Identifier: MIT */
#include "tls/engine.h"

#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "tls/brief.h"

static void lock(struct gr_engine *e)
{
	gr_brief_lock(&e->lock);
	ERR_clear_error(); /* R1 */
}

static void unlock(struct gr_engine *e)
{
	ERR_clear_error(); /* R1 */
	goro_mutex_unlock(&e->lock);
}

/* Birth and end ------------------------------------------------------------------------------ */

/* A name is told to the server, an address is not (RFC 6066). */
static int set_host(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	if (X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1)
		return 0;
	ERR_clear_error(); /* so it is a name */
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (X509_VERIFY_PARAM_set1_host(param, host, 0) != 1 ||
		SSL_set_tlsext_host_name(ssl, host) != 1)
		return -ENOMEM;
	return 0;
}

static int set_up(struct gr_engine *e, SSL_CTX *ctx, bool server, const char *host)
{
	e->ssl = SSL_new(ctx);
	e->in = e->ssl == NULL ? NULL : BIO_new(BIO_s_mem());
	e->out = e->in == NULL ? NULL : BIO_new(BIO_s_mem());
	if (e->out == NULL) {
		BIO_free(e->in);
		return -ENOMEM;
	}
	SSL_set_bio(e->ssl, e->in, e->out);
	if (server)
		SSL_set_accept_state(e->ssl);
	else
		SSL_set_connect_state(e->ssl);
	return host == NULL ? 0 : set_host(e->ssl, host);
}

int gr_engine_init(struct gr_engine *e, SSL_CTX *ctx, bool server, const char *host)
{
	int rc;

	ERR_clear_error(); /* R1 */
	rc = set_up(e, ctx, server, host);
	ERR_clear_error();
	return rc;
}

void gr_engine_fini(struct gr_engine *e)
{
	SSL_free(e->ssl);
	ERR_clear_error(); /* R1 */
}

/* Steps -------------------------------------------------------------------------------------- */

/* What OpenSSL answered, other than success (E2). */
static int judge(struct gr_engine *e, int ret)
{
	switch (SSL_get_error(e->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		gr_reason_take(&e->broken, e->ssl, NULL, -EPROTO);
		return e->broken.code;
	}
}

/* Of the first handshake, or of a message behind it. */
static int shake(struct gr_engine *e)
{
	int ret = SSL_do_handshake(e->ssl);
	int rc = ret == 1 ? 0 : judge(e, ret);

	if (ret == 1 || rc != 0)
		return rc;
	gr_reason_set(&e->broken, -ECONNABORTED, "the peer ended the handshake"); /* in the midst */
	return e->broken.code;
}

int gr_engine_handshake(struct gr_engine *e)
{
	int rc;

	lock(e);
	rc = e->broken.code;
	if (rc == 0)
		rc = shake(e);
	unlock(e);
	return rc;
}

/* Each question of the peer's makes an answer, and he may ask without end (E4). */
static int check_answers(struct gr_engine *e)
{
	if (e->broken.code == 0 && BIO_ctrl_pending(e->out) > GR_ENGINE_WIRE + GR_ENGINE_ANSWERS)
		gr_reason_set(&e->broken, -EPROTO, "the peer takes no answers, and goes on asking");
	return e->broken.code;
}

ssize_t gr_engine_read(struct gr_engine *e, void *buf, size_t n)
{
	size_t got = 0;
	ssize_t rc;

	lock(e);
	rc = check_answers(e);
	if (rc == 0) {
		int ret = SSL_read_ex(e->ssl, buf, n, &got);

		rc = ret == 1 ? (ssize_t)got : judge(e, ret);
	}
	unlock(e);
	return rc;
}

static bool end_was_said(const struct gr_engine *e)
{
	return SSL_get_shutdown(e->ssl) & SSL_SENT_SHUTDOWN;
}

/* Nothing can be said before new keys that were asked for, nor while the peer is in the midst of a message of
 * the handshake's kind, which began in a record and goes on in the next. */
static int clear_throat(struct gr_engine *e)
{
	return SSL_in_init(e->ssl) ? shake(e) : 0;
}

/* What OpenSSL says to something that is said now. It does not wait: there is room always, and no handshake
 * is begun again. */
static int judge_said(struct gr_engine *e, bool said)
{
	if (said)
		return 0;
	gr_reason_take(&e->broken, e->ssl, NULL, -EPROTO);
	return e->broken.code;
}

int gr_engine_write(struct gr_engine *e, const void *buf, size_t n)
{
	size_t put;
	int rc;

	lock(e);
	rc = e->broken.code;
	if (rc == 0 && end_was_said(e))
		rc = -EPIPE;
	if (rc == 0)
		rc = clear_throat(e);
	if (rc == 0)
		rc = judge_said(e, SSL_write_ex(e->ssl, buf, n, &put) == 1);
	unlock(e);
	return rc;
}

int gr_engine_end(struct gr_engine *e)
{
	int rc;

	lock(e);
	rc = e->broken.code;
	if (rc == 0 && !end_was_said(e))
		rc = clear_throat(e);
	if (rc == 0 && !end_was_said(e))
		rc = judge_said(e, SSL_shutdown(e->ssl) >= 0);
	unlock(e);
	return rc;
}

/* The buffers -------------------------------------------------------------------------------- */

int gr_engine_feed(struct gr_engine *e, const void *buf, size_t n)
{
	int rc;

	lock(e);
	if (e->broken.code == 0 && BIO_write(e->in, buf, (int)n) != (int)n)
		gr_reason_set(&e->broken, -ENOMEM, goro_strerror(-ENOMEM));
	rc = e->broken.code;
	unlock(e);
	return rc;
}

int gr_engine_cut(struct gr_engine *e)
{
	int rc;

	lock(e);
	if (e->broken.code == 0)
		gr_reason_set(&e->broken, -ECONNABORTED,
			"the connection ended, and the end was not said");
	rc = e->broken.code;
	unlock(e);
	return rc;
}

size_t gr_engine_peek(struct gr_engine *e, void *buf, size_t room)
{
	char *data;
	size_t n;

	lock(e);
	n = (size_t)BIO_get_mem_data(e->out, &data);
	if (n > room)
		n = room;
	if (n > 0)
		memcpy(buf, data, n);
	unlock(e);
	return n;
}

void gr_engine_take(struct gr_engine *e, size_t n)
{
	char gone[512];

	lock(e);
	while (n > 0) {
		size_t part = n < sizeof(gone) ? n : sizeof(gone);

		BIO_read(e->out, gone, (int)part);
		n -= part;
	}
	unlock(e);
}

bool gr_engine_pending(struct gr_engine *e)
{
	bool pending;

	lock(e);
	pending = BIO_ctrl_pending(e->out) > 0;
	unlock(e);
	return pending;
}

/* Questions ---------------------------------------------------------------------------------- */

int gr_engine_inspect(struct gr_engine *e, int (*fn)(SSL *ssl, void *arg), void *arg)
{
	int rc;

	lock(e);
	rc = fn(e->ssl, arg);
	unlock(e);
	return rc;
}

void gr_engine_failure(struct gr_engine *e, struct gr_reason *r)
{
	lock(e);
	*r = e->broken;
	unlock(e);
}
