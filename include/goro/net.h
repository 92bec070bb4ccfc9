/* SPDX-License-Identifier: MIT */
/* net.h: connections that look blocking and park only the coroutine.
 *
 *     goro_listen(&l, "tcp", ":8080");
 *     while (goro_accept(l, &c, GORO_FOREVER) == 0)
 *             go(serve, c);
 *
 *     n = goro_conn_read(c, buf, sizeof buf, goro_after(30 * GORO_SECOND));
 *
 * `network` is "tcp" (both families), "tcp4", "tcp6" or "unix". `address` is "host:port",
 * "[::1]:port" or ":port", with a number as port; for "unix" a path, "@name" without a file.
 *
 * Connections and listeners are handles: use after close gives -EBADF, for ever, in any thread. All
 * calls want a coroutine (-EPERM from a plain thread), but closing works from anywhere. Closing
 * wakes whoever is parked in a call on the object: that call returns -EBADF. A deadline that passes and
 * a cancel leave the connection as it was; one reader and one writer may use it at once, further
 * ones queue in order. A peer's reset is an error, never a signal.
 *
 * Source: the blocking look and the parking are Go's net package; the handles are goro's own.
 */
#ifndef GORO_NET_H
#define GORO_NET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "goro/attributes.h"

GORO_BEGIN

typedef struct goro_listener goro_listener;
typedef struct goro_conn goro_conn;

/** How sockets are set up. Begin with GORO_NET_OPTIONS_INIT and change what you want different. */
typedef struct goro_net_options {
	size_t size;    /* of this structure; set by GORO_NET_OPTIONS_INIT */
	int reuse_addr; /* listen: bind though connections of a predecessor linger. Default 1 */
	int reuse_port; /* listen: several listeners share the port. Default 0 */
	int backlog;  /* listen: connections not accepted yet. 0, the default: the system's most */
	int no_delay; /* tcp: small writes leave at once. Default 1 */
	int keep_alive; /* tcp: seconds of silence before the peer is probed. Default 15; 0: never */
} goro_net_options;

#ifdef __cplusplus
#define GORO_NET_OPTIONS_INIT                            \
	{                                                \
		sizeof(goro_net_options), 1, 0, 0, 1, 15 \
	}
#else
#define GORO_NET_OPTIONS_INIT                                                                     \
	{                                                                                         \
		.size = sizeof(goro_net_options), .reuse_addr = 1, .reuse_port = 0, .backlog = 0, \
		.no_delay = 1, .keep_alive = 15                                                   \
	}
#endif

/** Listens for connections.
 *
 *  @param l        receives the listener.
 *  @param network  "tcp", "tcp4", "tcp6", "unix".
 *  @param address  where. No host: every address of this machine; port 0: one that is free, see
 *                  goro_listener_port(). A path must not exist, and is removed by the close.
 *  @param options  NULL: the defaults.
 *
 *  @return 0            listening: from now on peers can connect
 *  @return -EINVAL      l is NULL, no such network, a malformed address, options that make no sense
 *  @return -EPERM       not in a coroutine
 *  @return -ECANCELED   the coroutine is cancelled
 *  @return              otherwise what socket, bind and listen say (-EADDRINUSE, -EACCES, ...), or
 *                       why the host was not found, as goro_dial()
 *
 *  Blocks    parks while a host's name is looked up.
 *  Owner     the caller; goro_listener_close() ends it, and a stop of the runtime.
 *  Source    src/io/listener.c, examples/13_echo_server.c.
 */
GORO_API int goro_listen_with(goro_listener **l, const char *network, const char *address,
	const goro_net_options *options);
GORO_API int goro_listen(goro_listener **l, const char *network, const char *address);

/** Takes the next connection, and waits for one until `deadline`.
 *
 *  @return 0            *c is the connection
 *  @return -EBADF       l is closed, or was closed meanwhile
 *  @return -EINVAL      c is NULL
 *  @return -ETIMEDOUT   the deadline passed first
 *  @return -ECANCELED   the coroutine is cancelled
 *  @return -EPERM       not in a coroutine
 *  @return -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM
 *                       there was no descriptor or memory for it until the deadline. Without a
 *                       deadline it waits, with pauses, until there is, and no connection is lost;
 *                       one for which there was a descriptor but no memory until the deadline or
 *                       a cancel is closed
 *
 *  Blocks    parks. Several coroutines may accept from one listener; they are served in order.
 *  Source    src/io/listener.c.
 */
GORO_API int goro_accept(goro_listener *l, goro_conn **c, int64_t deadline);

/** The port it listens on; 0: a unix listener. -EBADF: closed. */
GORO_API int goro_listener_port(goro_listener *l);

/** Closes it: when it returns a dial is refused. Those parked in goro_accept() get -EBADF.
 *  @return 0; -EBADF: closed already; -EPERM: in the child of a fork
 *  Threads   any; also in a cancelled coroutine. */
GORO_API int goro_listener_close(goro_listener *l);

/** Connects, and waits until `deadline` for that.
 *
 *  @param c        receives the connection.
 *  @param network  "tcp", "tcp4", "tcp6", "unix".
 *  @param address  where to. No host: this machine. A name is looked up without holding up others,
 *                  and of its addresses the first that answers is taken: the families take turns, and
 *                  the next is tried beside those before it 250 ms behind the last of them, or less
 *                  where the deadline is near, or once that one has failed (RFC 8305).
 *  @param options  NULL: the defaults.
 *
 *  @return 0             connected
 *  @return -EINVAL       c is NULL, no such network, a malformed address, senseless options
 *  @return -EPERM        not in a coroutine
 *  @return -ECONNREFUSED, -EHOSTUNREACH, -ENOENT (no such path), ...
 *                        what the first address tried said
 *  @return -ENXIO        there is no such host
 *  @return -ETIMEDOUT    the deadline passed, or the system gave up
 *  @return -ECANCELED    the coroutine is cancelled
 *
 *  Blocks    parks.
 *  Owner     the caller; goro_conn_close() ends it, and a stop of the runtime.
 *  Source    src/io/dial.c.
 */
GORO_API int goro_dial_with(goro_conn **c, const char *network, const char *address,
	const goro_net_options *options, int64_t deadline);
GORO_API int goro_dial(goro_conn **c, const char *network, const char *address, int64_t deadline);

/** Reads what is there, up to n bytes, and waits for the first until `deadline`.
 *
 *  @return > 0          so many bytes
 *  @return 0            the peer has ended its side; or n is 0
 *  @return -EINVAL      buf is NULL and n is not 0
 *  @return -EBADF       c is closed, or was closed meanwhile  ┐
 *  @return -ETIMEDOUT   the deadline passed first             │ no byte
 *  @return -ECANCELED   the coroutine is cancelled            │ is lost
 *  @return -EPERM       not in a coroutine                    ┘
 *  @return -ECONNRESET  the peer reset the connection; or another error of read(2)
 *  @return -ECONNABORTED
 *                       the peer answers no more, and the system has given it up (keep_alive)
 *
 *  Blocks    parks.
 *  Threads   one reader and one writer at once; further ones queue in order.
 *  Source    src/io/conn.c.
 */
GORO_API ssize_t goro_conn_read(goro_conn *c, void *buf, size_t n, int64_t deadline);

/** Writes all n bytes, and waits until `deadline` for room.
 *
 *  @return n            all of it is on its way
 *  @return >= 0, < n    the deadline passed or the coroutine was cancelled after so many bytes
 *  @return -ETIMEDOUT, -ECANCELED
 *                       the same before the first byte
 *  @return -EPIPE, -ECONNRESET, -ECONNABORTED
 *                       the peer is gone; some bytes may have been sent
 *  @return -EINVAL, -EBADF, -EPERM
 *                       as for goro_conn_read()
 *
 *  Blocks    parks.
 *  Threads   a write is whole: those of several coroutines do not mix.
 *  Source    src/io/conn.c.
 */
GORO_API ssize_t goro_conn_write(goro_conn *c, const void *buf, size_t n, int64_t deadline);

/** The same for the bytes of v[0] to v[n - 1], any number of them, one behind the other.
 *  @return as goro_conn_write(); -EINVAL also if n is negative, or the sum is above SSIZE_MAX */
GORO_API ssize_t goro_conn_writev(goro_conn *c, const struct iovec *v, int n, int64_t deadline);

/** Ends the write side: the peer reads to the end and then gets 0. Reading goes on.
 *  @return 0; -EBADF; -EPERM; -ENOTCONN: the peer is gone */
GORO_API int goro_conn_shutdown(goro_conn *c);

/** Closes it: for the peer it is closed when this returns. Those parked in a call on it get -EBADF.
 *  @return 0; -EBADF: closed already; -EPERM: in the child of a fork
 *  Threads   any; also in a cancelled coroutine. */
GORO_API int goro_conn_close(goro_conn *c);

#define GORO_READ  1
#define GORO_WRITE 2

/** Waits until a descriptor that is not goro's is ready, for libraries that do their own reading and
 *  writing.
 *
 *  @param fd      any that poll(2) takes. It may be closed, and its number used again, between two
 *                 calls. What is closed while somebody waits for it: the wait goes on, as poll(2)'s
 *                 would, until something happens there or its deadline passes.
 *  @param events  GORO_READ, GORO_WRITE, or both.
 *
 *  @return > 0          those of `events` that are ready; both, if there is an error or hang-up
 *  @return -EINVAL      other events, or none
 *  @return -EBADF       fd is not open
 *  @return -EPERM       not in a coroutine
 *  @return -ETIMEDOUT   the deadline passed first
 *  @return -ECANCELED   the coroutine is cancelled
 *  @return -EMFILE, -ENFILE, -ENOMEM
 *                       no room to wait
 *
 *  Blocks    parks.
 *  Owner     the descriptor stays the caller's; its flags are not changed.
 *  Source    src/io/fd.c.
 */
GORO_API int goro_fd_wait(int fd, int events, int64_t deadline);

GORO_END

#endif
