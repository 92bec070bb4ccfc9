/* SPDX-License-Identifier: MIT */
/* request.c: reads one request, as http_parser cuts it to pieces.
 *
 * The deadline belongs to the whole of what is awaited, not to one read: a peer that sends a byte
 * now and then does not move it.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "http.h"

/* What was heard --------------------------------------------------------------------------------- */

static const char *url(const struct http_conn *c)
{
	return c->head.at;
}

const char *http_path(const struct http_conn *c)
{
	struct http_parser_url parts = { 0 };
	const char *whole = url(c);

	if (*whole == '/')
		return whole;
	/* "http://host/path" is as good. */
	if (http_parser_parse_url(whole, strlen(whole), 0, &parts) == 0 &&
		(parts.field_set & 1 << UF_PATH))
		return whole + parts.field_data[UF_PATH].off;
	return "/";
}

static const char *behind(const char *text)
{
	return text + strlen(text) + 1;
}

/* The value of the first header of this name from `at` on, which is a name or the end. */
static const char *find(const struct http_conn *c, const char *at, const char *name)
{
	const char *end = c->head.at + c->head.n;

	while (at < end) {
		const char *value = behind(at);

		if (strcasecmp(at, name) == 0)
			return value;
		at = behind(value);
	}
	return NULL;
}

const char *http_header(const struct http_conn *c, const char *name)
{
	return find(c, behind(url(c)), name);
}

/* Callbacks: anything but 0 ends the parsing ------------------------------------------------------- */

static int refuse(struct http_conn *c, int status)
{
	c->refused = status;
	return -1;
}

static int on_begin(http_parser *p)
{
	struct http_conn *c = p->data;

	c->deadline = goro_after(c->server->limits.head_time);
	c->part = URL;
	return 0;
}

/* A piece of the URL, a name or a value; the first one ends what was before. */
static int on_piece(struct http_conn *c, int part, const char *at, size_t n)
{
	if (c->part >= BODY) /* trailers, which nobody asks for */
		return 0;
	if ((int)c->part != part)
		buffer_add(&c->head, "", 1);
	c->part = part;
	buffer_add(&c->head, at, n);
	return 0;
}

static int on_url(http_parser *p, const char *at, size_t n)
{
	return on_piece(p->data, URL, at, n);
}

/* The parser takes "Name : value", in which others see another name, or none. */
static int on_name(http_parser *p, const char *at, size_t n)
{
	if (memchr(at, ' ', n) != NULL)
		return refuse(p->data, HTTP_STATUS_BAD_REQUEST);
	return on_piece(p->data, NAME, at, n);
}

static int on_value(http_parser *p, const char *at, size_t n)
{
	return on_piece(p->data, VALUE, at, n);
}

static bool has_body(const http_parser *p)
{
	return p->flags & F_CHUNKED || (p->content_length != 0 && p->content_length != UINT64_MAX);
}

/* Of several each reader may believe another. */
static bool names_one_host(const struct http_conn *c, bool http_1_1)
{
	const char *host = http_header(c, "host");

	return host == NULL ? !http_1_1 : find(c, behind(host), "host") == NULL;
}

static int on_head(http_parser *p)
{
	struct http_conn *c = p->data;
	const struct http_limits *limits = &c->server->limits;
	bool http_1_1 = p->http_major == 1 && p->http_minor >= 1;
	const char *expect;

	buffer_add(&c->head, "", 1);
	if (c->head.failed)
		return refuse(c, HTTP_STATUS_SERVICE_UNAVAILABLE);
	if (p->http_major != 1)
		return refuse(c, HTTP_STATUS_HTTP_VERSION_NOT_SUPPORTED);
	if (p->method == HTTP_CONNECT)
		return refuse(c, HTTP_STATUS_NOT_IMPLEMENTED);
	if (!names_one_host(c, http_1_1) ||
		(!http_1_1 && http_header(c, "transfer-encoding") != NULL))
		return refuse(c, HTTP_STATUS_BAD_REQUEST);
	if (has_body(p) && !(p->flags & F_CHUNKED) && p->content_length > limits->body_size)
		return refuse(c, HTTP_STATUS_PAYLOAD_TOO_LARGE);
	expect = http_1_1 ? http_header(c, "expect") : NULL;
	if (expect != NULL && strcasecmp(expect, "100-continue") != 0)
		return refuse(c, HTTP_STATUS_EXPECTATION_FAILED);
	if (has_body(p)) {
		c->owes_continue = expect != NULL;
		c->deadline = goro_after(limits->body_time);
	}
	c->part = BODY;
	return 0;
}

static int on_body(http_parser *p, const char *at, size_t n)
{
	struct http_conn *c = p->data;

	c->owes_continue = false; /* it has not waited to be asked */
	if (n > c->server->limits.body_size - c->body.n)
		return refuse(c, HTTP_STATUS_PAYLOAD_TOO_LARGE);
	buffer_add(&c->body, at, n);
	return c->body.failed ? refuse(c, HTTP_STATUS_SERVICE_UNAVAILABLE) : 0;
}

static int on_complete(http_parser *p)
{
	struct http_conn *c = p->data;

	c->part = COMPLETE;
	c->keep_alive = http_should_keep_alive(p);
	http_parser_pause(p, 1); /* what follows is the next request */
	return 0;
}

static const http_parser_settings callbacks = {
	.on_message_begin = on_begin,
	.on_url = on_url,
	.on_header_field = on_name,
	.on_header_value = on_value,
	.on_headers_complete = on_head,
	.on_body = on_body,
	.on_message_complete = on_complete,
};

/* Reading ------------------------------------------------------------------------------------------ */

static void begin(struct http_conn *c)
{
	http_parser_init(&c->parser, HTTP_REQUEST);
	c->parser.data = c;
	c->head.n = c->body.n = 0;
	c->part = NOTHING;
	c->refused = 0;
	c->owes_continue = false;
}

/* More bytes; 0, or what http_read_request() returns. */
static int fill(struct http_conn *c)
{
	bool begun = c->part > AWAITED;
	ssize_t got;

	if (c->owes_continue)
		buffer_add_text(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
	c->owes_continue = false;
	if (!http_flush(c))
		return -EPIPE;
	if (c->part == NOTHING) {
		c->part = AWAITED;
		c->deadline = goro_after(c->server->limits.idle);
	}
	got = begun ? goro_conn_read(c->conn, c->in, sizeof c->in, c->deadline) : http_read_idle(c);
	if (got > 0) {
		c->used = 0, c->have = (unsigned)got;
		return 0;
	}
	if (begun && got == -ETIMEDOUT)
		return HTTP_STATUS_REQUEST_TIMEOUT;
	if (begun && got == 0)
		return HTTP_STATUS_BAD_REQUEST; /* it may still read, though it says no more */
	return got == 0 ? -EPIPE : (int)got;
}

static int parse(struct http_conn *c)
{
	c->used += (unsigned)http_parser_execute(
		&c->parser, &callbacks, c->in + c->used, c->have - c->used);
	switch (HTTP_PARSER_ERRNO(&c->parser)) {
	case HPE_OK:
	case HPE_PAUSED:
		return 0;
	case HPE_HEADER_OVERFLOW:
		return HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE;
	default:
		return c->refused != 0 ? c->refused : HTTP_STATUS_BAD_REQUEST;
	}
}

int http_read_request(struct http_conn *c)
{
	int rc = 0;

	begin(c);
	while (rc == 0 && c->part != COMPLETE)
		rc = c->used == c->have ? fill(c) : parse(c);
	return rc;
}
