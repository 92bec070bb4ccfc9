/* SPDX-License-Identifier: MIT */
/* handshake_test.c: who talks to whom, and who is refused. */
#include <stdio.h>
#include <string.h>

#include "tls_support.h"

static struct test_hands hands;

static void exchange(goro_tls *ends[2])
{
	char buf[8];

	for (int i = 0; i < 2; i++) {
		test_tls_write(ends[i], "hello", 6);
		test_tls_read(ends[1 - i], buf, 6);
		CHECK_STR(buf, "hello");
	}
}

GORO_TEST(both_sides_shake_hands_and_say_hello)
{
	EACH_NETWORK(network)
	{
		goro_tls *ends[2];

		test_tls_pair(network, ends);
		exchange(ends);
		for (int i = 0; i < 2; i++)
			CHECK_EQ(goro_tls_shutdown(ends[i], GORO_FOREVER), 0);
		for (int i = 0; i < 2; i++)
			CHECK_EQ(goro_tls_read(ends[i], (char[1]){ 0 }, 1, GORO_FOREVER), 0);
		test_tls_pair_close(ends);
	}
}

static int version_of(SSL *ssl, void *arg)
{
	(void)arg;
	return SSL_version(ssl);
}

GORO_TEST(it_works_with_both_versions)
{
	for (int version = GORO_TLS_1_2; version <= GORO_TLS_1_3; version++) {
		goro_tls_context *client = test_client_context(), *server = test_server_context();

		SSL_CTX_set_max_proto_version((SSL_CTX *)client, version);
		test_shake(&hands, client, server, "goro.test");
		CHECK_EQ(hands.rc[0], 0);
		CHECK_EQ(hands.rc[1], 0);
		CHECK_EQ(hands.error[0].code, 0);
		CHECK_EQ(goro_tls_inspect(hands.tls[0], version_of, NULL), version);
		CHECK_EQ(goro_tls_inspect(hands.tls[1], version_of, NULL), version);
		exchange(hands.tls);
		test_hands_close(&hands);
		goro_tls_context_free(client);
		goro_tls_context_free(server);
	}
}

/* The server's certificate --------------------------------------------------------------------- */

/* A client with the defaults and TEST_CA meets a server with this certificate. */
static void meet(enum test_cert cert, const char *host)
{
	goro_tls_options o = GORO_TLS_OPTIONS_INIT;
	goro_tls_context *client = test_client_context(), *server;

	o.cert_file = test_cert(cert);
	server = test_context(true, &o);
	test_shake(&hands, client, server, host);
	test_hands_close(&hands);
	goro_tls_context_free(client);
	goro_tls_context_free(server);
}

static void check_refused(enum test_cert cert, const char *host, const char *why)
{
	meet(cert, host);
	CHECK_EQ(hands.rc[0], -EKEYREJECTED);
	CHECK_EQ(hands.error[0].code, -EKEYREJECTED);
	CHECK_HAS(hands.error[0].message, why);
	/* The server is told. */
	CHECK_EQ(hands.rc[1], -EPROTO);
	CHECK_HAS(hands.error[1].message, "alert");
}

GORO_TEST(a_certificate_for_somebody_else_is_refused)
{
	check_refused(TEST_SERVER, "other.test", "ostname mismatch");
	check_refused(TEST_SERVER, "goro.test.evil", "ostname mismatch");
	check_refused(TEST_SERVER, "127.0.0.2", "IP address mismatch");
	meet(TEST_SERVER, "127.0.0.1");
	CHECK_EQ(hands.rc[0], 0);
	CHECK_EQ(hands.rc[1], 0);
}

GORO_TEST(a_certificate_that_is_not_vouched_for_or_too_old_is_refused)
{
	check_refused(TEST_EXPIRED, "goro.test", "expired");
	check_refused(TEST_SELFSIGNED, "goro.test", "self-signed");
	check_refused(TEST_STRANGER, "goro.test", "issuer");
}

GORO_TEST(who_does_not_verify_takes_anybody)
{
	goro_tls_options o = GORO_TLS_OPTIONS_INIT;
	goro_tls_context *client, *server;

	o.cert_file = test_cert(TEST_SELFSIGNED);
	server = test_context(true, &o);
	o.cert_file = NULL;
	o.verify = 0;
	client = test_context(false, &o);
	for (int i = 0; i < 2; i++) {
		test_shake(&hands, client, server, i == 0 ? NULL : "other.test");
		CHECK_EQ(hands.rc[0], 0);
		CHECK_EQ(hands.rc[1], 0);
		exchange(hands.tls);
		test_hands_close(&hands);
	}
	goro_tls_context_free(client);
	goro_tls_context_free(server);
}

/* The system's authorities have never heard of us. */
GORO_TEST(the_defaults_trust_the_system_and_nobody_else)
{
	goro_tls_context *client = test_context(false, NULL), *server = test_server_context();

	test_shake(&hands, client, server, "goro.test");
	CHECK_EQ(hands.rc[0], -EKEYREJECTED);
	test_hands_close(&hands);
	goro_tls_context_free(client);
	goro_tls_context_free(server);
}

/* Clients' certificates ------------------------------------------------------------------------ */

static void meet_client(int cert, int verify)
{
	goro_tls_options o = GORO_TLS_OPTIONS_INIT;
	goro_tls_context *client, *server;

	o.ca_file = test_cert(TEST_CA);
	o.cert_file = cert < 0 ? NULL : test_cert((enum test_cert)cert);
	client = test_context(false, &o);
	o.cert_file = test_cert(TEST_SERVER);
	o.verify = verify;
	server = test_context(true, &o);
	test_shake(&hands, client, server, "goro.test");
	goro_tls_context_free(client);
	goro_tls_context_free(server);
}

static int name_of_peer(SSL *ssl, void *arg)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);

	if (cert == NULL)
		return -1;
	X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, arg, 64);
	return 0;
}

GORO_TEST(a_server_learns_who_the_client_is)
{
	char name[64];

	for (int verify = 0; verify < 2; verify++) {
		meet_client(TEST_CLIENT, verify);
		CHECK_EQ(hands.rc[0], 0);
		CHECK_EQ(hands.rc[1], 0);
		CHECK_EQ(goro_tls_inspect(hands.tls[1], name_of_peer, name), 0);
		CHECK_STR(name, "a client");
		exchange(hands.tls);
		test_hands_close(&hands);
	}
	meet_client(-1, 0);
	CHECK_EQ(hands.rc[1], 0);
	CHECK_EQ(goro_tls_inspect(hands.tls[1], name_of_peer, name), -1);
	exchange(hands.tls);
	test_hands_close(&hands);
}

GORO_TEST(a_client_without_a_good_certificate_is_refused)
{
	static const struct {
		int cert;
		const char *why, *told;
	} table[] = {
		{ -1, "did not return a certificate", "certificate required" },
		{ TEST_EXPIRED, "expired", "certificate expired" },
		{ TEST_STRANGER, "issuer", "unknown ca" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		goro_error error;

		meet_client(table[i].cert, 1);
		CHECK_EQ(hands.rc[1], -EKEYREJECTED);
		CHECK_HAS(hands.error[1].message, table[i].why);
		/* In TLS 1.3 the client is told behind its handshake. */
		CHECK_EQ(hands.rc[0], 0);
		CHECK_EQ(goro_tls_failure(hands.tls[0], &error), 0);
		CHECK_EQ(error.code, 0);
		CHECK_EQ(goro_tls_read(hands.tls[0], (char[1]){ 0 }, 1, GORO_FOREVER), -EPROTO);
		CHECK_EQ(goro_tls_failure(hands.tls[0], &error), 0);
		CHECK_EQ(error.code, -EPROTO);
		CHECK_HAS(error.message, table[i].told);
		CHECK_EQ(goro_tls_write(hands.tls[0], "x", 1, GORO_FOREVER), -EPROTO);
		CHECK_EQ(goro_tls_shutdown(hands.tls[0], GORO_FOREVER), -EPROTO);
		test_hands_close(&hands);
	}
}

/* What else is agreed upon --------------------------------------------------------------------- */

static void meet_protocols(const char *clients, const char *servers)
{
	goro_tls_options o = GORO_TLS_OPTIONS_INIT;
	goro_tls_context *client, *server;

	o.alpn = clients;
	o.ca_file = test_cert(TEST_CA);
	client = test_context(false, &o);
	o.alpn = servers;
	o.ca_file = NULL;
	o.cert_file = test_cert(TEST_SERVER);
	server = test_context(true, &o);
	test_shake(&hands, client, server, "goro.test");
	goro_tls_context_free(client);
	goro_tls_context_free(server);
}

static void check_protocol(const char *clients, const char *servers, const char *chosen)
{
	char name[16];

	meet_protocols(clients, servers);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(hands.rc[i], 0);
		CHECK_EQ(goro_tls_alpn(hands.tls[i], name, sizeof(name)), strlen(chosen));
		CHECK_STR(name, chosen);
	}
	CHECK_EQ(goro_tls_alpn(hands.tls[0], name, strlen(chosen)), -ENOBUFS);
	CHECK_EQ(goro_tls_alpn(hands.tls[0], NULL, 16), -EINVAL);
	test_hands_close(&hands);
}

GORO_TEST(the_server_chooses_the_protocol)
{
	check_protocol("http/1.1,h2", "h2,http/1.1", "h2");
	check_protocol("a,bb,ccc", "ccc", "ccc");
	check_protocol("h2", NULL, "");
	check_protocol(NULL, "h2", "");
	check_protocol(NULL, NULL, "");
	meet_protocols("h2", "http/1.1");
	CHECK_EQ(hands.rc[0], -EPROTO);
	CHECK_HAS(hands.error[0].message, "application protocol");
	CHECK_EQ(hands.rc[1], -EPROTO);
	test_hands_close(&hands);
}

static int server_name(SSL *ssl, void *arg)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	snprintf(arg, 64, "%s", name == NULL ? "-" : name);
	return 0;
}

GORO_TEST(the_server_is_told_the_name_but_no_address)
{
	goro_tls_context *client = test_client_context(), *server = test_server_context();
	char name[64];

	for (int i = 0; i < 2; i++) {
		test_shake(&hands, client, server, i == 0 ? "goro.test" : "127.0.0.1");
		CHECK_EQ(hands.rc[1], 0);
		CHECK_EQ(goro_tls_inspect(hands.tls[1], server_name, name), 0);
		CHECK_STR(name, i == 0 ? "goro.test" : "-");
		test_hands_close(&hands);
	}
	goro_tls_context_free(client);
	goro_tls_context_free(server);
}

GORO_TEST(versions_that_do_not_meet_are_an_error_for_both)
{
	goro_tls_options o = GORO_TLS_OPTIONS_INIT;
	goro_tls_context *client = test_client_context(), *server;

	o.cert_file = test_cert(TEST_SERVER);
	o.min_version = GORO_TLS_1_3;
	server = test_context(true, &o);
	SSL_CTX_set_max_proto_version((SSL_CTX *)client, TLS1_2_VERSION);
	test_shake(&hands, client, server, "goro.test");
	CHECK_EQ(hands.rc[0], -EPROTO);
	CHECK_HAS(hands.error[0].message, "alert protocol version");
	CHECK_EQ(hands.rc[1], -EPROTO);
	test_hands_close(&hands);
	goro_tls_context_free(client);
	goro_tls_context_free(server);
}
