/* SPDX-License-Identifier: MIT */
/* valgrind.h: requests to valgrind, made without its headers.
 *
 * A request is a sequence of instructions that do nothing, at whose end valgrind looks at a
 * register for the address of six words. Elsewhere it takes a nanosecond and returns `otherwise`.
 * The sequences and numbers are part of valgrind's fixed interface (its valgrind.h).
 */
#ifndef GR_OS_VALGRIND_H
#define GR_OS_VALGRIND_H

#include <stdbool.h>
#include <stdint.h>

enum {
	GR_VALGRIND_RUNNING = 0x1001,
	GR_VALGRIND_STACK_REGISTER = 0x1501,
	GR_VALGRIND_STACK_DEREGISTER = 0x1502,
	GR_VALGRIND_ERRORS_OFF = 0x1801, /* by 1 more (a = 1) or less (a = -1), in this thread */
};

static inline uintptr_t gr_valgrind_request(
	uintptr_t otherwise, uintptr_t what, uintptr_t a, uintptr_t b)
{
	volatile uintptr_t words[6] = { what, a, b, 0, 0, 0 };
	uintptr_t result = otherwise;

#if defined(__x86_64__)
	__asm__ volatile("rolq $3, %%rdi\n\t"
			 "rolq $13, %%rdi\n\t"
			 "rolq $61, %%rdi\n\t"
			 "rolq $51, %%rdi\n\t"
			 "xchgq %%rbx, %%rbx"
			 : "+d"(result)
			 : "a"(&words[0])
			 : "cc", "memory");
#elif defined(__aarch64__)
	__asm__ volatile("mov x3, %1\n\t"
			 "mov x4, %2\n\t"
			 "ror x12, x12, #3\n\t"
			 "ror x12, x12, #13\n\t"
			 "ror x12, x12, #51\n\t"
			 "ror x12, x12, #61\n\t"
			 "orr x10, x10, x10\n\t"
			 "mov %0, x3"
			 : "=r"(result)
			 : "r"(otherwise), "r"(&words[0])
			 : "cc", "memory", "x3", "x4");
#endif
	return result;
}

#endif
