/* SPDX-License-Identifier: MIT */
/* hop.h: coroutines made by hand, without a scheduler: a stack, a context, and a switch that the
 * sanitizers are told of. */
#ifndef GR_TESTS_HOP_H
#define GR_TESTS_HOP_H

#include "../unit.h"

#include "context/context.h"
#include "context/sanitizer.h"
#include "os/os.h"

#define HOP_STACK ((size_t)256 << 10)

struct hopper {
	struct gr_context context;
	struct gr_fiber fiber;
	uintptr_t low;
	size_t size; /* 0: a thread's own stack */
	unsigned id;
};

/* For the calling thread. */
static inline void hopper_adopt(struct hopper *h)
{
	*h = (struct hopper){ 0 };
	gr_sanitizer_start();
	gr_fiber_adopt(&h->fiber);
}

/* Begins with entry(message of the first hop), which says hopper_begin() first of all. */
static inline void hopper_make(struct hopper *h, void (*entry)(void *))
{
	void *memory;

	assert_int_equal(gr_os_reserve(HOP_STACK, 0, &memory), 0);
	h->low = (uintptr_t)memory;
	h->size = HOP_STACK;
	h->id = gr_sanitizer_stack_register(h->low, h->low + h->size);
	gr_fiber_create(&h->fiber);
	gr_context_make(&h->context, (char *)memory + HOP_STACK, entry);
}

/* After its last hop away. */
static inline void hopper_free(struct hopper *h)
{
	gr_fiber_destroy(&h->fiber);
	gr_sanitizer_stack_deregister(h->id);
	gr_sanitizer_stack_reuse(h->low, h->low + h->size);
	gr_os_release((void *)h->low, h->size);
}

static GR_ALWAYS_INLINE void hopper_begin(struct hopper *self)
{
	gr_fiber_after(&self->fiber);
}

static GR_ALWAYS_INLINE void *hop(struct hopper *from, struct hopper *to, void *message)
{
	void *answer;

	gr_fiber_before(&from->fiber, &to->fiber, to->low, to->size, false);
	answer = gr_context_switch(&from->context, &to->context, message);
	gr_fiber_after(&from->fiber);
	return answer;
}

/* The last one of a coroutine. */
static GR_ALWAYS_INLINE void hop_for_good(struct hopper *from, struct hopper *to, void *message)
{
	gr_fiber_before(&from->fiber, &to->fiber, to->low, to->size, true);
	gr_context_switch(&from->context, &to->context, message);
	abort();
}

#endif
