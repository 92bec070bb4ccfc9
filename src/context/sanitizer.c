/* SPDX-License-Identifier: MIT */
#include "context/sanitizer.h"

#include "os/os.h"
#include "os/valgrind.h"

bool gr_sanitizer_any;
bool gr_sanitizer_tsan;
bool gr_sanitizer_asan;
bool gr_sanitizer_valgrind;

/* Weak symbols are found when the program is linked, whoever brings them. One stands for all of a
 * tool: since gcc 10 and clang 9 TSan has them all, ASan since long before; and other tools have
 * some of ASan's for fibers. */
void gr_sanitizer_start(void)
{
	gr_sanitizer_tsan = __tsan_create_fiber != NULL;
	gr_sanitizer_asan = __asan_unpoison_memory_region != NULL;
	gr_sanitizer_valgrind = gr_valgrind_request(0, GR_VALGRIND_RUNNING, 0, 0) != 0;
	gr_sanitizer_watch(false);
}

void gr_sanitizer_watch(bool on)
{
	bool any = on || gr_sanitizer_tsan || gr_sanitizer_asan || gr_sanitizer_valgrind;

	if (gr_sanitizer_any != any)
		gr_sanitizer_any = any;
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
	return gr_sanitizer_valgrind ?
		(unsigned)gr_valgrind_request(0, GR_VALGRIND_STACK_REGISTER, low, high) :
		0;
}

void gr_sanitizer_stack_deregister(unsigned id)
{
	if (gr_sanitizer_valgrind)
		gr_valgrind_request(0, GR_VALGRIND_STACK_DEREGISTER, id, 0);
}
