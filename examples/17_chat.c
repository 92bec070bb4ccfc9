/* SPDX-License-Identifier: MIT */
/* 17_chat.c: what one says, all the others hear; try it with `nc 127.0.0.1 PORT` in several windows.
 *
 *     17_chat [-w MS] [NETWORK ADDRESS]
 *
 *                   ┌──► queue ──► writer ──► connection     two coroutines a client: one reads
 *     reader ──► broadcast                                   what it says, one writes what it hears
 *                   └──► queue ──► writer ──► connection
 *
 * A queue is bounded, and nobody waits for one that is full: who reads too slowly loses lines, and is
 * told how many. So a client that is stuck holds up only itself, and is dismissed after a while.
 * Lines travel by value, so nobody has to know who has read them last.
 */
#include <errno.h>
#include <goro.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define QUEUE 64
#define NAME  15 /* bytes; longer ones are cut */

struct line {
	size_t n;
	char text[504]; /* the newline included */
};

struct client {
	struct client *next, **link; /* in the room */
	goro_conn *conn;
	chan(struct line) queue;
	unsigned long lost; /* since the last line that it got; under the room's lock */
	char name[NAME + 1];
	size_t used, have; /* in[used .. have) has come, and is not a line yet */
	char in[400];      /* a longer line is cut to several */
};

static struct {
	goro_mutex lock;
	struct client *clients;
} room;

static const char *network = "tcp", *address = "127.0.0.1:0";
static int64_t patience = 30 * GORO_SECOND;

/* The room --------------------------------------------------------------------------------------- */

/* Also when cancelled: the room must not keep who leaves. */
static void lock_room(void)
{
	while (goro_mutex_lock(&room.lock) != 0)
		;
}

static void enter(struct client *c)
{
	lock_room();
	c->next = room.clients;
	c->link = &room.clients;
	if (c->next != NULL)
		c->next->link = &c->next;
	room.clients = c;
	goro_mutex_unlock(&room.lock);
}

static void leave(struct client *c)
{
	lock_room();
	*c->link = c->next;
	if (c->next != NULL)
		c->next->link = c->link;
	goro_mutex_unlock(&room.lock);
}

__attribute__((format(printf, 1, 2))) static struct line make_line(const char *format, ...)
{
	struct line l;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(l.text, sizeof l.text, format, args);
	va_end(args);
	l.n = n < 0 ? 0 : (size_t)n < sizeof l.text ? (size_t)n : sizeof l.text - 1;
	return l;
}

/* Never waits. What was lost is told first, so that it is told where it was lost. */
static void deliver(struct client *to, const struct line *l)
{
	if (to->lost != 0 &&
		chan_try_send(to->queue, make_line("* %lu lines are lost here\n", to->lost)) == 0)
		to->lost = 0;
	if (to->lost != 0 || chan_try_send(to->queue, *l) != 0)
		to->lost++;
}

static void broadcast(const struct client *from, struct line l)
{
	lock_room();
	for (struct client *c = room.clients; c != NULL; c = c->next)
		if (c != from)
			deliver(c, &l);
	goro_mutex_unlock(&room.lock);
}

/* One client ------------------------------------------------------------------------------------- */

/* Writes what is in the queue until that is closed, or the client takes no more. Then the connection
 * has no use, and the reader notices. */
static void write_all(goro_conn *conn, chan(struct line) queue)
{
	struct line l;

	while (chan_recv(queue, &l) == 0)
		if (goro_conn_write(conn, l.text, l.n, goro_after(patience)) != (ssize_t)l.n)
			break;
	goro_conn_close(conn);
	chan_close(queue); /* the reader may wait for room */
	chan_free(queue);
}

/* The next line without its end, at *text; its length, or -1: there is none. */
static int read_line(struct client *c, char **text)
{
	for (;;) {
		char *begin = c->in + c->used;
		size_t n = c->have - c->used;
		char *end = memchr(begin, '\n', n);
		ssize_t got;

		if (end != NULL || n == sizeof c->in) {
			*text = begin;
			n = end != NULL ? (size_t)(end - begin) : n;
			c->used += n + (end != NULL);
			return (int)(n > 0 && begin[n - 1] == '\r' ? n - 1 : n);
		}
		memmove(c->in, begin, n);
		c->used = 0, c->have = n;
		got = goro_conn_read(c->conn, c->in + n, sizeof c->in - n, GORO_FOREVER);
		if (got <= 0)
			return -1;
		c->have += (size_t)got;
	}
}

static void talk(struct client *c)
{
	char *text;
	int n;

	chan_send(c->queue, make_line("* who are you?\n"));
	n = read_line(c, &text);
	if (n < 0)
		return;
	snprintf(c->name, sizeof c->name, "%.*s", n, text);
	goro_set_name(c->name);
	enter(c);
	chan_send(c->queue, make_line("* welcome, %s\n", c->name));
	broadcast(c, make_line("* %s is here\n", c->name));
	while ((n = read_line(c, &text)) >= 0)
		broadcast(c, make_line("%s: %.*s\n", c->name, n, text));
	leave(c);
	broadcast(c, make_line("* %s is gone\n", c->name));
}

static void serve(goro_conn *conn)
{
	struct client c = { .conn = conn, .queue = chan_make(struct line, QUEUE) };

	if (c.queue != NULL && go(write_all, conn, chan_ref(c.queue)) == 0) {
		talk(&c);
		chan_close(c.queue); /* what is in it is still written */
	} else {
		chan_free(c.queue); /* the writer's */
		goro_conn_close(conn);
	}
	chan_free(c.queue);
}

static void accept_all(goro_listener *l)
{
	goro_conn *conn;

	while (goro_accept(l, &conn, GORO_FOREVER) == 0)
		if (go(serve, conn) != 0)
			goro_conn_close(conn);
}

/* The program ------------------------------------------------------------------------------------ */

static int run(goro_listener *l, goro_signal_chan stop)
{
	int signo, rc = go(accept_all, l);

	if (rc != 0)
		return rc;
	printf("listening on port %d\n", goro_listener_port(l));
	fflush(stdout);
	return chan_recv(stop, &signo);
}

static void root(void *arg)
{
	goro_signal_chan stop;
	goro_listener *l;
	int *rc = arg;

	*rc = goro_signal(&stop, SIGTERM);
	if (*rc != 0)
		return;
	*rc = goro_listen(&l, network, address);
	if (*rc == 0) {
		*rc = run(l, stop);
		goro_listener_close(l);
	}
	chan_free(stop);
} /* the stop cancels whoever is still there, and closes the connections */

int main(int argc, char **argv)
{
	int ended = 0, option, rc;

	while ((option = getopt(argc, argv, "w:")) != -1) {
		if (option != 'w') {
			fprintf(stderr, "usage: 17_chat [-w MS] [NETWORK ADDRESS]\n");
			return 2;
		}
		patience = atoi(optarg) * GORO_MILLISECOND;
	}
	if (argc - optind == 2)
		network = argv[optind], address = argv[optind + 1];
	rc = goro_run(root, &ended);
	if (rc == 0)
		rc = ended;
	if (rc != 0)
		fprintf(stderr, "%s %s: %s\n", network, address, goro_strerror(rc));
	return rc != 0;
}
