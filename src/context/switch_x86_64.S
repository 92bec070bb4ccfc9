/* SPDX-License-Identifier: MIT */
/* switch_x86_64.S: void *gr_context_switch(from: rdi, to: rsi, message: rdx)
 *
 * A context is the address of this frame, `struct frame` in context.c, on top of its stack:
 *
 *      +0 mxcsr   +4 x87 control word   +8 r15   +16 r14   +24 r13   +32 r12
 *      +40 rbx   +48 rbp   +56 return address
 *
 * It is written and read by moves, below the stack pointer, which changes once: pushes and pops
 * took a nanosecond longer. Below it 128 bytes are ours: the red zone, which signal handlers
 * leave alone (psABI 3.2.2). MXCSR and the x87 control word are always loaded: on the machines
 * measured, comparing first saves nothing, and so the sticky flags stay each coroutine's own.
 *
 * Measured on an AMD EPYC (Zen), ns one way: 6.3; with push and pop 7.5; with push, pop and `ret`
 * 15; with push and pop, without the floating-point control words 5.4.
 *
 * A hardware shadow stack does not know this way to resume: no property note claims that it does.
 */
#if defined(__CET__) && (__CET__ & 1)
#define LANDING endbr64
#define JUMP notrack jmp /* to a return address, where there is no landing pad */
#else
#define LANDING
#define JUMP jmp
#endif

	.text
	.p2align 5
	.globl gr_context_switch
	.hidden gr_context_switch
	.type gr_context_switch, @function
gr_context_switch:
	.cfi_startproc
	LANDING
	leaq -56(%rsp), %rax		/* this context: the frame ends with our return address */
	movq (%rsi), %rcx		/* the other one */
	stmxcsr (%rax)			/* SSE: rounding, masks, flush to zero, sticky flags */
	fnstcw 4(%rax)			/* x87: rounding, precision, masks */
	movq %r15, 8(%rax)		/* callee-saved registers */
	.cfi_offset %r15, -56
	movq %r14, 16(%rax)
	.cfi_offset %r14, -48
	movq %r13, 24(%rax)
	.cfi_offset %r13, -40
	movq %r12, 32(%rax)
	.cfi_offset %r12, -32
	movq %rbx, 40(%rax)
	.cfi_offset %rbx, -24
	movq %rbp, 48(%rax)
	.cfi_offset %rbp, -16
	movq %rax, (%rdi)		/* from->sp: it is complete */
	movq 56(%rcx), %rsi		/* where the other one goes on */
	.cfi_def_cfa %rcx, 64		/* from here on its registers are where they are saved, */
	movq 8(%rcx), %r15		/* whether loaded already or not */
	movq 16(%rcx), %r14
	movq 24(%rcx), %r13
	movq 32(%rcx), %r12
	movq 40(%rcx), %rbx
	movq 48(%rcx), %rbp
	ldmxcsr (%rcx)
	fldcw 4(%rcx)
	cmpq 56(%rax), %rsi
	movq %rdx, %rax			/* the message is what its call returns */
	jne 1f
	leaq 56(%rcx), %rsp		/* the other stack; it goes on where we would have: */
	ret				/* predicted, and the calls below it stay so */
1:	leaq 64(%rcx), %rsp		/* the return address taken off */
	JUMP *%rsi			/* predicted by target; a ret would be by call depth */
	.cfi_endproc
	.size gr_context_switch, . - gr_context_switch

/* Where a new context is resumed: rbx has its entry function, rax the message. Unwinding ends
 * here: nobody called this. */
	.p2align 4
	.globl gr_context_begin
	.hidden gr_context_begin
	.type gr_context_begin, @function
gr_context_begin:
	.cfi_startproc
	.cfi_undefined %rip
	LANDING
	movq %rax, %rdi
	call *%rbx
	ud2				/* the entry never returns (C4) */
	.cfi_endproc
	.size gr_context_begin, . - gr_context_begin

	.section .note.GNU-stack, "", @progbits

#if defined(__CET__) && (__CET__ & 1)
	.section .note.gnu.property, "a", @note
	.p2align 3
	.long 4				/* length of "GNU" */
	.long 16			/* length of what follows the name */
	.long 5				/* NT_GNU_PROPERTY_TYPE_0 */
	.asciz "GNU"
	.long 0xc0000002		/* GNU_PROPERTY_X86_FEATURE_1_AND */
	.long 4
	.long 1				/* IBT, not SHSTK */
	.long 0
#endif
