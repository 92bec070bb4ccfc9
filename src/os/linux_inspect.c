/* SPDX-License-Identifier: MIT */
/* linux_inspect.c: reading memory that may be anything, for dumps and fault reports; and
 * files to write such things to.
 *
 * process_vm_readv(2) on oneself answers EFAULT where a load would fault. Where it does not exist
 * (emulators, strict seccomp filters), the kernel reads for write(2) into a pipe just the same. Both
 * are called without their wrappers in libc, which sanitizers replace.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "os/os.h"

#define CHUNK ((size_t)4096) /* a pipe takes so much at once, whole */

static size_t read_through_pipe(char *to, uintptr_t from, size_t n)
{
	size_t done = 0;
	int fd[2];

	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) != 0)
		return 0;
	while (done < n) {
		size_t part = CHUNK - (from + done) % CHUNK; /* up to the next page */
		ssize_t got;

		if (part > n - done)
			part = n - done;
		if (syscall(SYS_write, (long)fd[1], from + done, part) != (long)part)
			break;
		got = read(fd[0], to + done, part);
		if (got != (ssize_t)part)
			break;
		done += part;
	}
	close(fd[0]);
	close(fd[1]);
	return done;
}

size_t gr_os_read_memory(void *to, const void *from, size_t n)
{
	struct iovec local = { .iov_base = to, .iov_len = n };
	struct iovec remote = { .iov_base = (void *)(uintptr_t)from, .iov_len = n };
	int saved = errno;
	size_t done;
	long got = syscall(SYS_process_vm_readv, (long)getpid(), &local, 1L, &remote, 1L, 0L);

	if (got >= 0)
		done = (size_t)got;
	else if (errno == EFAULT)
		done = 0;
	else
		done = read_through_pipe(to, (uintptr_t)from, n);
	errno = saved;
	return done;
}

int gr_os_writable(int fd)
{
	int saved = errno;
	int flags = fcntl(fd, F_GETFL);

	errno = saved;
	return flags == -1 || (flags & O_ACCMODE) == O_RDONLY ? -EBADF : 0;
}

int gr_os_append(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);

	return fd < 0 ? -errno : fd;
}

void gr_os_close(int fd)
{
	close(fd);
}
