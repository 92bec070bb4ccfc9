/* SPDX-License-Identifier: MIT */
/* fd.c: wait for a descriptor that is not ours.
 *
 *  F1  poll(2) first: what is ready costs no registration, and a bad number is told at once.
 *  F2  To wait, the descriptor is doubled. The copy is ours: nobody closes it behind libuv's back, which
 *      could not bear that, and whoever gets the number anew while we wait has nothing to do with us. The copy
 *      is registered for one wait, and closed after it.
 *  F3  What the event was is asked of poll(2) again.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "goro/net.h"
#include "io/sock.h"
#include "netpoll/loop.h"

_Static_assert(
	GORO_READ == (int)GR_POLL_READ && GORO_WRITE == (int)GR_POLL_WRITE, "events are sides");

/* The events of `events` that are ready, 0: none; -EBADF, -EINTR, ... */
static int look(int fd, int events)
{
	struct pollfd p = { .fd = fd };
	int ready = 0;

	p.events = (short)((events & GORO_READ ? POLLIN : 0) | (events & GORO_WRITE ? POLLOUT : 0));
	if (poll(&p, 1, 0) < 0)
		return errno == EINTR ? 0 : -errno;
	if (p.revents & POLLNVAL)
		return -EBADF;
	if (p.revents & (POLLERR | POLLHUP))
		return events; /* whatever is tried will not wait */
	if (p.revents & POLLIN)
		ready |= GORO_READ;
	if (p.revents & POLLOUT)
		ready |= GORO_WRITE;
	return ready;
}

static int await_copy(
	struct gr_caller *me, struct gr_poll *p, int copy, int fd, int events, int64_t deadline)
{
	int ready = 0;

	while (ready == 0) {
		int rc = gr_poll_wait(me, p, (unsigned)events, true, deadline, "fd wait",
			(const void *)(intptr_t)fd);

		if (rc != 0)
			return rc;
		ready = look(copy, events);
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
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return -errno;
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
	ready = look(fd, events);
	if (ready == -EBADF)
		return -EBADF;
	rc = gr_sock_caller(&me);
	if (rc != 0)
		return rc;
	return ready != 0 ? ready : await(&me, fd, events, deadline);
}
