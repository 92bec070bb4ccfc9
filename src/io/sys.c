/* SPDX-License-Identifier: MIT */
#include "io/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/compiler.h"
#include "goro/net.h"

/* Of a call that says -1. */
#define OR_ERRNO(type, call)                           \
	do {                                           \
		type result_ = (call);                 \
                                                       \
		return result_ < 0 ? -errno : result_; \
	} while (0)

/* A peer that answers no more has not let the caller's deadline pass: the kernel has given it up. */
static ssize_t transferred(ssize_t result)
{
	if (result >= 0)
		return result;
	return errno == ETIMEDOUT ? -ECONNABORTED : -errno;
}

GR_NOINLINE ssize_t gr_sys_recv(int fd, void *buf, size_t n)
{
	return transferred(recv(fd, buf, n, 0));
}

GR_NOINLINE ssize_t gr_sys_send(int fd, const void *buf, size_t n)
{
	return transferred(send(fd, buf, n, MSG_NOSIGNAL));
}

GR_NOINLINE ssize_t gr_sys_sendmsg(int fd, const struct msghdr *m)
{
	return transferred(sendmsg(fd, m, MSG_NOSIGNAL));
}

GR_NOINLINE ssize_t gr_sys_recvmsg(int fd, struct msghdr *m)
{
	return transferred(recvmsg(fd, m, 0));
}

GR_NOINLINE int gr_sys_accept(int fd)
{
	OR_ERRNO(int, accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

GR_NOINLINE int gr_sys_connect(int fd, const struct gr_address *a)
{
	OR_ERRNO(int, connect(fd, &a->sa.any, a->length));
}

GR_NOINLINE int gr_sys_bind(int fd, const struct gr_address *a)
{
	OR_ERRNO(int, bind(fd, &a->sa.any, a->length));
}

GR_NOINLINE int gr_sys_listen(int fd, int backlog)
{
	OR_ERRNO(int, listen(fd, backlog));
}

GR_NOINLINE int gr_sys_shutdown_write(int fd)
{
	OR_ERRNO(int, shutdown(fd, SHUT_WR));
}

GR_NOINLINE int gr_sys_dup(int fd)
{
	OR_ERRNO(int, fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

GR_NOINLINE int gr_sys_connected(int fd)
{
	struct gr_address peer = { .length = sizeof(peer.sa) };
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
		return -errno;
	if (error != 0)
		return -error;
	if (getpeername(fd, &peer.sa.any, &peer.length) == 0)
		return 0;
	return errno == ENOTCONN ? -EINPROGRESS : -errno;
}

GR_NOINLINE int gr_sys_ready(int fd, int events)
{
	struct pollfd p = { .fd = fd };
	int ready = 0;

	p.events = (short)((events & GORO_READ ? POLLIN : 0) | (events & GORO_WRITE ? POLLOUT : 0));
	if (poll(&p, 1, 0) < 0)
		return errno == EINTR ? 0 : -errno;
	if (p.revents & POLLNVAL)
		return -EBADF;
	if (p.revents & (POLLERR | POLLHUP))
		return events; /* whatever is tried will not wait */
	if (p.revents & POLLIN)
		ready |= GORO_READ;
	if (p.revents & POLLOUT)
		ready |= GORO_WRITE;
	return ready;
}
