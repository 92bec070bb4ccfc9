/* SPDX-License-Identifier: MIT */
/* million_waiters_one_close: one close, one broadcast, one last done wakes all who wait, in a loop
 * and not in a chain of calls; and nobody is forgotten.
 */
#include <stdlib.h>
#include <unistd.h>

#include "stress.h"

/* The whole million where GORO_TEST_SCALE=1 asks for it; a fifth of it by default.
 * A parked coroutine costs about 5 KiB; with a sanitizer more. At most a quarter of what is free,
 * for others run too. */
static size_t how_many(void)
{
	size_t bytes = (size_t)sysconf(_SC_AVPHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
	size_t n = test_scaled(TEST_ASAN || TEST_TSAN ? 4000 : 1000000);

	if (getenv("GORO_TEST_SCALE") == NULL)
		n = (n + 4) / 5;
	return n < bytes / 4 / 6144 ? n : bytes / 4 / 6144;
}

/* await_parked() looks at each; that is dear for so many. */
static void await_parks(size_t n)
{
	goro_stats stats = GORO_STATS_INIT;

	do {
		goro_yield();
		goro_stats_get(&stats);
	} while (stats.parks < n);
}

static uint64_t woken;

static void receiver(chan(int) c, goro_waitgroup *all)
{
	int v = 1;

	CHECK_EQ(chan_recv(c, &v), -EPIPE);
	CHECK_EQ(v, 0);
	__atomic_fetch_add(&woken, 1, __ATOMIC_RELAXED);
	goro_waitgroup_done(all);
}

GORO_TEST(one_close_wakes_them_all)
{
	goro_waitgroup all = GORO_WAITGROUP_INIT;
	chan(int) c = chan_make(int, 0);
	size_t n = how_many();

	woken = 0;
	goro_waitgroup_add(&all, (int64_t)n);
	for (size_t i = 0; i < n; i++)
		CHECK_EQ(go(receiver, c, &all), 0);
	await_parks(n);
	CHECK_EQ(chan_close(c), 0);
	CHECK_EQ(goro_waitgroup_wait(&all), 0);
	CHECK_EQ(woken, n);
	chan_free(c);
}
