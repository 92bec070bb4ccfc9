/* SPDX-License-Identifier: MIT */
/* context_test.c: what begins a context, what a switch hands over, and where unwinding ends
 * (context.h). The registers have switch_test.c, floating-point control context_float_test.c. */
#include "hop.h"

#include <execinfo.h>
#include <unwind.h>

static struct hopper home, a, b;

/* Messages ---------------------------------------------------------------------------------- */

static void answer_plus_one(void *message)
{
	hopper_begin(&a);
	for (;;) {
		if (message == NULL)
			hop_for_good(&a, &home, &home);
		message = hop(&a, &home, (char *)message + 1);
	}
}

static void a_message_goes_each_way_with_each_switch(void **state)
{
	(void)state;
	hopper_adopt(&home);
	hopper_make(&a, answer_plus_one);
	for (uintptr_t i = 1; i <= scaled(10000); i++)
		assert_ptr_equal(hop(&home, &a, (void *)i), (void *)(i + 1));
	assert_ptr_equal(hop(&home, &a, NULL), &home);
	hopper_free(&a);
}

static void pass_on_to_b(void *message)
{
	hopper_begin(&a);
	for (;;)
		message = hop(&a, &b, (char *)message + 1);
}

static void pass_on_home(void *message)
{
	hopper_begin(&b);
	for (;;)
		message = hop(&b, &home, (char *)message + 1);
}

static void contexts_switch_among_each_other(void **state)
{
	(void)state;
	hopper_adopt(&home);
	hopper_make(&a, pass_on_to_b);
	hopper_make(&b, pass_on_home);
	for (uintptr_t i = 0; i < scaled(10000); i++)
		assert_ptr_equal(hop(&home, &a, (void *)i), (void *)(i + 2));
	hopper_free(&a);
	hopper_free(&b);
}

/* C3: begun in one thread, resumed in others. */
static void resume_elsewhere(void *arg)
{
	struct hopper own;

	hopper_adopt(&own);
	home.fiber = own.fiber; /* where a's hop leads */
	*(void **)arg = hop(&home, &a, *(void **)arg);
}

static void any_thread_may_resume(void **state)
{
	void *message = (void *)1;

	(void)state;
	hopper_adopt(&home);
	hopper_make(&a, answer_plus_one);
	for (uintptr_t i = 2; i < 20; i++) {
		struct gr_os_thread t;

		assert_int_equal(
			gr_os_thread_start(&t, "resume", 0, resume_elsewhere, &message), 0);
		gr_os_thread_join(&t);
		assert_ptr_equal(message, (void *)i);
	}
	hopper_free(&a);
}

/* The beginning ----------------------------------------------------------------------------- */

static struct {
	uintptr_t frame, array;
	double sum;
	char text[64];
} begun;

static GR_NOINLINE double sum_of(int n, ...)
{
	double sum = 0;
	va_list args;

	va_start(args, n);
	while (n-- > 0)
		sum += va_arg(args, double);
	va_end(args);
	return sum;
}

static void begin_aligned(void *message)
{
	_Alignas(16) volatile char array[16];

	hopper_begin(&a);
	(void)message;
	array[0] = 0;
	begun.array = (uintptr_t)&array[0];
	begun.frame = (uintptr_t)__builtin_frame_address(0);
	begun.sum = sum_of(3, 0.5, 0.25, 1.0); /* its registers are saved by aligned moves */
	snprintf(begun.text, sizeof(begun.text), "%.1f %.2Lf", 1.5, 2.25L);
	hop_for_good(&a, &home, NULL);
}

static void the_stack_is_aligned_at_the_entry(void **state)
{
	(void)state;
	hopper_adopt(&home);
	hopper_make(&a, begin_aligned);
	hop(&home, &a, NULL);
	assert_int_equal(begun.array % 16, 0);
	assert_int_equal(begun.frame % 16, 0);
	assert_in_range(begun.frame, a.low, a.low + a.size);
	assert_true(a.low + a.size - begun.frame < 1024); /* it begins at the top */
	assert_true(begun.sum == 1.75);
	assert_string_equal(begun.text, "1.5 2.25");
	hopper_free(&a);
}

static void made_from_any_aligned_top_it_writes_192_bytes_at_most(void **state)
{
	static _Alignas(64) unsigned char stack[4096];

	(void)state;
	for (size_t top = 192; top <= sizeof(stack); top += 64) {
		struct gr_context c = { 0 };

		memset(stack, 0x5a, sizeof(stack));
		gr_context_make(&c, stack + top, answer_plus_one);
		assert_in_range(
			(uintptr_t)c.sp, (uintptr_t)stack + top - 192, (uintptr_t)stack + top);
		for (size_t i = 0; i < sizeof(stack); i++)
			if (i < top - 192 || i >= top)
				assert_int_equal(stack[i], 0x5a);
	}
}

static void a_new_context_goes_on_below_its_top_and_has_no_frame_above(void **state)
{
	static _Alignas(64) unsigned char stack[1024];
	struct gr_context c;
	struct gr_where w;
	unsigned char copy[GR_CONTEXT_FRAME];

	(void)state;
	gr_context_make(&c, stack + sizeof(stack), answer_plus_one);
	memcpy(copy, c.sp, sizeof(copy));
	w = gr_context_where(copy, (uintptr_t)c.sp);
	assert_int_equal(w.fp, 0);
	assert_int_equal(w.sp, (uintptr_t)stack + sizeof(stack));
	assert_true(w.pc != 0);
}

/* Unwinding --------------------------------------------------------------------------------- */

enum { FRAMES = 64, DEPTH = 5 };

static struct {
	void *address[FRAMES];
	int frames, chain, counted;
	_Unwind_Reason_Code end;
} trace;

static _Unwind_Reason_Code count_frame(struct _Unwind_Context *c, void *arg)
{
	if (_Unwind_GetIP(c) != 0) /* as which libgcc shows that there is no caller */
		++*(int *)arg;
	return *(int *)arg < FRAMES ? _URC_NO_REASON : _URC_NORMAL_STOP;
}

static GR_NOINLINE int look(int depth)
{
	uintptr_t *frame;
	volatile int below;

	if (depth > 0) {
		below = look(depth - 1); /* no tail call */
		return below + 1;
	}
	trace.frames = backtrace(trace.address, FRAMES);
	trace.counted = 0;
	trace.end = _Unwind_Backtrace(count_frame, &trace.counted);
	trace.chain = 0;
	frame = __builtin_frame_address(0);
	for (; frame != NULL && trace.chain < FRAMES; frame = (uintptr_t *)frame[0])
		trace.chain++;
	return 0;
}

static void look_from_here(void *message)
{
	(void)message;
	hopper_begin(&a);
	look(DEPTH);
	hop_for_good(&a, &home, NULL);
}

/* look, DEPTH + 1 times; the entry; and perhaps the place that called the entry. */
static void unwinding_ends_at_the_entry(void **state)
{
	const int interposed = UNIT_ASAN || UNIT_TSAN; /* a sanitizer's own backtrace() */

	(void)state;
	hopper_adopt(&home);
	look(0); /* the unwinder is loaded from this stack, which is large */
	hopper_make(&a, look_from_here);
	hop(&home, &a, NULL);
	assert_in_range(trace.frames, DEPTH + 2, DEPTH + 3 + interposed);
	assert_in_range(trace.counted, DEPTH + 2, DEPTH + 3);
	assert_int_equal(trace.end, _URC_END_OF_STACK);
	assert_in_range(trace.chain, DEPTH + 2, DEPTH + 3);
	hopper_free(&a);
}

static GR_NOINLINE void park_deep(int depth)
{
	volatile int here = depth;

	if (depth > 0)
		park_deep(depth - 1);
	else
		hop(&a, &home, NULL);
	here = 0;
	(void)here;
}

static void park(void *message)
{
	(void)message;
	hopper_begin(&a);
	park_deep(DEPTH);
	hop_for_good(&a, &home, NULL);
}

/* From a copy of the saved frame, as a dump does: where, and by how many frames. */
static void a_parked_context_tells_where_it_goes_on(void **state)
{
	unsigned char copy[GR_CONTEXT_FRAME];
	struct gr_where w;
	int chain = 0;

	(void)state;
	hopper_adopt(&home);
	hopper_make(&a, park);
	hop(&home, &a, NULL);
	memcpy(copy, a.context.sp, sizeof(copy));
	w = gr_context_where(copy, (uintptr_t)a.context.sp);
	assert_in_range(w.pc, (uintptr_t)park_deep, (uintptr_t)park_deep + 2048);
	assert_in_range(w.sp, a.low, w.fp);
	assert_in_range(w.fp, w.sp, a.low + a.size);
	for (uintptr_t *f = (uintptr_t *)w.fp; f != NULL && chain < FRAMES; f = (uintptr_t *)f[0])
		chain++;
	assert_in_range(chain, DEPTH + 2, DEPTH + 3);
	hop(&home, &a, NULL);
	hopper_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_goes_each_way_with_each_switch),
		cmocka_unit_test(contexts_switch_among_each_other),
		cmocka_unit_test(any_thread_may_resume),
		cmocka_unit_test(the_stack_is_aligned_at_the_entry),
		cmocka_unit_test(made_from_any_aligned_top_it_writes_192_bytes_at_most),
		cmocka_unit_test(a_new_context_goes_on_below_its_top_and_has_no_frame_above),
		cmocka_unit_test(unwinding_ends_at_the_entry),
		cmocka_unit_test(a_parked_context_tells_where_it_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
