/* SPDX-License-Identifier: MIT */
/* net_serve.c: who accepts, and serves what the client wishes (net.h N1). */
#include <string.h>

#include "net.h"

/* Of one connection. */
struct server {
	goro_conn *c;
	struct net_wish wish;
	bool patient;
	bool forget; /* to close it: a leak on purpose */
	uint64_t random;
};

static int64_t patience(const struct server *s)
{
	return s->patient ? GORO_FOREVER : goro_after(3 * GORO_MILLISECOND);
}

/* All of n bytes; false: the connection is at an end, or the patience is. */
static bool read_whole(struct server *s, void *buf, size_t n)
{
	size_t have = 0;

	while (have < n) {
		ssize_t got = net_expect(NET_CALL_READ,
			goro_conn_read(s->c, (char *)buf + have, n - have, patience(s)));

		if (got <= 0)
			return false;
		have += (size_t)got;
	}
	return true;
}

/* A client that is slow is waited for, in small pieces, if the server is patient. */
static bool write_whole(struct server *s, const unsigned char *buf, size_t n)
{
	size_t done = 0;

	while (done < n) {
		int64_t deadline = s->patient && stress_below(&s->random, 2) ?
			goro_after(GORO_MILLISECOND) :
			patience(s);
		ssize_t sent = net_expect(
			NET_CALL_WRITE, goro_conn_write(s->c, buf + done, n - done, deadline));

		if (sent < 0 && !(sent == -ETIMEDOUT && s->patient))
			return false;
		done += sent > 0 ? (size_t)sent : 0;
	}
	return true;
}

static void echo(struct server *s)
{
	unsigned char buf[NET_CHUNK];
	uint64_t at = 0;
	ssize_t n;

	for (;;) {
		n = net_expect(NET_CALL_READ,
			goro_conn_read(
				s->c, buf, 1 + stress_below(&s->random, sizeof(buf)), patience(s)));
		if (n <= 0)
			break;
		net_check(s->wish.key, at, buf, (size_t)n);
		at += (uint64_t)n;
		if (!write_whole(s, buf, (size_t)n))
			return;
	}
	if (n != 0)
		return;
	net_expect(NET_CALL_SHUTDOWN, goro_conn_shutdown(s->c));
	s->forget = soak.leak == SOAK_LEAK_CONN; /* nobody waits for its end */
}

static void flood(struct server *s)
{
	unsigned char buf[NET_CHUNK];
	uint64_t at = 0;

	while (at < s->wish.bytes) {
		size_t n = 1 + stress_below(&s->random, sizeof(buf));

		if (n > s->wish.bytes - at)
			n = s->wish.bytes - at;
		net_fill(s->wish.key, at, buf, n);
		if (!write_whole(s, buf, n))
			return;
		at += n;
	}
}

static void serve(void *arg)
{
	struct server s = { .c = arg, .random = goro_id() ^ soak.seed };
	unsigned char hello;

	s.patient = stress_below(&s.random, 8) != 0;
	hello = s.patient ? NET_PATIENT : NET_IMPATIENT;
	if (read_whole(&s, &s.wish, sizeof(s.wish)) && write_whole(&s, &hello, 1)) {
		if (s.wish.want == NET_ECHO)
			echo(&s);
		else
			flood(&s);
	}
	if (!s.forget)
		CHECK_EQ(goro_conn_close(s.c), 0);
}

/* The listener may be gone, and another be in its place soon. */
void net_serve(size_t i, uint64_t random)
{
	struct net_place *p = &net_places[i % NET_PLACES];
	int rc = 0;

	while (!net_over(rc)) {
		goro_listener *l = __atomic_load_n(&p->listener, __ATOMIC_ACQUIRE);
		goro_conn *c;

		rc = l == NULL ?
			-EBADF :
			goro_accept(l, &c,
				stress_below(&random, 2) ? GORO_FOREVER :
							   goro_after(10 * GORO_MILLISECOND));
		if (rc == 0)
			net_begin(serve, c);
		else if (l != NULL)
			net_expect(NET_CALL_ACCEPT, rc);
		soak_count(NET_ACCEPT, rc == 0);
		if (rc == -EBADF)
			rc = goro_sleep(GORO_MILLISECOND);
	}
}
