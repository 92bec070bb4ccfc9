/* SPDX-License-Identifier: MIT */
/* context_float_test.c: how a context rounds: as it was begun with, and as it chose (context.h). */
#include "hop.h"

#include <fenv.h> /* its macros; the functions would need libm */

static struct hopper home, a;

static const int roundings[] = { FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO };

#if defined(__x86_64__)

static void set_rounding(int rounding)
{
	uint32_t mxcsr;
	uint16_t x87;

	__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(mxcsr), "=m"(x87));
	mxcsr = (mxcsr & ~0x6000u) | (uint32_t)rounding << 3;
	x87 = (uint16_t)((x87 & ~0xc00u) | (unsigned)rounding);
	__asm__ volatile("ldmxcsr %0; fldcw %1" ::"m"(mxcsr), "m"(x87));
}

/* -1 if the two units differ. */
static int get_rounding(void)
{
	uint32_t mxcsr;
	uint16_t x87;

	__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(mxcsr), "=m"(x87));
	return (int)(mxcsr >> 3 & 0xc00) == (x87 & 0xc00) ? x87 & 0xc00 : -1;
}

#elif defined(__aarch64__)

static void set_rounding(int rounding)
{
	uint64_t fpcr;

	__asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
	fpcr = (fpcr & ~UINT64_C(0xc00000)) | (uint64_t)rounding;
	__asm__ volatile("msr fpcr, %0" ::"r"(fpcr));
}

static int get_rounding(void)
{
	uint64_t fpcr;

	__asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
	return (int)(fpcr & 0xc00000);
}

#endif

/* 1 + 2^-60 and -1 - 2^-60, rounded: tells the four ways apart. valgrind keeps the bits, and
 * rounds as usual. */
static int rounding_in_effect(void)
{
	volatile double one = 1, little = 0x1p-60;
	double up = one + little, down = -one - little;

	if (gr_sanitizer_valgrind)
		return get_rounding();
	if (up > 1)
		return FE_UPWARD;
	if (down < -1)
		return FE_DOWNWARD;
	return one - little < 1 ? FE_TOWARDZERO : FE_TONEAREST;
}

static struct rounder {
	struct hopper self;
	int wanted, wrong;
} rounders[4];

static void keep_rounding(void *message)
{
	struct rounder *r = message;

	hopper_begin(&r->self);
	set_rounding(r->wanted);
	for (;;) {
		hop(&r->self, &home, NULL);
		r->wrong += get_rounding() != r->wanted || rounding_in_effect() != r->wanted;
	}
}

static void each_context_has_a_rounding_of_its_own(void **state)
{
	(void)state;
	hopper_adopt(&home);
	for (int i = 0; i < 4; i++) {
		rounders[i].wanted = roundings[i];
		rounders[i].wrong = 0;
		hopper_make(&rounders[i].self, keep_rounding);
		hop(&home, &rounders[i].self, &rounders[i]);
		assert_int_equal(get_rounding(), FE_TONEAREST); /* and this thread's is its own */
	}
	for (int i = 0; i < 64; i++) {
		set_rounding(roundings[i % 4]);
		hop(&home, &rounders[i / 4 % 4].self, &rounders[i / 4 % 4]);
		assert_int_equal(get_rounding(), roundings[i % 4]);
		assert_int_equal(rounding_in_effect(), roundings[i % 4]);
	}
	set_rounding(FE_TONEAREST);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(rounders[i].wrong, 0);
		hopper_free(&rounders[i].self);
	}
}

static int begun_with, reset_to;

static void note_rounding(void *message)
{
	hopper_begin(&a);
	begun_with = get_rounding();
	set_rounding(*(int *)message);
	gr_context_reset(); /* for one that goes on where another has ended */
	reset_to = get_rounding();
	hop_for_good(&a, &home, NULL);
}

static void a_new_context_has_the_rounding_of_the_start_whoever_makes_it(void **state)
{
	(void)state;
	hopper_adopt(&home);
	for (int i = 0; i < 16; i++) {
		int at_start = roundings[i / 4], odd = roundings[i % 4];

		set_rounding(at_start);
		gr_context_start();
		set_rounding(odd);
		hopper_make(&a, note_rounding);
		hop(&home, &a, &odd);
		set_rounding(FE_TONEAREST);
		assert_int_equal(begun_with, at_start);
		assert_int_equal(reset_to, at_start);
		hopper_free(&a);
	}
	gr_context_start();
}

#if defined(__x86_64__)

/* The x87's masks: with one bit clear, a flag that is set traps at the next instruction. */
static void set_x87_control(uint16_t word)
{
	__asm__ volatile("fldcw %0" : : "m"(word));
}

static unsigned x87_flags(void)
{
	uint16_t status;

	__asm__ volatile("fnstsw %0" : "=m"(status));
	return status & 0x3f;
}

static void divide_by_zero(void)
{
	__asm__ volatile("fld1\n\tfldz\n\tfdivrp\n\tfstp %%st(0)" ::: "st");
}

static void flags_left_behind_do_not_trap_where_exceptions_do(void **state)
{
	(void)state;
	if (gr_sanitizer_valgrind)
		skip();         /* its x87 knows no exceptions */
	set_x87_control(0x37b); /* division by zero traps */
	gr_context_start();
	set_x87_control(0x37f);
	divide_by_zero();
	assert_int_equal(x87_flags() & 4, 4);
	gr_context_reset();
	assert_int_equal(x87_flags(), 0);
	__asm__ volatile("fwait"); /* here it would come */
	set_x87_control(0x37f);
	gr_context_start();
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_context_has_a_rounding_of_its_own),
		cmocka_unit_test(a_new_context_has_the_rounding_of_the_start_whoever_makes_it),
#if defined(__x86_64__)
		cmocka_unit_test(flags_left_behind_do_not_trap_where_exceptions_do),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
