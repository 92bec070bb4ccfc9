/* SPDX-License-Identifier: MIT */
/* switch_aarch64.S: void *gr_context_switch(from: x0, to: x1, message: x2)
 *
 * The frame it leaves below the stored stack pointer is `struct frame` in context.c:
 *
 *      sp+0 x29   +8 x30   +16 x19 ... x28   +96 d8 ... d15   +160 fpcr
 *
 * Writing FPCR drains the pipeline on many cores, comparing does not.
 *
 * The return address is not signed, neither here nor on resumption. With branch target
 * identification the resumption has to be a ret: there is no landing pad behind a call, and ret
 * alone is allowed to go there. Otherwise it is a br, which is predicted by its target.
 */
#if defined(__ARM_FEATURE_BTI_DEFAULT)
#define LANDING hint 34 /* bti c */
#define RESUME ret x16
#else
#define LANDING
#define RESUME br x16
#endif

	.text
	.p2align 5
	.globl gr_context_switch
	.hidden gr_context_switch
	.type gr_context_switch, %function
gr_context_switch:
	.cfi_startproc
	LANDING
	stp x29, x30, [sp, #-176]!	/* frame pointer and return address */
	.cfi_def_cfa_offset 176
	.cfi_offset x29, -176
	.cfi_offset x30, -168
	stp x19, x20, [sp, #16]		/* callee-saved integer registers */
	.cfi_offset x19, -160
	.cfi_offset x20, -152
	stp x21, x22, [sp, #32]
	.cfi_offset x21, -144
	.cfi_offset x22, -136
	stp x23, x24, [sp, #48]
	.cfi_offset x23, -128
	.cfi_offset x24, -120
	stp x25, x26, [sp, #64]
	.cfi_offset x25, -112
	.cfi_offset x26, -104
	stp x27, x28, [sp, #80]
	.cfi_offset x27, -96
	.cfi_offset x28, -88
	stp d8, d9, [sp, #96]		/* the callee-saved halves of the vector registers */
	.cfi_offset d8, -80
	.cfi_offset d9, -72
	stp d10, d11, [sp, #112]
	.cfi_offset d10, -64
	.cfi_offset d11, -56
	stp d12, d13, [sp, #128]
	.cfi_offset d12, -48
	.cfi_offset d13, -40
	stp d14, d15, [sp, #144]
	.cfi_offset d14, -32
	.cfi_offset d15, -24
	mrs x9, fpcr			/* rounding, flush to zero, traps */
	str x9, [sp, #160]
	mov x10, sp
	str x10, [x0]			/* from->sp: the context is complete */
	ldr x10, [x1]			/* to->sp */
	mov sp, x10			/* from here on the other stack, same layout */
	ldr x11, [sp, #160]
	cmp x11, x9			/* FPCR as it was there? */
	b.ne 2f
1:	ldp d14, d15, [sp, #144]
	.cfi_restore d14
	.cfi_restore d15
	ldp d12, d13, [sp, #128]
	.cfi_restore d12
	.cfi_restore d13
	ldp d10, d11, [sp, #112]
	.cfi_restore d10
	.cfi_restore d11
	ldp d8, d9, [sp, #96]
	.cfi_restore d8
	.cfi_restore d9
	ldp x27, x28, [sp, #80]
	.cfi_restore x27
	.cfi_restore x28
	ldp x25, x26, [sp, #64]
	.cfi_restore x25
	.cfi_restore x26
	ldp x23, x24, [sp, #48]
	.cfi_restore x23
	.cfi_restore x24
	ldp x21, x22, [sp, #32]
	.cfi_restore x21
	.cfi_restore x22
	ldp x19, x20, [sp, #16]
	.cfi_restore x19
	.cfi_restore x20
	ldp x29, x16, [sp], #176	/* the return address of whoever left that stack */
	.cfi_restore x29
	.cfi_def_cfa_offset 0
	.cfi_register x30, x16
	mov x0, x2			/* the message is what its call returns */
	RESUME
	.cfi_endproc

	/* The rare way, out of line; the frame is whole. */
	.cfi_startproc
	.cfi_def_cfa sp, 176
	.cfi_offset x29, -176
	.cfi_offset x30, -168
	.cfi_offset x19, -160
	.cfi_offset x20, -152
	.cfi_offset x21, -144
	.cfi_offset x22, -136
	.cfi_offset x23, -128
	.cfi_offset x24, -120
	.cfi_offset x25, -112
	.cfi_offset x26, -104
	.cfi_offset x27, -96
	.cfi_offset x28, -88
	.cfi_offset d8, -80
	.cfi_offset d9, -72
	.cfi_offset d10, -64
	.cfi_offset d11, -56
	.cfi_offset d12, -48
	.cfi_offset d13, -40
	.cfi_offset d14, -32
	.cfi_offset d15, -24
2:	msr fpcr, x11
	b 1b
	.cfi_endproc
	.size gr_context_switch, . - gr_context_switch

/* Where a new context is resumed: x19 has its entry function, x0 the message. Unwinding ends
 * here: nobody called this. */
	.p2align 4
	.globl gr_context_begin
	.hidden gr_context_begin
	.type gr_context_begin, %function
gr_context_begin:
	.cfi_startproc
	.cfi_undefined x30
	LANDING
	mov x30, #0			/* for debuggers that scan instead of reading the CFI */
	blr x19
	brk #0xf001			/* the entry never returns (C4) */
	.cfi_endproc
	.size gr_context_begin, . - gr_context_begin

	.section .note.GNU-stack, "", %progbits

#if defined(__ARM_FEATURE_BTI_DEFAULT)
	.section .note.gnu.property, "a", %note
	.p2align 3
	.long 4				/* length of "GNU" */
	.long 16			/* length of what follows the name */
	.long 5				/* NT_GNU_PROPERTY_TYPE_0 */
	.asciz "GNU"
	.long 0xc0000000		/* GNU_PROPERTY_AARCH64_FEATURE_1_AND */
	.long 4
	.long 1				/* BTI */
	.long 0
#endif
