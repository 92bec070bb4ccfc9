/* SPDX-License-Identifier: MIT */
/* Wherever a stack comes from, below it lies a guard, and running into it is named as what it is. */
#include "violent.h"

#include <signal.h>
#include <stdio.h>

static volatile int endless = -1, nothing;
static struct child child;
static size_t stack_size;

static UNSANITIZED int dig(int depth)
{
	volatile char frame[256];

	KEEP(frame);
	frame[0] = (char)depth;
	return depth == endless ? 0 : dig(depth + 1) + frame[0];
}

static void digger(void *arg)
{
	(void)arg;
	goro_set_name("digger");
	nothing = dig(1);
}

static void run(void (*root)(void *))
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = 2;
	config.stack_size = stack_size;
	goro_run_config(&config, root, NULL);
}

static void run_root_digger(void)
{
	run(digger);
}

static void assert_is_overflow(void)
{
	assert_killed_by(&child, SIGSEGV);
	assert_says(&child, " \"digger\": stack overflow\n");
	assert_int_equal(count_of(&child, "in coroutine"), 1);
}

/* Each class, and both kinds of guards. */
static void an_overflow_is_named_on_a_stack_of_every_size(void **state)
{
	static const size_t sizes[] = { 1, 32 << 10, 64 << 10, 100 << 10, 192 << 10, 512 << 10,
		1 << 20, 8 << 20 };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		stack_size = sizes[i];
		run_child(&child, run_root_digger, NULL);
		assert_is_overflow();
		run_child(&child, run_root_digger, "GORO_GUARD=mprotect");
		assert_is_overflow();
	}
	stack_size = 0;
}

/* Stacks that others have had ------------------------------------------------------------------ */

static UNSANITIZED void use_some(goro_waitgroup *out)
{
	volatile char frame[20 << 10];

	for (size_t i = 0; i < sizeof frame; i += 1024)
		frame[i] = 1;
	goro_yield();
	goro_waitgroup_done(out);
}

/* More than caches hold, so that some go through the pool, and are trimmed there. */
static void use_many_stacks(void *arg)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;

	for (int round = 0; round < 3; round++) {
		goro_waitgroup_add(&out, 2000);
		for (int i = 0; i < 2000; i++)
			go(use_some, &out);
		goro_waitgroup_wait(&out);
	}
	goro_go(digger, arg);
	goro_sleep(60 * GORO_SECOND);
}

static void run_many(void)
{
	run(use_many_stacks);
}

static void on_a_stack_that_others_have_used(void **state)
{
	(void)state;
	run_child(&child, run_many, NULL);
	assert_is_overflow();
	run_child(&child, run_many, "GORO_GUARD=mprotect");
	assert_is_overflow();
}

/* One begins where another has just ended, without a switch. */
static void pass_on(int left)
{
	if (left > 0)
		go(pass_on, left - 1);
	else
		goro_go(digger, NULL);
}

static void inherit(void *arg)
{
	(void)arg;
	go(pass_on, 100);
	goro_sleep(60 * GORO_SECOND);
}

static void run_inherit(void)
{
	run(inherit);
}

static void on_a_stack_inherited_from_one_that_has_just_ended(void **state)
{
	(void)state;
	run_child(&child, run_inherit, NULL);
	assert_is_overflow();
}

/* After a stop ------------------------------------------------------------------------------- */

static void do_nothing(void *arg)
{
	(void)arg;
}

static void run_thrice(void)
{
	run(do_nothing);
	run(do_nothing);
	run(digger);
}

static void in_a_second_run(void **state)
{
	(void)state;
	run_child(&child, run_thrice, NULL);
	assert_is_overflow();
}

/* From the first instruction ------------------------------------------------------------------ */

/* Larger than the default stack: the first thing that is written lies in the guard. */
static UNSANITIZED void giant(void *arg)
{
	volatile char frame[(192 + 32) << 10];

	KEEP(frame);
	frame[0] = arg != NULL;
	nothing = frame[0];
}

static void name_and_call_giant(void *arg)
{
	void (*volatile fn)(void *) = giant;

	goro_set_name("digger");
	fn(arg);
	nothing = 0;
}

static void run_giant(void)
{
	run(name_and_call_giant);
}

static void a_frame_larger_than_the_stack_is_an_overflow_too(void **state)
{
	(void)state;
	run_child(&child, run_giant, NULL);
	assert_is_overflow();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_overflow_is_named_on_a_stack_of_every_size),
		cmocka_unit_test(on_a_stack_that_others_have_used),
		cmocka_unit_test(on_a_stack_inherited_from_one_that_has_just_ended),
		cmocka_unit_test(in_a_second_run),
		cmocka_unit_test(a_frame_larger_than_the_stack_is_an_overflow_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
