/* SPDX-License-Identifier: MIT */
/* fault_files.c: what goro reads of the machine, and what it writes. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fault.h"
#include "fault_calls.h"

/* CPUs -------------------------------------------------------------------------------------- */

int fault_sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
	if (fault_now(FAULT_affinity) || fault_now(FAULT_affinity_small))
		return -1;
	return sched_getaffinity(pid, size, set);
}

cpu_set_t *fault_sched_cpualloc(size_t count)
{
	cpu_set_t *set = fault_now(FAULT_cpu_alloc) ? NULL : CPU_ALLOC(count);

	if (set != NULL)
		fault_hold(&fault_held.blocks, 1);
	return set;
}

void fault_sched_cpufree(cpu_set_t *set)
{
	fault_hold(&fault_held.blocks, -1);
	CPU_FREE(set);
}

/* Streams ----------------------------------------------------------------------------------- */

FILE *fault_fopen(const char *path, const char *mode)
{
	FILE *f = fault_now(FAULT_fopen) ? NULL : fopen(path, mode);

	if (f != NULL)
		fault_hold(&fault_held.files, 1);
	return f;
}

int fault_fclose(FILE *f)
{
	fault_hold(&fault_held.files, -1);
	return fclose(f);
}

int fault_fscanf(FILE *f, const char *format, ...)
{
	va_list list;
	int n;

	if (fault_now(FAULT_fscanf))
		return EOF;
	va_start(list, format);
	n = vfscanf(f, format, list);
	va_end(list);
	return n;
}

/* The names that headers put in its place. */
int fault_c99_fscanf(FILE *f, const char *format, ...) __attribute__((alias("fault_fscanf")));
int fault_c23_fscanf(FILE *f, const char *format, ...) __attribute__((alias("fault_fscanf")));

ssize_t fault_getdelim(char **line, size_t *room, int end, FILE *f)
{
	char *before = *line;
	ssize_t n = fault_now(FAULT_getline) ? -1 : getdelim(line, room, end, f);

	if (before == NULL && *line != NULL)
		fault_hold(&fault_held.blocks, 1); /* to be freed by who called */
	return n;
}

ssize_t fault_getdelim_inline(char **line, size_t *room, int end, FILE *f)
{
	return fault_getdelim(line, room, end, f);
}

ssize_t fault_getline(char **line, size_t *room, FILE *f)
{
	return fault_getdelim(line, room, '\n', f);
}

/* Descriptors ------------------------------------------------------------------------------- */

static int held(int fd)
{
	if (fd >= 0)
		fault_hold(&fault_held.files, 1);
	return fd;
}

int fault_open(const char *path, int flags)
{
	return fault_now(FAULT_open) ? -1 : held(open(path, flags));
}

int fault_open_2(const char *path, int flags)
{
	return fault_open(path, flags);
}

int fault_close(int fd)
{
	bool interrupted = fault_now(FAULT_close);
	int rc = close(fd);

	fault_hold(&fault_held.files, -1);
	if (interrupted)
		errno = EINTR;
	return interrupted ? -1 : rc;
}

int fault_pipe2(int fd[2], int flags)
{
	int rc = fault_now(FAULT_pipe) ? -1 : pipe2(fd, flags);

	if (rc == 0)
		fault_hold(&fault_held.files, 2);
	return rc;
}

ssize_t fault_read(int fd, void *to, size_t n)
{
	if (fault_now(FAULT_read))
		return -1;
	return fault_now(FAULT_read_end) ? 0 : read(fd, to, n);
}

ssize_t fault_read_chk(int fd, void *to, size_t n, size_t room)
{
	if (n > room)
		abort();
	return fault_read(fd, to, n);
}

static bool write_fails(size_t *n)
{
	if (fault_now(FAULT_write) || fault_passes(FAULT_write_eintr))
		return true;
	if (*n > 1 && fault_now(FAULT_write_short))
		*n = 1;
	return false;
}

ssize_t fault_write(int fd, const void *from, size_t n)
{
	return write_fails(&n) ? -1 : write(fd, from, n);
}

long fault_write_raw(int fd, const void *from, size_t n)
{
	return write_fails(&n) ? -1 : syscall(SYS_write, fd, from, n);
}

int fault_fcntl(int fd, int command, long arg)
{
	int rc = fault_now(FAULT_fcntl) ? -1 : fcntl(fd, command, arg);

	return command == F_DUPFD_CLOEXEC ? held(rc) : rc;
}

int fault_dup3(int from, int to, int flags)
{
	return fault_now(FAULT_dup3) ? -1 : dup3(from, to, flags);
}

ssize_t fault_getrandom(void *to, size_t n, unsigned flags)
{
	return fault_now(FAULT_getrandom) ? -1 : getrandom(to, n, flags);
}

int fault_dladdr(const void *addr, Dl_info *info)
{
	return fault_now(FAULT_dladdr) ? 0 : dladdr(addr, info);
}
