/* SPDX-License-Identifier: MIT */
/* leak.c: leaks on purpose, one a phase. Those of a load's own are in the load. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "soak.h"

static void stay(size_t i, uint64_t random)
{
	(void)i;
	(void)random;
	while (!soak_over(goro_sleep(20 * GORO_MILLISECOND)))
		;
}

static void wait_for_ever(void *arg)
{
	(void)arg;
	for (;;)
		pause();
}

static void leak_block(size_t size)
{
	static void *volatile memory;

	memory = malloc(size);
	CHECK_NE(memory, NULL);
	memset(memory, 1, size);
}

void soak_leak(void)
{
	static struct test_thread t;
	size_t n = soak.leak == SOAK_LEAK_STACK ? 100 * soak.phase : 0;

	for (size_t i = 0; i < n; i++)
		soak_begin(stay, SOAK_KINDS_MOST, i);
	if (soak.leak == SOAK_LEAK_THREAD)
		test_thread_start(&t, wait_for_ever, NULL);
	if (soak.leak == SOAK_LEAK_FD)
		CHECK_LE(0, open("/dev/null", O_RDONLY | O_CLOEXEC));
	if (soak.leak == SOAK_LEAK_MEMORY)
		leak_block((size_t)4 << 20);
	if (soak.leak == SOAK_LEAK_BLOCK)
		leak_block(40);
}
