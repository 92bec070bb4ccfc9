/* SPDX-License-Identifier: MIT */
/* dial.c: connect without blocking, and park until it is decided.
 *
 *  D1  Of a name's addresses the first that answers is taken (race.h).
 *  D2  A socket may connect to itself: dialling a port of this machine on which nobody listens, the
 *      kernel may choose this very port as the near end. Then there is a connection, and
 *      nobody else can listen there. It is closed and dialled again.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "goro/net.h"
#include "goro/time.h"
#include "io/dial.h"
#include "io/options.h"
#include "io/race.h"
#include "io/resolve.h"
#include "io/sock.h"
#include "io/sys.h"

#define TRIES       3 /* of D2 */
#define PAUSE_FIRST (1 * GORO_MILLISECOND)
#define PAUSE_MOST  (64 * GORO_MILLISECOND)

/* Writable says that it is decided, mostly. */
static int await_verdict(const struct gr_dial *d, struct gr_sock *s)
{
	int rc;

	do {
		rc = gr_poll_wait(d->me, s->poll, GR_POLL_WRITE, true, d->deadline, "dial",
			gr_sock_handle(s));
		if (rc == 0)
			rc = gr_sys_connected(s->fd);
	} while (rc == -EINPROGRESS);
	return rc;
}

/* A unix listener whose queue is full says EAGAIN, and nothing tells when there is room. */
static int connect_when_there_is_room(
	const struct gr_dial *d, struct gr_sock *s, const struct gr_address *a)
{
	int64_t pause = PAUSE_FIRST;

	for (;;) {
		int64_t until = goro_after(pause);
		int rc = gr_sys_connect(s->fd, a);

		if (rc != -EAGAIN || a->sa.any.sa_family != AF_UNIX)
			return rc;
		if (d->deadline <= gr_now())
			return -ETIMEDOUT;
		rc = gr_poll_pause(d->me, s->poll, GR_POLL_WRITE,
			until < d->deadline ? until : d->deadline, "dial, queue full",
			gr_sock_handle(s));
		if (rc != 0)
			return rc;
		pause = pause < PAUSE_MOST ? 2 * pause : PAUSE_MOST;
	}
}

static int connect_sock(const struct gr_dial *d, struct gr_sock *s, const struct gr_address *a)
{
	int rc = connect_when_there_is_room(d, s, a);

	/* Interrupted, it goes on by itself all the same. */
	return rc == -EINPROGRESS || rc == -EINTR ? await_verdict(d, s) : rc;
}

/* D2. Mostly the near end's port alone says no. */
static bool is_self(int fd, const struct gr_address *a)
{
	struct gr_address near = { .length = sizeof(near.sa) };
	struct gr_address far = { .length = sizeof(far.sa) };

	if (a->sa.any.sa_family == AF_UNIX || getsockname(fd, &near.sa.any, &near.length) != 0 ||
		gr_address_port(&near) != gr_address_port(a))
		return false;
	return getpeername(fd, &far.sa.any, &far.length) == 0 && near.length == far.length &&
		memcmp(&near.sa, &far.sa, near.length) == 0;
}

static void drop(struct gr_sock *s)
{
	gr_sock_end(s);
	gr_sock_leave(s);
}

/* 0: the caller is a user of *out. */
static int dial_once(const struct gr_dial *d, const struct gr_address *a, struct gr_sock **out)
{
	int fd = gr_options_socket(a->sa.any.sa_family, d->options);
	int rc;

	if (fd < 0)
		return fd;
	rc = gr_sock_make(fd, GR_SOCK_CONN, out);
	if (rc != 0)
		return rc;
	rc = connect_sock(d, *out, a);
	if (rc != 0)
		drop(*out);
	return rc;
}

int gr_dial_address(const struct gr_dial *d, const struct gr_address *a, void **handle)
{
	for (int tries = 1;; tries++) {
		struct gr_sock *s;
		int rc = dial_once(d, a, &s);

		if (rc == 0 && !is_self(s->fd, a)) {
			*handle = gr_sock_handle(s);
			gr_sock_leave(s);
			return 0;
		}
		if (rc == 0) {
			drop(s);
			rc = -ECONNREFUSED;
		} else if (rc != -EADDRNOTAVAIL) {
			return rc;
		}
		if (tries == TRIES) /* another near port might have done */
			return rc;
	}
}

/* One after the other, where there is one, or no time to wait for anybody: what can be had at once. */
static int dial_at_once(
	const struct gr_dial *d, const struct gr_address *found, int n, void **handle)
{
	int said = 0;

	for (int i = 0; i < n; i++) {
		int rc = gr_dial_address(d, &found[i], handle);

		if (rc == 0)
			return 0;
		if (said == 0)
			said = rc;
	}
	return said;
}

static int dial(const struct gr_dial *d, const struct gr_target *t, void **handle)
{
	struct gr_address found[GR_RESOLVE_MAX];
	int n = gr_resolve_target(d->me, t, found, d->deadline);

	if (n < 0)
		return n;
	return n == 1 || d->deadline <= gr_now() ? dial_at_once(d, found, n, handle) :
						   gr_race(d, found, n, handle);
}

int goro_dial_with(goro_conn **c, const char *network, const char *address,
	const goro_net_options *options, int64_t deadline)
{
	goro_net_options o;
	struct gr_target t;
	struct gr_caller me;
	void *handle = NULL;
	int rc = c == NULL ? -EINVAL : gr_address_parse(network, GR_ADDRESS_STREAM, address, &t);

	if (rc == 0)
		rc = gr_options_read(options, &o);
	if (rc == 0)
		rc = gr_sock_caller(&me);
	if (rc == 0)
		rc = dial(&(struct gr_dial){ &me, &o, deadline }, &t, &handle);
	if (rc == 0)
		*c = handle;
	return rc;
}

int goro_dial(goro_conn **c, const char *network, const char *address, int64_t deadline)
{
	return goro_dial_with(c, network, address, NULL, deadline);
}
