/* SPDX-License-Identifier: MIT */
/* http.h: an HTTP/1.1 server, one coroutine a connection.
 *
 *     main.c          server.c                  request.c                  response.c
 *     routes, stop ─► accept, one loop          reads one request, with    composes the answer,
 *                     a connection: ──────────► limits and deadlines  ───► sends it when
 *                     read, handle, again       (http_parser)              nothing is left to read
 *
 * Who waits for a request costs its stack's first page only: what it has read lies in `in`, which is
 * small, and the buffers, which grow as they must, are free meanwhile.
 */
#ifndef HTTP_H
#define HTTP_H

#include <goro.h>
#include <http_parser.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Bytes that grow. Without memory `failed` stays set and nothing more is added, so that only who
 * uses the whole has to look. All zero: empty. */
struct buffer {
	char *at;
	size_t n, room;
	bool failed;
};

struct http_limits {
	uint32_t head_size; /* bytes of a request's first line and headers; else 431 */
	size_t body_size;   /* else 413 */
	int64_t idle;       /* ns until a request begins, whatever empty lines come; else closed */
	int64_t head_time;  /* ns from there until its headers are complete; else 408 */
	int64_t body_time;  /* ns from there until its body is; else 408 */
	int64_t write_time; /* ns until the peer has taken a piece of the answer */
};

struct http_conn {
	struct http_server *server;
	goro_conn *conn;
	struct http_conn *next, **link; /* in server->conns */
	atomic_int state;               /* server.c */

	/* the request */
	http_parser parser;
	struct buffer head; /* the URL, then name, value, name, value, ..., each ends with a 0 */
	struct buffer body;
	int64_t deadline; /* of what is awaited: a request, or the part that is being read */
	enum { NOTHING, AWAITED, URL, NAME, VALUE, BODY, COMPLETE } part;
	int refused;        /* the status, if a callback says no */
	bool owes_continue; /* the peer wants to be asked for the body */
	bool keep_alive;

	/* the answer */
	struct buffer out;
	uint64_t left; /* bytes of the body that are still to come */
	bool answered;
	bool broken; /* the peer takes no more */
	time_t second;
	char date[32]; /* of `second` */

	unsigned used, have; /* in[used .. have) is to be parsed */
	char in[1024];
};

struct http_server {
	struct http_limits limits;
	void (*handle)(struct http_conn *c);

	atomic_bool stopping;
	goro_mutex lock;
	struct http_conn *conns; /* under `lock` */
	goro_waitgroup running;  /* connections, and who accepts */
};

/* server.c: from now on serves what the listener accepts. 0 or a negative errno. */
int http_serve(struct http_server *s, goro_listener *l);

/* Closes the listener and idle connections, and waits until the others have their answers. 0, or
 * -ETIMEDOUT: some have not. */
int http_stop(struct http_server *s, goro_listener *l, int64_t deadline);

/* Reads up to sizeof(c->in) bytes to c->in, for a request that has not begun. */
ssize_t http_read_idle(struct http_conn *c);

/* request.c: 0: the next request is complete; > 0: it is refused with this status; < 0: no more. */
int http_read_request(struct http_conn *c);

const char *http_path(const struct http_conn *c); /* of the URL, with the query */
const char *http_header(const struct http_conn *c, const char *name); /* NULL: there is none */

/* response.c: begins the answer. `headers` are whole lines; `length` bytes of body follow by
 * http_send(), in pieces of any size. */
void http_begin(struct http_conn *c, int status, const char *headers, uint64_t length);
void http_send(struct http_conn *c, const void *data, size_t n);

/* The whole answer, a line of text. */
void http_say(struct http_conn *c, int status, const char *headers, const char *text);

/* Sends what is composed. False: the connection is of no more use. */
bool http_flush(struct http_conn *c);

/* buffer.c */
void buffer_add(struct buffer *b, const void *data, size_t n);
void buffer_add_text(struct buffer *b, const char *text);
void buffer_add_number(struct buffer *b, uint64_t n);
void buffer_free(struct buffer *b); /* it is empty then */

#endif
