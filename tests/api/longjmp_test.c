/* SPDX-License-Identifier: MIT */
/* longjmp_test.c: longjmp() within a coroutine is legal, also across parks and on another thread than
 * setjmp() was called on, and also where libc checks that it only leaves frames.
 */
#if defined(__OPTIMIZE__) && !defined(_FORTIFY_SOURCE) && !defined(__SANITIZE_ADDRESS__) && \
	!defined(__SANITIZE_THREAD__)
#define _FORTIFY_SOURCE 2 /* then longjmp() is __longjmp_chk() */
#endif

#include <setjmp.h>
#include <stdatomic.h>

#include "goro_test.h"

#define COROUTINES 16
#define ROUNDS     50

struct jumper {
	jmp_buf back;
	uint64_t id;
	int round;
};

static __attribute__((noinline, noreturn)) void descend(struct jumper *j, int depth)
{
	volatile char frame[64];

	frame[0] = (char)depth;
	goro_yield();
	if (depth == 0) {
		CHECK_EQ(goro_id(), j->id);
		CHECK_EQ(goro_sleep(GORO_MICROSECOND), 0);
		longjmp(j->back, j->round + 1);
	}
	descend(j, depth - 1 + frame[0] * 0);
}

/* Its frame lives in memory: no local variable is changed between setjmp() and longjmp(). */
static __attribute__((noinline)) void one_jump(struct jumper *j)
{
	int rc = setjmp(j->back);

	if (rc == 0)
		descend(j, j->round % 8);
	CHECK_EQ(rc, j->round + 1);
	CHECK_EQ(goro_id(), j->id);
}

static void jump(goro_waitgroup *out)
{
	struct jumper j = { .id = goro_id() };

	for (j.round = 0; j.round < ROUNDS; j.round++)
		one_jump(&j);
	goro_waitgroup_done(out);
}

GORO_TEST(longjmp_within_a_coroutine_works_across_parks_and_threads)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;

	goro_waitgroup_add(&out, COROUTINES);
	for (int i = 0; i < COROUTINES; i++)
		CHECK_EQ(go(jump, &out), 0);
	CHECK_EQ(goro_waitgroup_wait(&out), 0);
}
