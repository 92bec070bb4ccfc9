/* SPDX-License-Identifier: MIT */
/* memory_test.c: OpenSSL gets no memory, at each of its calls in turn: an error, and nothing else. */
#include <stdatomic.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "tls_support.h"

/* So many more succeed; negative: all do. */
static atomic_long left = -1;
static atomic_bool some_refused;
static atomic_int failures;

static bool refused(void)
{
	long n = atomic_load(&left);

	while (n > 0)
		if (atomic_compare_exchange_weak(&left, &n, n - 1))
			return false;
	if (n == 0)
		atomic_store(&some_refused, true);
	return n == 0;
}

static void *allocate(size_t n, const char *file, int line)
{
	(void)file, (void)line;
	return refused() ? NULL : malloc(n);
}

static void *reallocate(void *p, size_t n, const char *file, int line)
{
	(void)file, (void)line;
	return refused() ? NULL : realloc(p, n);
}

static void release(void *p, const char *file, int line)
{
	(void)file, (void)line;
	free(p);
}

/* Before OpenSSL's first allocation. */
static __attribute__((constructor)) void take_over(void)
{
	CHECK_EQ(CRYPTO_set_mem_functions(allocate, reallocate, release), 1);
}

static goro_tls_context *client, *server;

struct side {
	goro_conn *conn;
	bool is_server;
	int rc;
	goro_waitgroup *done;
};

/* A handshake and a word each way. */
static void talk(struct side *s)
{
	goro_error error;
	goro_tls *t;
	char c;

	s->rc = s->is_server ?
		goro_tls_server(&t, server, s->conn, GORO_FOREVER, &error) :
		goro_tls_client(&t, client, s->conn, "goro.test", GORO_FOREVER, &error);
	CHECK_EQ(error.code, s->rc);
	if (s->rc != 0) {
		atomic_fetch_add(&failures, 1);
		CHECK_NE(error.message[0], '\0');
		goro_conn_close(s->conn);
	} else {
		ssize_t n = goro_tls_write(t, "x", 1, GORO_FOREVER);

		if (n == 1)
			n = goro_tls_read(t, &c, 1, GORO_FOREVER);
		if (n == 1)
			n = goro_tls_shutdown(t, GORO_FOREVER);
		if (n == 0)
			n = goro_tls_read(t, &c, 1, GORO_FOREVER);
		s->rc = (int)n;
		CHECK_EQ(goro_tls_close(t), 0);
	}
	CHECK_EQ(ERR_peek_error(), 0);
	goro_waitgroup_done(s->done);
}

/* With so many allocations of OpenSSL's. True: that was enough for all. */
static bool talk_with(long allocations)
{
	goro_waitgroup done = GORO_WAITGROUP_INIT;
	struct side sides[2] = { { .done = &done }, { .is_server = true, .done = &done } };
	goro_conn *c[2];
	bool enough;

	test_pair("unix", c);
	goro_waitgroup_add(&done, 2);
	sides[0].conn = c[0];
	sides[1].conn = c[1];
	atomic_store(&some_refused, false);
	atomic_store(&left, allocations);
	CHECK_EQ(go(talk, &sides[1]), 0);
	CHECK_EQ(go(talk, &sides[0]), 0);
	CHECK_EQ(goro_waitgroup_wait(&done), 0);
	atomic_store(&left, -1);
	enough = !atomic_load(&some_refused);
	if (enough) { /* else it may do without */
		CHECK_EQ(sides[0].rc, 0);
		CHECK_EQ(sides[1].rc, 0);
	}
	return enough;
}

/* To the next allocation that fails: there are thousands. */
static long step(void)
{
	static uint64_t random;

	if (random == 0)
		random = test_seed();
	return 1 + (long)(test_random(&random) % (TEST_ASAN || TEST_TSAN ? 400 : 100));
}

GORO_TEST(without_memory_a_session_fails_and_the_next_one_works)
{
	client = test_client_context();
	server = test_server_context();
	CHECK_TRUE(talk_with(-1)); /* what is made once is made */
	CHECK_TRUE(!talk_with(0) && atomic_load(&failures) > 0);
	for (long i = 1; !talk_with(i); i += step())
		if (i % 4 == 0)
			CHECK_TRUE(talk_with(-1));
	goro_tls_context_free(client);
	goro_tls_context_free(server);
}

GORO_TEST_PLAIN(without_memory_there_is_no_context)
{
	goro_tls_options o = GORO_TLS_OPTIONS_INIT;
	goro_tls_context *ctx;
	goro_error error;
	int rc;

	o.ca_file = test_cert(TEST_CA);
	o.cert_file = test_cert(TEST_SERVER);
	o.alpn = "h2";
	for (long i = 0;; i += step()) {
		atomic_store(&some_refused, false);
		atomic_store(&left, i);
		rc = goro_tls_context_server(&ctx, &o, &error);
		atomic_store(&left, -1);
		CHECK_EQ(ERR_peek_error(), 0);
		if (rc == 0)
			goro_tls_context_free(ctx);
		else
			CHECK_NE(error.message[0], '\0');
		if (!atomic_load(&some_refused))
			break;
		CHECK_TRUE(i > 0 || rc == -ENOMEM);
	}
	CHECK_EQ(rc, 0);
}
