/* SPDX-License-Identifier: MIT */
/* 18_tls_echo.c: a server that speaks TLS is the same loop, behind a handshake.
 *
 *     18_tls_echo CERTIFICATE KEY [ADDRESS]      files in PEM form; "127.0.0.1:0" by default
 *
 * It says where it listens, and sends back what it gets. SIGTERM ends it.
 */
#include <errno.h>
#include <goro.h>
#include <goro/tls.h>
#include <signal.h>
#include <stdio.h>

static const char *address = "127.0.0.1:0";
static goro_tls_context *ctx;

static void echo(goro_tls *t)
{
	char buf[4096];
	ssize_t n;

	while ((n = goro_tls_read(t, buf, sizeof buf, goro_after(60 * GORO_SECOND))) > 0) {
		ssize_t sent = goro_tls_write(t, buf, (size_t)n, goro_after(60 * GORO_SECOND));

		if (sent != n) {
			n = sent < 0 ? sent : -ETIMEDOUT;
			break;
		}
	}
	if (n == 0) /* the peer has said that this is all; so do we */
		goro_tls_shutdown(t, goro_after(GORO_SECOND));
	else
		fprintf(stderr, "cut off: %s\n", goro_strerror((int)n));
	goro_tls_close(t);
}

static void serve(goro_conn *c)
{
	goro_error error;
	goro_tls *t;

	if (goro_tls_server(&t, ctx, c, goro_after(10 * GORO_SECOND), &error) == 0) {
		echo(t);
	} else {
		fprintf(stderr, "no handshake: %s\n", error.message);
		goro_conn_close(c);
	}
}

static void accept_all(goro_listener *l)
{
	goro_conn *c;

	while (goro_accept(l, &c, GORO_FOREVER) == 0)
		if (go(serve, c) != 0)
			goro_conn_close(c);
}

static int run(goro_listener *l, goro_signal_chan stop)
{
	int signo, rc = go(accept_all, l);

	if (rc != 0)
		return rc;
	printf("listening on port %d\n", goro_listener_port(l));
	fflush(stdout);
	return chan_recv(stop, &signo);
}

static void root(void *arg)
{
	goro_signal_chan stop;
	goro_listener *l;
	int *rc = arg;

	*rc = goro_signal(&stop, SIGTERM);
	if (*rc != 0)
		return;
	*rc = goro_listen(&l, "tcp", address);
	if (*rc == 0) {
		*rc = run(l, stop);
		goro_listener_close(l);
	}
	chan_free(stop);
}

int main(int argc, char **argv)
{
	goro_tls_options options = GORO_TLS_OPTIONS_INIT;
	goro_error error;
	int ended = 0, rc;

	if (argc > 2)
		options.cert_file = argv[1], options.key_file = argv[2];
	if (argc > 3)
		address = argv[3];
	rc = goro_tls_context_server(&ctx, &options, &error);
	if (rc != 0) {
		fprintf(stderr, "%s\n", error.message);
		return 1;
	}
	rc = goro_run(root, &ended);
	goro_tls_context_free(ctx);
	if (rc == 0)
		rc = ended;
	if (rc != 0)
		fprintf(stderr, "%s: %s\n", address, goro_strerror(rc));
	return rc != 0;
}
