/* SPDX-License-Identifier: MIT */
/* heap.c: each block of the heap that goro, libuv and the program take and give back, so that not one is
 * lost unseen. The linker leads their calls here (--wrap), and libuv's come through its allocator.
 * What libc takes for itself and gives back is not counted; what it takes for a caller is.
 */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include <uv.h>

#include "soak.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
char *__real_strdup(const char *text);
ssize_t __real_getdelim(char **line, size_t *room, int end, FILE *f);
ssize_t __real_getline(char **line, size_t *room, FILE *f);
void __real_free(void *block);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
char *__wrap_strdup(const char *text);
ssize_t __wrap_getdelim(char **line, size_t *room, int end, FILE *f);
ssize_t __wrap___getdelim(char **line, size_t *room, int end, FILE *f);
ssize_t __wrap_getline(char **line, size_t *room, FILE *f);
void __wrap_free(void *block);

static uint64_t held;

uint64_t soak_heap(void)
{
	return __atomic_load_n(&held, __ATOMIC_RELAXED);
}

static void *took(void *block)
{
	if (block != NULL)
		__atomic_fetch_add(&held, malloc_usable_size(block), __ATOMIC_RELAXED);
	return block;
}

static void *gives(void *block)
{
	if (block != NULL)
		__atomic_fetch_sub(&held, malloc_usable_size(block), __ATOMIC_RELAXED);
	return block;
}

void *__wrap_malloc(size_t size)
{
	return took(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return took(__real_calloc(n, size));
}

/* A failure leaves the old block as it was; here none fails. */
void *__wrap_realloc(void *block, size_t size)
{
	return took(__real_realloc(gives(block), size));
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
	return took(__real_aligned_alloc(align, size));
}

char *__wrap_strdup(const char *text)
{
	return took(__real_strdup(text));
}

ssize_t __wrap_getdelim(char **line, size_t *room, int end, FILE *f)
{
	ssize_t n;

	gives(*line);
	n = __real_getdelim(line, room, end, f);
	took(*line);
	return n;
}

/* The name that headers put in its place. */
ssize_t __wrap___getdelim(char **line, size_t *room, int end, FILE *f)
{
	return __wrap_getdelim(line, room, end, f);
}

ssize_t __wrap_getline(char **line, size_t *room, FILE *f)
{
	return __wrap_getdelim(line, room, '\n', f);
}

void __wrap_free(void *block)
{
	__real_free(gives(block));
}

static __attribute__((constructor)) void count_libuv(void)
{
	CHECK_EQ(
		uv_replace_allocator(__wrap_malloc, __wrap_realloc, __wrap_calloc, __wrap_free), 0);
}
