/* SPDX-License-Identifier: MIT */
/* listener.c: listen, accept, close.
 *
 *  L1  Accept waits when there is no descriptor or memory for a connection, with pauses that grow:
 *      nothing is lost, as the connections stay in the kernel's queue (or the one that was taken out of it
 *      with us, until the deadline), and nothing spins, though the listener is readable all the time.
 *  L2  What went wrong with a connection before it was accepted is that connection's affair.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "goro/net.h"
#include "goro/time.h"
#include "io/address.h"
#include "io/bind.h"
#include "io/options.h"
#include "io/sock.h"
#include "io/sys.h"

#define PAUSE_FIRST (10 * GORO_MILLISECOND)
#define PAUSE_MOST  (160 * GORO_MILLISECOND)

/* Listen --------------------------------------------------------------------------------------- */

/* The file that bind(2) made for a unix listener that comes to nothing. */
static void remove_file(const struct gr_address *a)
{
	if (a->sa.any.sa_family == AF_UNIX && a->sa.un.sun_path[0] != '\0')
		unlink(a->sa.un.sun_path);
}

/* A listening socket, or a negative errno. */
static int bind_and_listen(const struct gr_address *a, bool v6_only, const goro_net_options *o)
{
	int family = a->sa.any.sa_family;
	int fd = gr_options_socket(family, o);
	int rc;

	if (fd < 0)
		return fd;
	rc = gr_options_listener(fd, family, v6_only, o);
	if (rc == 0)
		rc = gr_sys_bind(fd, a);
	if (rc == 0) {
		/* The kernel takes of a large backlog what it allows. */
		rc = gr_sys_listen(fd, o->backlog == 0 ? INT32_MAX : o->backlog);
		if (rc == 0)
			return fd;
		remove_file(a);
	}
	close(fd);
	return rc;
}

/* The name of a unix listener's file, for its removal. False: out of memory. */
static bool keep_path(struct gr_sock *s, const struct gr_target *t)
{
	const char *path = t->address.sa.un.sun_path;
	size_t size;

	if (t->kind != GR_TARGET_UNIX || path[0] == '\0')
		return true;
	size = strlen(path) + 1;
	s->path = malloc(size);
	if (s->path != NULL)
		memcpy(s->path, path, size);
	return s->path != NULL;
}

static int make_listener(struct gr_caller *me, const struct gr_target *t, const goro_net_options *o,
	goro_listener **out)
{
	int fd = gr_bind(me, t, bind_and_listen, o);
	struct gr_sock *s;
	int rc;

	if (fd < 0)
		return fd;
	rc = gr_sock_make(fd, GR_SOCK_LISTENER, &s);
	if (rc != 0) {
		remove_file(&t->address);
		return rc;
	}
	s->number = gr_bind_port(fd);
	if (keep_path(s, t)) {
		*out = gr_sock_handle(s);
	} else {
		remove_file(&t->address);
		gr_sock_end(s);
		rc = -ENOMEM;
	}
	gr_sock_leave(s);
	return rc;
}

int goro_listen_with(goro_listener **l, const char *network, const char *address,
	const goro_net_options *options)
{
	goro_net_options o;
	struct gr_target t;
	struct gr_caller me;
	int rc = l == NULL ? -EINVAL : gr_address_parse(network, GR_ADDRESS_STREAM, address, &t);

	if (rc == 0)
		rc = gr_options_read(options, &o);
	if (rc == 0)
		rc = gr_sock_caller(&me);
	return rc != 0 ? rc : make_listener(&me, &t, &o, l);
}

int goro_listen(goro_listener **l, const char *network, const char *address)
{
	return goro_listen_with(l, network, address, NULL);
}

/* Accept --------------------------------------------------------------------------------------- */

/* L2; errors of the network that Linux hands on with a connection are among them. */
static bool belongs_to_the_peer(int error)
{
	switch (error) {
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
	case ENETDOWN:
	case ENOPROTOOPT:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case EOPNOTSUPP:
	case ENETUNREACH:
	case EPERM: /* a firewall's word */
		return true;
	default:
		return false;
	}
}

/* L1: 0 when it is worth another look. */
static int pause_for(
	struct gr_caller *me, struct gr_sock *s, int rc, int64_t *pause, int64_t deadline)
{
	int64_t until = goro_after(*pause);

	if (rc != -EMFILE && rc != -ENFILE && rc != -ENOBUFS && rc != -ENOMEM)
		return rc;
	if (until > deadline)
		until = deadline;
	if (until <= gr_now())
		return rc;
	*pause = *pause < PAUSE_MOST ? 2 * *pause : PAUSE_MOST;
	return gr_poll_pause(me, s->poll, GR_POLL_READ, until,
		"accept, short of descriptors or memory", gr_sock_handle(s));
}

/* The new descriptor, or a negative errno. */
static int accept_one(struct gr_caller *me, struct gr_sock *s, int64_t *pause, int64_t deadline)
{
	for (;;) {
		int fd = gr_sys_accept(s->fd);
		int rc = fd;

		if (fd >= 0)
			return fd;
		if (fd == -EAGAIN) {
			gr_sock_rest(s, GR_POLL_READ);
			rc = gr_poll_wait(me, s->poll, GR_POLL_READ, true, deadline, "accept",
				gr_sock_handle(s));
		} else if (gr_sock_closing(s)) {
			rc = -EBADF; /* shutdown(2) made it an error */
		} else if (belongs_to_the_peer(-fd)) {
			rc = 0;
		}
		if (rc != 0)
			rc = pause_for(me, s, rc, pause, deadline);
		if (rc != 0)
			return rc;
	}
}

static int accept_conn(struct gr_caller *me, struct gr_sock *s, goro_conn **out, int64_t deadline)
{
	int64_t pause = PAUSE_FIRST;
	int fd = accept_one(me, s, &pause, deadline);
	struct gr_sock *conn;
	int rc;

	if (fd < 0)
		return fd;
	while ((rc = gr_sock_try(fd, GR_SOCK_CONN, &conn)) != 0) {
		rc = pause_for(me, s, rc, &pause, deadline);
		if (rc != 0) {
			close(fd);
			return rc;
		}
	}
	*out = gr_sock_handle(conn);
	gr_sock_leave(conn);
	return 0;
}

int goro_accept(goro_listener *l, goro_conn **c, int64_t deadline)
{
	struct gr_caller me;
	struct gr_sock *s;
	int rc = c == NULL ? -EINVAL : gr_sock_enter(l, GR_SOCK_LISTENER, &me, &s);

	if (rc != 0)
		return rc;
	rc = gr_turn_take(gr_sock_turn(s, GR_POLL_READ), &me, deadline, "accept");
	if (rc == 0) {
		rc = accept_conn(&me, s, c, deadline);
		gr_sock_pace(s, GR_POLL_READ);
		gr_turn_give(gr_sock_turn(s, GR_POLL_READ));
	}
	gr_sock_leave(s);
	return rc;
}

/* The rest --------------------------------------------------------------------------------- */

int goro_listener_port(goro_listener *l)
{
	return gr_sock_number(l, GR_SOCK_LISTENER);
}

int goro_listener_close(goro_listener *l)
{
	return gr_sock_close(l, GR_SOCK_LISTENER);
}
