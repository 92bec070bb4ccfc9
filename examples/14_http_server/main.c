/* SPDX-License-Identifier: MIT */
/* main.c: a server to try requests against.
 *
 *     14_http_server [-l ADDRESS] [-i MS] [-r MS] [-b MS] [-w MS] [-g MS]
 *
 *     GET /            hello, world
 *     POST /echo       what was sent
 *     GET /bytes/N     so many
 *     GET /sleep/MS    an answer after so long
 *
 * Prints the port it listens on. SIGTERM ends it: what is asked already is answered first.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http.h"

#define TEXT   "Content-Type: text/plain\r\n"
#define BINARY "Content-Type: application/octet-stream\r\n"

static const char usage[] =
	"usage: 14_http_server [options]\n"
	"  -l ADDRESS  listen here (127.0.0.1:0)\n"
	"  -i MS       a connection that is idle so long is closed (60000)\n"
	"  -r MS       the first line and headers of a request may take so long (10000)\n"
	"  -b MS       its body may (30000)\n"
	"  -w MS       the peer may take so long to read a piece of the answer (30000)\n"
	"  -g MS       when stopped, wait so long for answers that are under way (10000)\n";

/* Routes ------------------------------------------------------------------------------------------- */

static bool is_get(const struct http_conn *c)
{
	return c->parser.method == HTTP_GET || c->parser.method == HTTP_HEAD;
}

static bool is_post(const struct http_conn *c)
{
	return c->parser.method == HTTP_POST || c->parser.method == HTTP_PUT;
}

/* But for what is asked of it. */
static bool is(const char *path, const char *wanted)
{
	size_t n = strlen(wanted);

	return strncmp(path, wanted, n) == 0 && (path[n] == '\0' || path[n] == '?');
}

/* The number that the path goes on with, or -1. As milliseconds it fits 64 bits. */
#define NUMBER_MAX INT64_C(1000000000000)

static int64_t number_behind(const char *path, const char *prefix)
{
	int64_t n = 0;
	const char *at = path + strlen(prefix);

	if (strncmp(path, prefix, strlen(prefix)) != 0 || *at == '\0')
		return -1;
	for (; *at != '\0' && *at != '?'; at++) {
		if (*at < '0' || *at > '9' || n > NUMBER_MAX / 10)
			return -1;
		n = n * 10 + (*at - '0');
	}
	return n;
}

static void echo(struct http_conn *c)
{
	http_begin(c, HTTP_STATUS_OK, BINARY, c->body.n);
	http_send(c, c->body.at, c->body.n);
}

static void send_bytes(struct http_conn *c, uint64_t n)
{
	static const char piece[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.\n";

	http_begin(c, HTTP_STATUS_OK, BINARY, n);
	while (c->left != 0 && http_flush(c))
		for (int i = 0; i < 256; i++)
			http_send(c, piece, sizeof piece - 1);
}

static void answer(struct http_conn *c)
{
	const char *path = http_path(c);
	int64_t n;

	if (is(path, "/echo")) {
		if (is_post(c))
			echo(c);
		else
			http_say(
				c, HTTP_STATUS_METHOD_NOT_ALLOWED, TEXT "Allow: POST, PUT\r\n", "");
	} else if (!is_get(c)) {
		http_say(c, HTTP_STATUS_METHOD_NOT_ALLOWED, TEXT "Allow: GET, HEAD\r\n", "");
	} else if (is(path, "/")) {
		http_say(c, HTTP_STATUS_OK, TEXT, "hello, world\n");
	} else if ((n = number_behind(path, "/bytes/")) >= 0) {
		send_bytes(c, (uint64_t)n);
	} else if ((n = number_behind(path, "/sleep/")) >= 0) {
		goro_sleep(n * GORO_MILLISECOND);
		http_say(c, HTTP_STATUS_OK, TEXT, "slept\n");
	} else {
		http_say(c, HTTP_STATUS_NOT_FOUND, TEXT, "there is no such thing\n");
	}
}

/* The program -------------------------------------------------------------------------------------- */

static struct http_server server = {
	.limits = {
		.head_size = 16 * 1024,
		.body_size = 1024 * 1024,
		.idle = 60 * GORO_SECOND,
		.head_time = 10 * GORO_SECOND,
		.body_time = 30 * GORO_SECOND,
		.write_time = 30 * GORO_SECOND,
	},
	.handle = answer,
};

static const char *address = "127.0.0.1:0";
static int64_t grace = 10 * GORO_SECOND;

static int serve_until_stopped(goro_listener *l, goro_signal_chan stop)
{
	int signo, rc = http_serve(&server, l);

	if (rc != 0)
		return rc;
	printf("listening on port %d\n", goro_listener_port(l));
	fflush(stdout);
	rc = chan_recv(stop, &signo);
	return rc != 0 ? rc : http_stop(&server, l, goro_after(grace));
}

static int run(void)
{
	goro_signal_chan stop;
	goro_listener *l;
	int rc = goro_signal(&stop, SIGTERM);

	if (rc != 0)
		return rc;
	rc = goro_listen(&l, "tcp", address);
	if (rc == 0)
		rc = serve_until_stopped(l, stop);
	chan_free(stop);
	return rc;
}

static void root(void *rc)
{
	*(int *)rc = run();
}

static int64_t milliseconds(const char *text)
{
	int64_t ms = number_behind(text, "");

	if (ms < 0) {
		fputs(usage, stderr);
		exit(2);
	}
	return ms * GORO_MILLISECOND;
}

static void read_options(int argc, char **argv)
{
	struct http_limits *limits = &server.limits;
	int option;

	while ((option = getopt(argc, argv, "l:i:r:b:w:g:")) != -1) {
		switch (option) {
		case 'l':
			address = optarg;
			break;
		case 'i':
			limits->idle = milliseconds(optarg);
			break;
		case 'r':
			limits->head_time = milliseconds(optarg);
			break;
		case 'b':
			limits->body_time = milliseconds(optarg);
			break;
		case 'w':
			limits->write_time = milliseconds(optarg);
			break;
		case 'g':
			grace = milliseconds(optarg);
			break;
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	int ended = 0, rc;

	read_options(argc, argv);
	rc = goro_run(root, &ended);
	if (rc == 0)
		rc = ended;
	if (rc != 0)
		fprintf(stderr, "%s: %s\n", address, goro_strerror(rc));
	return rc != 0;
}
