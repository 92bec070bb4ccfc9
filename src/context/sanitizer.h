/* SPDX-License-Identifier: MIT */
/* sanitizer.h: tells ASan, TSan and valgrind of every stack and every switch. Only this header
 * and sanitizer.c know them.
 *
 * The tools are looked for when the runtime starts, by weak symbols and by a request that only
 * valgrind answers: a program built with -fsanitize works with the library as installed. Without
 * a tool each of these costs one branch on gr_sanitizer_any.
 *
 * Around a switch:   gr_fiber_before(from, to, ...); gr_context_switch(...); gr_fiber_after(from)
 * A new context:     first of all gr_fiber_after(its own fiber).
 *
 *  F1  ASan keeps locals of a function in a "fake stack" of the coroutine; `fake` holds it while
 *      the coroutine is off its thread. A coroutine that leaves for good (`from_dies`) has its
 *      fake stack freed by the switch.
 *  F2  TSan sees a coroutine as a thread of its own (`tsan`). What a switch *to a worker's own
 *      stack* orders is told to it, since the commit runs there in the coroutine's name (it
 *      unlocks what that one had locked). A switch *to a coroutine* orders nothing: else each
 *      would hide the user's races. What a wake-up orders is said by gr_fiber_release() and
 *      gr_fiber_acquire() at the wait. From coroutine to coroutine directly there is no room for
 *      a commit with order: under TSan (gr_tsan_active()) every switch leads through the worker.
 *  F3  gr_fiber_before() is always inlined: TSan keeps a shadow of the call stack, and a function
 *      that begins in one fiber and ends in another would put it out of step.
 *  F4  valgrind knows every stack from the time it is mapped; it sees the switches by itself.
 */
#ifndef GR_CONTEXT_SANITIZER_H
#define GR_CONTEXT_SANITIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct gr_fiber {
	void *tsan;
	void *fake;
};

/* Set by gr_sanitizer_start(), which gr_stack_start() calls; and constant afterwards, but
 * for `any`. */
extern GR_HIDDEN bool gr_sanitizer_any;
extern GR_HIDDEN bool gr_sanitizer_tsan;
extern GR_HIDDEN bool gr_sanitizer_asan;
extern GR_HIDDEN bool gr_sanitizer_valgrind;

void gr_sanitizer_start(void);

/* Switches and wakes go the long way as with a tool, for somebody else who wants to see each of
 * them (sched/sim.h). While no coroutine is alive. */
void gr_sanitizer_watch(bool on);

static inline bool gr_tsan_active(void)
{
	return gr_unlikely(gr_sanitizer_tsan);
}

/* The tools' own entry points; NULL when the tool is not there. */
#define GR_SANITIZER_WEAK __attribute__((weak, visibility("default")))
GR_SANITIZER_WEAK void *__tsan_create_fiber(unsigned flags);
GR_SANITIZER_WEAK void __tsan_destroy_fiber(void *fiber);
GR_SANITIZER_WEAK void *__tsan_get_current_fiber(void);
GR_SANITIZER_WEAK void __tsan_switch_to_fiber(void *fiber, unsigned flags);
GR_SANITIZER_WEAK void __tsan_acquire(void *addr);
GR_SANITIZER_WEAK void __tsan_release(void *addr);
GR_SANITIZER_WEAK void __sanitizer_start_switch_fiber(void **fake, const void *low, size_t size);
GR_SANITIZER_WEAK void __sanitizer_finish_switch_fiber(void *fake, const void **low, size_t *size);
GR_SANITIZER_WEAK void __asan_unpoison_memory_region(const volatile void *addr, size_t size);

void gr_fiber_create_slow(struct gr_fiber *f);
void gr_fiber_destroy_slow(struct gr_fiber *f);
GR_NOINLINE void gr_fiber_adopt_slow(struct gr_fiber *f);
GR_NOINLINE void gr_fiber_before_asan(
	struct gr_fiber *from, uintptr_t to_low, size_t to_size, bool from_dies);

/* For a coroutine, before the first switch to it ... */
static inline void gr_fiber_create(struct gr_fiber *f)
{
	f->tsan = NULL;
	f->fake = NULL;
	if (gr_unlikely(gr_sanitizer_any))
		gr_fiber_create_slow(f);
}

/* ... and after the last switch away from it; not by itself. */
static inline void gr_fiber_destroy(struct gr_fiber *f)
{
	if (gr_unlikely(gr_sanitizer_any))
		gr_fiber_destroy_slow(f);
}

/* For the calling thread's own stack. Needs no destroy. */
static inline void gr_fiber_adopt(struct gr_fiber *f)
{
	f->tsan = NULL;
	f->fake = NULL;
	if (gr_unlikely(gr_sanitizer_any))
		gr_fiber_adopt_slow(f);
}

/* Directly before the switch. to_low, to_size: the stack of `to`; 0, 0: the worker's own, which
 * must be the calling thread's. */
static GR_ALWAYS_INLINE void gr_fiber_before(struct gr_fiber *from, struct gr_fiber *to,
	uintptr_t to_low, size_t to_size, bool from_dies)
{
	if (gr_likely(!gr_sanitizer_any))
		return;
	if (gr_sanitizer_asan)
		gr_fiber_before_asan(from, to_low, to_size, from_dies);
	if (gr_sanitizer_tsan)
		__tsan_switch_to_fiber(to->tsan, GR_TSAN || to_size == 0 ? 0 : 1 /* F2: no_sync */);
}

/* Directly after it, on the stack arrived at, with that stack's own fiber. */
static GR_ALWAYS_INLINE void gr_fiber_after(struct gr_fiber *self)
{
	if (gr_unlikely(gr_sanitizer_asan))
		__sanitizer_finish_switch_fiber(self->fake, NULL, NULL);
}

/* All that was done before the release of p is ordered before what follows the acquire of p. */
static inline void gr_fiber_release(void *p)
{
	if (gr_unlikely(gr_sanitizer_tsan))
		__tsan_release(p);
}

static inline void gr_fiber_acquire(void *p)
{
	if (gr_unlikely(gr_sanitizer_tsan))
		__tsan_acquire(p);
}

/* A free stack is handed out again: nothing that its last user left poisoned is. */
void gr_sanitizer_stack_reuse(uintptr_t low, uintptr_t high);

/* valgrind: a stack comes and goes. The id is 0 without valgrind. */
unsigned gr_sanitizer_stack_register(uintptr_t low, uintptr_t high);
void gr_sanitizer_stack_deregister(unsigned id);

#endif
