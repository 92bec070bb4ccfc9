/* SPDX-License-Identifier: MIT */
/* A hardware fault in a coroutine kills the process by its signal, and the report says who it was,
 * why, and where. */
#include "violent.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Within so many bytes of a function's first one is the function: all here are small. */
#define SMALL 512u

static volatile int nothing; /* 0, but no compiler knows */
static volatile int begun;   /* so that a call is not the last thing its function does */
static volatile int endless = -1;
static struct child child;

/* Deeds ------------------------------------------------------------------------------------- */

static UNSANITIZED int dig(int depth)
{
	volatile char frame[256];

	KEEP(frame);
	frame[0] = (char)depth;
	return depth == endless ? 0 : dig(depth + 1) + frame[0];
}

static UNSANITIZED int dig_wide(int depth)
{
	volatile char frame[40 * 1024];

	KEEP(frame);
	frame[0] = (char)depth;
	return depth == endless ? 0 : dig_wide(depth + 1) + frame[0];
}

static UNSANITIZED void write_to_null(void)
{
	*(volatile int *)(uintptr_t)nothing = 1;
}

static UNSANITIZED void call_null(void)
{
	void (*volatile fn)(void) = NULL;

	fn();
	nothing = 0;
}

static UNSANITIZED void do_illegal(void)
{
#if defined(__x86_64__)
	__asm__ volatile("ud2");
#else
	__asm__ volatile(".inst 0");
#endif
}

#if defined(__x86_64__)
static UNSANITIZED void divide_by_zero(void)
{
	nothing = nothing / nothing;
}
#endif

static void introduce(const char *name)
{
	goro_set_name(name);
	notes->id = goro_id();
}

static void digger(void *arg)
{
	(void)arg;
	introduce("digger");
	nothing = dig(1);
}

static void wide_digger(void *arg)
{
	(void)arg;
	introduce("wide digger");
	nothing = dig_wide(1);
}

static void (*coroutine)(void *);
static void (*deed_of_runner)(void);

static void runner(void *arg)
{
	(void)arg;
	introduce("runner");
	deed_of_runner();
	nothing = 0; /* no tail call */
}

/* A site of its own: where the coroutine was begun is in this function. */
static __attribute__((noinline)) void begin(void (*fn)(void *))
{
	goro_go(fn, NULL);
	begun = 0;
}

static void root(void *arg)
{
	(void)arg;
	begin(coroutine);
	goro_sleep(60 * GORO_SECOND);
}

static void run_root(void)
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = 2;
	config.stack_size = 64 * 1024;
	goro_run_config(&config, root, NULL);
}

/* Begins a coroutine that does it, in a child. */
static void suffer(void (*fn)(void *), void (*deed)(void), const char *environment)
{
	coroutine = fn;
	deed_of_runner = deed;
	run_child(&child, run_root, environment);
}

/* What the reports say ------------------------------------------------------------------------ */

static void assert_within(uintptr_t address, uintptr_t function)
{
	assert_true(
		address >= function && address < function + SMALL); /* = : a prologue that stores */
}

static void assert_names_it(const char *name)
{
	char text[64];

	snprintf(text, sizeof text, "in coroutine %llu \"%s\": ", (unsigned long long)notes->id,
		name);
	assert_true(notes->id != 0);
	assert_says(&child, text);
	assert_within(address_after(&child, "begun at "), (uintptr_t)begin);
	assert_says(&child, ", 64 KiB\n");
}

static void assert_is_overflow(const char *name)
{
	assert_killed_by(&child, SIGSEGV);
	assert_names_it(name);
	assert_says(&child, "stack overflow\n");
}

static void an_overflow_is_named_as_one(void **state)
{
	(void)state;
	suffer(digger, NULL, NULL);
	assert_is_overflow("digger");
	assert_within(address_after(&child, "it was in\n\t"), (uintptr_t)dig);
	assert_true(count_of(&child, "\n\t") > 8);
}

static void an_overflow_is_named_as_one_with_mapped_guards(void **state)
{
	(void)state;
	suffer(digger, NULL, "GORO_GUARD=mprotect");
	assert_is_overflow("digger");
}

static void two_reports_are_not_made(void **state)
{
	(void)state;
	suffer(digger, NULL, NULL);
	assert_int_equal(count_of(&child, "in coroutine"), 1);
}

static void wide_root(void *arg)
{
	(void)arg;
	begin(wide_digger);
	goro_sleep(60 * GORO_SECOND);
}

static void run_wide_root(void)
{
	goro_run(wide_root, NULL);
}

static void a_frame_of_40_kib_does_not_jump_the_guard(void **state)
{
	(void)state;
	run_child(&child, run_wide_root, NULL);
	assert_killed_by(&child, SIGSEGV);
	assert_says(&child, "\"wide digger\": stack overflow\n");
	assert_says(&child, ", 192 KiB\n");
}

static void a_null_dereference_is_not_called_an_overflow(void **state)
{
	(void)state;
	suffer(runner, write_to_null, NULL);
	assert_killed_by(&child, SIGSEGV);
	assert_names_it("runner");
	assert_says(&child, "null pointer");
	assert_says(&child, "address 0x0,");
	assert_says_not(&child, "overflow");
	assert_within(address_after(&child, "it was in\n\t") + 1, (uintptr_t)write_to_null);
}

static void a_call_through_null_shows_its_caller(void **state)
{
	(void)state;
	suffer(runner, call_null, NULL);
	assert_killed_by(&child, SIGSEGV);
	assert_names_it("runner");
	assert_says_not(&child, "overflow");
	assert_within(address_after(&child, "it was in\n\t0x0\n\t"), (uintptr_t)call_null);
}

static void an_illegal_instruction_is_named(void **state)
{
	(void)state;
	suffer(runner, do_illegal, NULL);
	assert_killed_by(&child, SIGILL);
	assert_says(&child, "goro: SIGILL");
	assert_names_it("runner");
	assert_says_not(&child, "overflow");
}

#if defined(__x86_64__) /* AArch64 divides by zero without a fault */
static void a_division_by_zero_is_named(void **state)
{
	(void)state;
	suffer(runner, divide_by_zero, NULL);
	assert_killed_by(&child, SIGFPE);
	assert_says(&child, "goro: SIGFPE");
	assert_names_it("runner");
	assert_within(address_after(&child, "it was in\n\t"), (uintptr_t)divide_by_zero);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_overflow_is_named_as_one),
		cmocka_unit_test(an_overflow_is_named_as_one_with_mapped_guards),
		cmocka_unit_test(two_reports_are_not_made),
		cmocka_unit_test(a_frame_of_40_kib_does_not_jump_the_guard),
		cmocka_unit_test(a_null_dereference_is_not_called_an_overflow),
		cmocka_unit_test(a_call_through_null_shows_its_caller),
		cmocka_unit_test(an_illegal_instruction_is_named),
#if defined(__x86_64__)
		cmocka_unit_test(a_division_by_zero_is_named),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
