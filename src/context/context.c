/* SPDX-License-Identifier: MIT */
/* context.c: the first frame of a context, as the switch would have saved it. */
#include "context/context.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"

/* In switch_<cpu>.S: where a new context is resumed. Calls start(message), for the `start` it
 * finds in its register of the frame. */
void gr_context_begin(void);

/* What the switch keeps below the stack pointer it stores; the offsets stand in the assembly. */
#if defined(__x86_64__)

struct frame {
	uint32_t mxcsr;
	uint16_t x87_control;
	uint16_t unused;
	uintptr_t r15, r14, r13, r12, rbx, rbp, rip;
};

_Static_assert(offsetof(struct frame, x87_control) == 4, "switch_x86_64.S");
_Static_assert(offsetof(struct frame, rbx) == 40, "switch_x86_64.S");
_Static_assert(offsetof(struct frame, rip) == 56, "switch_x86_64.S");
_Static_assert(sizeof(struct frame) == 64, "switch_x86_64.S");

static uintptr_t frame_pc(const struct frame *f)
{
	return f->rip;
}

static uintptr_t frame_fp(const struct frame *f)
{
	return f->rbp;
}

/* What the ABI begins a process with, until gr_context_start() is called. */
static uint32_t first_mxcsr = 0x1f80;
static uint16_t first_x87_control = 0x37f;

#define X87_MASKS 0x3f /* of the control word: the exceptions that do not trap */

void gr_context_start(void)
{
	__asm__ volatile("stmxcsr %0" : "=m"(first_mxcsr));
	__asm__ volatile("fnstcw %0" : "=m"(first_x87_control));
	first_mxcsr &= ~UINT32_C(0x3f); /* the flags of exceptions past are nobody's control */
}

void gr_context_reset(void)
{
	__asm__ volatile("ldmxcsr %0" : : "m"(first_mxcsr));
	/* The x87's flags are the thread's, as a switch has them too; but those left behind would trap if
	 * the new word lets them. Seldom, since it is dear: 14 ns. */
	if ((first_x87_control & X87_MASKS) != X87_MASKS)
		__asm__ volatile("fnclex");
	__asm__ volatile("fldcw %0" : : "m"(first_x87_control));
}

static void fill(struct frame *f, void (*entry)(void *message))
{
	f->mxcsr = first_mxcsr;
	f->x87_control = first_x87_control;
	f->rbx = (uintptr_t)entry;
	f->rip = (uintptr_t)gr_context_begin;
}

#elif defined(__aarch64__)

struct frame {
	uintptr_t x29, x30;
	uintptr_t x19_to_x28[10];
	double d8_to_d15[8];
	uint64_t fpcr, unused;
};

_Static_assert(offsetof(struct frame, x19_to_x28) == 16, "switch_aarch64.S");
_Static_assert(offsetof(struct frame, d8_to_d15) == 96, "switch_aarch64.S");
_Static_assert(offsetof(struct frame, fpcr) == 160, "switch_aarch64.S");
_Static_assert(sizeof(struct frame) == 176, "switch_aarch64.S");

static uintptr_t frame_pc(const struct frame *f)
{
	return f->x30;
}

static uintptr_t frame_fp(const struct frame *f)
{
	return f->x29;
}

static uint64_t first_fpcr; /* 0 is what the ABI begins a process with */

void gr_context_start(void)
{
	__asm__ volatile("mrs %0, fpcr" : "=r"(first_fpcr));
}

void gr_context_reset(void)
{
	uint64_t now;

	__asm__ volatile("mrs %0, fpcr" : "=r"(now));
	if (now != first_fpcr) /* to write it is dear */
		__asm__ volatile("msr fpcr, %0" : : "r"(first_fpcr));
}

static void fill(struct frame *f, void (*entry)(void *message))
{
	f->fpcr = first_fpcr;
	f->x19_to_x28[0] = (uintptr_t)entry;
	f->x30 = (uintptr_t)gr_context_begin;
}

#else
#error "goro runs on x86-64 and AArch64"
#endif

_Static_assert(offsetof(struct gr_context, sp) == 0, "switch_<cpu>.S");
_Static_assert(sizeof(struct frame) == GR_CONTEXT_FRAME, "context.h");

struct gr_where gr_context_where(const void *saved, uintptr_t at)
{
	struct frame f;

	memcpy(&f, saved, sizeof(f));
	return (struct gr_where){
		.pc = gr_context_plain(frame_pc(&f)),
		.fp = frame_fp(&f),
		.sp = at + sizeof(f),
	};
}

/* The frame pointer is 0 for whoever walks frames, and the frame lies directly below the top: the
 * entry function is called with the stack empty. */
void gr_context_make(struct gr_context *c, void *stack_top, void (*entry)(void *message))
{
	struct frame *f = (struct frame *)stack_top - 1;

	GR_DEBUG((uintptr_t)stack_top % 64 == 0);
	memset(f, 0, sizeof(*f));
	fill(f, entry);
	c->sp = f;
}
