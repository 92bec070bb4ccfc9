/* SPDX-License-Identifier: MIT */
/* fault_fs.c: libuv's requests for files, as goro makes them. They fail for want of memory only, and
 * before they have begun; what the system says of a file is the tests' to provoke. */
#include <errno.h>

#include <uv.h>

#include "fault.h"
#include "fault_calls.h"

#define STAND_IN(name, params, ...)                                                 \
	int fault_uv_fs_##name params                                               \
	{                                                                           \
		return fault_now(FAULT_uv_fs) ? -errno : uv_fs_##name(__VA_ARGS__); \
	}

STAND_IN(open, (uv_loop_t * uv, uv_fs_t *r, const char *path, int flags, int mode, uv_fs_cb fn), uv,
	r, path, flags, mode, fn)
STAND_IN(close, (uv_loop_t * uv, uv_fs_t *r, uv_file fd, uv_fs_cb fn), uv, r, fd, fn)
STAND_IN(fsync, (uv_loop_t * uv, uv_fs_t *r, uv_file fd, uv_fs_cb fn), uv, r, fd, fn)
STAND_IN(fstat, (uv_loop_t * uv, uv_fs_t *r, uv_file fd, uv_fs_cb fn), uv, r, fd, fn)
STAND_IN(stat, (uv_loop_t * uv, uv_fs_t *r, const char *path, uv_fs_cb fn), uv, r, path, fn)
STAND_IN(lstat, (uv_loop_t * uv, uv_fs_t *r, const char *path, uv_fs_cb fn), uv, r, path, fn)
STAND_IN(mkdir, (uv_loop_t * uv, uv_fs_t *r, const char *path, int mode, uv_fs_cb fn), uv, r, path,
	mode, fn)
STAND_IN(rmdir, (uv_loop_t * uv, uv_fs_t *r, const char *path, uv_fs_cb fn), uv, r, path, fn)
STAND_IN(unlink, (uv_loop_t * uv, uv_fs_t *r, const char *path, uv_fs_cb fn), uv, r, path, fn)
STAND_IN(rename, (uv_loop_t * uv, uv_fs_t *r, const char *path, const char *to, uv_fs_cb fn), uv, r,
	path, to, fn)
STAND_IN(scandir, (uv_loop_t * uv, uv_fs_t *r, const char *path, int flags, uv_fs_cb fn), uv, r,
	path, flags, fn)

/* libuv's own answer to EINTR is to try again; that a file takes or gives less is the caller's. */
static bool is_short(const uv_buf_t bufs[], unsigned n, uv_buf_t *one)
{
	*one = bufs[0];
	one->len = 1;
	return n == 1 && bufs[0].len > 1 && fault_now(FAULT_uv_fs_short);
}

int fault_uv_fs_read(uv_loop_t *uv, uv_fs_t *r, uv_file fd, const uv_buf_t bufs[], unsigned n,
	int64_t at, uv_fs_cb fn)
{
	uv_buf_t one;

	if (fault_now(FAULT_uv_fs))
		return -errno;
	return uv_fs_read(uv, r, fd, is_short(bufs, n, &one) ? &one : bufs, n, at, fn);
}

int fault_uv_fs_write(uv_loop_t *uv, uv_fs_t *r, uv_file fd, const uv_buf_t bufs[], unsigned n,
	int64_t at, uv_fs_cb fn)
{
	uv_buf_t one;

	if (fault_now(FAULT_uv_fs))
		return -errno;
	return uv_fs_write(uv, r, fd, is_short(bufs, n, &one) ? &one : bufs, n, at, fn);
}
