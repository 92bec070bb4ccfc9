/* SPDX-License-Identifier: MIT */
/* linux_clock.c: the monotonic clock, naps, and entropy. */
#include <errno.h>
#include <sys/random.h>
#include <time.h>

#include "os/os.h"

#define SECOND INT64_C(1000000000)

int64_t gr_os_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

void gr_os_nap(int64_t ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / SECOND), .tv_nsec = (long)(ns % SECOND) };

	/* Unlike nanosleep() this returns its error and leaves errno alone. */
	clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

uint64_t gr_os_entropy(void)
{
	int saved = errno;
	uint64_t bits;

	if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) != (ssize_t)sizeof(bits))
		bits = (uint64_t)gr_os_now() * UINT64_C(0x9e3779b97f4a7c15) ^
			(uint64_t)(uintptr_t)&bits << 16;
	errno = saved;
	return bits;
}
