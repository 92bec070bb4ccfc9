/* SPDX-License-Identifier: MIT */
/* fd.c: wait for a descriptor that is not ours.
 *
 *  F1  poll(2) first: what is ready costs no registration, and a bad number is told at once. Of the copy
 *      too, since the number may have got another file meanwhile, and what epoll refuses is always ready.
 *  F2  To wait, the descriptor is doubled. The copy is ours: nobody closes it behind libuv's back, which
 *      could not bear that, and whoever gets the number anew while we wait has nothing to do with us. The copy
 *      is registered for one wait, and closed after it.
 *  F3  What the event was is asked of poll(2) again.
 */
#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "goro/net.h"
#include "io/sock.h"
#include "io/sys.h"
#include "netpoll/loop.h"

_Static_assert(
	GORO_READ == (int)GR_POLL_READ && GORO_WRITE == (int)GR_POLL_WRITE, "events are sides");

static int await_copy(
	struct gr_caller *me, struct gr_poll *p, int copy, int fd, int events, int64_t deadline)
{
	int ready;

	while ((ready = gr_sys_ready(copy, events)) == 0) {
		int rc = gr_poll_wait(me, p, (unsigned)events, true, deadline, "fd wait",
			(const void *)(intptr_t)fd);

		if (rc != 0)
			return rc;
	}
	return ready;
}

static int await(struct gr_caller *me, int fd, int events, int64_t deadline)
{
	int rc = gr_loop_open();
	struct gr_poll *p;
	int copy;

	if (rc != 0)
		return rc;
	copy = gr_sys_dup(fd);
	if (copy < 0)
		return copy;
	p = gr_poll_open(copy);
	if (p == NULL) {
		close(copy);
		return -ENOMEM;
	}
	rc = await_copy(me, p, copy, fd, events, deadline);
	gr_poll_close(p);
	return rc;
}

int goro_fd_wait(int fd, int events, int64_t deadline)
{
	struct gr_caller me;
	int ready, rc;

	if (events == 0 || (events & ~(GORO_READ | GORO_WRITE)))
		return -EINVAL;
	if (fd < 0)
		return -EBADF; /* poll(2) would ignore it */
	ready = gr_sys_ready(fd, events);
	if (ready == -EBADF)
		return -EBADF;
	rc = gr_sock_caller(&me);
	if (rc != 0)
		return rc;
	return ready != 0 ? ready : await(&me, fd, events, deadline);
}
