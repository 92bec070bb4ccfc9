/* SPDX-License-Identifier: MIT */
/* fault_memory.c: goro's calls for memory. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "fault.h"
#include "fault_calls.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

static void *held(void *block)
{
	if (block != NULL)
		fault_hold(&fault_held.blocks, 1);
	return block;
}

void *fault_malloc(size_t size)
{
	return fault_now(FAULT_malloc) ? NULL : held(malloc(size));
}

void *fault_realloc(void *block, size_t size)
{
	void *larger;

	if (fault_now(FAULT_realloc))
		return NULL;
	larger = realloc(block, size);
	return block == NULL ? held(larger) : larger;
}

void *fault_aligned_alloc(size_t align, size_t size)
{
	return fault_now(FAULT_aligned_alloc) ? NULL : held(aligned_alloc(align, size));
}

void fault_free(void *block)
{
	if (block != NULL)
		fault_hold(&fault_held.blocks, -1);
	free(block);
}

void *fault_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset)
{
	void *p = fault_now(FAULT_mmap) ? MAP_FAILED : mmap(addr, size, prot, flags, fd, offset);

	if (p != MAP_FAILED)
		fault_hold(&fault_held.bytes, (int64_t)size);
	return p;
}

/* What the kernel refuses to unmap is lost; nobody could do better. */
int fault_munmap(void *addr, size_t size)
{
	fault_hold(&fault_held.bytes, -(int64_t)size);
	return fault_now(FAULT_munmap) ? -1 : munmap(addr, size);
}

int fault_mprotect(void *addr, size_t size, int prot)
{
	return fault_now(FAULT_mprotect) ? -1 : mprotect(addr, size, prot);
}

static bool advice_fails(int advice)
{
	switch (advice) {
	case MADV_GUARD_INSTALL:
		return fault_now(FAULT_guard);
	case MADV_DONTNEED:
		return fault_now(FAULT_discard);
	case MADV_NOHUGEPAGE:
		return fault_now(FAULT_nohugepage);
	default:
		abort(); /* advice that is new: it wants a kind */
	}
}

int fault_madvise(void *addr, size_t size, int advice)
{
	return advice_fails(advice) ? -1 : madvise(addr, size, advice);
}
