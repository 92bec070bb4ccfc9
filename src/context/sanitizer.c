/* SPDX-License-Identifier: MIT */
#include "context/sanitizer.h"

#include "os/os.h"

bool gr_sanitizer_any;
bool gr_sanitizer_tsan;
bool gr_sanitizer_asan;
bool gr_sanitizer_valgrind;

/* A request to valgrind is a sequence of instructions that do nothing, at whose end it looks at
 * a register for the address of six words. Elsewhere they take a nanosecond and return
 * `otherwise`. The sequences and numbers are part of its fixed interface (valgrind.h). */
enum { RUNNING_ON_VALGRIND = 0x1001, STACK_REGISTER = 0x1501, STACK_DEREGISTER = 0x1502 };

static uintptr_t request(uintptr_t otherwise, uintptr_t what, uintptr_t a, uintptr_t b)
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

/* Weak symbols are found when the program is linked, whoever brings them. */
void gr_sanitizer_start(void)
{
	gr_sanitizer_tsan = __tsan_create_fiber != NULL && __tsan_switch_to_fiber != NULL &&
		__tsan_destroy_fiber != NULL && __tsan_get_current_fiber != NULL &&
		__tsan_acquire != NULL && __tsan_release != NULL;
	gr_sanitizer_asan = __sanitizer_start_switch_fiber != NULL &&
		__sanitizer_finish_switch_fiber != NULL && __asan_unpoison_memory_region != NULL;
	gr_sanitizer_valgrind = request(0, RUNNING_ON_VALGRIND, 0, 0) != 0;
	gr_sanitizer_any = gr_sanitizer_tsan || gr_sanitizer_asan || gr_sanitizer_valgrind;
}

/* Fibers ------------------------------------------------------------------------------------ */

void gr_fiber_create_slow(struct gr_fiber *f)
{
	if (gr_sanitizer_tsan)
		f->tsan = __tsan_create_fiber(0);
}

void gr_fiber_destroy_slow(struct gr_fiber *f)
{
	if (gr_sanitizer_tsan && f->tsan != NULL)
		__tsan_destroy_fiber(f->tsan);
	f->tsan = NULL;
}

/* The calling thread's own stack, for ASan. Read and written by the two functions below alone,
 * which are not inlined: a coroutine that calls them may have changed threads since. */
static __thread uintptr_t own_low, own_high;

void gr_fiber_adopt_slow(struct gr_fiber *f)
{
	if (gr_sanitizer_tsan)
		f->tsan = __tsan_get_current_fiber();
	if (gr_sanitizer_asan && gr_os_thread_stack(&own_low, &own_high) != 0)
		own_low = own_high = 0;
}

void gr_fiber_before_asan(struct gr_fiber *from, uintptr_t to_low, size_t to_size, bool from_dies)
{
	__asm__ volatile("" ::: "memory");
	if (to_size == 0) {
		to_low = own_low;
		to_size = own_high - own_low;
	}
	__sanitizer_start_switch_fiber(
		from_dies ? NULL : &from->fake, (const void *)to_low, to_size);
}

/* Stacks ------------------------------------------------------------------------------------ */

void gr_sanitizer_stack_reuse(uintptr_t low, uintptr_t high)
{
	if (gr_sanitizer_asan)
		__asan_unpoison_memory_region((const volatile void *)low, high - low);
}

unsigned gr_sanitizer_stack_register(uintptr_t low, uintptr_t high)
{
	return gr_sanitizer_valgrind ? (unsigned)request(0, STACK_REGISTER, low, high) : 0;
}

void gr_sanitizer_stack_deregister(unsigned id)
{
	if (gr_sanitizer_valgrind)
		request(0, STACK_DEREGISTER, id, 0);
}
