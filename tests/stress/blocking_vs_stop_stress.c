/* SPDX-License-Identifier: MIT */
/* blocking_vs_stop_stress.c: cancels that come while calls wait, run, and end. */
#include <stdatomic.h>

#include "goro_test.h"

static atomic_size_t begun, done, withdrawn;

static int work(void *arg)
{
	unsigned *mark = arg;

	atomic_fetch_add(&begun, 1);
	*mark += 1; /* the caller's frame */
	return 5;
}

static void call_again_and_again(void)
{
	unsigned mark = 0;
	unsigned calls = 0;
	int rc;

	while ((rc = goro_blocking(work, &mark)) == 5)
		calls++;
	CHECK_EQ(rc, -ECANCELED);
	CHECK_EQ(mark, calls);
	atomic_fetch_add(&done, calls);
	atomic_fetch_add(&withdrawn, 1);
}

static void begin(void)
{
	for (int i = 0; i < 100; i++)
		CHECK_EQ(go(call_again_and_again), 0);
	AWAIT(atomic_load(&begun) > 200);
}

GORO_TEST_OUTSIDE(each_call_has_run_or_was_withdrawn)
{
	for (size_t i = 0; i < test_scaled(20); i++) {
		atomic_store(&begun, 0);
		atomic_store(&done, 0);
		atomic_store(&withdrawn, 0);
		test_run(test_workers(), begin);
		CHECK_EQ(atomic_load(&begun), atomic_load(&done));
		CHECK_EQ(atomic_load(&withdrawn), 100);
	}
}
