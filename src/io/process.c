/* SPDX-License-Identifier: MIT */
/* process.c: other programs.
 *
 *     caller ── gr_sock (kind PROCESS) ══ socket pair ══ struct child ── uv_process_t, the loop's owner's
 *
 *  R1  The handle is a socket's, at whose other end libuv's exit callback writes the status. So to wait
 *      for a process is to read a few bytes: handles, deadlines, cancel and close are those of
 *      connections.
 *  R2  A child is the owner's from the spawn to its exit callback, and is freed when libuv has closed
 *      its handle. Who wants to kill asks the owner, who looks for it in the list: one that is there
 *      has not been reaped, so its number is nobody else's.
 *  R3  The three pipes are socket pairs too, so that this end is a connection.
 */
#include "goro/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/list.h"
#include "io/process.h"
#include "io/sock.h"
#include "io/sys.h"
#include "netpoll/call.h"
#include "netpoll/loop.h"

#define NONE (-1)

struct child {
	uv_process_t handle;
	struct gr_list link;
	int fd; /* where its status goes */
};

static struct gr_list children = GR_LIST_INIT(children); /* the owner's (R2) */

/* On the loop's owner -------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
	free(gr_container_of((uv_process_t *)handle, struct child, handle));
}

static void end_child(struct child *c)
{
	gr_list_remove(&c->link);
	close(c->fd);
	uv_close((uv_handle_t *)&c->handle, on_closed);
}

/* As waitpid(2) puts it. */
static void on_exit_status(uv_process_t *handle, int64_t code, int signo)
{
	struct child *c = gr_container_of(handle, struct child, handle);
	int status = signo != 0 ? signo : (int)(code & 0xff) << 8;

	while (gr_sys_send(c->fd, &status, sizeof(status)) == -EINTR)
		; /* another error: nobody is there, so nobody asks */
	end_child(c);
}

struct spawn {
	struct gr_call call;
	uv_process_options_t options;
	uv_stdio_container_t stdio[3];
	struct child *child;
	int pid;
};

static int spawn_child(struct gr_call *call)
{
	struct spawn *s = gr_container_of(call, struct spawn, call);
	struct child *c = s->child;
	int rc = uv_spawn(gr_loop_uv(), &c->handle, &s->options);

	gr_list_push_back(&children, &c->link);
	s->pid = c->handle.pid;
	if (rc != 0)
		end_child(c);
	gr_call_end(call, rc);
	return 0;
}

struct signalling {
	struct gr_call call;
	int pid;
	int signo;
};

static int kill_child(struct gr_call *call)
{
	struct signalling *k = gr_container_of(call, struct signalling, call);
	int rc = -ESRCH;

	gr_list_each(link, &children)
	{
		uv_process_t *handle = &gr_list_entry(link, struct child, link)->handle;

		if (handle->pid == k->pid)
			rc = uv_process_kill(handle, k->signo);
	}
	gr_call_end(call, rc);
	return 0;
}

void gr_process_stop(void)
{
	gr_list_each_safe(link, &children)
	{
		struct child *c = gr_list_entry(link, struct child, link);

		close(c->fd);
		free(c);
	}
	gr_list_init(&children);
}

/* Spawn ---------------------------------------------------------------------------------------- */

#define PAIRS  4 /* the three pipes, and the status */
#define STATUS 3

struct birth {
	int ours[PAIRS];
	int theirs[PAIRS];
	struct gr_sock *socks[PAIRS];
};

static void close_theirs(struct birth *b)
{
	for (int i = 0; i < PAIRS; i++) {
		if (b->theirs[i] != NONE)
			close(b->theirs[i]);
		b->theirs[i] = NONE;
	}
}

/* Whatever has been made of it so far. */
static void undo(struct birth *b)
{
	close_theirs(b);
	for (int i = 0; i < PAIRS; i++) {
		if (b->ours[i] != NONE)
			close(b->ours[i]);
		if (b->socks[i] == NULL)
			continue;
		gr_sock_end(b->socks[i]);
		gr_sock_leave(b->socks[i]);
	}
}

/* Ours does not block, theirs does, and neither is inherited by chance. */
static GR_NOINLINE int make_pair(int *ours, int *theirs)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
		return -errno;
	*ours = fds[0];
	*theirs = fds[1];
	return fcntl(fds[1], F_SETFL, 0) == 0 ? 0 : -errno;
}

/* What it leaves half made undo() ends. */
static int prepare(struct birth *b, int pipes)
{
	int rc = 0;

	for (int i = 0; i < PAIRS; i++) {
		b->ours[i] = b->theirs[i] = NONE;
		b->socks[i] = NULL;
	}
	for (int i = 0; i < PAIRS && rc == 0; i++) {
		if (i != STATUS && !(pipes >> i & 1))
			continue;
		rc = make_pair(&b->ours[i], &b->theirs[i]);
		if (rc != 0)
			break;
		rc = gr_sock_make(
			b->ours[i], i == STATUS ? GR_SOCK_PROCESS : GR_SOCK_CONN, &b->socks[i]);
		b->ours[i] = NONE; /* taken over, whatever it said */
	}
	return rc;
}

static void set_options(
	struct spawn *s, char *const argv[], const goro_process_options *o, const struct birth *b)
{
	s->options.file = argv[0];
	s->options.args = (char **)(uintptr_t)argv;
	s->options.env = (char **)(uintptr_t)o->env;
	s->options.cwd = o->cwd;
	s->options.exit_cb = on_exit_status;
	s->options.stdio = s->stdio;
	s->options.stdio_count = 3;
	for (int i = 0; i < 3; i++) {
		s->stdio[i].flags = UV_INHERIT_FD;
		s->stdio[i].data.fd = b->theirs[i] != NONE ? b->theirs[i] : i;
	}
}

/* The loop is open: prepare() has made sockets. So the owner gets the child, and ends it. */
static int spawn(
	struct gr_caller *me, char *const argv[], const goro_process_options *o, struct birth *b)
{
	struct spawn s = { .call.begin = spawn_child, .child = calloc(1, sizeof(*s.child)) };
	int rc;

	if (s.child == NULL)
		return -ENOMEM;
	s.child->fd = b->theirs[STATUS];
	b->theirs[STATUS] = NONE;
	set_options(&s, argv, o, b);
	rc = gr_call_finish(me, &s.call, "spawn", NULL);
	b->socks[STATUS]->number = s.pid;
	return rc;
}

static int read_options(const goro_process_options *user, goro_process_options *out)
{
	goro_process_options defaults = GORO_PROCESS_OPTIONS_INIT;

	*out = defaults;
	if (user == NULL)
		return 0;
	if (user->size < sizeof(user->size))
		return -EINVAL;
	/* One compiled with an older header has fewer fields. */
	memcpy(out, user, user->size < sizeof(*out) ? user->size : sizeof(*out));
	return out->pipes & ~(GORO_PROCESS_STDIN | GORO_PROCESS_STDOUT | GORO_PROCESS_STDERR) ?
		-EINVAL :
		0;
}

int goro_process_spawn(goro_process **p, char *const argv[], goro_conn *ends[3],
	const goro_process_options *options)
{
	goro_process_options o;
	struct gr_caller me;
	struct birth b;
	int rc = p == NULL || argv == NULL || argv[0] == NULL ? -EINVAL : read_options(options, &o);

	if (rc == 0 && o.pipes != 0 && ends == NULL)
		rc = -EINVAL;
	if (rc == 0)
		rc = gr_sock_caller(&me);
	if (rc != 0)
		return rc;
	rc = prepare(&b, o.pipes);
	if (rc == 0)
		rc = spawn(&me, argv, &o, &b);
	if (rc != 0) {
		undo(&b);
		return rc;
	}
	close_theirs(&b);
	for (int i = 0; i < PAIRS; i++) {
		void *handle = b.socks[i] == NULL ? NULL : gr_sock_handle(b.socks[i]);

		if (i == STATUS)
			*p = handle;
		else if (ends != NULL)
			ends[i] = handle;
		if (b.socks[i] != NULL)
			gr_sock_leave(b.socks[i]);
	}
	return 0;
}

/* The handle ----------------------------------------------------------------------------------- */

/* With the turn to read (R1). */
static int read_status(struct gr_caller *me, struct gr_sock *s, int *status, int64_t deadline)
{
	for (;;) {
		ssize_t got = gr_sys_recv(s->fd, status, sizeof(*status));
		int rc;

		if (got == (ssize_t)sizeof(*status))
			return 0;
		if (gr_sock_closing(s))
			return -EBADF;
		if (got != -EAGAIN && got != -EINTR)
			return got < 0 ? (int)got : -ECHILD;
		rc = gr_poll_wait(me, s->poll, GR_POLL_READ, got == -EAGAIN, deadline,
			"process wait", gr_sock_handle(s));
		if (rc != 0)
			return rc;
	}
}

int goro_process_wait(goro_process *p, int *status, int64_t deadline)
{
	struct gr_caller me;
	struct gr_sock *s;
	int said = 0;
	int rc = gr_sock_enter(p, GR_SOCK_PROCESS, &me, &s);

	if (rc != 0)
		return rc;
	rc = gr_turn_take(gr_sock_turn(s, GR_POLL_READ), &me, deadline, "process wait");
	if (rc == 0) {
		rc = read_status(&me, s, &said, deadline);
		if (rc == 0)
			gr_sock_end(s);
		gr_turn_give(gr_sock_turn(s, GR_POLL_READ));
	}
	gr_sock_leave(s);
	if (rc == 0 && status != NULL)
		*status = said;
	return rc;
}

int goro_process_kill(goro_process *p, int signo)
{
	struct signalling k = { .call.begin = kill_child, .signo = signo };
	struct gr_caller me;
	struct gr_sock *s;
	int rc = gr_sock_enter_any(p, GR_SOCK_PROCESS, &me, &s);

	if (rc != 0)
		return rc;
	k.pid = s->number;
	me.shielded = true; /* cancelled or not */
	rc = gr_call_finish(&me, &k.call, "process kill", gr_sock_handle(s));
	gr_sock_leave(s);
	return rc;
}

int goro_process_pid(goro_process *p)
{
	return gr_sock_number(p, GR_SOCK_PROCESS);
}

int goro_process_close(goro_process *p)
{
	return gr_sock_close(p, GR_SOCK_PROCESS);
}
