/* SPDX-License-Identifier: MIT */
/* echo.h: what the echo servers have in common.
 *
 *     SERVER --workers N
 *
 * listens on a free port of 127.0.0.1, prints it, and serves until it is killed. A server takes as
 * much as its buffer holds, sends it back, and reads again; TCP_NODELAY is set.
 */
#ifndef BENCH_ECHO_H
#define BENCH_ECHO_H

#include <stdio.h>

/* Of one read; a server that reads while it waits has one for each connection. */
#define ECHO_BUFFER 512

static inline void echo_say_port(int port)
{
	printf("%d\n", port);
	fflush(stdout);
}

#endif
