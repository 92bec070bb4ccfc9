/* SPDX-License-Identifier: MIT */
/* no_stack.h: coroutines that can have no stack, since the kernel refuses the guard of one when they are to
 * begin. It is the code itself, for the one file of a program that includes it: the program has an
 * mprotect() before libc's, and all its guards are made by that.
 */
#ifndef GORO_NO_STACK_TEST_H
#define GORO_NO_STACK_TEST_H

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "goro_libc.h"
#include "goro_test.h"

static atomic_bool refusing;
static atomic_int refused, held;

int mprotect(void *p, size_t n, int prot)
{
	int (*real)(void *, size_t, int);

	if (atomic_load(&refusing) && prot == PROT_NONE) {
		errno = ENOMEM;
		return -1;
	}
	*(void **)&real = test_libc("mprotect");
	return real(p, n, prot);
}

static __attribute__((constructor)) void guard_by_mprotect(void)
{
	CHECK_EQ(setenv("GORO_GUARD", "mprotect", 1), 0);
}

static void count_refused(const goro_error *error, void *arg)
{
	(void)arg;
	CHECK_EQ(error->code, -ENOMEM);
	atomic_fetch_add(&refused, 1);
}

/* One, since each has stacks of its own. */
static void test_run_on_one_worker(void (*fn)(void *))
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = 1;
	config.on_panic = count_refused;
	CHECK_EQ(goro_run_config(&config, fn, NULL), 0);
}

/* How many coroutines have ended without having run. */
static int test_stacks_refused(void)
{
	return atomic_load(&refused);
}

static void hold_a_stack(goro_waitgroup *until)
{
	atomic_fetch_add(&held, 1);
	CHECK_EQ(goro_waitgroup_wait(until), 0);
}

/* In there. Takes all stacks that have a guard, and holds them until `until` is done; no other gets one
 * until test_stacks_give(). One who stands in for the worker has stacks, so what happens next has to be tried
 * again if test_stacks_refused() has not grown. */
static void test_stacks_take(goro_waitgroup *until)
{
	int before = test_stacks_refused(), all = before + atomic_load(&held);

	atomic_store(&refusing, true);
	while (test_stacks_refused() == before) {
		CHECK_EQ(go(hold_a_stack, until), 0);
		all++;
		AWAIT(test_stacks_refused() + atomic_load(&held) == all);
	}
}

static void test_stacks_give(void)
{
	atomic_store(&refusing, false);
}

#endif
