/* SPDX-License-Identifier: MIT */
/* error.c: codes into words.
 *
 * The first part of the table is what the library itself decides, in the library's terms; the
 * second what system calls report through it. strerror() is not used: it may share a buffer
 * between threads, and follows the locale. */
#include <goro/error.h>

#include <errno.h>
#include <stddef.h>

struct text {
	int code;
	const char *text;
};

static const struct text texts[] = {
	{ 0, "success" },
	{ EAGAIN, "not possible without waiting" },
	{ EBADF, "not open, or closed meanwhile" },
	{ EBUSY, "in use" },
	{ ECANCELED, "the coroutine is cancelled" },
	{ EDEADLK, "would wait for itself" },
	{ EFAULT, "panic or bad address" },
	{ EINVAL, "invalid argument" },
	{ ENOMEM, "out of memory, address space or stack guards (see vm.max_map_count)" },
	{ ENOSYS, "not supported by this system" },
	{ EPERM, "not permitted here, or no runtime is running" },
	{ EPIPE, "closed" },
	{ ESRCH, "no such task" },
	{ ETIMEDOUT, "the deadline has passed" },

	{ EACCES, "permission denied" },
	{ EADDRINUSE, "address in use" },
	{ EADDRNOTAVAIL, "address not available" },
	{ EAFNOSUPPORT, "address family not supported" },
	{ EALREADY, "already in progress" },
	{ ECHILD, "no child process" },
	{ ECONNABORTED, "connection aborted" },
	{ ECONNREFUSED, "connection refused" },
	{ ECONNRESET, "connection reset by peer" },
	{ EDESTADDRREQ, "destination address required" },
	{ EDQUOT, "disk quota exceeded" },
	{ EEXIST, "exists already" },
	{ EFBIG, "file too large" },
	{ EHOSTUNREACH, "host unreachable" },
	{ EINPROGRESS, "in progress" },
	{ EINTR, "interrupted" },
	{ EIO, "input or output error" },
	{ EISCONN, "already connected" },
	{ EISDIR, "is a directory" },
	{ EKEYREJECTED, "the certificate is refused" },
	{ ELOOP, "too many symbolic links" },
	{ EMFILE, "too many open files in this process" },
	{ EMSGSIZE, "message too long" },
	{ ENAMETOOLONG, "name too long" },
	{ ENETDOWN, "network down" },
	{ ENETUNREACH, "network unreachable" },
	{ ENFILE, "too many open files in the system" },
	{ ENOBUFS, "no buffer space" },
	{ ENODEV, "no such device" },
	{ ENOENT, "no such file or directory" },
	{ ENOEXEC, "not an executable" },
	{ ENOSPC, "no space left on device" },
	{ ENOTCONN, "not connected" },
	{ ENOTDIR, "not a directory" },
	{ ENOTEMPTY, "directory not empty" },
	{ ENOTSOCK, "not a socket" },
	{ ENOTSUP, "operation not supported" },
	{ ENXIO, "no such device or address" },
	{ EOVERFLOW, "value too large" },
	{ EPROTO, "protocol error" },
	{ EPROTONOSUPPORT, "protocol not supported" },
	{ ERANGE, "out of range" },
	{ EROFS, "read-only file system" },
	{ ESPIPE, "cannot seek" },
	{ ESTALE, "stale file handle" },
	{ ETXTBSY, "program file in use" },
	{ EXDEV, "on another file system" },
};

const char *goro_strerror(int rc)
{
	if (rc > 0)
		return "success"; /* a count */
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (rc == -texts[i].code)
			return texts[i].text;
	return "unknown error";
}
