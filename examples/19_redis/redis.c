/* SPDX-License-Identifier: MIT */
#include "redis.h"

#include <goro.h>
#include <stdarg.h>
#include <stdio.h>

/* What goro says becomes the context's own error. */
static int await(redisContext *c, int events, int64_t deadline)
{
	int rc = goro_fd_wait(c->fd, events, deadline);

	if (rc > 0)
		return REDIS_OK;
	c->err = REDIS_ERR_OTHER;
	snprintf(c->errstr, sizeof c->errstr, "%s", goro_strerror(rc));
	return REDIS_ERR;
}

static int flush(redisContext *c, int64_t deadline)
{
	int done = 0, rc = REDIS_OK;

	while (rc == REDIS_OK && !done) {
		rc = redisBufferWrite(c, &done);
		if (rc == REDIS_OK && !done)
			rc = await(c, GORO_WRITE, deadline);
	}
	return rc;
}

redisContext *redis_connect(const char *where, int port, int64_t deadline)
{
	redisContext *c =
		port != 0 ? redisConnectNonBlock(where, port) : redisConnectUnixNonBlock(where);
	redisReply *pong;

	/* Writable it is when the connection is there, or has failed: the first command tells. */
	if (c == NULL || c->err != 0 || await(c, GORO_WRITE, deadline) != REDIS_OK)
		return c;
	pong = redis_ask(c, deadline, "PING");
	if (pong != NULL)
		freeReplyObject(pong);
	return c;
}

redisReply *redis_ask(redisContext *c, int64_t deadline, const char *format, ...)
{
	void *reply = NULL;
	va_list list;
	int rc;

	va_start(list, format);
	rc = redisvAppendCommand(c, format, list);
	va_end(list);
	if (rc == REDIS_OK)
		rc = flush(c, deadline);
	while (rc == REDIS_OK && reply == NULL) {
		rc = redisGetReplyFromReader(c, &reply);
		if (rc != REDIS_OK || reply != NULL)
			break;
		rc = await(c, GORO_READ, deadline);
		if (rc == REDIS_OK)
			rc = redisBufferRead(c);
	}
	return reply;
}
