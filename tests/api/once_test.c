/* SPDX-License-Identifier: MIT */
/* once_test.c: goro_once through the public header. */
#include <stdatomic.h>

#include "goro_test.h"

struct job {
	goro_once once;
	int calls; /* not atomic: only one may be in there, and all see what it left */
	atomic_int go_on;
	goro_waitgroup out;
};

static void count_call(void *arg)
{
	struct job *j = arg;

	j->calls++;
}

static void count_call_slowly(void *arg)
{
	struct job *j = arg;

	AWAIT(atomic_load(&j->go_on));
	j->calls++;
}

static void never(void *arg)
{
	(void)arg;
	CHECK_FAIL("called a second time");
}

GORO_TEST(it_is_done_by_the_first_and_not_again)
{
	struct job j = { .once = GORO_ONCE_INIT };

	CHECK_EQ(goro_once_do(&j.once, count_call, &j), 0);
	CHECK_EQ(j.calls, 1);
	CHECK_EQ(goro_once_do(&j.once, count_call, &j), 0);
	CHECK_EQ(goro_once_do(&j.once, never, NULL), 0);
	CHECK_EQ(j.calls, 1);
}

static void ask(struct job *j)
{
	CHECK_EQ(goro_once_do(&j->once, count_call_slowly, j), 0);
	CHECK_EQ(j->calls, 1);
	goro_waitgroup_done(&j->out);
}

GORO_TEST(those_who_come_meanwhile_wait_until_it_is_done)
{
	struct job j = { .calls = 0 };

	goro_waitgroup_add(&j.out, 20);
	for (int i = 0; i < 20; i++)
		CHECK_EQ(go(ask, &j), 0);
	await_parked(19, "once");
	CHECK_EQ(goro_waitgroup_wait_until(&j.out, 0), -ETIMEDOUT);
	atomic_store(&j.go_on, 1);
	CHECK_EQ(goro_waitgroup_wait(&j.out), 0);
	CHECK_EQ(j.calls, 1);
}

static void ask_in_a_thread(void *arg)
{
	ask(arg);
}

GORO_TEST_OUTSIDE(threads_and_coroutines_ask_for_the_same)
{
	static struct job j;
	struct test_thread threads[3];

	test_start();
	for (size_t round = 0; round < test_scaled(100); round++) {
		j = (struct job){ .go_on = 1 };
		goro_waitgroup_add(&j.out, 8 + 3);
		for (int i = 0; i < 8; i++)
			CHECK_EQ(go(ask, &j), 0);
		for (int i = 0; i < 3; i++)
			test_thread_start(&threads[i], ask_in_a_thread, &j);
		for (int i = 0; i < 3; i++)
			test_thread_join(&threads[i]);
		CHECK_EQ(goro_waitgroup_wait(&j.out), 0);
		CHECK_EQ(j.calls, 1);
	}
	test_stop();
}

static void do_the_inner(void *arg)
{
	goro_once inner = GORO_ONCE_INIT;

	goro_yield();
	CHECK_EQ(goro_once_do(&inner, count_call, arg), 0);
	CHECK_EQ(goro_sleep(1000), 0);
}

GORO_TEST(what_is_done_may_wait_and_do_others)
{
	struct job j = { .calls = 0 };

	CHECK_EQ(goro_once_do(&j.once, do_the_inner, &j), 0);
	CHECK_EQ(j.calls, 1);
}

GORO_TEST_OUTSIDE(wrong_arguments_and_a_missing_runtime_are_told_and_nothing_is_done)
{
	struct job j = { .calls = 0 };

	CHECK_EQ(goro_once_do(NULL, count_call, &j), -EINVAL);
	CHECK_EQ(goro_once_do(&j.once, NULL, &j), -EINVAL);
	CHECK_EQ(goro_once_do(&j.once, count_call, &j), -EPERM);
	test_start();
	CHECK_EQ(goro_once_do(NULL, count_call, &j), -EINVAL);
	CHECK_EQ(goro_once_do(&j.once, NULL, &j), -EINVAL);
	CHECK_EQ(j.calls, 0);
	CHECK_EQ(goro_once_do(&j.once, count_call, &j), 0);
	CHECK_EQ(goro_once_do(&j.once, NULL, &j), -EINVAL);
	test_stop();
	CHECK_EQ(goro_once_do(&j.once, count_call, &j), -EPERM);
	CHECK_EQ(j.calls, 1);
}
