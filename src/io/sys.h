/* SPDX-License-Identifier: MIT */
/* sys.h: the system calls that stand beside a park, with errno as their result.
 *
 * A coroutine may be on another thread after each park, and has another errno there. The compiler
 * does not know that: it keeps errno's address, which __errno_location() promises to be constant. So no
 * function of this room that parks, or calls one that does, names errno: these do, and are never
 * inlined into it.
 */
#ifndef GR_IO_SYS_H
#define GR_IO_SYS_H

#include <sys/types.h>

#include "io/address.h"

/* As their namesakes, but a failure is a negative errno; the four that move bytes say -ECONNABORTED for
 * ETIMEDOUT. Accepted sockets are non-blocking and not for children, and nothing sends SIGPIPE. */
ssize_t gr_sys_recv(int fd, void *buf, size_t n);
ssize_t gr_sys_send(int fd, const void *buf, size_t n);
ssize_t gr_sys_sendmsg(int fd, const struct msghdr *m);
ssize_t gr_sys_recvmsg(int fd, struct msghdr *m);
int gr_sys_accept(int fd);
int gr_sys_connect(int fd, const struct gr_address *a);
int gr_sys_bind(int fd, const struct gr_address *a);
int gr_sys_listen(int fd, int backlog);
int gr_sys_shutdown_write(int fd);
int gr_sys_dup(int fd);

/* What became of a connect() that went on by itself: 0, why it failed, or -EINPROGRESS. */
int gr_sys_connected(int fd);

/* The events (GORO_READ, GORO_WRITE) of `events` that are ready now, 0: none. */
int gr_sys_ready(int fd, int events);

#endif
