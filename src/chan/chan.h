/* SPDX-License-Identifier: MIT */
/* chan.h: what a channel is: a short lock, a buffer, and two lines of sleepers.
 *
 *      senders ──►┐                          ┌──► receivers
 *                 └─► [ oldest … newest ] ───┘
 *
 * Invariants, while the lock is free ("waits": can still be claimed; who has been claimed by a
 * deadline or a cancel may stay linked until he comes for his node)
 *  C1  If a receiver waits, the buffer is empty, and the only senders that wait are cases of the
 *      same select.
 *  C2  If a sender waits, the buffer is full.
 *  C3  A closed channel has nobody waiting, and nothing is put into it any more.
 *  C4  count <= cap. Capacity 0: nothing is ever in the buffer, each element goes from stack to
 *      stack.
 *
 * Never touch after visible: the unlock is a call's last access to the channel, whether it has
 * handed an element over or was woken with one. So whoever received the last element may free
 * the channel though its sender has not returned.
 *
 * Everything below is guarded by the lock, except: `refs`, and `count`, which goro_chan_len()
 * reads without (relaxed: the number is old at once anyhow). What is constant after creation is
 * marked so.
 *
 * Source: the shape is that of Go's chan.go. A lock-free queue would win where many threads hammer
 * one channel without ever waiting, and would have to lose the order of waiters for it.
 */
#ifndef GR_CHAN_CHAN_H
#define GR_CHAN_CHAN_H

#include "base/lock.h"
#include "chan/segments.h"
#include "goro/chan.h"
#include "sched/waitq.h"

struct goro_chan {
	struct gr_lock lock;
	bool closed;
	size_t count;
	size_t elem_size; /* constant */
	size_t cap;       /* constant; GORO_CHAN_UNBOUNDED */
	struct gr_waitq receivers;
	struct gr_waitq senders;
	union {
		size_t oldest; /* bounded: its index in cells[] */
		struct gr_segments segments;
	};
	uint64_t refs;
	void (*ended)(void *); /* constant once somebody else has the channel; NULL: nobody asks */
	void *ended_arg;
	char cells[]; /* bounded: cap elements */
} GR_ALIGNED;

/* Before each unlock, in checked builds (check.c). */
#ifdef GORO_DEBUG
void gr_chan_check(const struct goro_chan *c);
#else
static inline void gr_chan_check(const struct goro_chan *c)
{
	(void)c;
}
#endif

static inline void gr_chan_unlock(struct goro_chan *c)
{
	gr_chan_check(c);
	gr_lock_release(&c->lock);
}

/* Copies one element; the usual sizes without a call. */
static inline void gr_chan_copy(void *to, const void *from, size_t size)
{
	/* A compiler that sees the element would complain of the sizes it has not. */
	__asm__("" : "+r"(to), "+r"(from));
	if (gr_likely(size == 8)) {
		memcpy(to, from, 8);
		return;
	}
	switch (size) {
	case 4:
		memcpy(to, from, 4);
		break;
	case 16:
		memcpy(to, from, 16);
		break;
	case 0:
		break; /* the pointers may be NULL */
	default:
		memcpy(to, from, size);
	}
}

/* In a segmented channel a send found no room: gets memory for it. The lock is free. 0 or
 * -ENOMEM. */
int gr_chan_grow(struct goro_chan *c);

#endif
