/* SPDX-License-Identifier: MIT */
/* registers_vs_migration: all that a call has to keep is kept by a call that parks, wherever the
 * coroutine goes on; and all that an interruption has to keep, every vector register, stays while
 * signals come (this program runs among them as storm.stress.registers_vs_migration).
 */
#include <string.h>

#include "stress.h"

/* Loads the callee-saved registers from `in`, calls fn(arg), and stores them to `out`. */
void call_full_of(void (*fn)(void *), void *arg, const uint64_t *in, uint64_t *out);

/* Loads every vector register from `in`, waits for so many turns, and stores them to `out`. */
void hold_vectors(const unsigned char *in, unsigned char *out, uint64_t turns);

#if defined(__x86_64__)
#define KEPT    6
#define VECTORS (16 * 16)
__asm__(".text\n"
	".globl call_full_of\n"
	".type call_full_of, @function\n"
	"call_full_of:\n"
	"	endbr64\n"
	"	pushq %rbx; pushq %rbp; pushq %r12; pushq %r13; pushq %r14; pushq %r15\n"
	"	pushq %rcx\n"
	"	movq (%rdx), %rbx; movq 8(%rdx), %rbp; movq 16(%rdx), %r12\n"
	"	movq 24(%rdx), %r13; movq 32(%rdx), %r14; movq 40(%rdx), %r15\n"
	"	movq %rdi, %rax; movq %rsi, %rdi\n"
	"	call *%rax\n"
	"	popq %rcx\n"
	"	movq %rbx, (%rcx); movq %rbp, 8(%rcx); movq %r12, 16(%rcx)\n"
	"	movq %r13, 24(%rcx); movq %r14, 32(%rcx); movq %r15, 40(%rcx)\n"
	"	popq %r15; popq %r14; popq %r13; popq %r12; popq %rbp; popq %rbx\n"
	"	ret\n"
	".size call_full_of, . - call_full_of\n"
	".globl hold_vectors\n"
	".type hold_vectors, @function\n"
	"hold_vectors:\n"
	"	endbr64\n"
	"	movdqu (%rdi), %xmm0; movdqu 16(%rdi), %xmm1\n"
	"	movdqu 32(%rdi), %xmm2; movdqu 48(%rdi), %xmm3\n"
	"	movdqu 64(%rdi), %xmm4; movdqu 80(%rdi), %xmm5\n"
	"	movdqu 96(%rdi), %xmm6; movdqu 112(%rdi), %xmm7\n"
	"	movdqu 128(%rdi), %xmm8; movdqu 144(%rdi), %xmm9\n"
	"	movdqu 160(%rdi), %xmm10; movdqu 176(%rdi), %xmm11\n"
	"	movdqu 192(%rdi), %xmm12; movdqu 208(%rdi), %xmm13\n"
	"	movdqu 224(%rdi), %xmm14; movdqu 240(%rdi), %xmm15\n"
	"1:	decq %rdx\n"
	"	jnz 1b\n"
	"	movdqu %xmm0, (%rsi); movdqu %xmm1, 16(%rsi)\n"
	"	movdqu %xmm2, 32(%rsi); movdqu %xmm3, 48(%rsi)\n"
	"	movdqu %xmm4, 64(%rsi); movdqu %xmm5, 80(%rsi)\n"
	"	movdqu %xmm6, 96(%rsi); movdqu %xmm7, 112(%rsi)\n"
	"	movdqu %xmm8, 128(%rsi); movdqu %xmm9, 144(%rsi)\n"
	"	movdqu %xmm10, 160(%rsi); movdqu %xmm11, 176(%rsi)\n"
	"	movdqu %xmm12, 192(%rsi); movdqu %xmm13, 208(%rsi)\n"
	"	movdqu %xmm14, 224(%rsi); movdqu %xmm15, 240(%rsi)\n"
	"	ret\n"
	".size hold_vectors, . - hold_vectors\n");
#elif defined(__aarch64__)
#define KEPT    19
#define VECTORS (32 * 16)
#define FRAME                                                   \
	"	hint 34\n"                                            \
	"	stp x29, x30, [sp, #-176]!\n"                         \
	"	stp x19, x20, [sp, #16]; stp x21, x22, [sp, #32]\n"   \
	"	stp x23, x24, [sp, #48]; stp x25, x26, [sp, #64]\n"   \
	"	stp x27, x28, [sp, #80]; stp d8, d9, [sp, #96]\n"     \
	"	stp d10, d11, [sp, #112]; stp d12, d13, [sp, #128]\n" \
	"	stp d14, d15, [sp, #144]\n"
#define UNFRAME                                                 \
	"	ldp x19, x20, [sp, #16]; ldp x21, x22, [sp, #32]\n"   \
	"	ldp x23, x24, [sp, #48]; ldp x25, x26, [sp, #64]\n"   \
	"	ldp x27, x28, [sp, #80]; ldp d8, d9, [sp, #96]\n"     \
	"	ldp d10, d11, [sp, #112]; ldp d12, d13, [sp, #128]\n" \
	"	ldp d14, d15, [sp, #144]; ldp x29, x30, [sp], #176\n" \
	"	ret\n"
__asm__(".text\n"
	".globl call_full_of\n"
	".type call_full_of, %function\n"
	"call_full_of:\n" FRAME "	str x3, [sp, #160]\n"
	"	ldp x19, x20, [x2]; ldp x21, x22, [x2, #16]; ldp x23, x24, [x2, #32]\n"
	"	ldp x25, x26, [x2, #48]; ldp x27, x28, [x2, #64]; ldr x29, [x2, #80]\n"
	"	ldp d8, d9, [x2, #88]; ldp d10, d11, [x2, #104]\n"
	"	ldp d12, d13, [x2, #120]; ldp d14, d15, [x2, #136]\n"
	"	mov x16, x0\n"
	"	mov x0, x1\n"
	"	blr x16\n"
	"	ldr x3, [sp, #160]\n"
	"	stp x19, x20, [x3]; stp x21, x22, [x3, #16]; stp x23, x24, [x3, #32]\n"
	"	stp x25, x26, [x3, #48]; stp x27, x28, [x3, #64]; str x29, [x3, #80]\n"
	"	stp d8, d9, [x3, #88]; stp d10, d11, [x3, #104]\n"
	"	stp d12, d13, [x3, #120]; stp d14, d15, [x3, #136]\n" UNFRAME
	".size call_full_of, . - call_full_of\n"
	".globl hold_vectors\n"
	".type hold_vectors, %function\n"
	"hold_vectors:\n" FRAME
	"	ld1 {v0.16b-v3.16b}, [x0], #64; ld1 {v4.16b-v7.16b}, [x0], #64\n"
	"	ld1 {v8.16b-v11.16b}, [x0], #64; ld1 {v12.16b-v15.16b}, [x0], #64\n"
	"	ld1 {v16.16b-v19.16b}, [x0], #64; ld1 {v20.16b-v23.16b}, [x0], #64\n"
	"	ld1 {v24.16b-v27.16b}, [x0], #64; ld1 {v28.16b-v31.16b}, [x0], #64\n"
	"1:	subs x2, x2, #1\n"
	"	b.ne 1b\n"
	"	st1 {v0.16b-v3.16b}, [x1], #64; st1 {v4.16b-v7.16b}, [x1], #64\n"
	"	st1 {v8.16b-v11.16b}, [x1], #64; st1 {v12.16b-v15.16b}, [x1], #64\n"
	"	st1 {v16.16b-v19.16b}, [x1], #64; st1 {v20.16b-v23.16b}, [x1], #64\n"
	"	st1 {v24.16b-v27.16b}, [x1], #64; st1 {v28.16b-v31.16b}, [x1], #64\n" UNFRAME
	".size hold_vectors, . - hold_vectors\n");
#endif

/* Of four ways to round: in each control word there is. -1: they differ. */
#if defined(__x86_64__)
static void set_rounding(uint32_t way)
{
	uint32_t sse = 0x1f80 | way << 13;
	uint16_t x87 = (uint16_t)(0x37f | way << 10);

	__asm__ volatile("ldmxcsr %0; fldcw %1" : : "m"(sse), "m"(x87));
}

static int rounding(void)
{
	uint32_t sse;
	uint16_t x87;

	__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(sse), "=m"(x87));
	return (sse >> 13 & 3) == (x87 >> 10 & 3) ? (int)(sse >> 13 & 3) : -1;
}
#elif defined(__aarch64__)
static void set_rounding(uint32_t way)
{
	uint64_t word = (uint64_t)way << 22;

	__asm__ volatile("msr fpcr, %0" : : "r"(word));
}

static int rounding(void)
{
	uint64_t word;

	__asm__ volatile("mrs %0, fpcr" : "=r"(word));
	return (int)(word >> 22 & 3);
}
#endif

struct keeper {
	goro_sem *turn;
	uint64_t random;
};

/* Every sort of park, and none. */
static void park_somehow(void *arg)
{
	struct keeper *k = arg;

	switch (stress_below(&k->random, 5)) {
	case 0:
		CHECK_EQ(goro_sem_acquire(k->turn), 0);
		goro_sem_release(k->turn);
		break;
	case 1:
		CHECK_EQ(goro_sleep(GORO_MICROSECOND), 0);
		break;
	case 2:
		break;
	default:
		goro_yield();
	}
}

static void keep_registers(struct keeper *k)
{
	uint64_t in[KEPT], out[KEPT];

	for (size_t i = 0; i < KEPT; i++)
		in[i] = test_random(&k->random);
	call_full_of(park_somehow, k, in, out);
	CHECK_EQ(memcmp(in, out, sizeof(in)), 0);
}

static void keep_vectors(struct keeper *k)
{
	unsigned char in[VECTORS], out[VECTORS];

	for (size_t i = 0; i < VECTORS; i++)
		in[i] = (unsigned char)test_random(&k->random);
	hold_vectors(in, out, 1 + stress_below(&k->random, 20000));
	CHECK_EQ(memcmp(in, out, sizeof(in)), 0);
}

static void keeper(goro_sem *turn, uint64_t random, int way, goro_waitgroup *out)
{
	struct keeper k = { .turn = turn, .random = random };

	CHECK_EQ(rounding(), 0); /* not what the last one here had */
	set_rounding((uint32_t)way);
	for (size_t n = stress_times(400); n > 0; n--) {
		keep_registers(&k);
		CHECK_EQ(rounding(), way);
		if (n % 4 == 0)
			keep_vectors(&k);
	}
	goro_waitgroup_done(out);
}

GORO_TEST(every_register_is_kept_across_parks_migrations_and_signals)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;
	goro_sem turn = GORO_SEM_INIT(3);

	for (size_t round = 0; round < 2; round++) {
		goro_waitgroup_add(&out, 24);
		for (size_t i = 0; i < 24; i++)
			CHECK_EQ(go(keeper, &turn, stress_seed(round, i), (int)i % 4, &out), 0);
		CHECK_EQ(goro_waitgroup_wait(&out), 0);
		await_alive(1);
	}
}
