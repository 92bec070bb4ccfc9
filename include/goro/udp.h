/* SPDX-License-Identifier: MIT */
/* udp.h: datagrams that look blocking and park only the coroutine.
 *
 *     goro_udp_bind(&u, "udp", ":5353");
 *     while ((n = goro_udp_recvfrom(u, buf, sizeof buf, &from, GORO_FOREVER)) >= 0)
 *             goro_udp_sendto(u, buf, (size_t)n, &from, GORO_FOREVER);
 *
 * A socket is a handle, as a connection is (goro/net.h): use after close gives -EBADF, for ever; closing
 * wakes whoever is parked in a call on it, with -EBADF. A deadline that passes and a cancel leave the
 * socket as it was. One reader and one writer may use it at once, further ones queue in order.
 * Where a peer's address is wanted in words, goro_resolve() finds it, and getnameinfo(3) with
 * NI_NUMERICHOST puts it back.
 */
#ifndef GORO_UDP_H
#define GORO_UDP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "goro/attributes.h"

GORO_BEGIN

/* Of <sys/socket.h>, which has names like send() that a program may want for itself. */
struct sockaddr_storage;

typedef struct goro_udp goro_udp;

/** Opens a socket at an address of this machine.
 *
 *  @param u        receives it.
 *  @param network  "udp": both families if no host is named; "udp4", "udp6".
 *  @param address  "host:port", "[::1]:port" or ":port". Port 0: one that is free, see
 *                  goro_udp_port().
 *
 *  @return 0            it receives what is sent there
 *  @return -EINVAL      u is NULL, no such network, a malformed address
 *  @return -EPERM       not in a coroutine
 *  @return -ECANCELED   the coroutine is cancelled
 *  @return              otherwise what socket and bind say (-EADDRINUSE, -EACCES, -EMFILE, ...), or why
 *                       the host was not found, as goro_resolve()
 *
 *  Blocks    parks while a host's name is looked up.
 *  Owner     the caller; goro_udp_close() ends it, and a stop of the runtime.
 *  Source    src/io/udp.c.
 */
GORO_API int goro_udp_bind(goro_udp **u, const char *network, const char *address);

/** Chooses one peer: only what it sends is received, goro_udp_sendto() needs no address, and that nobody
 *  listens there is told as -ECONNREFUSED by a later call.
 *
 *  @param peer  a sockaddr_in or sockaddr_in6 of the socket's family.
 *  @return 0; -EBADF: u is closed; -EINVAL: peer is NULL or of another family; -EPERM: not in a
 *          coroutine; otherwise what connect(2) says (-ENETUNREACH, ...). Never waits */
GORO_API int goro_udp_connect(goro_udp *u, const struct sockaddr_storage *peer);

/** Sends one datagram, and waits until `deadline` for room.
 *
 *  @param n   bytes; 0 is a datagram too.
 *  @param to  whom; NULL: the peer of goro_udp_connect().
 *
 *  @return n            it is on its way, whole
 *  @return -EINVAL      buf is NULL and n is not 0, an address of another family
 *  @return -EBADF       u is closed, or was closed meanwhile  ┐
 *  @return -ETIMEDOUT   the deadline passed first             │ nothing
 *  @return -ECANCELED   the coroutine is cancelled            │ was sent
 *  @return -EPERM       not in a coroutine                    │
 *  @return -EMSGSIZE    too large for a datagram              │
 *  @return -EDESTADDRREQ  no address and no peer              ┘
 *  @return -ECONNREFUSED  what was sent to the peer before did not arrive; or another error of sendmsg(2)
 *
 *  Blocks    parks.
 *  Source    src/io/udp.c.
 */
GORO_API ssize_t goro_udp_sendto(goro_udp *u, const void *buf, size_t n,
	const struct sockaddr_storage *to, int64_t deadline);

/** Takes the next datagram, and waits for one until `deadline`.
 *
 *  @param n     bytes there is room for; what a longer datagram has more is lost.
 *  @param from  receives who sent it; NULL: nobody asks. Not changed after an error.
 *
 *  @return >= 0         so many bytes; 0 is an empty datagram, there is no end
 *  @return -EINVAL, -EBADF, -ETIMEDOUT, -ECANCELED, -EPERM
 *                       as above; no datagram is lost
 *  @return -ECONNREFUSED  what was sent to the peer did not arrive; or another error of recvmsg(2)
 *
 *  Blocks    parks.
 *  Source    src/io/udp.c.
 */
GORO_API ssize_t goro_udp_recvfrom(
	goro_udp *u, void *buf, size_t n, struct sockaddr_storage *from, int64_t deadline);

/** The port it has. -EBADF: closed; -EPERM: not in a coroutine. */
GORO_API int goro_udp_port(goro_udp *u);

/** Closes it. Those parked in a call on it get -EBADF.
 *  @return 0; -EBADF: closed already; -EPERM: in the child of a fork
 *  Threads   any; also in a cancelled coroutine. */
GORO_API int goro_udp_close(goro_udp *u);

GORO_END

#endif
