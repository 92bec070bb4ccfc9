/* SPDX-License-Identifier: MIT */
/* resolve.h: the addresses of a name, without holding up a worker.
 *
 *     struct sockaddr_storage found[4];
 *     int n = goro_resolve("tcp", "example.org:80", found, 4, goro_after(5 * GORO_SECOND));
 */
#ifndef GORO_RESOLVE_H
#define GORO_RESOLVE_H

#include <stdint.h>

#include "goro/attributes.h"

GORO_BEGIN

/* Of <sys/socket.h>, which has names like send() that a program may want for itself. */
struct sockaddr_storage;

/** Finds the addresses that an address in words stands for.
 *
 *  @param network   "tcp", "udp": of both families; "tcp4", "udp4", "tcp6", "udp6".
 *  @param address   "host:port", "[::1]:port" or ":port", with a number as port. No host: this
 *                   machine. What is a number already is not looked up.
 *  @param found     receives up to `room` of them, in the order in which they should be tried, each a
 *                   sockaddr_in or sockaddr_in6 with the port.
 *  @param room      at least 1; there are never more than 16.
 *
 *  @return > 0          so many
 *  @return -EINVAL      no such network, a malformed address, found is NULL, room is below 1
 *  @return -EPERM       not in a coroutine
 *  @return -ENXIO       there is no such host
 *  @return -EHOSTUNREACH
 *                       nobody who could tell has answered
 *  @return -ETIMEDOUT   the deadline passed first  ┐ at once: an answer that
 *  @return -ECANCELED   the coroutine is cancelled ┘ comes later is dropped
 *  @return -ENOMEM, -EMFILE
 *                       no room for the request
 *
 *  Blocks    parks. A lookup that nobody waits for any more goes on in its thread. So that slow ones
 *            hold up no files, libuv lets them have half of its threads at most; others wait for these.
 *  Source    src/io/resolve.c; getaddrinfo(3), so /etc/hosts and nsswitch.conf count.
 */
GORO_API int goro_resolve(const char *network, const char *address, struct sockaddr_storage *found,
	int room, int64_t deadline);

GORO_END

#endif
