/* SPDX-License-Identifier: MIT */
/* retry.c: a test of timeouts in virtual time, for docs/testing.md. */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <goro.h>
#include <stdio.h>

/* What is to be tested: tries again after 1 s, 2 s, 4 s, …, but not beyond the deadline. */
static int retry(int (*try)(void *), void *arg, int64_t deadline)
{
	for (int64_t pause = GORO_SECOND;; pause *= 2) {
		int rc = try(arg);

		if (rc != -EAGAIN)
			return rc;
		if (goro_after(pause) > deadline)
			return -ETIMEDOUT;
		rc = goro_sleep(pause);
		if (rc != 0)
			return rc;
	}
}

static int fail_so_often(void *arg)
{
	int *times = arg;

	return *times > 0 ? --*times, -EAGAIN : 0;
}

static void test(void *arg)
{
	int64_t begin = goro_now();
	int times = 3;

	(void)arg;
	assert(retry(fail_so_often, &times, GORO_FOREVER) == 0);
	assert(goro_now() - begin == (1 + 2 + 4) * GORO_SECOND);

	begin = goro_now();
	times = 1000;
	assert(retry(fail_so_often, &times, goro_after(3600 * GORO_SECOND)) == -ETIMEDOUT);
	assert(goro_now() - begin == 2047 * GORO_SECOND); /* the next would end at 4095 */
}

int main(void)
{
	goro_config config = GORO_CONFIG_INIT;

	config.virtual_time = 1;
	assert(goro_run_config(&config, test, NULL) == 0);
	puts("some 34 minutes have passed");
	return 0;
}
