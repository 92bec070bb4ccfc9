/* SPDX-License-Identifier: MIT */
/* fault_net.c: goro's calls for sockets, and of libuv. What libuv calls itself does not fail. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include "fault.h"
#include "fault_calls.h"

void *fault_calloc(size_t n, size_t size)
{
	void *block = fault_now(FAULT_calloc) ? NULL : calloc(n, size);

	if (block != NULL)
		fault_hold(&fault_held.blocks, 1);
	return block;
}

char *fault_strdup(const char *text)
{
	char *copy = fault_now(FAULT_strdup) ? NULL : strdup(text);

	if (copy != NULL)
		fault_hold(&fault_held.blocks, 1);
	return copy;
}

/* Sockets ----------------------------------------------------------------------------------- */

static int held(int fd)
{
	if (fd >= 0)
		fault_hold(&fault_held.files, 1);
	return fd;
}

int fault_socket(int family, int type, int protocol)
{
	return fault_now(FAULT_socket) ? -1 : held(socket(family, type, protocol));
}

int fault_accept4(int fd, struct sockaddr *from, socklen_t *room, int flags)
{
	if (fault_now(FAULT_accept) || fault_passes(FAULT_accept_aborted) ||
		fault_passes(FAULT_accept_eintr))
		return -1;
	return held(accept4(fd, from, room, flags));
}

int fault_bind(int fd, const struct sockaddr *at, socklen_t size)
{
	return fault_now(FAULT_bind) ? -1 : bind(fd, at, size);
}

int fault_listen(int fd, int backlog)
{
	return fault_now(FAULT_listen) ? -1 : listen(fd, backlog);
}

int fault_connect(int fd, const struct sockaddr *to, socklen_t size)
{
	int rc;

	if (fault_now(FAULT_connect))
		return -1;
	rc = connect(fd, to, size);
	if (rc != 0 && errno != EINPROGRESS)
		return rc;
	return fault_now(FAULT_connect_eintr) ? -1 : rc;
}

ssize_t fault_recv(int fd, void *to, size_t n, int flags)
{
	if (fault_now(FAULT_recv) || fault_passes(FAULT_recv_eintr))
		return -1;
	return recv(fd, to, n > 1 && fault_now(FAULT_recv_short) ? n / 2 : n, flags);
}

ssize_t fault_send(int fd, const void *from, size_t n, int flags)
{
	if (fault_now(FAULT_send) || fault_passes(FAULT_send_eintr))
		return -1;
	return send(fd, from, n > 1 && fault_now(FAULT_send_short) ? n / 2 : n, flags);
}

ssize_t fault_sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct msghdr less = *message;
	struct iovec one = { .iov_len = 1 };

	if (fault_now(FAULT_sendmsg) || fault_passes(FAULT_sendmsg_eintr))
		return -1;
	if (message->msg_name != NULL || message->msg_iovlen < 2 ||
		message->msg_iov->iov_len == 0 ||
		!fault_now(FAULT_sendmsg_short)) /* a datagram goes whole */
		return sendmsg(fd, message, flags);
	one.iov_base = message->msg_iov->iov_base;
	less.msg_iov = &one;
	less.msg_iovlen = 1;
	return sendmsg(fd, &less, flags);
}

ssize_t fault_recvmsg(int fd, struct msghdr *message, int flags)
{
	if (fault_now(FAULT_recvmsg) || fault_passes(FAULT_recvmsg_eintr))
		return -1;
	return recvmsg(fd, message, flags);
}

int fault_shutdown(int fd, int how)
{
	return fault_now(FAULT_shutdown) ? -1 : shutdown(fd, how);
}

int fault_getsockopt(int fd, int level, int name, void *to, socklen_t *room)
{
	return fault_now(FAULT_getsockopt) ? -1 : getsockopt(fd, level, name, to, room);
}

int fault_setsockopt(int fd, int level, int name, const void *from, socklen_t size)
{
	return fault_now(FAULT_setsockopt) ? -1 : setsockopt(fd, level, name, from, size);
}

int fault_getsockname(int fd, struct sockaddr *to, socklen_t *room)
{
	return fault_now(FAULT_getsockname) ? -1 : getsockname(fd, to, room);
}

int fault_getpeername(int fd, struct sockaddr *to, socklen_t *room)
{
	return fault_passes(FAULT_getpeername) ? -1 : getpeername(fd, to, room);
}

int fault_unlink(const char *path)
{
	return fault_now(FAULT_unlink) ? -1 : unlink(path);
}

int fault_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	return fault_passes(FAULT_poll) ? -1 : poll(fds, n, timeout);
}

int fault_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *limit, const sigset_t *mask)
{
	return fault_passes(FAULT_poll) ? -1 : ppoll(fds, n, limit, mask);
}

int fault_epoll_wait(int set, struct epoll_event *events, int most, int timeout)
{
	return fault_passes(FAULT_epoll) ? -1 : epoll_wait(set, events, most, timeout);
}

int fault_eventfd(unsigned begin, int flags)
{
	int fd = fault_now(FAULT_eventfd) ? -1 : eventfd(begin, flags);

	if (fd >= 0)
		fault_hold(&fault_held.files, 1);
	return fd;
}

/* libuv ------------------------------------------------------------------------------------- */

int fault_uv_loop_init(uv_loop_t *loop)
{
	return fault_now(FAULT_uv_loop) ? -errno : uv_loop_init(loop);
}

int fault_uv_poll_init(uv_loop_t *loop, uv_poll_t *handle, int fd)
{
	return fault_now(FAULT_uv_poll_init) ? -errno : uv_poll_init(loop, handle, fd);
}

int fault_uv_poll_start(uv_poll_t *handle, int events, uv_poll_cb fn)
{
	return fault_now(FAULT_uv_poll_start) ? -errno : uv_poll_start(handle, events, fn);
}

int fault_uv_signal_init(uv_loop_t *loop, uv_signal_t *handle)
{
	return fault_now(FAULT_uv_signal_init) ? -errno : uv_signal_init(loop, handle);
}

int fault_uv_signal_start(uv_signal_t *handle, uv_signal_cb fn, int signo)
{
	return fault_now(FAULT_uv_signal_start) ? -errno : uv_signal_start(handle, fn, signo);
}

int fault_socketpair(int family, int type, int protocol, int fds[2])
{
	int rc = fault_now(FAULT_socketpair) ? -1 : socketpair(family, type, protocol, fds);

	if (rc == 0)
		fault_hold(&fault_held.files, 2);
	return rc;
}

/* Also when it fails the handle has to be closed: so it is libuv itself that fails. */
int fault_uv_spawn(uv_loop_t *loop, uv_process_t *handle, const uv_process_options_t *options)
{
	uv_process_options_t in_vain = *options;

	if (!fault_now(FAULT_uv_spawn))
		return uv_spawn(loop, handle, options);
	in_vain.file = "";
	return uv_spawn(loop, handle, &in_vain);
}

int fault_uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *request, uv_getaddrinfo_cb fn,
	const char *host, const char *service, const struct addrinfo *hints)
{
	return fault_now(FAULT_uv_getaddrinfo) ?
		-errno :
		uv_getaddrinfo(loop, request, fn, host, service, hints);
}
