/* SPDX-License-Identifier: MIT */
/* context_test.c: what contexts take, and what they refuse. */
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "tls_support.h"

static goro_tls_options options(void)
{
	goro_tls_options o = GORO_TLS_OPTIONS_INIT;

	return o;
}

static void check_refused(bool server, const goro_tls_options *o, int code, const char *why)
{
	goro_tls_context *ctx = NULL;
	goro_error error;
	int rc = server ? goro_tls_context_server(&ctx, o, &error) :
			  goro_tls_context_client(&ctx, o, &error);

	CHECK_EQ(rc, code);
	CHECK_EQ(error.code, code);
	CHECK_HAS(error.message, why);
	CHECK_TRUE(ctx == NULL);
	CHECK_EQ(ERR_peek_error(), 0);
	/* Nobody need ask why. */
	CHECK_EQ(server ? goro_tls_context_server(&ctx, o, NULL) :
			  goro_tls_context_client(&ctx, o, NULL),
		code);
}

GORO_TEST_PLAIN(options_that_make_no_sense_are_told)
{
	goro_tls_options o = options();

	check_refused(true, NULL, -EINVAL, "certificate");
	check_refused(true, &o, -EINVAL, "certificate");
	o.key_file = "key.pem";
	check_refused(false, &o, -EINVAL, "invalid");
	o = options();
	o.min_version = 0x0301;
	check_refused(false, &o, -EINVAL, "invalid");
	o = options();
	o.size = 1;
	check_refused(false, &o, -EINVAL, "invalid");
	CHECK_EQ(goro_tls_context_client(NULL, NULL, NULL), -EINVAL);
	goro_tls_context_free(NULL);
}

GORO_TEST_PLAIN(a_list_of_protocols_has_no_empty_and_no_endless_names)
{
	static char longest[300];
	static const char *const bad[] = { "", ",", "h2,", ",h2", "a,,b", longest };
	goro_tls_options o = options();
	goro_tls_context *ctx;

	o.verify = 0; /* it takes a while to read the system's authorities */
	memset(longest, 'a', 256);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		o.alpn = bad[i];
		check_refused(false, &o, -EINVAL, "alpn");
	}
	longest[255] = '\0';
	ctx = test_context(false, &o);
	goro_tls_context_free(ctx);
}

GORO_TEST_PLAIN(a_file_that_is_not_there_is_named)
{
	goro_tls_options o = options();

	o.ca_file = "/nowhere/ca.pem";
	check_refused(false, &o, -ENOENT, "/nowhere/ca.pem: no such file");
	o = options();
	o.cert_file = "/nowhere/cert.pem";
	check_refused(true, &o, -ENOENT, "/nowhere/cert.pem: no such file");
	o.cert_file = test_cert(TEST_SERVER);
	o.key_file = "/nowhere/key.pem";
	check_refused(true, &o, -ENOENT, "/nowhere/key.pem: no such file");
}

GORO_TEST_PLAIN(a_file_with_something_else_in_it_is_refused)
{
	const char *junk = test_file("junk", "this is no certificate\n");
	goro_tls_options o = options();

	o.ca_file = junk;
	check_refused(false, &o, -EKEYREJECTED, "junk");
	o = options();
	o.cert_file = junk;
	check_refused(true, &o, -EKEYREJECTED, "junk");
	o.cert_file = test_cert(TEST_SERVER);
	o.key_file = test_cert(TEST_CLIENT);
	check_refused(true, &o, -EKEYREJECTED, "mismatch");
}

/* Nobody types a password into a server. */
GORO_TEST_PLAIN(an_encrypted_key_is_refused_and_nobody_is_asked)
{
	static const char head[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n";
	goro_tls_options o = options();
	char text[4096];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *b = BIO_new(BIO_s_mem());
	char *pem;
	long n;

	CHECK_EQ(PEM_write_bio_PKCS8PrivateKey(b, key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL),
		1);
	n = BIO_get_mem_data(b, &pem);
	snprintf(text, sizeof(text), "%.*s", (int)n, pem);
	CHECK_HAS(text, head);
	o.cert_file = test_cert(TEST_SERVER);
	o.key_file = test_file("encrypted", text);
	check_refused(true, &o, -EKEYREJECTED, "encrypted");
	BIO_free(b);
	EVP_PKEY_free(key);
}

/* A program that was compiled with an older header. */
GORO_TEST_PLAIN(a_shorter_structure_is_taken)
{
	goro_tls_options o = options();
	goro_tls_context *ctx;

	o.verify = 0;
	o.alpn = ""; /* not looked at */
	o.size = offsetof(goro_tls_options, alpn);
	ctx = test_context(false, &o);
	goro_tls_context_free(ctx);
}

GORO_TEST(sessions_keep_the_context_they_need)
{
	goro_tls *ends[2];
	char c;

	test_tls_pair("unix", ends); /* it frees them */
	test_tls_write(ends[0], "x", 1);
	test_tls_read(ends[1], &c, 1);
	test_tls_pair_close(ends);
}

GORO_TEST(wrong_arguments_are_told_before_anything_else)
{
	goro_tls_context *client = test_client_context(), *server = test_server_context();
	static char name[300];
	goro_tls *t = NULL;
	goro_conn *c[2];
	goro_error error;

	test_pair("unix", c);
	memset(name, 'a', 254);
	CHECK_EQ(goro_tls_client(NULL, client, c[0], "goro.test", INT64_MIN, &error), -EINVAL);
	CHECK_EQ(error.code, -EINVAL);
	CHECK_EQ(goro_tls_client(&t, NULL, c[0], "goro.test", INT64_MIN, NULL), -EINVAL);
	CHECK_EQ(goro_tls_client(&t, client, c[0], NULL, INT64_MIN, NULL), -EINVAL);
	CHECK_EQ(goro_tls_client(&t, client, c[0], "", INT64_MIN, NULL), -EINVAL);
	CHECK_EQ(goro_tls_client(&t, client, c[0], name, INT64_MIN, NULL), -EINVAL);
	CHECK_EQ(goro_tls_client(&t, server, c[0], "goro.test", INT64_MIN, NULL), -EINVAL);
	CHECK_EQ(goro_tls_server(&t, client, c[0], INT64_MIN, NULL), -EINVAL);
	CHECK_EQ(goro_tls_server(NULL, server, c[0], INT64_MIN, NULL), -EINVAL);
	CHECK_EQ(goro_tls_server(&t, NULL, c[0], INT64_MIN, NULL), -EINVAL);
	CHECK_EQ(goro_tls_client(&t, client, NULL, "goro.test", INT64_MIN, NULL), -EBADF);
	CHECK_EQ(goro_tls_server(&t, server, NULL, INT64_MIN, NULL), -EBADF);
	test_pair_close(c);
	CHECK_EQ(goro_tls_server(&t, server, c[0], INT64_MIN, &error), -EBADF);
	CHECK_EQ(error.code, -EBADF);
	CHECK_TRUE(t == NULL);
	goro_tls_context_free(client);
	goro_tls_context_free(server);
}
