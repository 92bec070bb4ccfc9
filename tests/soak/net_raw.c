/* SPDX-License-Identifier: MIT */
/* net_raw.c: who dials with the system's own sockets, as another library would, and waits for them with
 * goro_fd_wait(); and ends them by a reset, in the midst of whatever the server does.
 */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net.h"

/* errno's address may be another's after a park: so it is read where nothing parks. */
static __attribute__((noinline)) ssize_t told(ssize_t rc)
{
	return rc < 0 ? -errno : rc;
}

static __attribute__((noinline)) int connect_there(int fd, const struct net_place *p)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)p->port) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	if (p->port != 0)
		return (int)told(connect(fd, (struct sockaddr *)&in, sizeof(in)));
	memcpy(un.sun_path, p->address, strlen(p->address) + 1);
	return (int)told(connect(fd, (struct sockaddr *)&un, sizeof(un)));
}

/* Ready for one of `events`; or why not. */
static int await(int fd, int events)
{
	int rc;

	do {
		rc = (int)net_expect(
			NET_CALL_WAIT, goro_fd_wait(fd, events, goro_after(20 * GORO_MILLISECOND)));
		if (rc == -EMFILE && goro_sleep(GORO_MILLISECOND) != 0)
			rc = -ECANCELED;
	} while ((rc == -ETIMEDOUT || rc == -EMFILE) && !soak_quiet());
	return rc;
}

static int exchange(int fd, uint64_t *random)
{
	struct net_wish wish = { .key = test_random(random), .want = NET_FLOOD, .bytes = 100000 };
	unsigned char hello;
	int rc = await(fd, GORO_WRITE);

	if (rc < 0 || told(send(fd, &wish, sizeof(wish), MSG_NOSIGNAL)) != sizeof(wish))
		return rc;
	rc = await(fd, GORO_READ);
	if (rc < 0 || told(recv(fd, &hello, 1, 0)) != 1)
		return rc;
	CHECK_TRUE(hello == NET_PATIENT || hello == NET_IMPATIENT);
	for (uint64_t at = 0, n = 0; stress_below(random, 20) && rc > 0; at += n) {
		unsigned char buf[NET_CHUNK];
		ssize_t got;

		rc = await(fd, stress_below(random, 2) ? GORO_READ : GORO_READ | GORO_WRITE);
		got = rc > 0 ? told(recv(fd, buf, sizeof(buf), 0)) : 0;
		if (got == 0 || (got < 0 && got != -EAGAIN))
			break; /* an impatient one */
		n = got > 0 ? (uint64_t)got : 0;
		net_check(wish.key, at, buf, n);
	}
	return rc;
}

static void reset(int fd)
{
	const struct linger at_once = { 1, 0 };

	CHECK_EQ(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close(fd);
}

void net_use_raw(size_t i, uint64_t random)
{
	int rc = 0;

	while (!net_over(rc)) {
		struct net_place *p = &net_places[(i + stress_below(&random, 4)) % NET_PLACES];
		int family = p->port != 0 ? AF_INET : AF_UNIX;
		int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		if (fd >= 0) {
			rc = connect_there(fd, p);
			if (rc == 0 || rc == -EINPROGRESS) {
				rc = exchange(fd, &random);
				soak_count(NET_RESET, rc > 0);
			}
			reset(fd);
		}
		if (rc != -ECANCELED)
			rc = goro_sleep((int64_t)stress_below(&random, 40) * GORO_MILLISECOND);
	}
}
