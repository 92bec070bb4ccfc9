/* SPDX-License-Identifier: MIT */
/* fault_uv.c: what libuv itself allocates. For some of its tables it has no answer to a refusal but
 * abort(), which here ends the program with a status of its own: that is libuv's, not goro's
 * (docs/io.md, drive.py).
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "fault.h"

#define LIBUV_ABORTS 99

static void *uv_malloc_or_not(size_t size)
{
	return fault_now(FAULT_uv_alloc) ? NULL : malloc(size);
}

static void *uv_calloc_or_not(size_t n, size_t size)
{
	return fault_now(FAULT_uv_alloc) ? NULL : calloc(n, size);
}

static void *uv_realloc_or_not(void *block, size_t size)
{
	return fault_now(FAULT_uv_alloc) ? NULL : realloc(block, size);
}

static __attribute__((constructor)) void replace_allocator(void)
{
	uv_replace_allocator(uv_malloc_or_not, uv_realloc_or_not, uv_calloc_or_not, free);
}

static bool is_libuv(const void *addr)
{
	Dl_info info;

	return dladdr(addr, &info) != 0 && strstr(info.dli_fname, "libuv") != NULL;
}

/* In place of libc's, for all that is linked with this. */
void abort(void)
{
	static const char text[] = "libuv aborts, since it was refused memory\n";
	void (*real)(void);
	void *found = dlsym(RTLD_NEXT, "abort");

	if (is_libuv(__builtin_return_address(0)) && fault_count() > 0 &&
		write(STDERR_FILENO, text, sizeof text - 1) > 0)
		_exit(LIBUV_ABORTS);
	memcpy(&real, &found, sizeof real); /* ISO C has no cast for it */
	real();
	_exit(LIBUV_ABORTS + 1); /* not reached */
}
