/* SPDX-License-Identifier: MIT */
/* udp.c: datagrams. As conn.c: the system call first, and a park when it says EAGAIN; one reader and one
 * writer at a time. A close shuts the socket down before its users have left, so what the system call
 * then says is our own doing: an empty datagram among it.
 */
#include "goro/udp.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "io/bind.h"
#include "io/options.h"
#include "io/sock.h"
#include "io/sys.h"

/* Birth ---------------------------------------------------------------------------------------- */

static GR_NOINLINE int make_socket(int family)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

/* Without options: to share a port means something else here. */
static int make_bound(const struct gr_address *a, bool v6_only, const goro_net_options *o)
{
	int fd = make_socket(a->sa.any.sa_family);
	int rc;

	if (fd < 0)
		return fd;
	rc = gr_options_listener(fd, a->sa.any.sa_family, v6_only, o);
	if (rc == 0)
		rc = gr_sys_bind(fd, a);
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

int goro_udp_bind(goro_udp **u, const char *network, const char *address)
{
	static const goro_net_options none = { .size = sizeof(none) };
	struct gr_target t;
	struct gr_caller me;
	struct gr_sock *s;
	int rc = u == NULL ? -EINVAL : gr_address_parse(network, GR_ADDRESS_DATAGRAM, address, &t);
	int fd;

	if (rc == 0)
		rc = gr_sock_caller(&me);
	if (rc != 0)
		return rc;
	fd = gr_bind(&me, &t, make_bound, &none);
	if (fd < 0)
		return fd;
	rc = gr_sock_make(fd, GR_SOCK_UDP, &s);
	if (rc != 0)
		return rc;
	s->number = gr_bind_port(fd);
	*u = gr_sock_handle(s);
	gr_sock_leave(s);
	return 0;
}

int goro_udp_connect(goro_udp *u, const struct sockaddr_storage *peer)
{
	struct gr_address a;
	struct gr_caller me;
	struct gr_sock *s;
	int rc = peer == NULL || !gr_address_read(peer, &a) ?
		-EINVAL :
		gr_sock_enter_any(u, GR_SOCK_UDP, &me, &s);

	if (rc != 0)
		return rc;
	rc = gr_sys_connect(s->fd, &a);
	gr_sock_leave(s);
	return rc == -EAFNOSUPPORT ? -EINVAL : rc;
}

/* Datagrams ------------------------------------------------------------------------------------ */

static ssize_t try_once(struct gr_sock *s, enum gr_poll_side side, struct msghdr *m)
{
	ssize_t n;

	do
		n = side == GR_POLL_READ ? gr_sys_recvmsg(s->fd, m) : gr_sys_sendmsg(s->fd, m);
	while (n == -EINTR);
	return n <= 0 && gr_sock_closing(s) ? -EBADF : n;
}

/* With the turn of this side. */
static ssize_t move(struct gr_caller *me, struct gr_sock *s, enum gr_poll_side side,
	struct msghdr *m, int64_t deadline, const char *why)
{
	for (;;) {
		ssize_t n = try_once(s, side, m);

		if (n != -EAGAIN)
			return n;
		gr_sock_rest(s, side);
		n = gr_poll_wait(me, s->poll, side, true, deadline, why, gr_sock_handle(s));
		if (n != 0)
			return n;
	}
}

/* One datagram, in or out. */
static ssize_t transfer(goro_udp *u, enum gr_poll_side side, struct msghdr *m, int64_t deadline)
{
	const char *why = side == GR_POLL_READ ? "udp recv" : "udp send";
	struct gr_caller me;
	struct gr_sock *s;
	ssize_t n = gr_sock_enter(u, GR_SOCK_UDP, &me, &s);

	if (n != 0)
		return n;
	n = gr_turn_take(gr_sock_turn(s, side), &me, deadline, why);
	if (n == 0) {
		n = move(&me, s, side, m, deadline, why);
		gr_sock_pace(s, side);
		gr_turn_give(gr_sock_turn(s, side));
	}
	gr_sock_leave(s);
	return n;
}

ssize_t goro_udp_sendto(
	goro_udp *u, const void *buf, size_t n, const struct sockaddr_storage *to, int64_t deadline)
{
	struct iovec v = { .iov_base = (void *)(uintptr_t)buf, .iov_len = n };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	struct gr_address a;
	ssize_t sent;

	if ((buf == NULL && n != 0) || n > SSIZE_MAX || (to != NULL && !gr_address_read(to, &a)))
		return -EINVAL;
	if (to != NULL) {
		m.msg_name = &a.sa;
		m.msg_namelen = a.length;
	}
	sent = transfer(u, GR_POLL_WRITE, &m, deadline);
	return sent == -EAFNOSUPPORT ? -EINVAL : sent;
}

ssize_t goro_udp_recvfrom(
	goro_udp *u, void *buf, size_t n, struct sockaddr_storage *from, int64_t deadline)
{
	struct gr_address a = { .length = 0 };
	struct iovec v = { .iov_base = buf, .iov_len = n };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	ssize_t got;

	if ((buf == NULL && n != 0) || n > SSIZE_MAX)
		return -EINVAL;
	m.msg_name = &a.sa;
	m.msg_namelen = sizeof(a.sa);
	got = transfer(u, GR_POLL_READ, &m, deadline);
	if (got >= 0 && from != NULL)
		gr_address_write(&a, from);
	return got;
}

/* The rest ------------------------------------------------------------------------------------- */

int goro_udp_port(goro_udp *u)
{
	return gr_sock_number(u, GR_SOCK_UDP);
}

int goro_udp_close(goro_udp *u)
{
	return gr_sock_close(u, GR_SOCK_UDP);
}
