/* SPDX-License-Identifier: MIT */
#include <goro.h>

static volatile int reached;

__attribute__((noinline)) void in_the_deep(void)
{
	reached++;
}

static __attribute__((noinline)) void deep(int depth)
{
	if (depth > 0)
		deep(depth - 1);
	else
		in_the_deep();
	reached++;
}

static void coroutine(void *arg)
{
	(void)arg;
	goro_yield();
	deep(1);
}

static void root(void *arg)
{
	goro_go(coroutine, arg);
	goro_sleep(GORO_MILLISECOND);
}

int main(void)
{
	return goro_run(root, NULL);
}
