/* SPDX-License-Identifier: MIT */
/* libc.h: included before everything else in a model and in the real sources it checks. What the
 * C library would do to memory unseen is done by the engine. */
#ifndef GR_MODEL_LIBC_H
#define GR_MODEL_LIBC_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

void *model_libc_malloc(size_t size);
void *model_libc_calloc(size_t n, size_t size);
void *model_libc_realloc(void *p, size_t size);
void model_libc_free(void *p);
void *model_libc_aligned_alloc(size_t align, size_t size);
void *model_libc_memcpy(void *to, const void *from, size_t n);
void *model_libc_memmove(void *to, const void *from, size_t n);
void *model_libc_memset(void *p, int byte, size_t n);

#define malloc  model_libc_malloc
#define calloc  model_libc_calloc
#define realloc model_libc_realloc
#define free    model_libc_free
#define memcpy  model_libc_memcpy
#define memmove model_libc_memmove
#define memset  model_libc_memset

#define aligned_alloc model_libc_aligned_alloc

#endif
