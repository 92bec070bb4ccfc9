/* SPDX-License-Identifier: MIT */
/* 16_proxy.c: hands on what it gets: from whoever connects here to a server elsewhere, and back.
 *
 *     16_proxy tcp 127.0.0.1:8080 tcp example.org:80     listens, dials
 *
 * Each direction is a coroutine of its own, so that neither waits for the other. When one side has said
 * all (the read is 0) the other one is told so, and may go on answering; an error in one
 * direction ends both, since the other would wait for ever.
 */
#include <errno.h>
#include <goro.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define DIAL_TIME (10 * GORO_SECOND)

static const char *here[2], *there[2]; /* network, address */

struct link {
	goro_conn *client, *server;
	atomic_int directions; /* the last one frees it */
};

/* Only those pages of `buf` exist that data has come to. */
static void pump(struct link *l, goro_conn *from, goro_conn *to)
{
	char buf[16384];
	ssize_t n;

	while ((n = goro_conn_read(from, buf, sizeof buf, GORO_FOREVER)) > 0)
		if (goro_conn_write(to, buf, (size_t)n, GORO_FOREVER) != n)
			break;
	if (n != 0 || goro_conn_shutdown(to) != 0) {
		goro_conn_close(from);
		goro_conn_close(to);
	}
	if (atomic_fetch_sub(&l->directions, 1) == 1) {
		goro_conn_close(l->client); /* -EBADF, if that was done: handles may be stale */
		goro_conn_close(l->server);
		free(l);
	}
}

/* Owns neither connection any more, if it is 0. */
static int join(goro_conn *client, goro_conn *server)
{
	struct link *l = malloc(sizeof(*l));
	int rc;

	if (l == NULL)
		return -ENOMEM;
	*l = (struct link){ .client = client, .server = server, .directions = 2 };
	rc = go(pump, l, server, client);
	if (rc == 0)
		pump(l, client, server);
	else
		free(l);
	return rc;
}

static void serve(goro_conn *client)
{
	goro_conn *server = NULL;
	int rc = goro_dial(&server, there[0], there[1], goro_after(DIAL_TIME));

	if (rc == 0)
		rc = join(client, server);
	if (rc == 0)
		return;
	fprintf(stderr, "%s %s: %s\n", there[0], there[1], goro_strerror(rc));
	goro_conn_close(client);
	goro_conn_close(server);
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
	*rc = goro_listen(&l, here[0], here[1]);
	if (*rc == 0) {
		*rc = run(l, stop);
		goro_listener_close(l);
	}
	chan_free(stop);
} /* the stop cancels whoever is still served, and closes the connections */

int main(int argc, char **argv)
{
	int ended = 0, rc;

	if (argc != 5) {
		fprintf(stderr, "usage: %s NETWORK ADDRESS NETWORK ADDRESS\n", argv[0]);
		return 2;
	}
	here[0] = argv[1], here[1] = argv[2];
	there[0] = argv[3], there[1] = argv[4];
	rc = goro_run(root, &ended);
	if (rc == 0)
		rc = ended;
	if (rc != 0)
		fprintf(stderr, "%s %s: %s\n", here[0], here[1], goro_strerror(rc));
	return rc != 0;
}
