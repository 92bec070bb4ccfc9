/* SPDX-License-Identifier: MIT */
/* context.c: options into an SSL_CTX.
 *
 * What a user holds is the SSL_CTX itself: OpenSSL counts who uses it, and what it needs of ours, the
 * server's list of protocols, is an extra datum of it and ends with it.
 */
#include "goro/tls.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/compiler.h"
#include "tls/reason.h"

/* What ALPN sends: each name behind its length. */
struct protocols {
	unsigned length;
	unsigned char wire[];
};

static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
static int protocols_index;

static void free_protocols(
	void *parent, void *ptr, CRYPTO_EX_DATA *data, int index, long argl, void *argp)
{
	(void)parent, (void)data, (void)index, (void)argl, (void)argp;
	free(ptr);
}

/* Nothing of OpenSSL's is torn down by exit(), while coroutines still use it. */
static void init(void)
{
	OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
	protocols_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_protocols);
}

/* Options ------------------------------------------------------------------------------------ */

static int read_options(const goro_tls_options *user, goro_tls_options *out)
{
	goro_tls_options defaults = GORO_TLS_OPTIONS_INIT;

	*out = defaults;
	if (user == NULL)
		return 0;
	if (user->size < sizeof(user->size))
		return -EINVAL;
	/* One compiled with an older header has fewer fields. */
	memcpy(out, user, user->size < sizeof(*out) ? user->size : sizeof(*out));
	if (out->min_version != GORO_TLS_1_2 && out->min_version != GORO_TLS_1_3)
		return -EINVAL;
	return out->key_file != NULL && out->cert_file == NULL ? -EINVAL : 0;
}

/* "h2,http/1.1". False: a name is empty or too long. */
static bool pack(const char *names, struct protocols *p)
{
	p->length = 0;
	for (;;) {
		size_t n = strcspn(names, ",");

		if (n == 0 || n > 255)
			return false;
		p->wire[p->length++] = (unsigned char)n;
		memcpy(p->wire + p->length, names, n);
		p->length += (unsigned)n;
		if (names[n] == '\0')
			return true;
		names += n + 1;
	}
}

static int select_protocol(SSL *ssl, const unsigned char **out, unsigned char *length,
	const unsigned char *offered, unsigned n, void *arg)
{
	struct protocols *ours = arg;
	unsigned char *choice;

	(void)ssl;
	if (SSL_select_next_proto(&choice, length, ours->wire, ours->length, offered, n) !=
		OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = choice;
	return SSL_TLSEXT_ERR_OK;
}

/* Takes over `p`, also when it fails. */
static bool offer_protocols(SSL_CTX *ctx, struct protocols *p, bool server)
{
	if (!SSL_CTX_set_ex_data(ctx, protocols_index, p)) {
		free(p);
		return false;
	}
	if (!server)
		return SSL_CTX_set_alpn_protos(ctx, p->wire, p->length) == 0;
	SSL_CTX_set_alpn_select_cb(ctx, select_protocol, p);
	return true;
}

static int set_protocols(SSL_CTX *ctx, const char *names, bool server)
{
	struct protocols *p;

	if (names == NULL)
		return 0;
	p = malloc(sizeof(*p) + strlen(names) +
		1); /* a length before the first; the others' are commas */
	if (p == NULL)
		return -ENOMEM;
	if (!pack(names, p)) {
		free(p);
		return -EINVAL;
	}
	return offer_protocols(ctx, p, server) ? 0 : -ENOMEM;
}

/* Certificates ------------------------------------------------------------------------------- */

/* A key that is encrypted is refused; OpenSSL would ask the terminal. */
static int no_password(char *buf, int size, int writing, void *arg)
{
	(void)buf, (void)size, (void)writing, (void)arg;
	return -1;
}

static bool ask_clients(SSL_CTX *ctx, const goro_tls_options *o)
{
	STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(o->ca_file);

	if (names == NULL)
		return false;
	SSL_CTX_set_client_CA_list(ctx, names);
	SSL_CTX_set_verify(
		ctx, SSL_VERIFY_PEER | (o->verify ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
	return true;
}

/* The file that is to blame, or "". NULL: all is well. */
static const char *set_certificates(SSL_CTX *ctx, const goro_tls_options *o, bool server)
{
	const char *key = o->key_file != NULL ? o->key_file : o->cert_file;

	SSL_CTX_set_default_passwd_cb(ctx, no_password);
	if (o->cert_file != NULL) {
		if (SSL_CTX_use_certificate_chain_file(ctx, o->cert_file) != 1)
			return o->cert_file;
		if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
			return key;
	}
	if (o->ca_file != NULL) {
		if (SSL_CTX_load_verify_file(ctx, o->ca_file) != 1)
			return o->ca_file;
		if (server && !ask_clients(ctx, o))
			return o->ca_file;
	} else if (!server && o->verify) {
		if (SSL_CTX_set_default_verify_paths(ctx) != 1)
			return "";
	}
	if (!server)
		SSL_CTX_set_verify(ctx, o->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	return NULL;
}

/* Contexts ----------------------------------------------------------------------------------- */

static bool set_rules(SSL_CTX *ctx, const goro_tls_options *o, bool server)
{
	static const unsigned char name[] = "goro";

	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	/* A session is resumed by what the client keeps; where clients are checked, it is asked for whom. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return SSL_CTX_set_min_proto_version(ctx, o->min_version) == 1 &&
		(!server || SSL_CTX_set_session_id_context(ctx, name, sizeof(name) - 1) == 1);
}

static int set_up(SSL_CTX *ctx, const goro_tls_options *o, bool server, struct gr_reason *r)
{
	const char *blamed;
	int rc;

	if (!set_rules(ctx, o, server)) {
		gr_reason_take(r, NULL, NULL, -ENOMEM);
		return r->code;
	}
	rc = set_protocols(ctx, o->alpn, server);
	if (rc != 0) {
		gr_reason_set(r, rc, rc == -EINVAL ? "alpn: no such list" : goro_strerror(rc));
		return rc;
	}
	blamed = set_certificates(ctx, o, server);
	if (blamed != NULL)
		gr_reason_take(r, NULL, *blamed == '\0' ? NULL : blamed, -EKEYREJECTED);
	return r->code;
}

static int make(
	goro_tls_context **out, const goro_tls_options *options, bool server, struct gr_reason *r)
{
	goro_tls_options o;
	int rc = read_options(options, &o);
	SSL_CTX *ctx;

	if (rc != 0 || out == NULL)
		return -EINVAL;
	if (server && o.cert_file == NULL) {
		gr_reason_set(r, -EINVAL, "a server needs a certificate");
		return -EINVAL;
	}
	if (!CRYPTO_THREAD_run_once(&once, init))
		return -ENOMEM;
	ERR_clear_error(); /* R1 */
	ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	rc = ctx == NULL ? -ENOMEM : set_up(ctx, &o, server, r);
	if (rc == 0)
		*out = (goro_tls_context *)ctx;
	else
		SSL_CTX_free(ctx);
	ERR_clear_error(); /* R1 */
	return rc;
}

static int make_and_tell(
	goro_tls_context **out, const goro_tls_options *options, bool server, goro_error *error)
{
	struct gr_reason r = { .code = 0 };
	int rc = make(out, options, server, &r);

	gr_reason_tell(&r, rc, error);
	return rc;
}

int goro_tls_context_client(goro_tls_context **ctx, const goro_tls_options *o, goro_error *error)
{
	return make_and_tell(ctx, o, false, error);
}

int goro_tls_context_server(goro_tls_context **ctx, const goro_tls_options *o, goro_error *error)
{
	return make_and_tell(ctx, o, true, error);
}

void goro_tls_context_free(goro_tls_context *ctx)
{
	SSL_CTX_free((SSL_CTX *)ctx);
}
