/* SPDX-License-Identifier: MIT */
/* resolve.h: the addresses of a name, without holding up a worker. */
#ifndef GR_IO_RESOLVE_H
#define GR_IO_RESOLVE_H

#include "io/address.h"
#include "sched/park.h"

#define GR_RESOLVE_MAX 16

/* Looks `host` up in libuv's pool and parks the caller, a coroutine. `family`: AF_UNSPEC for both. Puts
 * up to GR_RESOLVE_MAX addresses, with this port, into `out`, in the system's order. How many (> 0);
 * -ENXIO: there is no such host; -EHOSTUNREACH: nobody to ask; -ETIMEDOUT, -ECANCELED: at
 * once, a late answer is dropped; -ENOMEM. */
int gr_resolve(struct gr_caller *me, const char *host, int family, uint16_t port,
	struct gr_address *out, int64_t deadline);

/* The same for whatever a peer's address can be; no host is this machine. */
int gr_resolve_target(
	struct gr_caller *me, const struct gr_target *t, struct gr_address *out, int64_t deadline);

#endif
