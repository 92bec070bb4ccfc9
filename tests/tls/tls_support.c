/* SPDX-License-Identifier: MIT */
#include "tls_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

/* Certificates --------------------------------------------------------------------------------- */

static const struct {
	const char *subject;
	int issuer;   /* itself: signed by its own key; -1: an authority that nobody knows */
	int from, to; /* days from now */
} wanted[TEST_NCERTS] = {
	[TEST_CA] = { "goro test authority", TEST_CA, -1, 1 },
	[TEST_SERVER] = { "goro.test", TEST_CA, -1, 1 },
	[TEST_CLIENT] = { "a client", TEST_CA, -1, 1 },
	[TEST_EXPIRED] = { "goro.test", TEST_CA, -2, -1 },
	[TEST_SELFSIGNED] = { "goro.test", TEST_SELFSIGNED, -1, 1 },
	[TEST_STRANGER] = { "goro.test", -1, -1, 1 },
};

static char folder[64];
static char *files[64];
static int nfiles;
static pid_t owner;

static void clean_up(void)
{
	if (getpid() != owner)
		return;
	for (int i = 0; i < nfiles; i++) {
		unlink(files[i]);
		free(files[i]);
	}
	rmdir(folder);
}

static const char *new_path(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s-%d.pem", folder, name, nfiles);
	files[nfiles] = strdup(path);
	return files[nfiles++];
}

static void add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	CHECK_TRUE(e != NULL && X509_add_ext(cert, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static X509 *issue(const char *subject, bool authority, int from, int to, EVP_PKEY *key,
	X509 *issuer, EVP_PKEY *issuer_key)
{
	static long serial;
	X509 *cert = X509_new();
	X509_NAME *name;

	CHECK_TRUE(cert != NULL && X509_set_version(cert, 2) == 1);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(cert), from * 86400L);
	X509_gmtime_adj(X509_getm_notAfter(cert), to * 86400L);
	name = X509_get_subject_name(cert);
	X509_NAME_add_entry_by_txt(
		name, "CN", MBSTRING_UTF8, (const unsigned char *)subject, -1, -1, 0);
	X509_set_issuer_name(cert, issuer == NULL ? name : X509_get_subject_name(issuer));
	X509_set_pubkey(cert, key);
	add_extension(
		cert, NID_basic_constraints, authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (!authority)
		add_extension(cert, NID_subject_alt_name, "DNS:goro.test,IP:127.0.0.1");
	CHECK_TRUE(X509_sign(cert, issuer_key == NULL ? key : issuer_key, EVP_sha256()) > 0);
	return cert;
}

static void save(const char *path, X509 *cert, EVP_PKEY *key)
{
	FILE *f = fopen(path, "w");

	CHECK_TRUE(f != NULL && PEM_write_X509(f, cert) == 1 &&
		PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1);
	CHECK_EQ(fclose(f), 0);
}

static void make_all(const char *paths[TEST_NCERTS])
{
	EVP_PKEY *keys[TEST_NCERTS], *foreign_key = EVP_EC_gen("P-256");
	X509 *certs[TEST_NCERTS];
	X509 *foreign = issue("another authority", true, -1, 1, foreign_key, NULL, NULL);

	for (int i = 0; i < TEST_NCERTS; i++) {
		int by = wanted[i].issuer;

		keys[i] = EVP_EC_gen("P-256");
		certs[i] = issue(wanted[i].subject, i == TEST_CA, wanted[i].from, wanted[i].to,
			keys[i],
			by == i        ? NULL :
				by < 0 ? foreign :
					 certs[by],
			by == i        ? NULL :
				by < 0 ? foreign_key :
					 keys[by]);
		paths[i] = new_path("cert");
		save(paths[i], certs[i], keys[i]);
	}
	for (int i = 0; i < TEST_NCERTS; i++) {
		X509_free(certs[i]);
		EVP_PKEY_free(keys[i]);
	}
	X509_free(foreign);
	EVP_PKEY_free(foreign_key);
	ERR_clear_error();
}

static void make_folder(void)
{
	if (folder[0] != '\0')
		return;
	owner = getpid();
	strcpy(folder, "/tmp/goro-tls-XXXXXX");
	CHECK_TRUE(mkdtemp(folder) != NULL);
	CHECK_EQ(atexit(clean_up), 0);
}

const char *test_cert(enum test_cert which)
{
	static const char *paths[TEST_NCERTS];

	make_folder();
	if (paths[0] == NULL)
		make_all(paths);
	return paths[which];
}

const char *test_file(const char *name, const char *text)
{
	const char *path;
	FILE *f;

	make_folder();
	path = new_path(name);
	f = fopen(path, "w");
	CHECK_TRUE(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
	return path;
}

/* Contexts and sessions ------------------------------------------------------------------------ */

goro_tls_context *test_context(bool server, const goro_tls_options *options)
{
	goro_tls_context *ctx;
	goro_error error;
	int rc = server ? goro_tls_context_server(&ctx, options, &error) :
			  goro_tls_context_client(&ctx, options, &error);

	if (rc != 0)
		CHECK_FAIL("context: %s: %s", goro_strerror(rc), error.message);
	return ctx;
}

goro_tls_context *test_client_context(void)
{
	goro_tls_options o = GORO_TLS_OPTIONS_INIT;

	o.ca_file = test_cert(TEST_CA);
	return test_context(false, &o);
}

goro_tls_context *test_server_context(void)
{
	goro_tls_options o = GORO_TLS_OPTIONS_INIT;

	o.cert_file = test_cert(TEST_SERVER);
	return test_context(true, &o);
}

static void serve(struct test_hands *h, goro_tls_context *ctx, goro_waitgroup *done)
{
	h->rc[1] = goro_tls_server(&h->tls[1], ctx, h->conn[1], GORO_FOREVER, &h->error[1]);
	goro_waitgroup_done(done);
}

static void shake(
	struct test_hands *h, goro_tls_context *client, goro_tls_context *server, const char *host)
{
	goro_waitgroup done = GORO_WAITGROUP_INIT;

	h->tls[0] = h->tls[1] = NULL;
	goro_waitgroup_add(&done, 1);
	CHECK_EQ(go(serve, h, server, &done), 0);
	h->rc[0] =
		goro_tls_client(&h->tls[0], client, h->conn[0], host, GORO_FOREVER, &h->error[0]);
	CHECK_EQ(goro_waitgroup_wait(&done), 0);
}

void test_shake(
	struct test_hands *h, goro_tls_context *client, goro_tls_context *server, const char *host)
{
	test_pair("unix", h->conn);
	shake(h, client, server, host);
}

void test_hands_close(struct test_hands *h)
{
	for (int i = 0; i < 2; i++)
		if (h->rc[i] == 0)
			CHECK_EQ(goro_tls_close(h->tls[i]), 0);
		else
			CHECK_EQ(goro_conn_close(h->conn[i]), 0);
}

void test_tls_over(goro_conn *conns[2], goro_tls *ends[2])
{
	goro_tls_context *client = test_client_context(), *server = test_server_context();
	struct test_hands h = { .conn = { conns[0], conns[1] } };

	shake(&h, client, server, "goro.test");
	for (int i = 0; i < 2; i++) {
		if (h.rc[i] != 0)
			CHECK_FAIL("handshake: %s: %s", goro_strerror(h.rc[i]), h.error[i].message);
		ends[i] = h.tls[i];
	}
	goro_tls_context_free(client);
	goro_tls_context_free(server);
}

void test_tls_pair(const char *network, goro_tls *ends[2])
{
	goro_conn *conns[2];

	test_pair(network, conns);
	test_tls_over(conns, ends);
}

void test_tls_pair_close(goro_tls *ends[2])
{
	CHECK_EQ(goro_tls_close(ends[0]), 0);
	CHECK_EQ(goro_tls_close(ends[1]), 0);
}

void test_tls_write(goro_tls *t, const void *buf, size_t n)
{
	CHECK_EQ(goro_tls_write(t, buf, n, GORO_FOREVER), n);
}

void test_tls_read(goro_tls *t, void *buf, size_t n)
{
	while (n > 0) {
		ssize_t got = goro_tls_read(t, buf, n, GORO_FOREVER);

		CHECK_LT(0, got);
		buf = (char *)buf + got;
		n -= (size_t)got;
	}
}
