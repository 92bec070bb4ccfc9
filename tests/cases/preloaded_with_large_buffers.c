/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);

#define BUFFER (16 << 10)

unsigned preloaded_calls;

static __attribute__((noinline)) void use_buffers(void)
{
	volatile char buffer[BUFFER];

	for (size_t i = 0; i < BUFFER; i += 512)
		buffer[i] = 1;
	__atomic_fetch_add(&preloaded_calls, (unsigned)buffer[0], __ATOMIC_RELAXED);
}

void *malloc(size_t n)
{
	use_buffers();
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	use_buffers();
	return __libc_calloc(n, size);
}
