/* SPDX-License-Identifier: MIT */
/* goro.c: the echo server as one writes it with goro: a plain loop a connection. */
#include <stdio.h>
#include <stdlib.h>

#include "../bench.h"
#include "echo.h"

/* The buffer lies outside the stack, which stays one page. */
static void serve(goro_conn *c)
{
	char *buf = malloc(ECHO_BUFFER);
	ssize_t n;

	BENCH_CHECK(buf);
	while ((n = goro_conn_read(c, buf, ECHO_BUFFER, GORO_FOREVER)) > 0)
		if (goro_conn_write(c, buf, (size_t)n, GORO_FOREVER) != n)
			break;
	goro_conn_close(c);
	free(buf);
}

static void body(void *arg)
{
	goro_listener *l;
	goro_conn *c;

	(void)arg;
	BENCH_OK(goro_listen(&l, "tcp4", "127.0.0.1:0"));
	echo_say_port(goro_listener_port(l));
	for (;;) {
		BENCH_OK(goro_accept(l, &c, GORO_FOREVER));
		BENCH_OK(go(serve, c));
	}
}

int main(int argc, char **argv)
{
	return bench_main(argc, argv, body);
}
