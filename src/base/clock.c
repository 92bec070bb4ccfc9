/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <goro/time.h>

#include "os/os.h"

int64_t gr_now(void)
{
	return gr_os_now();
}

int64_t gr_clock_after(int64_t now, int64_t d)
{
	int64_t sum;

	if (__builtin_add_overflow(now, d, &sum))
		return d < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

int64_t goro_now(void)
{
	return gr_now();
}

int64_t goro_after(int64_t ns)
{
	return gr_clock_after(gr_now(), ns);
}
