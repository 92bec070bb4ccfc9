/* SPDX-License-Identifier: MIT */
/* bind.h: a socket at an address of this machine, however the address is given. */
#ifndef GR_IO_BIND_H
#define GR_IO_BIND_H

#include "goro/net.h"
#include "io/address.h"
#include "sched/park.h"

/* Makes a socket at this address: a descriptor, or a negative errno. `v6_only`: an IPv6 socket shall not
 * serve the other family. */
typedef int gr_bind_fn(const struct gr_address *a, bool v6_only, const goro_net_options *o);

/* Asks `make` for one; parks while a name is looked up. For no host: both families through one socket
 * where there is IPv6, unless one is asked for. A descriptor, or a negative errno. */
int gr_bind(struct gr_caller *me, const struct gr_target *t, gr_bind_fn *make,
	const goro_net_options *o);

/* The port that the socket has; 0: none. */
uint16_t gr_bind_port(int fd);

#endif
