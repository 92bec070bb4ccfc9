/* SPDX-License-Identifier: MIT */
#include "io/bind.h"

#include <errno.h>

#include "goro/time.h"
#include "io/resolve.h"

uint16_t gr_bind_port(int fd)
{
	struct gr_address a = { .length = sizeof(a.sa) };

	return getsockname(fd, &a.sa.any, &a.length) == 0 ? gr_address_port(&a) : 0;
}

static int bind_anywhere(const struct gr_target *t, gr_bind_fn *make, const goro_net_options *o)
{
	struct gr_address a = gr_address_of_in6(&in6addr_any, t->port);
	int fd = -EAFNOSUPPORT;

	if (t->family != AF_INET)
		fd = make(&a, t->family == AF_INET6, o);
	if (t->family == AF_INET6 || (fd != -EAFNOSUPPORT && fd != -EADDRNOTAVAIL))
		return fd;
	a = gr_address_of_in4(INADDR_ANY, t->port);
	return make(&a, false, o);
}

static int bind_name(struct gr_caller *me, const struct gr_target *t, gr_bind_fn *make,
	const goro_net_options *o)
{
	struct gr_address found[GR_RESOLVE_MAX];
	int n = gr_resolve(me, t->host, t->family, t->port, found, GORO_FOREVER);

	return n < 0 ? n : make(&found[0], true, o);
}

int gr_bind(struct gr_caller *me, const struct gr_target *t, gr_bind_fn *make,
	const goro_net_options *o)
{
	switch (t->kind) {
	case GR_TARGET_NO_HOST:
		return bind_anywhere(t, make, o);
	case GR_TARGET_NAME:
		return bind_name(me, t, make, o);
	default:
		return make(&t->address, true, o);
	}
}
