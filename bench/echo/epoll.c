/* SPDX-License-Identifier: MIT */
/* epoll.c: the echo server by hand: one thread, one epoll, level-triggered, nothing else. It is what
 * a library can be compared with at best: three system calls a message at one connection, two and
 * a share of epoll_wait(2) at many.
 *
 * With --http it is the floor under a web server: it takes whatever it reads for a GET, and its answer
 * is always the same.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../bench.h"
#include "echo.h"

#define EVENTS 1024

static int epoll;
static int listener;
static const char *answer; /* NULL: what was asked */

static const char hello[] = "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
			    "Content-Type: text/plain\r\nContent-Length: 13\r\n\r\nhello, world\n";

static void watch(int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	BENCH_CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
}

static void open_listener(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof at;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	BENCH_CHECK(listener >= 0);
	BENCH_CHECK(bind(listener, (struct sockaddr *)&at, sizeof at) == 0);
	BENCH_CHECK(listen(listener, 4096) == 0);
	BENCH_CHECK(getsockname(listener, (struct sockaddr *)&at, &size) == 0);
	watch(listener);
	echo_say_port(ntohs(at.sin_port));
}

static void accept_all(void)
{
	int one = 1;
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		watch(fd);
	}
	BENCH_CHECK(errno == EAGAIN);
}

static void serve(int fd)
{
	static char buf[ECHO_BUFFER];
	ssize_t n = recv(fd, buf, sizeof buf, 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0 && answer != NULL)
		n = sizeof hello - 1;
	/* One message is on its way at a time, so there is room for its answer. */
	if (n <= 0 || send(fd, answer != NULL ? answer : buf, (size_t)n, MSG_NOSIGNAL) != n)
		close(fd);
}

int main(int argc, char **argv)
{
	static struct epoll_event events[EVENTS];

	if (argc > 1 && strcmp(argv[1], "--http") == 0)
		answer = hello;
	epoll = epoll_create1(EPOLL_CLOEXEC);
	BENCH_CHECK(epoll >= 0);
	open_listener();
	for (;;) {
		int n = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++)
			if (events[i].data.fd == listener)
				accept_all();
			else
				serve(events[i].data.fd);
	}
}
