/* SPDX-License-Identifier: MIT */
/* fs.c: files, through libuv's threads.
 *
 *  F1  An operation lies in the caller's frame, with what it needs: the caller waits to its end, also
 *      when he is cancelled (call.h C4). So paths and buffers are not copied.
 *  F2  What was done is told, cancelled or not: only what libuv called off is -ECANCELED.
 */
#include "goro/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "io/sock.h"
#include "netpoll/call.h"
#include "netpoll/loop.h"

#define HERE (-1) /* for `offset`: where the descriptor stands */

struct op {
	struct gr_call call;
	uv_fs_t request;
	uv_fs_type type;
	const char *path;
	const char *to;
	int fd;
	int flags;
	int mode;
	uv_buf_t buf;
	int64_t offset;
};

/* On the loop's owner -------------------------------------------------------------------------- */

static void on_done(uv_fs_t *request)
{
	gr_call_end(&gr_container_of(request, struct op, request)->call, 0);
}

static int begin(struct gr_call *c)
{
	struct op *o = gr_container_of(c, struct op, call);
	struct uv_loop_s *uv = gr_loop_uv();
	uv_fs_t *r = &o->request;

	switch ((int)o->type) {
	case UV_FS_OPEN:
		return uv_fs_open(uv, r, o->path, o->flags, o->mode, on_done);
	case UV_FS_CLOSE:
		return uv_fs_close(uv, r, o->fd, on_done);
	case UV_FS_READ:
		return uv_fs_read(uv, r, o->fd, &o->buf, 1, o->offset, on_done);
	case UV_FS_WRITE:
		return uv_fs_write(uv, r, o->fd, &o->buf, 1, o->offset, on_done);
	case UV_FS_FSYNC:
		return uv_fs_fsync(uv, r, o->fd, on_done);
	case UV_FS_STAT:
		return uv_fs_stat(uv, r, o->path, on_done);
	case UV_FS_LSTAT:
		return uv_fs_lstat(uv, r, o->path, on_done);
	case UV_FS_FSTAT:
		return uv_fs_fstat(uv, r, o->fd, on_done);
	case UV_FS_MKDIR:
		return uv_fs_mkdir(uv, r, o->path, o->mode, on_done);
	case UV_FS_RMDIR:
		return uv_fs_rmdir(uv, r, o->path, on_done);
	case UV_FS_UNLINK:
		return uv_fs_unlink(uv, r, o->path, on_done);
	case UV_FS_RENAME:
		return uv_fs_rename(uv, r, o->path, o->to, on_done);
	case UV_FS_SCANDIR:
		return uv_fs_scandir(uv, r, o->path, 0, on_done);
	default:
		return -ENOTSUP;
	}
}

/* The callers' half ---------------------------------------------------------------------------- */

/* What the system said. uv_fs_req_cleanup() has to follow. */
static ssize_t finish(struct gr_caller *me, struct op *o)
{
	int rc;

	o->call.begin = begin;
	o->call.uv = (uv_req_t *)&o->request;
	rc = gr_call_finish(me, &o->call, "file", o->path);
	return rc != 0 ? rc : o->request.result;
}

/* For operations whose answer is a number. */
static ssize_t run(struct op *o)
{
	struct gr_caller me;
	ssize_t rc = gr_sock_caller(&me);

	if (rc != 0)
		return rc;
	rc = finish(&me, o);
	uv_fs_req_cleanup(&o->request);
	return rc;
}

static int run_path(uv_fs_type type, const char *path, int flags, int mode)
{
	struct op o = { .type = type, .path = path, .flags = flags, .mode = mode };

	return path == NULL ? -EINVAL : (int)run(&o);
}

static bool is_open(int fd)
{
	return fd >= 0 && fcntl(fd, F_GETFD) >= 0;
}

int goro_fs_open(const char *path, int flags, int mode)
{
	return run_path(UV_FS_OPEN, path, flags, mode);
}

int goro_fs_close(int fd)
{
	struct op o = { .type = UV_FS_CLOSE, .fd = fd };
	struct gr_caller me;
	ssize_t rc;

	if (!is_open(fd))
		return -EBADF;
	if (!gr_caller_is_coro(&me))
		return -EPERM;
	me.shielded = true; /* cancelled or not */
	rc = finish(&me, &o);
	uv_fs_req_cleanup(&o.request);
	return (int)rc;
}

int goro_fs_fsync(int fd)
{
	struct op o = { .type = UV_FS_FSYNC, .fd = fd };

	return is_open(fd) ? (int)run(&o) : -EBADF;
}

int goro_fs_mkdir(const char *path, int mode)
{
	return run_path(UV_FS_MKDIR, path, 0, mode);
}

int goro_fs_rmdir(const char *path)
{
	return run_path(UV_FS_RMDIR, path, 0, 0);
}

int goro_fs_unlink(const char *path)
{
	return run_path(UV_FS_UNLINK, path, 0, 0);
}

int goro_fs_rename(const char *from, const char *to)
{
	struct op o = { .type = UV_FS_RENAME, .path = from, .to = to };

	return from == NULL || to == NULL ? -EINVAL : (int)run(&o);
}

/* Bytes ---------------------------------------------------------------------------------------- */

static ssize_t move(uv_fs_type type, int fd, void *buf, size_t n, int64_t offset)
{
	struct op o = { .type = type, .fd = fd, .offset = offset };

	if ((buf == NULL && n != 0) || n > SSIZE_MAX)
		return -EINVAL;
	if (!is_open(fd))
		return -EBADF;
	o.buf.base = buf;
	o.buf.len = n;
	return run(&o);
}

ssize_t goro_fs_read(int fd, void *buf, size_t n)
{
	return move(UV_FS_READ, fd, buf, n, HERE);
}

ssize_t goro_fs_write(int fd, const void *buf, size_t n)
{
	return move(UV_FS_WRITE, fd, (void *)(uintptr_t)buf, n, HERE);
}

ssize_t goro_fs_pread(int fd, void *buf, size_t n, int64_t offset)
{
	return offset < 0 ? -EINVAL : move(UV_FS_READ, fd, buf, n, offset);
}

ssize_t goro_fs_pwrite(int fd, const void *buf, size_t n, int64_t offset)
{
	return offset < 0 ? -EINVAL : move(UV_FS_WRITE, fd, (void *)(uintptr_t)buf, n, offset);
}

/* Stat ----------------------------------------------------------------------------------------- */

static struct timespec time_of(const uv_timespec_t *t)
{
	return (struct timespec){ .tv_sec = t->tv_sec, .tv_nsec = t->tv_nsec };
}

static void copy_stat(const uv_stat_t *from, struct stat *to)
{
	memset(to, 0, sizeof(*to));
	to->st_dev = from->st_dev;
	to->st_ino = from->st_ino;
	to->st_mode = (mode_t)from->st_mode;
	to->st_nlink = (nlink_t)from->st_nlink;
	to->st_uid = (uid_t)from->st_uid;
	to->st_gid = (gid_t)from->st_gid;
	to->st_rdev = from->st_rdev;
	to->st_size = (off_t)from->st_size;
	to->st_blksize = (blksize_t)from->st_blksize;
	to->st_blocks = (blkcnt_t)from->st_blocks;
	to->st_atim = time_of(&from->st_atim);
	to->st_mtim = time_of(&from->st_mtim);
	to->st_ctim = time_of(&from->st_ctim);
}

static int stat_into(struct op *o, struct stat *out)
{
	int rc = (int)run(o);

	if (rc == 0)
		copy_stat(&o->request.statbuf, out);
	return rc;
}

int goro_fs_stat(const char *path, struct stat *out)
{
	struct op o = { .type = UV_FS_STAT, .path = path };

	return path == NULL || out == NULL ? -EINVAL : stat_into(&o, out);
}

int goro_fs_lstat(const char *path, struct stat *out)
{
	struct op o = { .type = UV_FS_LSTAT, .path = path };

	return path == NULL || out == NULL ? -EINVAL : stat_into(&o, out);
}

int goro_fs_fstat(int fd, struct stat *out)
{
	struct op o = { .type = UV_FS_FSTAT, .fd = fd };

	if (out == NULL)
		return -EINVAL;
	return is_open(fd) ? stat_into(&o, out) : -EBADF;
}

/* Directories ---------------------------------------------------------------------------------- */

static int type_of(uv_dirent_type_t type)
{
	static const int types[] = {
		[UV_DIRENT_FILE] = DT_REG,
		[UV_DIRENT_DIR] = DT_DIR,
		[UV_DIRENT_LINK] = DT_LNK,
		[UV_DIRENT_FIFO] = DT_FIFO,
		[UV_DIRENT_SOCKET] = DT_SOCK,
		[UV_DIRENT_CHAR] = DT_CHR,
		[UV_DIRENT_BLOCK] = DT_BLK,
	};

	return (size_t)type < sizeof(types) / sizeof(*types) ? types[type] : DT_UNKNOWN;
}

/* n entries, and behind them room for so many bytes of names. */
static goro_fs_entry *resize(goro_fs_entry *entries, size_t n, size_t names)
{
	return realloc(entries, n * sizeof(*entries) + names);
}

/* The names lie one behind the other; each entry is given its own. */
static void point_to_names(goro_fs_entry *entries, size_t n)
{
	const char *name = (const char *)(entries + n);

	for (size_t i = 0; i < n; i++) {
		entries[i].name = name;
		name += strlen(name) + 1;
	}
}

/* libuv gives each name once, and frees it then. */
static int copy_entries(uv_fs_t *request, size_t n, goro_fs_entry **out)
{
	size_t used = 0, room = 16 * n + 1;
	goro_fs_entry *entries = resize(NULL, n, room);
	uv_dirent_t e;

	if (entries == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n && uv_fs_scandir_next(request, &e) == 0; i++) {
		size_t length = strlen(e.name) + 1;

		if (length > room - used) {
			goro_fs_entry *larger = resize(entries, n, room = 2 * room + length);

			if (larger == NULL) {
				free(entries);
				return -ENOMEM;
			}
			entries = larger;
		}
		memcpy((char *)(entries + n) + used, e.name, length);
		used += length;
		entries[i].type = type_of(e.type);
	}
	point_to_names(entries, n);
	*out = entries;
	return (int)n;
}

int goro_fs_readdir(const char *path, goro_fs_entry **entries)
{
	struct op o = { .type = UV_FS_SCANDIR, .path = path };
	struct gr_caller me;
	uv_dirent_t e;
	ssize_t n;

	if (path == NULL || entries == NULL)
		return -EINVAL;
	*entries = NULL;
	n = gr_sock_caller(&me);
	if (n != 0)
		return (int)n;
	n = finish(&me, &o);
	if (n >= 0)
		n = copy_entries(&o.request, (size_t)n, entries);
	while (uv_fs_scandir_next(&o.request, &e) == 0)
		; /* to the end: else the last name given is not freed */
	uv_fs_req_cleanup(&o.request);
	return (int)n;
}
