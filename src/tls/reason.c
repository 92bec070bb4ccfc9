/* SPDX-License-Identifier: MIT */
#include "tls/reason.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "goro/go.h"

void gr_reason_set(struct gr_reason *r, int code, const char *text)
{
	r->code = code;
	snprintf(r->text, sizeof(r->text), "%s", text);
}

/* The first of the thread's errors, which is the cause of the others, unless memory was short: that is
 * told by one that may stand anywhere. */
static unsigned long take_first(void)
{
	unsigned long first = ERR_peek_error();

	for (unsigned long e = ERR_get_error(); e != 0; e = ERR_get_error())
		if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE)
			first = e;
	ERR_clear_error();
	return first;
}

static bool refuses_certificate(unsigned long e)
{
	if (ERR_GET_LIB(e) != ERR_LIB_SSL)
		return false;
	switch (ERR_GET_REASON(e)) {
	case SSL_R_CERTIFICATE_VERIFY_FAILED:
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
		return true;
	default:
		return false;
	}
}

static int code_of(unsigned long e, int code)
{
	if (ERR_SYSTEM_ERROR(e))
		return -ERR_GET_REASON(e);
	if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE)
		return -ENOMEM;
	return refuses_certificate(e) ? -EKEYREJECTED : code;
}

static const char *words_of(unsigned long e, int code, const SSL *ssl)
{
	const char *text = NULL;

	if (ERR_SYSTEM_ERROR(e) || code == -ENOMEM)
		return goro_strerror(code);
	/* A certificate can be refused for many reasons, which stand elsewhere. */
	if (code == -EKEYREJECTED && ssl != NULL && SSL_get_verify_result(ssl) != X509_V_OK)
		return X509_verify_cert_error_string(SSL_get_verify_result(ssl));
	text = ERR_reason_error_string(e);
	return text != NULL ? text : goro_strerror(code);
}

void gr_reason_take(struct gr_reason *r, const SSL *ssl, const char *what, int code)
{
	unsigned long e = take_first();

	r->code = e == 0 ? code : code_of(e, code);
	snprintf(r->text, sizeof(r->text), "%s%s%s", what == NULL ? "" : what,
		what == NULL ? "" : ": ", words_of(e, r->code, ssl));
}

void gr_reason_tell(const struct gr_reason *r, int code, goro_error *error)
{
	if (error == NULL)
		return;
	memset(error, 0, sizeof(*error));
	error->code = code;
	error->coroutine = goro_id();
	if (code != 0)
		snprintf(error->message, sizeof(error->message), "%s",
			r->code == code ? r->text : goro_strerror(code));
}
