/* SPDX-License-Identifier: MIT */
/* waitline.h: the line of sleepers before a sync object: a bit-locked word and a wait queue.
 *
 * Bit 0 of the word is the lock (bitlock.h), bit 1 says that the queue has nodes, and the other
 * bits are the object's. Every file of this room is a predicate over them.
 *
 *  L1  While the lock is free, GR_LINE_WAITERS is set exactly if a node is linked. So a fast path
 *      that finds the bit clear has nobody to wake.
 *  L2  Who wakes through a node gives an outcome >= 0; a deadline, a cancel and the end of the
 *      runtime give a negative one. So the sign says whether the sleeper's node is still linked.
 *  L3  A sleeper that gave up (negative) takes the lock and takes its node out before its call
 *      returns: it is still using the object. One that was woken touches nothing of the line.
 *  L4  Who grants: claim under the lock, gr_line_unlock() as the last access to the object, then
 *      wake. So the object may end with the frame of the one it lets go.
 *  L5  Who takes a node out without having claimed its sleeper, which gave up and will come for
 *      it, lets it in all the same: it finds that out under the lock, and its wait returns 0.
 *
 * The lines are views: pointers to an object's members, made where they are needed.
 */
#ifndef GR_SYNC_WAITLINE_H
#define GR_SYNC_WAITLINE_H

#include "goro/time.h"
#include "sched/waitq.h"
#include "sync/bitlock.h"

#define GR_LINE_WAITERS UINT64_C(2)
#define GR_LINE_OWN     2 /* the first bit that is the object's own */

struct gr_line {
	uint64_t *word;
	void **head;
	void **tail;
};

#define GR_LINE(object) ((struct gr_line){ &(object)->word_, &(object)->head_, &(object)->tail_ })

/* Where a call that waits cannot fail for want of a runtime: some calls ask only this, and are
 * done without asking who calls. Relaxed: the answer may be old at once, and nothing follows
 * from it but whether -EPERM is told. */
static inline bool gr_line_open(void)
{
	return gr_likely(gr_load_relaxed(&gr_sched.open));
}

/* What they do when it is not: gr_caller_enter_try(), and a scheduling point if workers are played. */
int gr_line_enter(struct gr_caller *me);

static inline struct gr_waitq gr_line_queue(struct gr_line l)
{
	return (struct gr_waitq){ .head = *l.head, .tail = *l.tail };
}

static inline void gr_line_set_queue(struct gr_line l, struct gr_waitq q)
{
	*l.head = q.head;
	*l.tail = q.tail;
}

static inline uint64_t gr_line_lock(struct gr_line l)
{
	return gr_bitlock_acquire(l.word);
}

/* In checked builds, with the lock held: the links; is somebody seen who can still be claimed? */
static inline void gr_line_check(struct gr_line l)
{
#ifdef GORO_DEBUG
	struct gr_waitq q = gr_line_queue(l);

	gr_waitq_check(&q);
#else
	(void)l;
#endif
}

static inline bool gr_line_waiting(struct gr_line l)
{
	struct gr_waitq q = gr_line_queue(l);

	return gr_waitq_waiting(&q) != NULL;
}

/* Unlocks with the object's own bits of `word`; the last access to the object (B2, L4). */
static inline void gr_line_unlock(struct gr_line l, uint64_t word)
{
	word &= ~(GR_BITLOCK | GR_LINE_WAITERS);
	gr_line_check(l);
	gr_bitlock_release(l.word, word | (*l.head != NULL ? GR_LINE_WAITERS : 0));
}

/* May the caller sleep? 0; -ECANCELED, after a scheduling point; -ETIMEDOUT. Without the lock. */
int gr_line_may_wait(struct gr_caller *me, int64_t deadline);

/* Sleeps in the line, locked by the caller, with the object's own bits of `word` stored first.
 * Back with the waker's outcome (>= 0), unlocked; or with why it gave up, and then LOCKED, its
 * node taken out, and the word in *word: the object says what follows from that and unlocks.
 * `first`: ahead of all others. */
int gr_line_wait(struct gr_caller *me, struct gr_line l, struct gr_waitnode *n, uint64_t *word,
	bool first, int64_t deadline, const char *why);

/* The same in two halves, for who has to do something while he can be woken already: join()
 * unlocks, sleep() returns as gr_line_wait() does. Between them the caller must not park. */
void gr_line_join(struct gr_caller *me, struct gr_line l, struct gr_waitnode *n, uint64_t word);
int gr_line_sleep(struct gr_caller *me, struct gr_line l, struct gr_waitnode *n, uint64_t *word,
	int64_t deadline, const char *why);

/* gr_waitq_claim() and gr_waitq_claim_all() in the line, which is locked. */
struct gr_waitnode *gr_line_claim(struct gr_line l, int outcome, struct gr_wait **wait);
struct gr_wait *gr_line_claim_all(struct gr_line l, int outcome);

/* After the unlock: wakes whoever was claimed, if anybody (NULL: nobody). From anywhere, runtime
 * or not: a stop waits for those that are claimed, so the runtime is there as long as needed. */
void gr_line_wake(struct gr_wait *claimed);
void gr_line_wake_all(struct gr_wait *claimed);

#endif
