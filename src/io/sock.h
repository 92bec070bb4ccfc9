/* SPDX-License-Identifier: MIT */
/* sock.h: a socket behind a handle: what connections and listeners have in common.
 *
 * The handle that users hold is no pointer to memory but slot and generation, as an id is.
 *
 *   word:  bits 0–25 users · 26 CLOSED · 27 free · 28–63 generation
 *
 * Invariants
 *  K1  Whoever uses the descriptor has counted himself in while the generation was the handle's and
 *      CLOSED was not set. Close sets CLOSED, so nobody comes in any more; the last user to leave
 *      closes the descriptor and gives the slot back. So no system call ever meets a number that
 *      was closed and given to somebody else, and those that park meanwhile are woken (evicted).
 *  K2  For the peer the close is synchronous all the same: shutdown(2) comes before it returns.
 *  K3  Slots are type-stable while the runtime runs. A coroutine may look at one at any time; a
 *      plain thread counts itself in first (thread.h). Without a runtime every handle is stale.
 *  K4  Generations go on over runs, so that a handle of an earlier run is stale.
 *
 * Source: Go's fdMutex for the count of users that a close waits for.
 */
#ifndef GR_IO_SOCK_H
#define GR_IO_SOCK_H

#include "io/turn.h"
#include "netpoll/poll.h"

enum gr_sock_kind { GR_SOCK_CONN = 1, GR_SOCK_LISTENER, GR_SOCK_UDP, GR_SOCK_PROCESS };

struct gr_sock {
	uint64_t word;
	struct gr_poll *poll;
	struct gr_turn turn[2]; /* reader's, writer's */
	int fd;
	uint32_t index;
	uint8_t kind;
	uint8_t drained;   /* whose turn it is to read: the last read took all there was */
	uint8_t streak[2]; /* of each: calls in a row that did not park */
	int number;        /* the port of a listener or of datagrams; a process's id */
	char *path;        /* a unix listener's, to be removed; NULL: none */
} __attribute__((aligned(GR_CACHELINE)));

/* Takes over `fd`, a non-blocking socket, also when it fails: then it is closed. The caller counts
 * as its first user. For coroutines. 0, -ENOMEM, or why there is no loop. */
int gr_sock_make(int fd, enum gr_sock_kind kind, struct gr_sock **out);

/* The same, but when it fails the descriptor is still the caller's. */
int gr_sock_try(int fd, enum gr_sock_kind kind, struct gr_sock **out);

/* Its handle. */
void *gr_sock_handle(const struct gr_sock *s);

/* Who calls, and which socket is it? -EBADF before all else; in a cancelled coroutine -ECANCELED; -EPERM
 * outside one. After 0 the caller is a coroutine, and gr_sock_leave() has to follow. */
int gr_sock_enter(
	const void *handle, enum gr_sock_kind kind, struct gr_caller *me, struct gr_sock **out);
void gr_sock_leave(struct gr_sock *s);

/* The same for calls that never wait, and work in a cancelled coroutine too. */
int gr_sock_enter_any(
	const void *handle, enum gr_sock_kind kind, struct gr_caller *me, struct gr_sock **out);

/* Its number. From a coroutine: else -EPERM. */
int gr_sock_number(const void *handle, enum gr_sock_kind kind);

/* From anywhere. 0, -EBADF; -EPERM in the child of a fork. */
int gr_sock_close(const void *handle, enum gr_sock_kind kind);

/* The same by a user, who still has to leave. */
void gr_sock_end(struct gr_sock *s);

void gr_sock_start(void);
void gr_sock_stop(void); /* all coroutines have ended: closes what is open */

/* May the caller wait here at all? 0; -EPERM outside a coroutine; -ECANCELED. */
int gr_sock_caller(struct gr_caller *me);

/* For its users: has it been closed? */
bool gr_sock_closing(const struct gr_sock *s);

static inline struct gr_turn *gr_sock_turn(struct gr_sock *s, enum gr_poll_side side)
{
	return &s->turn[side - 1];
}

/* A call parks on this side. */
static inline void gr_sock_rest(struct gr_sock *s, enum gr_poll_side side)
{
	s->streak[side - 1] = 0;
}

/* After a call that did not park: lets others run now and then. */
static inline void gr_sock_pace(struct gr_sock *s, enum gr_poll_side side)
{
	if (gr_unlikely(++s->streak[side - 1] == 0))
		gr_park_yield();
}

#endif
