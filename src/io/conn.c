/* SPDX-License-Identifier: MIT */
/* conn.c: read and write as the system does them, and park when it says EAGAIN.
 *
 *  C1  The system call comes first. Where it is known to say EAGAIN (the last read took less than
 *      it had room for, the last write sent less than it had) the caller parks at once: readiness
 *      is level-triggered, so what has come meanwhile wakes it.
 *  C2  One reader and one writer at a time (turn.h). A write has its turn until all of it is sent.
 *  C3  A close shuts the socket down before its users have left: what the system call then says is our
 *      own doing.
 */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <sys/socket.h>

#include "goro/net.h"
#include "io/sock.h"
#include "io/sys.h"

/* Enters, and takes the turn of one side. After 0 end() has to follow. */
static int begin(goro_conn *c, enum gr_poll_side side, int64_t deadline, struct gr_caller *me,
	struct gr_sock **out)
{
	int rc = gr_sock_enter(c, GR_SOCK_CONN, me, out);

	if (rc != 0)
		return rc;
	rc = gr_turn_take(gr_sock_turn(*out, side), me, deadline,
		side == GR_POLL_READ ? "conn read" : "conn write");
	if (gr_unlikely(rc != 0))
		gr_sock_leave(*out);
	return rc;
}

static void end(struct gr_sock *s, enum gr_poll_side side)
{
	gr_turn_give(gr_sock_turn(s, side));
	gr_sock_leave(s);
}

static int await(struct gr_caller *me, struct gr_sock *s, enum gr_poll_side side, bool looked,
	int64_t deadline)
{
	gr_sock_rest(s, side);
	return gr_poll_wait(me, s->poll, side, looked, deadline,
		side == GR_POLL_READ ? "conn read" : "conn write", gr_sock_handle(s));
}

/* Reading ------------------------------------------------------------------------------------ */

static ssize_t read_some(
	struct gr_caller *me, struct gr_sock *s, void *buf, size_t n, int64_t deadline)
{
	bool looked = false;

	for (;;) {
		ssize_t got;
		int rc;

		if (looked || s->drained) {
			rc = await(me, s, GR_POLL_READ, looked, deadline);
			if (rc != 0)
				return rc;
		}
		got = gr_sys_recv(s->fd, buf, n);
		if (got > 0) {
			s->drained = (size_t)got < n;
			return got;
		}
		if (gr_sock_closing(s)) /* C3 */
			return -EBADF;
		if (got == 0)
			return 0;
		if (got != -EAGAIN && got != -EINTR)
			return got;
		looked = got == -EAGAIN;
		s->drained = 0;
	}
}

ssize_t goro_conn_read(goro_conn *c, void *buf, size_t n, int64_t deadline)
{
	struct gr_caller me;
	struct gr_sock *s;
	ssize_t got;
	int rc;

	if (buf == NULL && n != 0)
		return -EINVAL;
	rc = begin(c, GR_POLL_READ, deadline, &me, &s);
	if (rc != 0)
		return rc;
	got = n == 0 ? 0 : read_some(&me, s, buf, n, deadline);
	gr_sock_pace(s, GR_POLL_READ);
	end(s, GR_POLL_READ);
	return got;
}

/* Writing ------------------------------------------------------------------------------------ */

/* What is to be written: whole buffers from v[0] on, of the first only what is behind `skip`. */
struct rest {
	const struct iovec *v;
	int n;
	size_t skip;
};

/* How many buffers one system call gets. */
#define BATCH 64

static void advance(struct rest *r, size_t bytes)
{
	while (r->n > 0 && bytes >= r->v->iov_len - r->skip) {
		bytes -= r->v->iov_len - r->skip;
		r->skip = 0;
		r->v++;
		r->n--;
	}
	r->skip += bytes;
}

/* One system call. How many bytes went, and in *all how many it was asked for. Not inlined: who
 * writes one buffer shall not have these on his stack. */
static GR_NOINLINE ssize_t send_batch(struct gr_sock *s, const struct rest *r, size_t *all)
{
	struct iovec v[BATCH];
	struct msghdr m = { .msg_iov = v };

	*all = 0;
	for (int i = 0; i < r->n && i < BATCH; i++) {
		v[i] = r->v[i];
		if (i == 0) {
			v[0].iov_base = (char *)v[0].iov_base + r->skip;
			v[0].iov_len -= r->skip;
		}
		*all += v[i].iov_len;
		m.msg_iovlen++;
	}
	return gr_sys_sendmsg(s->fd, &m);
}

static ssize_t send_one(struct gr_sock *s, const struct rest *r, size_t *all)
{
	*all = r->v->iov_len - r->skip;
	return gr_sys_send(s->fd, (char *)r->v->iov_base + r->skip, *all);
}

/* What to say when only `done` bytes went, and then this. */
static ssize_t cut_short(size_t done, int rc)
{
	return done > 0 && (rc == -ETIMEDOUT || rc == -ECANCELED) ? (ssize_t)done : rc;
}

static ssize_t write_all(struct gr_caller *me, struct gr_sock *s, struct rest r, int64_t deadline)
{
	size_t done = 0;

	advance(&r, 0); /* empty ones in front */
	while (r.n > 0) {
		size_t all;
		ssize_t sent = r.n == 1 ? send_one(s, &r, &all) : send_batch(s, &r, &all);
		int rc = 0;

		if (sent < 0 && gr_sock_closing(s)) /* C3 */
			return -EBADF;
		if (sent == -EINTR)
			continue;
		if (sent < 0 && sent != -EAGAIN)
			return sent;
		if (sent > 0) {
			done += (size_t)sent;
			advance(&r, (size_t)sent);
		}
		if (sent < 0 || (size_t)sent < all) /* C1 */
			rc = await(me, s, GR_POLL_WRITE, true, deadline);
		if (rc != 0)
			return cut_short(done, rc);
	}
	return (ssize_t)done;
}

static ssize_t write_vector(goro_conn *c, const struct iovec *v, int n, int64_t deadline)
{
	struct gr_caller me;
	struct gr_sock *s;
	ssize_t sent;
	int rc = begin(c, GR_POLL_WRITE, deadline, &me, &s);

	if (rc != 0)
		return rc;
	sent = write_all(&me, s, (struct rest){ .v = v, .n = n }, deadline);
	gr_sock_pace(s, GR_POLL_WRITE);
	end(s, GR_POLL_WRITE);
	return sent;
}

ssize_t goro_conn_write(goro_conn *c, const void *buf, size_t n, int64_t deadline)
{
	struct iovec v = { .iov_base = (void *)(uintptr_t)buf, .iov_len = n };

	if ((buf == NULL && n != 0) || n > SSIZE_MAX)
		return -EINVAL;
	return write_vector(c, &v, 1, deadline);
}

/* Can the bytes be counted, and are they there? */
static bool sensible(const struct iovec *v, int n)
{
	size_t sum = 0;

	if (n < 0 || (n > 0 && v == NULL))
		return false;
	for (int i = 0; i < n; i++)
		if ((v[i].iov_base == NULL && v[i].iov_len != 0) ||
			__builtin_add_overflow(sum, v[i].iov_len, &sum) || sum > SSIZE_MAX)
			return false;
	return true;
}

ssize_t goro_conn_writev(goro_conn *c, const struct iovec *v, int n, int64_t deadline)
{
	return sensible(v, n) ? write_vector(c, v, n, deadline) : -EINVAL;
}

/* The end ------------------------------------------------------------------------------------ */

int goro_conn_shutdown(goro_conn *c)
{
	struct gr_caller me;
	struct gr_sock *s;
	int rc = gr_sock_enter_any(c, GR_SOCK_CONN, &me, &s);

	if (rc != 0)
		return rc;
	rc = gr_sys_shutdown_write(s->fd);
	gr_sock_leave(s);
	return rc;
}

int goro_conn_close(goro_conn *c)
{
	return gr_sock_close(c, GR_SOCK_CONN);
}
