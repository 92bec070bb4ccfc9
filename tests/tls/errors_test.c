/* SPDX-License-Identifier: MIT */
/* errors_test.c: OpenSSL's errors, which it keeps for each thread, cross from no coroutine to another. */
#include <stdatomic.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "tls_support.h"

/* What an error of somebody else's is: one that a call would take for its own. */
static void leave_an_error(void)
{
	ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
	CHECK_NE(ERR_peek_error(), 0);
}

GORO_TEST(an_error_that_was_there_is_not_taken_for_the_sessions)
{
	goro_tls *t[2];
	char buf[4];

	test_tls_pair("unix", t);
	leave_an_error();
	CHECK_EQ(goro_tls_read(t[0], buf, 4, INT64_MIN), -ETIMEDOUT);
	leave_an_error();
	CHECK_EQ(goro_tls_write(t[1], "abcd", 4, GORO_FOREVER), 4);
	leave_an_error();
	CHECK_EQ(goro_tls_read(t[0], buf, 4, GORO_FOREVER), 4);
	leave_an_error();
	CHECK_EQ(goro_tls_shutdown(t[0], GORO_FOREVER), 0);
	leave_an_error();
	CHECK_EQ(goro_tls_read(t[1], buf, 4, GORO_FOREVER), 0);
	leave_an_error();
	test_tls_pair_close(t);
}

/* Between a call and its return a coroutine does not park at the end, so this is the thread's queue. */
static void check_clean(void)
{
	CHECK_EQ(ERR_peek_error(), 0);
}

GORO_TEST(no_call_leaves_an_error_behind)
{
	goro_tls_context *client = test_client_context(), *server = test_server_context();
	goro_conn *c[2];
	goro_tls *t[2], *none;
	char buf[4];

	test_pair("unix", c);
	test_write(c[1], "no tls here", 11);
	CHECK_EQ(goro_tls_client(&none, client, c[0], "goro.test", GORO_FOREVER, NULL), -EPROTO);
	check_clean();
	test_pair_close(c);

	test_pair("unix", c);
	test_tls_over(c, t);
	test_write(c[1], "no record", 9);
	CHECK_EQ(goro_tls_read(t[0], buf, 4, GORO_FOREVER), -EPROTO);
	check_clean();
	CHECK_EQ(goro_tls_write(t[0], "x", 1, GORO_FOREVER), -EPROTO);
	check_clean();
	CHECK_EQ(goro_tls_shutdown(t[0], GORO_FOREVER), -EPROTO);
	check_clean();
	CHECK_EQ(goro_tls_close(t[0]), 0);
	check_clean();
	/* The other side reads the alert. */
	CHECK_LT(goro_tls_read(t[1], buf, 4, GORO_FOREVER), 0);
	check_clean();
	CHECK_EQ(goro_tls_close(t[1]), 0);
	check_clean();
	goro_tls_context_free(client);
	goro_tls_context_free(server);
}

/* Those who fail, over and over --------------------------------------------------------------- */

static atomic_int failing;
static atomic_bool enough;

static void fail(goro_tls_context *ctx)
{
	while (!atomic_load(&enough)) {
		goro_conn *c[2];
		goro_tls *none;

		test_pair("unix", c);
		test_write(c[1], "no tls here", 11);
		CHECK_EQ(goro_tls_server(&none, ctx, c[0], GORO_FOREVER, NULL), -EPROTO);
		test_pair_close(c);
		atomic_fetch_add(&failing, 1);
	}
	atomic_fetch_add(&failing, -1000000);
}

/* A coroutine that uses OpenSSL by itself, between two calls that park. */
static void use_openssl(void)
{
	unsigned char hash[EVP_MAX_MD_SIZE];

	CHECK_EQ(ERR_peek_error(), 0);
	CHECK_EQ(EVP_Digest("abc", 3, hash, NULL, EVP_sha256(), NULL), 1);
	CHECK_EQ(ERR_peek_error(), 0);
}

GORO_TEST(those_who_fail_do_not_disturb_those_who_work)
{
	goro_tls_context *server = test_server_context();
	goro_tls *t[2];
	char buf[4];

	atomic_store(&enough, false);
	atomic_store(&failing, 0);
	test_tls_pair("unix", t);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(go(fail, server), 0);
	for (size_t i = test_scaled(200); i > 0; i--) {
		int before = atomic_load(&failing);

		AWAIT(atomic_load(&failing) != before);
		use_openssl();
		test_tls_write(t[0], "ping", 4);
		use_openssl();
		test_tls_read(t[1], buf, 4);
		CHECK_EQ(memcmp(buf, "ping", 4), 0);
		use_openssl();
		CHECK_EQ(goro_tls_read(t[0], buf, 4, INT64_MIN), -ETIMEDOUT);
	}
	atomic_store(&enough, true);
	AWAIT(atomic_load(&failing) < -3000000);
	test_tls_pair_close(t);
	goro_tls_context_free(server);
}
