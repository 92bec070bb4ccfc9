/* SPDX-License-Identifier: MIT */
/* redis.h: hiredis in coroutines. It reads and writes by itself, without blocking; where it can't go on,
 * goro_fd_wait() parks the coroutine. One coroutine a context.
 */
#ifndef REDIS_H
#define REDIS_H

#include <stdint.h>

#include <hiredis/hiredis.h>

/* Of a path or, with a port, an address in numbers (hiredis would block to look a name up). NULL: out of
 * memory; else `err` says whether it worked. */
redisContext *redis_connect(const char *where, int port, int64_t deadline);

/* Sends a command, in the words of redisCommand(), and waits for the reply. NULL: it failed, for the
 * reason in `err` and `errstr`, and the context can only be freed. */
redisReply *redis_ask(redisContext *c, int64_t deadline, const char *format, ...);

#endif
