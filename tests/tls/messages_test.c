/* SPDX-License-Identifier: MIT */
/* messages_test.c: messages of the handshake's kind behind it, of a peer that is not goro: without end, and
 * half of one. */
#include <stdatomic.h>

#include "tls_support.h"

/* The peer --------------------------------------------------------------------------------------- */

/* OpenSSL, a server, between two buffers; what it says goes out only when it shall. */
struct peer {
	SSL *ssl;
	goro_conn *conn;
};

/* The next n bytes at most of what the peer has said. False: the other side is gone. */
static bool tell(struct peer *p, size_t n)
{
	char buf[4096];

	while (n > 0) {
		int part = BIO_read(
			SSL_get_wbio(p->ssl), buf, (int)(n < sizeof(buf) ? n : sizeof(buf)));

		if (part <= 0)
			break;
		if (goro_conn_write(p->conn, buf, (size_t)part, GORO_FOREVER) != part)
			return false;
		n -= (size_t)part;
	}
	return true;
}

static void hear(struct peer *p)
{
	char buf[4096];
	ssize_t n = goro_conn_read(p->conn, buf, sizeof(buf), GORO_FOREVER);

	CHECK_LT(0, n);
	CHECK_EQ(BIO_write(SSL_get_rbio(p->ssl), buf, (int)n), n);
}

/* What the session writes, n bytes at most; 0: it says the end. */
static int hear_out(struct peer *p, char *buf, int n)
{
	int got;

	while ((got = SSL_read(p->ssl, buf, n)) <= 0) {
		if (SSL_get_shutdown(p->ssl) & SSL_RECEIVED_SHUTDOWN)
			return 0;
		hear(p);
	}
	return got;
}

static void say_byte(struct peer *p, char c)
{
	CHECK_EQ(SSL_write(p->ssl, &c, 1), 1);
	CHECK_TRUE(tell(p, SIZE_MAX));
}

static void shake(struct peer *p, goro_waitgroup *done)
{
	while (SSL_do_handshake(p->ssl) != 1) {
		CHECK_TRUE(tell(p, SIZE_MAX));
		hear(p);
	}
	CHECK_TRUE(tell(p, SIZE_MAX));
	goro_waitgroup_done(done);
}

static struct peer peer;
static goro_tls *session;

static void meet(void)
{
	goro_tls_context *client = test_client_context(), *server = test_server_context();
	goro_waitgroup done = GORO_WAITGROUP_INIT;
	goro_conn *c[2];

	test_pair("unix", c);
	peer = (struct peer){ SSL_new((SSL_CTX *)server), c[1] };
	SSL_set_bio(peer.ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_accept_state(peer.ssl);
	goro_waitgroup_add(&done, 1);
	CHECK_EQ(go(shake, &peer, &done), 0);
	CHECK_EQ(goro_tls_client(&session, client, c[0], "goro.test", GORO_FOREVER, NULL), 0);
	CHECK_EQ(goro_waitgroup_wait(&done), 0);
	goro_tls_context_free(client);
	goro_tls_context_free(server);
}

static void part(void)
{
	SSL_free(peer.ssl);
	CHECK_EQ(goro_conn_close(peer.conn), 0);
}

/* Questions without end -------------------------------------------------------------------------- */

static bool ask_for_new_keys(void)
{
	CHECK_EQ(SSL_key_update(peer.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
	CHECK_EQ(SSL_do_handshake(peer.ssl), 1);
	return tell(&peer, SIZE_MAX);
}

static const char zeroes[50000];

/* Until no more can be sent, and somebody waits with the rest. How many bytes. */
static size_t fill(void)
{
	size_t taken = 0;
	ssize_t n;

	while ((n = goro_tls_write(session, zeroes, sizeof(zeroes), INT64_MIN)) > 0)
		taken += (size_t)n;
	CHECK_EQ(n, -ETIMEDOUT);
	return taken;
}

static void write_until_it_breaks(goro_waitgroup *done)
{
	ssize_t n;

	while ((n = goro_tls_write(session, zeroes, sizeof(zeroes), GORO_FOREVER)) > 0)
		;
	CHECK_TRUE(n == -EPROTO || n == -EBADF || n == -EPIPE || n == -ECONNRESET);
	goro_waitgroup_done(done);
}

static void read_until_it_breaks(goro_waitgroup *done)
{
	goro_error error;
	char c;

	CHECK_EQ(goro_tls_read(session, &c, 1, GORO_FOREVER), -EPROTO);
	CHECK_EQ(goro_tls_failure(session, &error), 0);
	CHECK_HAS(error.message, "takes no answers");
	CHECK_EQ(goro_tls_close(session), 0);
	goro_waitgroup_done(done);
}

GORO_TEST(who_asks_and_takes_no_answers_breaks_the_session)
{
	for (int beside_a_writer = 0; beside_a_writer < 2; beside_a_writer++) {
		goro_waitgroup done = GORO_WAITGROUP_INIT;
		int asked = 0;

		meet();
		goro_waitgroup_add(&done, 1 + beside_a_writer);
		if (beside_a_writer)
			CHECK_EQ(go(write_until_it_breaks, &done), 0);
		else
			fill();
		await_parked(1, "conn write");
		CHECK_EQ(go(read_until_it_breaks, &done), 0);
		while (ask_for_new_keys())
			CHECK_LT(asked++, 20000); /* 540 KB of answers */
		CHECK_EQ(goro_waitgroup_wait(&done), 0);
		part();
	}
}

static atomic_ullong reader;

static void read_byte(ssize_t *said, goro_waitgroup *done)
{
	char c;

	atomic_store(&reader, goro_id());
	*said = goro_tls_read(session, &c, 1, GORO_FOREVER);
	if (*said == 1)
		*said = c;
	goro_waitgroup_done(done);
}

/* A peer may ask some times before it reads. */
GORO_TEST(who_asks_some_times_gets_his_answers_though_no_more_can_be_sent)
{
	goro_waitgroup done = GORO_WAITGROUP_INIT;
	size_t taken;
	ssize_t n, read;
	char c;

	meet();
	taken = fill();
	goro_waitgroup_add(&done, 1);
	CHECK_EQ(go(read_byte, &read, &done), 0);
	for (int i = 0; i < 400; i++)
		CHECK_TRUE(ask_for_new_keys());
	say_byte(&peer, 'r');
	CHECK_EQ(goro_waitgroup_wait(&done), 0);
	CHECK_EQ(read, 'r');
	while (taken > 0) {
		char buf[4096];

		n = hear_out(&peer, buf, sizeof(buf));
		CHECK_LT(0, n);
		CHECK_LE(n, taken);
		taken -= (size_t)n;
	}
	CHECK_EQ(goro_tls_shutdown(session, GORO_FOREVER), 0);
	CHECK_EQ(hear_out(&peer, &c, 1), 0);
	part();
	CHECK_EQ(goro_tls_close(session), 0);
}

/* Half of one ------------------------------------------------------------------------------------ */

static int in_the_midst(SSL *ssl, void *arg)
{
	(void)arg;
	return SSL_in_init(ssl);
}

/* The peer has said the beginning of a long message; the session knows, if somebody has read it. */
static void begin_a_message(void)
{
	static char ticket[3000];

	CHECK_EQ(SSL_set_max_send_fragment(peer.ssl, 512), 1);
	CHECK_EQ(SSL_SESSION_set1_ticket_appdata(SSL_get_session(peer.ssl), ticket, sizeof(ticket)),
		1);
	CHECK_EQ(SSL_new_session_ticket(peer.ssl), 1);
	CHECK_EQ(SSL_do_handshake(peer.ssl), 1);
	CHECK_TRUE(tell(&peer, 1000));
}

static void end_it(void)
{
	CHECK_TRUE(tell(&peer, SIZE_MAX));
}

static void write_byte(ssize_t *said, goro_waitgroup *done)
{
	*said = goro_tls_write(session, "w", 1, GORO_FOREVER);
	goro_waitgroup_done(done);
}

static void say_the_end(ssize_t *said, goro_waitgroup *done)
{
	*said = goro_tls_shutdown(session, GORO_FOREVER);
	goro_waitgroup_done(done);
}

/* A new session, a reader of which has the beginning of a message, and waits for the rest. */
static void read_into_a_message(ssize_t *said, goro_waitgroup *done)
{
	meet();
	begin_a_message();
	goro_waitgroup_add(done, 1);
	CHECK_EQ(go(read_byte, said, done), 0);
	AWAIT(goro_tls_inspect(session, in_the_midst, NULL) == 1);
	await_parked(1, "conn read");
}

/* The peer answers what the writer asks, so the reader must not keep him from it. */
GORO_TEST(a_writer_waits_with_the_reader_for_the_rest_of_a_message)
{
	goro_waitgroup reads = GORO_WAITGROUP_INIT, writes = GORO_WAITGROUP_INIT;
	ssize_t read, written;
	char c;

	read_into_a_message(&read, &reads);
	goro_waitgroup_add(&writes, 1);
	CHECK_EQ(goro_tls_write(session, "v", 1, INT64_MIN), -ETIMEDOUT);
	CHECK_EQ(goro_tls_shutdown(session, INT64_MIN), -ETIMEDOUT);
	CHECK_EQ(go(write_byte, &written, &writes), 0);
	await_parked(1, "cond");
	end_it();
	CHECK_EQ(goro_waitgroup_wait(&writes), 0);
	CHECK_EQ(written, 1);
	CHECK_EQ(hear_out(&peer, &c, 1), 1);
	CHECK_EQ(c, 'w');
	say_byte(&peer, 'r');
	CHECK_EQ(goro_waitgroup_wait(&reads), 0);
	CHECK_EQ(read, 'r');
	CHECK_EQ(goro_tls_close(session), 0);
	part();
}

/* A reader who gives up leaves the connection to the writer. */
GORO_TEST(a_writer_alone_reads_the_rest_of_a_message)
{
	goro_waitgroup reads = GORO_WAITGROUP_INIT, writes = GORO_WAITGROUP_INIT;
	ssize_t read, ended;
	char c;

	read_into_a_message(&read, &reads);
	goro_waitgroup_add(&writes, 1);
	CHECK_EQ(go(say_the_end, &ended, &writes), 0);
	await_parked(1, "cond");
	test_cancel(atomic_load(&reader));
	CHECK_EQ(goro_waitgroup_wait(&reads), 0);
	CHECK_EQ(read, -ECANCELED);
	await_parked(1, "conn read");
	/* Now it is the reader who comes second. */
	goro_waitgroup_add(&reads, 1);
	CHECK_EQ(go(read_byte, &read, &reads), 0);
	await_parked(1, "cond");
	say_byte(&peer, 'r');
	CHECK_EQ(goro_waitgroup_wait(&writes), 0);
	CHECK_EQ(ended, 0);
	CHECK_EQ(goro_waitgroup_wait(&reads), 0);
	CHECK_EQ(read, 'r');
	CHECK_EQ(hear_out(&peer, &c, 1), 0);
	CHECK_EQ(goro_tls_close(session), 0);
	part();
}

GORO_TEST(a_close_and_a_cut_wake_who_wait_for_the_rest_of_a_message)
{
	for (int cut = 0; cut < 2; cut++) {
		goro_waitgroup done = GORO_WAITGROUP_INIT;
		ssize_t read, written;

		read_into_a_message(&read, &done);
		goro_waitgroup_add(&done, 1);
		CHECK_EQ(go(write_byte, &written, &done), 0);
		await_parked(1, "cond");
		if (cut)
			part();
		else
			CHECK_EQ(goro_tls_close(session), 0);
		CHECK_EQ(goro_waitgroup_wait(&done), 0);
		CHECK_EQ(read, cut ? -ECONNABORTED : -EBADF);
		CHECK_EQ(written, read);
		if (cut)
			CHECK_EQ(goro_tls_close(session), 0);
		else
			part();
	}
}
