/* SPDX-License-Identifier: MIT */
/* options.h: how a socket is set up, and made that way. */
#ifndef GR_IO_OPTIONS_H
#define GR_IO_OPTIONS_H

#include "goro/net.h"

/* The caller's, or the defaults; -EINVAL for what makes no sense. */
int gr_options_read(const goro_net_options *user, goro_net_options *out);

/* A new stream socket, non-blocking and not for children; accepted ones inherit what is set here.
 * The descriptor, or a negative errno. */
int gr_options_socket(int family, const goro_net_options *o);

/* What only a listener wants. */
int gr_options_listener(int fd, int family, bool v6_only, const goro_net_options *o);

#endif
