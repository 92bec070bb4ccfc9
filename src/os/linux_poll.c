/* SPDX-License-Identifier: MIT */
/* linux_poll.c: an epoll is waited for in milliseconds, which is too coarse for a deadline that is
 * near. Then poll(2) waits for the epoll as a whole, in nanoseconds, at the price of a second call. */
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

#include "os/os.h"

#define SECOND      INT64_C(1000000000)
#define MILLISECOND INT64_C(1000000)
#define NEAR        (2 * MILLISECOND)
#define MOST        128 /* events of one call */

static void await_precisely(int set, int64_t left)
{
	struct pollfd p = { .fd = set, .events = POLLIN };
	struct timespec ts = { .tv_sec = left / SECOND, .tv_nsec = left % SECOND };

	ppoll(&p, 1, &ts, NULL);
}

/* How long epoll_wait(2) may wait; what is near has been waited for. */
static int milliseconds(int set, int64_t deadline)
{
	int64_t left = deadline == GR_OS_FOREVER ? GR_OS_FOREVER : deadline - gr_os_now();

	if (left == GR_OS_FOREVER)
		return -1;
	if (left >= NEAR)
		return left / MILLISECOND > INT32_MAX ? INT32_MAX : (int)(left / MILLISECOND) - 1;
	if (left > 0)
		await_precisely(set, left);
	return 0;
}

int gr_os_await_set(int set, int64_t deadline, struct gr_os_ready *ready, int most)
{
	struct epoll_event events[MOST];
	int ms = deadline == INT64_MIN ? 0 : milliseconds(set, deadline);
	int n = epoll_wait(set, events, most < MOST ? most : MOST, ms);

	for (int i = 0; i < n; i++) {
		uint32_t e = events[i].events;

		ready[i].fd = events[i].data.fd;
		ready[i].what = (e & EPOLLIN ? GR_OS_READABLE : 0u) |
			(e & EPOLLOUT ? GR_OS_WRITABLE : 0u) |
			(e & ~(uint32_t)(EPOLLIN | EPOLLOUT) ? GR_OS_FAILED : 0u);
	}
	return n < 0 ? 0 : n;
}

int gr_os_bell_make(void)
{
	int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return bell < 0 ? -errno : bell;
}

void gr_os_bell_ring(int bell)
{
	eventfd_write(bell, 1); /* refused after 2^64 rings, which have been heard */
}

void gr_os_bell_silence(int bell)
{
	eventfd_t rings;

	eventfd_read(bell, &rings); /* it may be silent */
}
