/* SPDX-License-Identifier: MIT */
/* context.h: a suspended computation, and the switch between two of them.
 *
 * A context is the stack pointer of a stack on which the switch has pushed everything that a
 * function call must leave as it was: the callee-saved integer registers, MXCSR and the x87
 * control word (x86-64); x19-x30, d8-d15 and FPCR (AArch64). Everything else the compiler has
 * saved already, since for it the switch is an ordinary call.
 *
 *  C1  When gr_context_switch() arrives on the other stack, `from` is complete; from then on it
 *      may be resumed. Whoever makes that known does it there (the commit), never before.
 *  C2  A context is resumed at most once for each time it was stored.
 *  C3  Which thread resumes it does not matter. Thread-locals are re-read after a switch, through
 *      functions that are not inlined.
 *  C4  The entry function never returns; its last act is a switch away.
 *
 * Resumption is an indirect jump, not a return: the processor predicts a return by the calls that
 * came before it, which here were others, always, and each miss costs 10 ns (measured: 3 against
 * 14). Unwinding ends at the entry: its return address is undefined and its frame pointer 0.
 *
 * Source: System V AMD64 psABI 1.0, 3.2; AAPCS64 2022Q3, 6.1. switch_<cpu>.S.
 */
#ifndef GR_CONTEXT_CONTEXT_H
#define GR_CONTEXT_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

/* sp: 0 until made or stored. The first word, at offset 0: the assembly relies on it. */
struct gr_context {
	void *sp;
};

/* Remembers the floating-point control state of the calling thread (rounding, masks, flush to
 * zero): every context begins with it. Before the first context is made. */
void gr_context_start(void);

/* Loads that state: for one that begins on the stack of another that has ended. */
void gr_context_reset(void);

/* Prepares a context that begins with entry(message) on the stack below `stack_top` (64-byte
 * aligned), `message` being that of the first switch to it. Writes 192 bytes below the top at
 * most. */
void gr_context_make(struct gr_context *c, void *stack_top, void (*entry)(void *message));

/* Suspends the caller in *from, resumes *to there. Returns when somebody switches to *from, with
 * the message given then. */
void *gr_context_switch(struct gr_context *from, const struct gr_context *to, void *message);

/* For who looks at a suspended computation from outside: it goes on at pc, with frame pointer fp
 * and stack pointer sp. `saved` is a copy of the GR_CONTEXT_FRAME bytes at `at`, a context's sp. */
struct gr_where {
	uintptr_t pc, fp, sp;
};

#if defined(__aarch64__)
#define GR_CONTEXT_FRAME 176u
#else
#define GR_CONTEXT_FRAME 64u
#endif

struct gr_where gr_context_where(const void *saved, uintptr_t at);

/* The address in a return address as a frame holds it, which the processor may have signed. */
static inline uintptr_t gr_context_plain(uintptr_t address)
{
#if defined(__aarch64__)
	register uintptr_t x30 __asm__("x30") = address;

	__asm__("hint #7" : "+r"(x30)); /* xpaclri; does nothing on a processor without */
	return x30;
#else
	return address;
#endif
}

#endif
