/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <time.h>

#include "os/os.h"

#define SECOND INT64_C(1000000000)

bool gr_os_await_fd(int fd, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left = deadline - gr_os_now();
	struct timespec ts;

	if (left < 0)
		left = 0;
	ts = (struct timespec){ .tv_sec = left / SECOND, .tv_nsec = left % SECOND };
	return ppoll(&p, 1, deadline == GR_OS_FOREVER ? NULL : &ts, NULL) > 0;
}
