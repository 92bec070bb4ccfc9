/* SPDX-License-Identifier: MIT */
/* server.c: accepts, serves each connection by a loop of its own, and stops without cutting anybody off.
 *
 * A connection is BUSY from the first byte of a request to the end of its answer, and IDLE while it
 * waits. A stop may close only idle ones, so both sides change IDLE by compare-and-swap, and who
 * becomes idle looks for the stop afterwards: one of the two sees the other.
 */
#include <errno.h>

#include "http.h"

#define LINGER (2 * GORO_SECOND)

enum { BUSY, IDLE, CLOSED };

/* The list of connections -------------------------------------------------------------------------- */

/* Also when cancelled: a list must not keep what ends. */
static void lock(struct http_server *s)
{
	while (goro_mutex_lock(&s->lock) != 0)
		;
}

static void enter(struct http_server *s, struct http_conn *c)
{
	lock(s);
	c->next = s->conns;
	c->link = &s->conns;
	if (c->next != NULL)
		c->next->link = &c->next;
	s->conns = c;
	goro_mutex_unlock(&s->lock);
}

static void leave(struct http_server *s, struct http_conn *c)
{
	lock(s);
	*c->link = c->next;
	if (c->next != NULL)
		c->next->link = c->link;
	goro_mutex_unlock(&s->lock);
}

/* One connection ----------------------------------------------------------------------------------- */

static bool become(struct http_conn *c, int from, int to)
{
	return atomic_compare_exchange_strong(&c->state, &from, to);
}

ssize_t http_read_idle(struct http_conn *c)
{
	ssize_t got;

	buffer_free(&c->head);
	buffer_free(&c->body);
	buffer_free(&c->out);
	atomic_store(&c->state, IDLE);
	if (atomic_load(&c->server->stopping))
		return 0;
	got = goro_conn_read(c->conn, c->in, sizeof c->in, c->deadline);
	return become(c, IDLE, BUSY) ? got : -EBADF;
}

/* True: the connection can be used once more. */
static bool answer(struct http_conn *c)
{
	c->answered = false;
	c->server->handle(c);
	if (!c->answered)
		http_say(c, HTTP_STATUS_INTERNAL_SERVER_ERROR, "", "");
	if (c->left != 0)
		c->keep_alive = false; /* the peer would wait for the rest */
	return c->keep_alive;
}

static void refuse(struct http_conn *c, int status)
{
	c->keep_alive = false;
	http_say(c, status, "", "");
}

/* The end that the peer can see. What is still under way must not meet a closed socket, whose reset
 * would destroy the answer before it is read. */
static void linger(struct http_conn *c)
{
	int64_t deadline = goro_after(LINGER);

	if (http_flush(c) && goro_conn_shutdown(c->conn) == 0)
		while (goro_conn_read(c->conn, c->in, sizeof c->in, deadline) > 0)
			;
}

static void serve(struct http_server *s, goro_conn *conn)
{
	struct http_conn c = { .server = s, .conn = conn };
	int status;

	enter(s, &c);
	while ((status = http_read_request(&c)) == 0 && answer(&c))
		;
	if (status > 0)
		refuse(&c, status);
	if (status >= 0)
		linger(&c);
	leave(s, &c);
	goro_conn_close(conn);
	buffer_free(&c.head);
	buffer_free(&c.body);
	buffer_free(&c.out);
	goro_waitgroup_done(&s->running);
}

/* All of them -------------------------------------------------------------------------------------- */

static void accept_all(struct http_server *s, goro_listener *l)
{
	goro_conn *conn;

	while (goro_accept(l, &conn, GORO_FOREVER) == 0) {
		goro_waitgroup_add(&s->running, 1);
		if (go(serve, s, conn) != 0) {
			goro_waitgroup_done(&s->running);
			goro_conn_close(conn);
		}
	}
	goro_waitgroup_done(&s->running);
}

int http_serve(struct http_server *s, goro_listener *l)
{
	int rc;

	http_parser_set_max_header_size(s->limits.head_size);
	goro_waitgroup_add(&s->running, 1);
	rc = go(accept_all, s, l);
	if (rc != 0)
		goro_waitgroup_done(&s->running);
	return rc;
}

int http_stop(struct http_server *s, goro_listener *l, int64_t deadline)
{
	goro_listener_close(l);
	atomic_store(&s->stopping, true);
	lock(s);
	for (struct http_conn *c = s->conns; c != NULL; c = c->next)
		if (become(c, IDLE, CLOSED))
			goro_conn_close(c->conn);
	goro_mutex_unlock(&s->lock);
	return goro_waitgroup_wait_until(&s->running, deadline);
}
