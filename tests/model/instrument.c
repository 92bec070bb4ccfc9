/* SPDX-License-Identifier: MIT */
/* instrument.c: what a compiler with -fsanitize=thread calls at each plain access and at both ends
 * of each function. ThreadSanitizer's own library is not linked. */
#include <string.h>

#include "engine.h"

void __tsan_init(void);
void __tsan_func_entry(void *pc);
void __tsan_func_exit(void);
void __tsan_read_range(void *p, unsigned long size);
void __tsan_write_range(void *p, unsigned long size);

static bool listening(void)
{
	return engine != NULL && engine->self != NULL && !engine->finished;
}

static GR_ALWAYS_INLINE void access(const void *p, size_t size, unsigned kind, const void *pc)
{
	if (listening())
		engine_access(p, size, kind, pc);
}

/* clang-format off */
#define PLAIN(size)                                                                      \
	void __tsan_read##size(void *p);                                                 \
	void __tsan_read##size(void *p)                                                  \
	{                                                                                \
		access(p, size, ACCESS_READ, __builtin_return_address(0));               \
	}                                                                                \
	void __tsan_write##size(void *p);                                                \
	void __tsan_write##size(void *p)                                                 \
	{                                                                                \
		access(p, size, ACCESS_WRITE, __builtin_return_address(0));              \
	}                                                                                \
	void __tsan_unaligned_read##size(void *p);                                       \
	void __tsan_unaligned_read##size(void *p)                                        \
	{                                                                                \
		access(p, size, ACCESS_READ, __builtin_return_address(0));               \
	}                                                                                \
	void __tsan_unaligned_write##size(void *p);                                      \
	void __tsan_unaligned_write##size(void *p)                                       \
	{                                                                                \
		access(p, size, ACCESS_WRITE, __builtin_return_address(0));              \
	}
/* clang-format on */

PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

void __tsan_init(void)
{
}

void __tsan_func_entry(void *pc)
{
	(void)pc;
}

/* The caller's frame lies between our own and where its frame pointer points. Both are compiled
 * with frame pointers and without sibling calls. */
void __tsan_func_exit(void)
{
	uintptr_t *frame = __builtin_frame_address(0);

	if (listening())
		engine_end_of_frame((uintptr_t)(frame + 2), frame[0], __builtin_return_address(0));
}

void __tsan_read_range(void *p, unsigned long size)
{
	access(p, size, ACCESS_READ, __builtin_return_address(0));
}

void __tsan_write_range(void *p, unsigned long size)
{
	access(p, size, ACCESS_WRITE, __builtin_return_address(0));
}

/* What the C library does unseen (include/libc.h). */
void *model_libc_memcpy(void *to, const void *from, size_t n);
void *model_libc_memmove(void *to, const void *from, size_t n);
void *model_libc_memset(void *p, int byte, size_t n);

void *model_libc_memmove(void *to, const void *from, size_t n)
{
	access(from, n, ACCESS_READ, __builtin_return_address(0));
	access(to, n, ACCESS_WRITE, __builtin_return_address(0));
	return memmove(to, from, n);
}

void *model_libc_memcpy(void *to, const void *from, size_t n)
{
	access(from, n, ACCESS_READ, __builtin_return_address(0));
	access(to, n, ACCESS_WRITE, __builtin_return_address(0));
	return memcpy(to, from, n);
}

void *model_libc_memset(void *p, int byte, size_t n)
{
	access(p, n, ACCESS_WRITE, __builtin_return_address(0));
	return memset(p, byte, n);
}

/* include/context/context.h. The context resumed is taken: its sp is 0 until it is stored again. */
void *model_context_switch(struct gr_context *from, const struct gr_context *to, void *message)
{
	const void *pc = __builtin_return_address(0);
	struct gr_context taken = *to;

	access(to, sizeof(*to), ACCESS_WRITE, pc);
	if (taken.sp == NULL)
		engine_fail(FAIL_CHECK, "%s is resumed, and is not stored", engine_describe(to));
	if (engine_arena_top((uintptr_t)taken.sp) == 0)
		engine_fail(FAIL_DEAD, "%s is resumed on a stack given back", engine_describe(to));
	((struct gr_context *)(uintptr_t)to)->sp = NULL;
	access(from, sizeof(*from), ACCESS_WRITE, pc);
	return gr_context_switch(from, &taken, message);
}
