/* SPDX-License-Identifier: MIT */
/* switch_test.c: the switch keeps all that a call must keep, at each of its instructions
 * (switch_<cpu>.S). */
#include "hop.h"

#include <ucontext.h>
#include <unwind.h>

#include "base/random.h"

/* Loads the callee-saved registers from `in`, switches, and stores them to `out`. */
void *switch_full_of(struct gr_context *from, const struct gr_context *to, void *message,
	const uint64_t *in, uint64_t *out);

#if defined(__x86_64__)
#define KEPT 6
__asm__(".text\n"
	".globl switch_full_of\n"
	".type switch_full_of, @function\n"
	"switch_full_of:\n"
	"	pushq %rbx; pushq %rbp; pushq %r12; pushq %r13; pushq %r14; pushq %r15\n"
	"	pushq %r8\n"
	"	movq (%rcx), %rbx; movq 8(%rcx), %rbp; movq 16(%rcx), %r12\n"
	"	movq 24(%rcx), %r13; movq 32(%rcx), %r14; movq 40(%rcx), %r15\n"
	"	call gr_context_switch\n"
	"	popq %r8\n"
	"	movq %rbx, (%r8); movq %rbp, 8(%r8); movq %r12, 16(%r8)\n"
	"	movq %r13, 24(%r8); movq %r14, 32(%r8); movq %r15, 40(%r8)\n"
	"	popq %r15; popq %r14; popq %r13; popq %r12; popq %rbp; popq %rbx\n"
	"	ret\n"
	".size switch_full_of, . - switch_full_of\n");
#elif defined(__aarch64__)
#define KEPT 19
__asm__(".text\n"
	".globl switch_full_of\n"
	".type switch_full_of, %function\n"
	"switch_full_of:\n"
	"	hint 34\n"
	"	stp x29, x30, [sp, #-176]!\n"
	"	stp x19, x20, [sp, #16]; stp x21, x22, [sp, #32]; stp x23, x24, [sp, #48]\n"
	"	stp x25, x26, [sp, #64]; stp x27, x28, [sp, #80]\n"
	"	stp d8, d9, [sp, #96]; stp d10, d11, [sp, #112]\n"
	"	stp d12, d13, [sp, #128]; stp d14, d15, [sp, #144]\n"
	"	str x4, [sp, #160]\n"
	"	ldp x19, x20, [x3]; ldp x21, x22, [x3, #16]; ldp x23, x24, [x3, #32]\n"
	"	ldp x25, x26, [x3, #48]; ldp x27, x28, [x3, #64]; ldr x29, [x3, #80]\n"
	"	ldp d8, d9, [x3, #88]; ldp d10, d11, [x3, #104]\n"
	"	ldp d12, d13, [x3, #120]; ldp d14, d15, [x3, #136]\n"
	"	bl gr_context_switch\n"
	"	ldr x4, [sp, #160]\n"
	"	stp x19, x20, [x4]; stp x21, x22, [x4, #16]; stp x23, x24, [x4, #32]\n"
	"	stp x25, x26, [x4, #48]; stp x27, x28, [x4, #64]; str x29, [x4, #80]\n"
	"	stp d8, d9, [x4, #88]; stp d10, d11, [x4, #104]\n"
	"	stp d12, d13, [x4, #120]; stp d14, d15, [x4, #136]\n"
	"	ldp x19, x20, [sp, #16]; ldp x21, x22, [sp, #32]; ldp x23, x24, [sp, #48]\n"
	"	ldp x25, x26, [sp, #64]; ldp x27, x28, [sp, #80]\n"
	"	ldp d8, d9, [sp, #96]; ldp d10, d11, [sp, #112]\n"
	"	ldp d12, d13, [sp, #128]; ldp d14, d15, [sp, #144]\n"
	"	ldp x29, x30, [sp], #176\n"
	"	ret\n"
	".size switch_full_of, . - switch_full_of\n");
#endif

static GR_ALWAYS_INLINE void *hop_full_of(
	struct hopper *from, struct hopper *to, void *message, const uint64_t *in, uint64_t *out)
{
	void *answer;

	gr_fiber_before(&from->fiber, &to->fiber, to->low, to->size, false);
	answer = switch_full_of(&from->context, &to->context, message, in, out);
	gr_fiber_after(&from->fiber);
	return answer;
}

enum { KEEPERS = 4 };

static struct keeper {
	struct hopper self;
	struct gr_random random;
	size_t hops, changed, misled;
} keepers[KEEPERS]; /* the first one is the test itself */

/* To anyone, himself excepted, and on when anyone comes back. The message is whom it is for. */
static void keep_for(struct keeper *k, size_t hops)
{
	while (hops-- > 0) {
		uint32_t step = 1 + gr_random_below(&keepers[0].random, KEEPERS - 1);
		struct keeper *next = &keepers[((size_t)(k - keepers) + step) % KEEPERS];
		uint64_t in[KEPT], out[KEPT];

		for (int i = 0; i < KEPT; i++)
			in[i] = gr_random_next(&k->random);
		k->misled += hop_full_of(&k->self, &next->self, next, in, out) != k;
		k->changed += memcmp(in, out, sizeof(in)) != 0;
		k->hops++;
	}
}

static void keep(void *message)
{
	struct keeper *k = message;

	hopper_begin(&k->self);
	keep_for(k, SIZE_MAX);
}

static void every_callee_saved_register_is_each_contexts_own(void **state)
{
	(void)state;
	memset(keepers, 0, sizeof(keepers));
	hopper_adopt(&keepers[0].self);
	for (int i = 0; i < KEEPERS; i++) {
		gr_random_seed(&keepers[i].random, (uint64_t)i + 100);
		if (i > 0)
			hopper_make(&keepers[i].self, keep);
	}
	keep_for(&keepers[0], scaled(20000));
	for (int i = 0; i < KEEPERS; i++) {
		assert_int_equal(keepers[i].changed, 0);
		assert_int_equal(keepers[i].misled, 0);
		assert_true(keepers[i].hops > 0);
		if (i > 0)
			hopper_free(&keepers[i].self);
	}
}

#if defined(__x86_64__)

static struct hopper home, other;

static struct control {
	uint32_t mxcsr;
	uint16_t x87;
} inner, outer;

static void load_control(const struct control *c)
{
	__asm__ volatile("ldmxcsr %0; fldcw %1" ::"m"(c->mxcsr), "m"(c->x87));
}

static struct control read_control(void)
{
	struct control c = { 0 };

	__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(c.mxcsr), "=m"(c.x87));
	return c;
}

static void keep_control(void *message)
{
	(void)message;
	hopper_begin(&other);
	for (;;) {
		struct control mine = inner, now;

		load_control(&mine);
		hop(&other, &home, NULL);
		now = read_control();
		if (now.mxcsr != mine.mxcsr || now.x87 != mine.x87)
			hop(&other, &home, &other);
	}
}

/* Rounding, masks, flush to zero, sticky flags; rounding, precision, masks. */
static void both_control_words_are_each_contexts_own_bit_by_bit(void **state)
{
	const struct control usual = { 0x1f80, 0x037f };

	(void)state;
	if (under_valgrind())
		skip(); /* it knows the rounding alone, as context_test.c does */
	hopper_adopt(&home);
	hopper_make(&other, keep_control);
	inner = usual;
	hop(&home, &other, NULL);
	for (int bit = 0; bit < 16; bit++) {
		for (int turn = 0; turn < 2; turn++) {
			struct control now, *odd = turn == 0 ? &inner : &outer;
			void *complaint;

			inner = outer = usual;
			odd->mxcsr ^= 1u << bit;
			if (bit < 6 || (bit >= 8 && bit < 12)) /* the others are reserved */
				odd->x87 ^= (uint16_t)(1u << bit);
			complaint = hop(&home, &other, NULL); /* takes `inner` for the next */
			assert_null(complaint);
			load_control(&outer);
			complaint = hop(&home, &other, NULL);
			now = read_control();
			load_control(&usual);
			assert_null(complaint);
			assert_int_equal(now.mxcsr, outer.mxcsr);
			assert_int_equal(now.x87, outer.x87);
		}
	}
	hopper_free(&other);
}

/* Single steps ------------------------------------------------------------------------------ */

void gr_context_begin(void);

enum { FRAMES = 32 };

static struct {
	size_t in_switch, in_begin;
	size_t lost;    /* the frame above is none of those that can be there */
	size_t endless; /* the walk did not end by itself */
} steps;

struct walk {
	uintptr_t pc, above; /* where, and the place above it: 0 where nothing called */
	uintptr_t last;      /* the outermost place */
	int frames, at;      /* which of them is pc */
};

static _Unwind_Reason_Code note_frame(struct _Unwind_Context *c, void *arg)
{
	struct walk *w = arg;
	uintptr_t ip = (uintptr_t)_Unwind_GetIP(c);

	if (w->at >= 0 && w->frames == w->at + 1)
		w->above = ip;
	if (ip != 0)
		w->last = ip;
	if (ip == w->pc && w->at < 0)
		w->at = w->frames;
	return ++w->frames < FRAMES ? _URC_NO_REASON : _URC_NORMAL_STOP;
}

static void step_back_and_forth(void);
static void stepped(void *message);

static uintptr_t outermost; /* of the test itself */

static bool is_in(uintptr_t ip, uintptr_t fn)
{
	return (uintptr_t)_Unwind_FindEnclosingFunction((void *)ip) == fn;
}

/* From the switch to one of the two who call it, and from there to its own stack's beginning. The
 * first switch to a context returns to where it begins. */
static bool is_right(const struct walk *w)
{
	uintptr_t begin = (uintptr_t)gr_context_begin;

	if (w->at < 0)
		return false;
	if (w->pc >= begin)
		return w->above == 0;
	if (is_in(w->above, (uintptr_t)step_back_and_forth))
		return w->last == outermost;
	if (is_in(w->above, (uintptr_t)stepped))
		return is_in(w->last, begin);
	return w->above == begin;
}

static void on_step(int signo, siginfo_t *info, void *uc)
{
	struct walk w = { .at = -1 };
	uintptr_t begin = (uintptr_t)gr_context_begin, sw = (uintptr_t)gr_context_switch;
	_Unwind_Reason_Code end;

	(void)signo, (void)info;
	w.pc = (uintptr_t)((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP];
	if (w.pc >= sw && w.pc < begin)
		steps.in_switch++;
	else if (w.pc >= begin && w.pc < begin + 16)
		steps.in_begin++;
	else
		return;
	end = _Unwind_Backtrace(note_frame, &w);
	steps.endless += end != _URC_END_OF_STACK;
	steps.lost += !is_right(&w);
}

static GR_ALWAYS_INLINE void set_trap_flag(bool on)
{
	if (on)
		__asm__ volatile("leaq -128(%%rsp), %%rsp; pushfq; orl $0x100, (%%rsp); popfq;"
				 "leaq 128(%%rsp), %%rsp" ::
					 : "memory", "cc");
	else
		__asm__ volatile("leaq -128(%%rsp), %%rsp; pushfq; andl $~0x100, (%%rsp); popfq;"
				 "leaq 128(%%rsp), %%rsp" ::
					 : "memory", "cc");
}

static void stepped(void *message)
{
	(void)message;
	hopper_begin(&other);
	for (;;)
		hop(&other, &home, NULL);
}

static GR_NOINLINE void step_back_and_forth(void)
{
	set_trap_flag(true);
	hop(&home, &other, NULL); /* to a new context */
	hop(&home, &other, NULL); /* and to an old one */
	set_trap_flag(false);
}

/* A signal at each instruction: what lies below the stack pointer survives the handler, and from
 * each one unwinding finds whose stack it is and ends at its beginning. */
static void at_each_instruction_of_the_switch_a_signal_is_borne_and_unwinding_is_right(void **state)
{
	struct sigaction ours = { .sa_sigaction = on_step, .sa_flags = SA_SIGINFO }, old;
	struct walk warm = { .at = -1 };

	(void)state;
	if (UNIT_TSAN || under_valgrind())
		skip(); /* they run the program, not the processor */
	_Unwind_Backtrace(note_frame, &warm);
	outermost = warm.last;
	hopper_adopt(&home);
	hopper_make(&other, stepped);
	assert_int_equal(sigaction(SIGTRAP, &ours, &old), 0);
	step_back_and_forth();
	sigaction(SIGTRAP, &old, NULL);
	assert_in_range(steps.in_switch, 4 * 20, 4 * 60);
	assert_in_range(steps.in_begin, 1, 8);
	assert_int_equal(steps.lost, 0);
	assert_int_equal(steps.endless, 0);
	hopper_free(&other);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_callee_saved_register_is_each_contexts_own),
#if defined(__x86_64__)
		cmocka_unit_test(both_control_words_are_each_contexts_own_bit_by_bit),
		cmocka_unit_test(
			at_each_instruction_of_the_switch_a_signal_is_borne_and_unwinding_is_right),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
