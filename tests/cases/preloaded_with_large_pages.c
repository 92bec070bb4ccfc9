/* SPDX-License-Identifier: MIT */
/* A system whose pages are 64 KiB: what it hands out is aligned to that, and what it is asked to
 * protect, discard or take back has to be. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE ((size_t)64 << 10)

extern long __sysconf(int name);

long sysconf(int name)
{
	return name == _SC_PAGESIZE ? (long)PAGE : __sysconf(name);
}

static void must_be_whole_pages(const char *call, const void *address, size_t n)
{
	if ((uintptr_t)address % PAGE == 0 && n % PAGE == 0)
		return;
	fprintf(stderr, "%s(%p, %zu)\n", call, address, n);
	abort();
}

static char *whole(char *p)
{
	return (char *)(((uintptr_t)p + PAGE - 1) & ~(PAGE - 1));
}

void *mmap(void *address, size_t n, int protection, int flags, int fd, off_t offset)
{
	size_t size = (n + PAGE - 1) & ~(PAGE - 1);
	char *p, *aligned;

	if (address != NULL || fd >= 0)
		return (void *)syscall(SYS_mmap, address, n, protection, flags, fd, offset);
	p = (char *)syscall(SYS_mmap, NULL, size + PAGE, protection, flags, fd, offset);
	if (p == MAP_FAILED)
		return p;
	aligned = whole(p);
	if (aligned > p)
		syscall(SYS_munmap, p, aligned - p);
	syscall(SYS_munmap, aligned + size, p + PAGE - aligned);
	return aligned;
}

int munmap(void *address, size_t n)
{
	must_be_whole_pages("munmap", address, n);
	return (int)syscall(SYS_munmap, address, n);
}

int mprotect(void *address, size_t n, int protection)
{
	must_be_whole_pages("mprotect", address, n);
	return (int)syscall(SYS_mprotect, address, n, protection);
}

int madvise(void *address, size_t n, int advice)
{
	must_be_whole_pages("madvise", address, n);
	return (int)syscall(SYS_madvise, address, n, advice);
}
