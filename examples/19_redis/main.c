/* SPDX-License-Identifier: MIT */
/* 19_redis: a list in Redis as a queue of jobs: four wait for them, on the server, while a fifth fills it.
 *
 *     19_redis SOCKET          or        19_redis ADDRESS PORT
 *
 * Each has a connection of its own; whoever waits for a reply parks, so one thread is enough.
 */
#include "redis.h"

#include <goro.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS 4
#define JOBS    100
#define LARGE   (8 << 20) /* more than the sockets hold */

static const char *where;
static int port;
static goro_waitgroup working = GORO_WAITGROUP_INIT;
static atomic_int failures;

static int64_t soon(void)
{
	return goro_after(60 * GORO_SECOND);
}

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	atomic_fetch_add(&failures, 1);
}

static redisContext *open_connection(void)
{
	redisContext *c = redis_connect(where, port, soon());

	if (c != NULL && c->err == 0)
		return c;
	fail(where, c == NULL ? "out of memory" : c->errstr);
	if (c != NULL)
		redisFree(c);
	return NULL;
}

/* NULL: it has been told what went wrong. */
static redisReply *ask(redisContext *c, const char *what, redisReply *reply)
{
	if (reply == NULL)
		fail(what, c->errstr);
	else if (reply->type == REDIS_REPLY_ERROR)
		fail(what, reply->str);
	else
		return reply;
	freeReplyObject(reply);
	return NULL;
}

static void forget(redisReply *reply)
{
	freeReplyObject(reply); /* NULL is fine */
}

/* Takes a job, or waits for one. The reply is the list's name, and the job. */
static bool work(redisContext *c)
{
	redisReply *job = ask(c, "BLPOP", redis_ask(c, soon(), "BLPOP jobs 0"));
	bool more = job != NULL && strcmp(job->element[1]->str, "end") != 0;

	if (more)
		forget(ask(
			c, "INCRBY", redis_ask(c, soon(), "INCRBY sum %s", job->element[1]->str)));
	forget(job);
	return more;
}

static void worker(void)
{
	redisContext *c = open_connection();

	while (c != NULL && work(c))
		continue;
	if (c != NULL)
		redisFree(c);
	goro_waitgroup_done(&working);
}

static void hand_out(redisContext *c)
{
	redisReply *sum;

	forget(ask(c, "DEL", redis_ask(c, soon(), "DEL jobs sum")));
	goro_waitgroup_add(&working, WORKERS);
	for (int i = 0; i < WORKERS; i++) {
		int rc = go(worker);

		if (rc != 0) {
			fail("go", goro_strerror(rc));
			goro_waitgroup_done(&working);
		}
	}
	for (int i = 1; i <= JOBS; i++)
		forget(ask(c, "RPUSH", redis_ask(c, soon(), "RPUSH jobs %d", i)));
	for (int i = 0; i < WORKERS; i++)
		forget(ask(c, "RPUSH", redis_ask(c, soon(), "RPUSH jobs end")));
	goro_waitgroup_wait(&working);
	sum = ask(c, "GET", redis_ask(c, soon(), "GET sum"));
	if (sum != NULL)
		printf("the sum of %d jobs: %s\n", JOBS, sum->str);
	forget(sum);
}

static void store_large(redisContext *c)
{
	char *value = malloc(LARGE);
	redisReply *back;

	if (value == NULL)
		return;
	memset(value, 'r', LARGE);
	forget(ask(c, "SET", redis_ask(c, soon(), "SET large %b", value, (size_t)LARGE)));
	back = ask(c, "GET", redis_ask(c, soon(), "GET large"));
	if (back != NULL && back->len == LARGE && memcmp(back->str, value, LARGE) == 0)
		printf("%d bytes there and back\n", LARGE);
	forget(back);
	free(value);
}

static void root(void *arg)
{
	redisContext *c = open_connection();

	(void)arg;
	if (c == NULL)
		return;
	store_large(c);
	hand_out(c);
	redisFree(c);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: %s SOCKET | ADDRESS PORT\n", argv[0]);
		return 2;
	}
	where = argv[1];
	port = argc > 2 ? atoi(argv[2]) : 0;
	signal(SIGPIPE, SIG_IGN); /* hiredis writes as if nobody ever hung up */
	return goro_run(root, NULL) != 0 || failures != 0;
}
