/* SPDX-License-Identifier: MIT */
/* switch_x86_64.S: void *gr_context_switch(from: rdi, to: rsi, message: rdx)
 *
 * The frame it leaves below the stored stack pointer is `struct frame` in context.c:
 *
 *      rsp+0 mxcsr   +4 x87 control word   +8 r15   +16 r14   +24 r13   +32 r12
 *      +40 rbx   +48 rbp   +56 return address
 *
 * Loading MXCSR or the x87 control word costs several times what comparing does, and they are
 * nearly always what they were. The sticky flags
 * of MXCSR belong to the caller (psABI 3.2.1), and would differ after almost any arithmetic.
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
	pushq %rbp			/* callee-saved registers, beside the return address */
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	pushq %rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbx, 0
	pushq %r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r12, 0
	pushq %r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r13, 0
	pushq %r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r14, 0
	pushq %r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r15, 0
	subq $8, %rsp			/* room for the two control words */
	.cfi_adjust_cfa_offset 8
	stmxcsr (%rsp)			/* SSE: rounding, masks, flush to zero */
	fnstcw 4(%rsp)			/* x87: rounding, precision, masks */
	movl (%rsp), %eax		/* what this thread has now */
	movzwl 4(%rsp), %ecx
	movq %rsp, (%rdi)		/* from->sp: the context is complete */
	movq (%rsi), %rsp		/* to->sp: from here on the other stack, same layout */
	xorl (%rsp), %eax
	testl $0xffc0, %eax		/* MXCSR as it was there, but for its sticky flags? */
	jne 2f
1:	cmpw 4(%rsp), %cx		/* x87 control word as it was there? */
	jne 3f
4:	addq $8, %rsp
	.cfi_adjust_cfa_offset -8
	popq %r15
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r15
	popq %r14
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r14
	popq %r13
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r13
	popq %r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r12
	popq %rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbx
	popq %rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbp
	popq %rcx			/* the return address of whoever left that stack */
	.cfi_adjust_cfa_offset -8
	.cfi_register %rip, %rcx
	movq %rdx, %rax			/* the message is what its call returns */
	JUMP *%rcx			/* predicted by target; a ret would be by call depth */
	.cfi_endproc

	/* The rare ways, out of line; the frame is whole on both. */
	.cfi_startproc
	.cfi_def_cfa %rsp, 64
	.cfi_offset %rbp, -16
	.cfi_offset %rbx, -24
	.cfi_offset %r12, -32
	.cfi_offset %r13, -40
	.cfi_offset %r14, -48
	.cfi_offset %r15, -56
2:	ldmxcsr (%rsp)
	jmp 1b
3:	fldcw 4(%rsp)
	jmp 4b
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
