/* SPDX-License-Identifier: MIT */
/* fs.h: files, without holding up a worker.
 *
 *     int fd = goro_fs_open("notes.txt", O_RDONLY, 0);
 *
 *     n = goro_fs_read(fd, buf, sizeof buf);
 *     goro_fs_close(fd);
 *
 * The system has no way to wait for a file as for a socket, so each call is made by one of libuv's
 * threads (four; UV_THREADPOOL_SIZE says otherwise) while the coroutine is parked. What is here
 * for all of them:
 *
 *  @return -EINVAL      NULL for a path, a buffer or a result, an impossible size or offset  ┐ nothing
 *  @return -EBADF       a descriptor that is not open                                        │ was done
 *  @return -EPERM       not in a coroutine                                                   │
 *  @return -ECANCELED   the coroutine is cancelled, or was before it had begun               ┘
 *  @return -ENOMEM, -EMFILE
 *                       no room for the request
 *  @return              otherwise what the system call of that name says: 0 or a count, or a
 *                       negative errno (-ENOENT, -EACCES, -ENOSPC, ...)
 *
 *  Blocks    parks. A cancel calls off what has not begun, and waits for what runs: then the result
 *            is what was done. So a buffer is never used after the call, and no descriptor is lost.
 *  Threads   any number of coroutines at once; also with one descriptor, as the system has it.
 *  Owner     nothing is kept.
 *  Source    src/io/fs.c; the calls are those of uv_fs_open() and so on.
 */
#ifndef GORO_FS_H
#define GORO_FS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "goro/attributes.h"

GORO_BEGIN

/* <sys/stat.h> has it; it is not included here, since programs may have a mkdir() or umask() of their own. */
struct stat;

/** Opens a file.
 *
 *  @param flags  as open(2): O_RDONLY, O_WRONLY | O_CREAT, ... O_CLOEXEC is added.
 *  @param mode   of a file that is made; the process's umask is taken off.
 *
 *  @return the descriptor (>= 0), an ordinary one; or an error, see above
 */
GORO_API int goro_fs_open(const char *path, int flags, int mode);

/** Closes a descriptor. Does so in a cancelled coroutine too.
 *  @return 0, or an error, see above; after an error of the system's it is closed all the same */
GORO_API int goro_fs_close(int fd);

/** Reads from where the descriptor stands, or writes there; as read(2) and write(2) it may be fewer than n.
 *  @return how many bytes, 0: the end of the file; or an error, see above */
GORO_API ssize_t goro_fs_read(int fd, void *buf, size_t n);
GORO_API ssize_t goro_fs_write(int fd, const void *buf, size_t n);

/** The same at a place of its own, which the descriptor's is not: several may do so at once.
 *  @param offset  from the beginning of the file; not negative. */
GORO_API ssize_t goro_fs_pread(int fd, void *buf, size_t n, int64_t offset);
GORO_API ssize_t goro_fs_pwrite(int fd, const void *buf, size_t n, int64_t offset);

/** What the file has been given is on the disk when this returns. */
GORO_API int goro_fs_fsync(int fd);

/** What is known of a file. lstat: of a symbolic link itself.
 *  @param out  receives it; not changed after an error. */
GORO_API int goro_fs_stat(const char *path, struct stat *out);
GORO_API int goro_fs_lstat(const char *path, struct stat *out);
GORO_API int goro_fs_fstat(int fd, struct stat *out);

GORO_API int goro_fs_mkdir(const char *path, int mode);
GORO_API int goro_fs_rmdir(const char *path);
GORO_API int goro_fs_unlink(const char *path);
GORO_API int goro_fs_rename(const char *from, const char *to);

/** What a directory contains. */
typedef struct goro_fs_entry {
	const char *name;
	int type; /* as a DT_... of <dirent.h>: DT_REG, DT_DIR, ...; DT_UNKNOWN where the system does
		   * not say */
} goro_fs_entry;

/** Lists a directory.
 *
 *  @param entries  receives an array without "." and "..", in no order. It and the names are one piece of
 *                  memory, the caller's, to be given to free(3); NULL after an error.
 *
 *  @return how many (>= 0); or an error, see above
 */
GORO_API int goro_fs_readdir(const char *path, goro_fs_entry **entries);

GORO_END

#endif
