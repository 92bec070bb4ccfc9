/* SPDX-License-Identifier: MIT */
/* goro_no_stack.h: coroutines that can have no stack, since the kernel refuses the guard of one when they
 * are to begin. Programs with it have an mprotect() of their own before libc's, and all their guards are made by that.
 */
#ifndef GORO_NO_STACK_TEST_H
#define GORO_NO_STACK_TEST_H

#include "goro/waitgroup.h"

/* One, since each has stacks of its own. */
void test_run_on_one_worker(void (*fn)(void *));

/* In there. Takes all stacks that have a guard, and holds them until `until` is done; no other gets one
 * until test_stacks_give(). One who stands in for the worker has stacks, so what happens next has to be tried
 * again if test_stacks_refused() has not grown. */
void test_stacks_take(goro_waitgroup *until);
void test_stacks_give(void);

/* How many coroutines have ended without having run. */
int test_stacks_refused(void);

#endif
