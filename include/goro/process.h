/* SPDX-License-Identifier: MIT */
/* process.h: other programs: begin them, talk with them, wait for them.
 *
 *     char *argv[] = { "sort", "-n", NULL };
 *     goro_process_options o = GORO_PROCESS_OPTIONS_INIT;
 *     goro_conn *ends[3];
 *
 *     o.pipes = GORO_PROCESS_STDIN | GORO_PROCESS_STDOUT;
 *     goro_process_spawn(&p, argv, ends, &o);
 *     goro_conn_write(ends[0], "2\n1\n", 4, GORO_FOREVER);
 *     goro_conn_close(ends[0]);
 *     ...goro_conn_read(ends[1], ...) until it says 0...
 *     goro_process_wait(p, &status, GORO_FOREVER);
 *
 * A process is a handle, as a connection is (goro/net.h): when it has been waited for, it is -EBADF for
 * ever. Only what was begun here is waited for: other children of the program are its own affair.
 */
#ifndef GORO_PROCESS_H
#define GORO_PROCESS_H

#include <stddef.h>
#include <stdint.h>

#include "goro/attributes.h"
#include "goro/net.h"

GORO_BEGIN

typedef struct goro_process goro_process;

#define GORO_PROCESS_STDIN  1
#define GORO_PROCESS_STDOUT 2
#define GORO_PROCESS_STDERR 4

/** How it begins. Begin with GORO_PROCESS_OPTIONS_INIT and change what you want different. */
typedef struct goro_process_options {
	size_t size; /* of this structure; set by GORO_PROCESS_OPTIONS_INIT */
	int pipes; /* GORO_PROCESS_..., or'ed: which of its three lead here. Others are inherited */
	char *const *env; /* "NAME=value", ..., NULL. NULL: as here */
	const char *cwd;  /* where it begins. NULL: here */
} goro_process_options;

#ifdef __cplusplus
#define GORO_PROCESS_OPTIONS_INIT                           \
	{                                                   \
		sizeof(goro_process_options), 0, NULL, NULL \
	}
#else
#define GORO_PROCESS_OPTIONS_INIT                                                          \
	{                                                                                  \
		.size = sizeof(goro_process_options), .pipes = 0, .env = NULL, .cwd = NULL \
	}
#endif

/** Begins a program.
 *
 *  @param p        receives the process.
 *  @param argv     its arguments, NULL at the end. argv[0] is the program: a path, or a name that is looked for
 *                  along PATH. No shell comes between.
 *  @param ends     receives a connection for each of the three pipes asked for, NULL for the others.
 *                  May be NULL if none is.
 *  @param options  NULL: the defaults.
 *
 *  @return 0            it runs
 *  @return -EINVAL      p, argv or argv[0] is NULL, pipes are asked for and ends is NULL, senseless options
 *  @return -EPERM       not in a coroutine
 *  @return -ECANCELED   the coroutine is cancelled
 *  @return -ENOENT, -EACCES, -ENOEXEC, ...
 *                       why it cannot be executed
 *  @return -EAGAIN, -ENOMEM, -EMFILE
 *                       no room
 *
 *  Blocks    parks until the program has begun.
 *  Threads   the child has no signal blocked, and each signal's default action.
 *  Owner     the caller: of the process, which goro_process_wait() or goro_process_close() ends,
 *            and of each connection. A stop of the runtime ends the handles, not the programs.
 *  Source    src/io/process.c.
 */
GORO_API int goro_process_spawn(goro_process **p, char *const argv[], goro_conn *ends[3],
	const goro_process_options *options);

/** Waits until `deadline` for its end, and ends p.
 *
 *  @param status  receives it as waitpid(2) has it: WIFEXITED() and so on. May be NULL.
 *
 *  @return 0            it has ended
 *  @return -EBADF       p was waited for, or closed; or is meanwhile ┐
 *  @return -ETIMEDOUT   the deadline passed first                    │ p is as
 *  @return -ECANCELED   the coroutine is cancelled                   │ it was
 *  @return -EPERM       not in a coroutine                           ┘
 *  @return -ECHILD      it has ended; how is lost, since the system had no memory to tell it
 *
 *  Blocks    parks.
 */
GORO_API int goro_process_wait(goro_process *p, int *status, int64_t deadline);

/** Sends it a signal; 0: looks whether it runs. Also in a cancelled coroutine.
 *  @return 0; -ESRCH: it has ended; -EBADF: p was waited for; -EPERM: not in a coroutine, or the system
 *          says so; -EINVAL: no such signal; -ENOMEM, -EMFILE */
GORO_API int goro_process_kill(goro_process *p, int signo);

/** Its number; it may be of somebody else when p has ended. -EBADF; -EPERM: not in a coroutine. */
GORO_API int goro_process_pid(goro_process *p);

/** Gives the handle back without waiting; the program goes on. Those who wait for it get -EBADF.
 *  @return 0; -EBADF; -EPERM: in the child of a fork
 *  Threads   any; also in a cancelled coroutine. */
GORO_API int goro_process_close(goro_process *p);

GORO_END

#endif
