/* SPDX-License-Identifier: MIT */
/* 13_echo_server.c: a server is one plain loop a connection.
 *
 *     13_echo_server [NETWORK ADDRESS]      "tcp" "127.0.0.1:0" by default
 *
 * It says where it listens, sends back what it gets, and ends when its input ends. Each call looks
 * blocking and parks its coroutine only: ten thousand connections are ten thousand of these loops.
 */
#include <goro.h>
#include <stdio.h>
#include <unistd.h>

static const char *network = "tcp", *address = "127.0.0.1:0";

static void serve(goro_conn *c)
{
	char buf[4096];
	ssize_t n;

	/* Who says nothing for a minute is sent away. */
	while ((n = goro_conn_read(c, buf, sizeof buf, goro_after(60 * GORO_SECOND))) > 0)
		if (goro_conn_write(c, buf, (size_t)n, goro_after(60 * GORO_SECOND)) != n)
			break;
	goro_conn_close(c);
}

static void accept_all(goro_listener *l)
{
	goro_conn *c;

	while (goro_accept(l, &c, GORO_FOREVER) == 0)
		if (go(serve, c) != 0)
			goro_conn_close(c);
}

static void root(void *arg)
{
	goro_listener *l;
	char ignored[256];
	int *rc = arg;

	*rc = goro_listen(&l, network, address);
	if (*rc != 0)
		return;
	printf("listening on port %d\n", goro_listener_port(l));
	fflush(stdout);
	*rc = go(accept_all, l);
	/* A descriptor that is not goro's: wait here, read as usual. */
	while (*rc == 0 && goro_fd_wait(STDIN_FILENO, GORO_READ, GORO_FOREVER) > 0)
		if (read(STDIN_FILENO, ignored, sizeof ignored) <= 0)
			break;
	goro_listener_close(l);
} /* the stop cancels whoever still serves, and closes the connections */

int main(int argc, char **argv)
{
	int ended = 0, rc;

	if (argc == 3)
		network = argv[1], address = argv[2];
	rc = goro_run(root, &ended);
	if (rc == 0)
		rc = ended;
	if (rc != 0)
		fprintf(stderr, "%s %s: %s\n", network, address, goro_strerror(rc));
	return rc != 0;
}
