/* SPDX-License-Identifier: MIT */
/* many.c: several elements at once: wait for the first, then move what can be moved under one hold
 * of the lock.
 *
 * The first, if it has to be waited for, is an ordinary send or receive, after which the other side
 * may free the channel. What is there besides is looked for afterwards; so that call holds a
 * reference of its own from before it waits.
 */
#include <errno.h>
#include <limits.h>

#include "chan/match.h"

/* Moves up to n elements under one hold of the lock; *moved grows. Returns why it stopped, or 0. */
static int move_locked(
	struct gr_caller *me, struct goro_chan *c, char *elems, size_t n, bool sends, size_t *moved)
{
	struct gr_match m = { .garbage = NULL };
	int rc = 0;

	gr_lock_acquire(&c->lock);
	for (; *moved < n; ++*moved) {
		char *elem = elems + *moved * c->elem_size;

		if (!sends && *moved != 0 && c->closed && c->count == 0)
			break; /* it would be told by zeroes */
		rc = sends ? gr_match_send(c, elem, &m) : gr_match_recv(c, elem, &m);
		if (rc != 0)
			break;
	}
	gr_chan_unlock(c);
	gr_match_finish(me->worker, &m);
	return rc;
}

/* Moves up to n elements. Returns how many, or, if none, why. Only a send has to grow the channel,
 * and then it has more to send: nobody ends the channel meanwhile. */
static int move(struct gr_caller *me, struct goro_chan *c, char *elems, size_t n, bool sends)
{
	size_t moved = 0;
	int rc;

	do {
		rc = move_locked(me, c, elems, n, sends, &moved);
		if (rc == GR_MATCH_GROW)
			rc = gr_chan_grow(c);
		else
			break;
	} while (rc == 0);
	return moved > 0 ? (int)moved : rc;
}

static int move_without_waiting(struct goro_chan *c, char *elems, size_t n, bool sends, bool try)
{
	struct gr_caller me;
	int rc = try ? gr_caller_enter_try(&me) : gr_caller_enter(&me);

	if (rc != 0)
		return rc;
	rc = move(&me, c, elems, n, sends);
	gr_caller_leave(&me);
	return rc;
}

static int wait_and_move(struct goro_chan *c, char *elems, size_t n, bool sends)
{
	int rc, more;

	goro_chan_ref(c);
	rc = sends ? goro_chan_send(c, elems) : goro_chan_recv(c, elems);
	if (rc == 0) {
		more = n == 1 ? 0 :
				move_without_waiting(c, elems + c->elem_size, n - 1, sends, true);
		rc = more > 0 ? 1 + more : 1;
	}
	goro_chan_free(c);
	return rc;
}

static int many(goro_chan *c, char *elems, size_t n, bool sends)
{
	int rc;

	if (c == NULL || n > INT_MAX || (elems == NULL && n != 0 && c->elem_size != 0))
		return -EINVAL;
	if (n == 0)
		return 0;
	rc = move_without_waiting(c, elems, n, sends, false);
	return rc == -EAGAIN ? wait_and_move(c, elems, n, sends) : rc;
}

int goro_chan_send_many(goro_chan *c, const void *elems, size_t n)
{
	return many(c, (char *)(uintptr_t)elems, n, true);
}

int goro_chan_recv_many(goro_chan *c, void *elems, size_t n)
{
	return many(c, elems, n, false);
}
