/* SPDX-License-Identifier: MIT */
#include <stdbool.h>

#include "io/options.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/compiler.h"

#define KEEP_ALIVE_MAX 32767 /* the kernel's */

int gr_options_read(const goro_net_options *user, goro_net_options *out)
{
	goro_net_options defaults = GORO_NET_OPTIONS_INIT;

	*out = defaults;
	if (user == NULL)
		return 0;
	if (user->size < sizeof(user->size))
		return -EINVAL;
	/* One compiled with an older header has fewer fields. */
	memcpy(out, user, user->size < sizeof(*out) ? user->size : sizeof(*out));
	return out->backlog < 0 || out->keep_alive < 0 || out->keep_alive > KEEP_ALIVE_MAX ?
		-EINVAL :
		0;
}

static GR_NOINLINE int set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0 ? 0 : -errno;
}

/* What the system does not know it need not have. */
static void set_up_tcp(int fd, const goro_net_options *o)
{
	if (o->no_delay)
		set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (o->keep_alive == 0)
		return;
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, o->keep_alive);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, o->keep_alive);
}

GR_NOINLINE int gr_options_socket(int family, const goro_net_options *o)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (family != AF_UNIX)
		set_up_tcp(fd, o);
	return fd;
}

int gr_options_listener(int fd, int family, bool v6_only, const goro_net_options *o)
{
	int rc = 0;

	if (family == AF_UNIX)
		return 0;
	if (o->reuse_addr)
		rc = set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (rc == 0 && o->reuse_port)
		rc = set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (rc == 0 && family == AF_INET6)
		rc = set(fd, IPPROTO_IPV6, IPV6_V6ONLY, v6_only);
	return rc;
}
