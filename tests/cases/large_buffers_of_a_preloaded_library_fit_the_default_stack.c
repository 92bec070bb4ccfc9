/* SPDX-License-Identifier: MIT */
#include <goro.h>
#include <stdio.h>
#include <stdlib.h>

extern unsigned preloaded_calls __attribute__((weak));

static void allocate(void *arg)
{
	goro_waitgroup *out = arg;

	for (int i = 0; i < 100; i++) {
		chan(int) c = chan_make(int, i);

		free(malloc(100));
		goro_yield();
		chan_free(c);
		if (goro_sleep(GORO_MICROSECOND) != 0)
			exit(2);
	}
	goro_waitgroup_done(out);
}

static void root(void *arg)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;

	(void)arg;
	goro_waitgroup_add(&out, 20);
	for (int i = 0; i < 20; i++)
		goro_go(allocate, &out);
	goro_waitgroup_wait(&out);
}

int main(void)
{
	int rc = goro_run(root, NULL);

	if (&preloaded_calls != NULL)
		printf("%u calls went through it\n", preloaded_calls);
	return rc != 0;
}
