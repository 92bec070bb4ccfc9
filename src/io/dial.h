/* SPDX-License-Identifier: MIT */
/* dial.h: to connect to one address. */
#ifndef GR_IO_DIAL_H
#define GR_IO_DIAL_H

#include "goro/net.h"
#include "io/address.h"
#include "sched/park.h"

struct gr_dial {
	struct gr_caller *me; /* a coroutine */
	const goro_net_options *options;
	int64_t deadline;
};

/* 0: *handle is the connection's. */
int gr_dial_address(const struct gr_dial *d, const struct gr_address *a, void **handle);

#endif
