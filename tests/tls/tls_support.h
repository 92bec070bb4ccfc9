/* SPDX-License-Identifier: MIT */
/* tls_support.h: what the tests of TLS share: certificates, contexts, and pairs of sessions.
 *
 * The certificates are made when the first is asked for, in a folder that goes with the process.
 */
#ifndef GORO_TLS_TEST_H
#define GORO_TLS_TEST_H

#include <goro/tls.h>
#include <openssl/ssl.h>

#include "goro_net.h"
#include "goro_test.h"

/* Who they are issued to is "goro.test" and 127.0.0.1, or "a client". Each file has its key, too. */
enum test_cert {
	TEST_CA,         /* vouches for the others */
	TEST_SERVER,     /* good */
	TEST_CLIENT,     /* good */
	TEST_EXPIRED,    /* of yesterday */
	TEST_SELFSIGNED, /* nobody vouches for it */
	TEST_STRANGER,   /* another authority does */
	TEST_NCERTS
};

const char *test_cert(enum test_cert which);

/* A new file with this text in the same folder. Its path lives as long as the process. */
const char *test_file(const char *name, const char *text);

/* They trust TEST_CA; the server is TEST_SERVER. */
goro_tls_context *test_client_context(void);
goro_tls_context *test_server_context(void);
goro_tls_context *test_context(bool server, const goro_tls_options *options);

/* What became of a handshake; 0 is the client, 1 the server. */
struct test_hands {
	goro_conn *conn[2];
	goro_tls *tls[2]; /* NULL: it failed */
	goro_error error[2];
	int rc[2];
};

/* Over a new connection. After that close_hands(). */
void test_shake(
	struct test_hands *h, goro_tls_context *client, goro_tls_context *server, const char *host);
void test_hands_close(struct test_hands *h);

/* Two ends, with the contexts above. */
void test_tls_pair(const char *network, goro_tls *ends[2]);
void test_tls_pair_close(goro_tls *ends[2]);

/* Over ends of a connection that are there. */
void test_tls_over(goro_conn *conns[2], goro_tls *ends[2]);

void test_tls_write(goro_tls *t, const void *buf, size_t n);
void test_tls_read(goro_tls *t, void *buf, size_t n);

#endif
