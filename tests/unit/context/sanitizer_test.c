/* SPDX-License-Identifier: MIT */
/* sanitizer_test.c: the tools that are there are found, and no others (sanitizer.h). */
#include "hop.h"

static void the_tools_of_this_run_are_found(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		gr_sanitizer_start();
		assert_int_equal(gr_sanitizer_tsan, UNIT_TSAN);
		assert_int_equal(gr_sanitizer_asan, UNIT_ASAN);
		assert_int_equal(gr_sanitizer_valgrind, under_valgrind());
		assert_int_equal(gr_sanitizer_any, UNIT_TSAN || UNIT_ASAN || under_valgrind());
		assert_int_equal(gr_tsan_active(), UNIT_TSAN);
	}
}

static void a_fiber_holds_something_only_for_a_tool_that_needs_it(void **state)
{
	struct gr_fiber f, own;

	(void)state;
	gr_sanitizer_start();
	memset(&f, 0xff, sizeof(f));
	memset(&own, 0xff, sizeof(own));
	gr_fiber_create(&f);
	gr_fiber_adopt(&own);
	assert_int_equal(f.tsan != NULL, UNIT_TSAN);
	assert_int_equal(own.tsan != NULL, UNIT_TSAN);
	assert_null(f.fake);
	assert_null(own.fake);
	gr_fiber_release(&f);
	gr_fiber_acquire(&f);
	gr_fiber_destroy(&f);
	gr_fiber_destroy(&f); /* nothing is left of it */
}

static void stacks_have_ids_only_under_valgrind(void **state)
{
	static char a[4096], b[4096];
	unsigned first, second;

	(void)state;
	gr_sanitizer_start();
	first = gr_sanitizer_stack_register((uintptr_t)a, (uintptr_t)a + sizeof(a));
	second = gr_sanitizer_stack_register((uintptr_t)b, (uintptr_t)b + sizeof(b));
	if (under_valgrind())
		assert_int_not_equal(first, second);
	else
		assert_int_equal(first + second, 0);
	gr_sanitizer_stack_deregister(first);
	gr_sanitizer_stack_deregister(second);
}

#if UNIT_ASAN
#include <sanitizer/asan_interface.h>
#endif

static void a_stack_that_is_used_again_is_not_poisoned(void **state)
{
	static _Alignas(64) char stack[4096];

	(void)state;
	gr_sanitizer_start();
#if UNIT_ASAN
	__asan_poison_memory_region(stack + 1000, 1000);
	assert_non_null(__asan_region_is_poisoned(stack, sizeof(stack)));
#endif
	gr_sanitizer_stack_reuse((uintptr_t)stack, (uintptr_t)stack + sizeof(stack));
#if UNIT_ASAN
	assert_null(__asan_region_is_poisoned(stack, sizeof(stack)));
#endif
	for (size_t i = 0; i < sizeof(stack); i++)
		((volatile char *)stack)[i] = 1;
}

static struct hopper home, a;
static int plain; /* written on both sides: the switches order that */

static void write_plain(void *message)
{
	volatile char frame[2000];

	(void)message;
	hopper_begin(&a);
	for (int i = 0; i < 100; i++) {
		frame[i] = (char)plain;
		plain += 1 + 0 * frame[i];
		hop(&a, &home, NULL);
	}
	hop_for_good(&a, &home, NULL);
}

static void what_both_sides_write_in_turn_is_no_race(void **state)
{
	(void)state;
	plain = 0;
	hopper_adopt(&home);
	for (int round = 0; round < 3; round++) {
		hopper_make(&a, write_plain);
		for (int i = 0; i <= 100; i++) {
			plain++;
			hop(&home, &a, NULL);
		}
		hopper_free(&a);
	}
	assert_int_equal(plain, 3 * 201);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tools_of_this_run_are_found),
		cmocka_unit_test(a_fiber_holds_something_only_for_a_tool_that_needs_it),
		cmocka_unit_test(stacks_have_ids_only_under_valgrind),
		cmocka_unit_test(a_stack_that_is_used_again_is_not_poisoned),
		cmocka_unit_test(what_both_sides_write_in_turn_is_no_race),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
