/* SPDX-License-Identifier: MIT */
/* response.c: composes answers, and sends them in few writes: those to requests that came in one
 * packet leave in one. */
#include <string.h>

#include "http.h"

#define ENOUGH ((size_t)16 * 1024) /* this much is sent at once, though there may be more */

static void add_date(struct http_conn *c)
{
	time_t now = time(NULL);

	if (now != c->second) {
		struct tm tm;

		gmtime_r(&now, &tm);
		strftime(c->date, sizeof c->date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
		c->second = now;
	}
	buffer_add_text(&c->out, c->date);
}

void http_begin(struct http_conn *c, int status, const char *headers, uint64_t length)
{
	struct buffer *out = &c->out;

	if (atomic_load(&c->server->stopping))
		c->keep_alive = false;
	buffer_add_text(out, "HTTP/1.1 ");
	buffer_add_number(out, (unsigned)status);
	buffer_add_text(out, " ");
	buffer_add_text(out, http_status_str((enum http_status)status));
	buffer_add_text(out, "\r\nDate: ");
	add_date(c);
	buffer_add_text(out, "\r\n");
	buffer_add_text(out, headers);
	buffer_add_text(out, "Content-Length: ");
	buffer_add_number(out, length);
	if (!c->keep_alive)
		buffer_add_text(out, "\r\nConnection: close");
	else if (c->parser.http_minor == 0)
		buffer_add_text(out, "\r\nConnection: keep-alive");
	buffer_add_text(out, "\r\n\r\n");
	c->left = c->parser.method == HTTP_HEAD ? 0 : length;
	c->answered = true;
}

void http_send(struct http_conn *c, const void *data, size_t n)
{
	if (n > c->left)
		n = (size_t)c->left; /* always 0 after HEAD */
	c->left -= n;
	buffer_add(&c->out, data, n);
	if (c->out.n >= ENOUGH)
		http_flush(c);
}

void http_say(struct http_conn *c, int status, const char *headers, const char *text)
{
	http_begin(c, status, headers, strlen(text));
	http_send(c, text, strlen(text));
}

bool http_flush(struct http_conn *c)
{
	struct buffer *out = &c->out;

	if (!c->broken && (out->n != 0 || out->failed))
		c->broken = out->failed ||
			goro_conn_write(c->conn, out->at, out->n,
				goro_after(c->server->limits.write_time)) != (ssize_t)out->n;
	out->n = 0;
	return !c->broken;
}
