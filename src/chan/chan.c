/* SPDX-License-Identifier: MIT */
/* chan.c: make, send, receive, close, count and end. What a channel is stands in chan.h, how two
 * sides meet in match.h. */
#include "chan/chan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "chan/match.h"
#include "goro/time.h"

/* Birth and death ---------------------------------------------------------------------------- */

/* Bytes of the whole, or 0 if there is no such size. */
static size_t bytes_of(size_t elem_size, size_t cap)
{
	size_t bytes;

	if (cap == GORO_CHAN_UNBOUNDED)
		cap = 0;
	if (elem_size > PTRDIFF_MAX || cap > PTRDIFF_MAX ||
		__builtin_mul_overflow(elem_size, cap, &bytes) ||
		bytes > PTRDIFF_MAX - sizeof(struct goro_chan) - GR_CACHELINE)
		return 0;
	return (sizeof(struct goro_chan) + bytes + GR_CACHELINE - 1) & ~(size_t)(GR_CACHELINE - 1);
}

goro_chan *goro_chan_make(size_t elem_size, size_t cap)
{
	size_t bytes = bytes_of(elem_size, cap);
	struct goro_chan *c = bytes == 0 ? NULL : aligned_alloc(GR_CACHELINE, bytes);

	if (c == NULL)
		return NULL;
	memset(c, 0, sizeof *c);
	c->elem_size = elem_size;
	c->cap = cap;
	c->refs = 1;
	if (cap == GORO_CHAN_UNBOUNDED)
		gr_segments_init(&c->segments, elem_size);
	return c;
}

goro_chan *goro_chan_ref(goro_chan *c)
{
	if (c != NULL)
		gr_fetch_add_relaxed(&c->refs, UINT64_C(1)); /* the caller holds one already */
	return c;
}

static void end(struct goro_chan *c)
{
	if (c->ended != NULL)
		c->ended(c->ended_arg);
	if (!gr_waitq_empty(&c->receivers) || !gr_waitq_empty(&c->senders))
		gr_check_fail(
			"the last reference to a channel is freed while somebody waits on it");
	if (c->cap == GORO_CHAN_UNBOUNDED)
		gr_segments_fini(&c->segments);
	free(c);
}

void goro_chan_free(goro_chan *c)
{
	if (c == NULL)
		return;
	gr_fiber_release(&c->refs);
	/* Release: what this holder did comes before the end; acquire: so did all the others'. */
	if (gr_fetch_sub_acq_rel(&c->refs, UINT64_C(1)) != 1)
		return;
	gr_fiber_acquire(&c->refs);
	end(c);
}

int gr_chan_grow(struct goro_chan *c)
{
	struct gr_segment *block = gr_segments_alloc(&c->segments, c->elem_size);

	if (block == NULL)
		return -ENOMEM;
	gr_lock_acquire(&c->lock);
	block = gr_segments_add(&c->segments, block);
	gr_chan_unlock(c);
	free(block); /* somebody else has made room meanwhile */
	return 0;
}

/* One element -------------------------------------------------------------------------------- */

/* Never waits; -EAGAIN instead of waiting. */
#define NOT_AT_ALL INT64_MIN

/* Nothing is to be had, and the channel is locked: stands in line. */
static GR_ALWAYS_INLINE int wait_in_line(
	struct gr_caller *me, struct goro_chan *c, void *elem, bool sends, int64_t deadline)
{
	struct gr_waitq *q = sends ? &c->senders : &c->receivers;
	struct gr_waitnode n;
	int rc;

	n.wait = me->wait;
	n.seq = gr_park_begin(me);
	n.elem = elem;
	n.select = NULL;
	gr_waitq_push(q, &n);
	rc = gr_park_locked(me, deadline, NULL, &c->lock, sends ? "chan send" : "chan recv", c);
	if (me->wait->node != NULL)
		return rc; /* matched or closed: the channel may be gone */
	gr_lock_acquire(&c->lock);
	gr_waitq_remove(q, &n);
	gr_chan_unlock(c);
	return rc;
}

static bool passed(int64_t deadline)
{
	return deadline != GORO_FOREVER && (deadline == NOT_AT_ALL || deadline <= gr_now());
}

static GR_ALWAYS_INLINE int transfer(
	struct gr_caller *me, struct goro_chan *c, void *elem, bool sends, int64_t deadline)
{
	for (;;) {
		struct gr_wait *peer = NULL;
		struct gr_segment *garbage = NULL;
		int rc;

		gr_lock_acquire(&c->lock);
		rc = sends ? gr_match_send_inline(c, elem, &peer) :
			     gr_match_recv_inline(c, elem, &peer, &garbage);
		if (rc == -EAGAIN && !passed(deadline))
			return wait_in_line(me, c, elem, sends, deadline);
		gr_chan_unlock(c);
		if (peer != NULL)
			gr_wake(me->worker, peer);
		if (gr_unlikely(garbage != NULL))
			free(garbage);
		if (gr_likely(rc != GR_MATCH_GROW))
			return rc;
		rc = gr_chan_grow(c);
		if (rc != 0)
			return rc;
	}
}

static bool usable(const struct goro_chan *c, const void *elem)
{
	return c != NULL && (elem != NULL || c->elem_size == 0);
}

static GR_ALWAYS_INLINE int call(
	struct goro_chan *c, void *elem, bool sends, int64_t deadline, bool may_wait)
{
	struct gr_caller me;
	int rc;

	if (gr_unlikely(!usable(c, elem)))
		return -EINVAL;
	rc = may_wait ? gr_caller_enter(&me) : gr_caller_enter_try(&me);
	if (gr_unlikely(rc != 0))
		return rc;
	rc = transfer(&me, c, elem, sends, deadline);
	gr_caller_leave(&me);
	return rc;
}

int goro_chan_send(goro_chan *c, const void *elem)
{
	return call(c, (void *)(uintptr_t)elem, true, GORO_FOREVER, true);
}

int goro_chan_recv(goro_chan *c, void *elem)
{
	return call(c, elem, false, GORO_FOREVER, true);
}

int goro_chan_try_send(goro_chan *c, const void *elem)
{
	return call(c, (void *)(uintptr_t)elem, true, NOT_AT_ALL, false);
}

int goro_chan_try_recv(goro_chan *c, void *elem)
{
	return call(c, elem, false, NOT_AT_ALL, false);
}

int goro_chan_send_until(goro_chan *c, const void *elem, int64_t deadline)
{
	int rc = call(c, (void *)(uintptr_t)elem, true, deadline, true);

	return rc == -EAGAIN ? -ETIMEDOUT : rc;
}

int goro_chan_recv_until(goro_chan *c, void *elem, int64_t deadline)
{
	int rc = call(c, elem, false, deadline, true);

	return rc == -EAGAIN ? -ETIMEDOUT : rc;
}

/* The rest ----------------------------------------------------------------------------------- */

int goro_chan_close(goro_chan *c)
{
	struct gr_match m = { .garbage = NULL };
	struct gr_caller me;
	bool closed;

	if (c == NULL)
		return -EINVAL;
	gr_caller_enter_any(&me);
	gr_lock_acquire(&c->lock);
	closed = c->closed;
	if (!closed) {
		gr_fiber_release(c);
		gr_match_close(c, &m);
	}
	gr_chan_unlock(c);
	gr_match_finish(me.worker, &m);
	gr_caller_leave(&me);
	return closed ? -EPIPE : 0;
}

size_t goro_chan_len(goro_chan *c)
{
	return c == NULL ? 0 : gr_load_relaxed(&c->count);
}

size_t goro_chan_cap(goro_chan *c)
{
	return c == NULL ? 0 : c->cap;
}
