/* SPDX-License-Identifier: MIT */
/* waitq.h: the one wait queue. Channels, every sync object and join stand their sleepers here.
 *
 * A FIFO of nodes. Its lock is its owner's: a gr_lock, or a bit of the word that holds the
 * owner's count (a mutex, a semaphore, a waitgroup: with two words, "unlock; the next owner
 * frees" would be a use after free). All functions want that lock held.
 *
 * Invariants
 *  Q1  A node lives in the sleeper's frame (or its goro_case). It is linked from before the
 *      sleeper sleeps until either its claimer unlinks it or the sleeper, which gave up, takes
 *      the lock and does so before its call returns.
 *  Q2  Owner and sequence of a node are read under the lock; only who won the claim touches
 *      anything else of it. A node whose claim was lost stays linked: its sleeper comes for it.
 *  Q3  The winner unlinks under the same hold of the lock, so a woken sleeper never needs it.
 *  Q4  Never touch after visible: after gr_wake() neither node nor queue nor owner is touched.
 *      Who wakes many claims them all under the lock first, takes only the winners along, and
 *      reads `next` of each before it wakes it.
 *  Q5  Who takes the head off does not touch the one behind it: with a long line that is a frame
 *      nobody has touched for long, and the next locked operation would wait for the store to it.
 *      So the head's `prev` means nothing.
 */
#ifndef GR_SCHED_WAITQ_H
#define GR_SCHED_WAITQ_H

#include "sched/park.h"
#include "sched/ready.h"

struct gr_waitnode {
	struct gr_waitnode *next;
	struct gr_waitnode *prev; /* of the head: anything (Q5) */
	struct gr_wait *wait;     /* NULL when it is not linked */
	uint64_t seq;
	void *elem;   /* channel: the element to fill or to take */
	void *select; /* select: the case array's first node; NULL otherwise */
};

struct gr_waitq {
	struct gr_waitnode *head;
	struct gr_waitnode *tail;
};

/* For checked builds, which look at so many nodes of a line. */
#define GR_WAITQ_LOOK 4u

static inline bool gr_waitq_empty(const struct gr_waitq *q)
{
	return q->head == NULL;
}

/* The first of those in front who can still be claimed. NULL: not seen. Q2: under the lock, and
 * whoever is claimed by then stays so. */
static inline const struct gr_waitnode *gr_waitq_waiting(const struct gr_waitq *q)
{
	const struct gr_waitnode *n = q->head;

	for (unsigned i = 0; n != NULL && i < GR_WAITQ_LOOK; i++, n = n->next) {
		uint64_t word = gr_load_relaxed(&n->wait->word);

		if (gr_wait_seq(word) == n->seq &&
			(gr_wait_state(word) == GR_WAIT_PARKING ||
				gr_wait_state(word) == GR_WAIT_PARKED))
			return n;
	}
	return NULL;
}

/* The links of those in front hold together, and the last one is the last. */
static inline void gr_waitq_check(const struct gr_waitq *q)
{
	const struct gr_waitnode *n = q->head;

	GR_CHECK((q->head == NULL) == (q->tail == NULL));
	if (n == NULL)
		return;
	GR_CHECK(q->tail->next == NULL);
	for (unsigned i = 0; n->next != NULL && i < GR_WAITQ_LOOK; i++, n = n->next)
		GR_CHECK(n->wait != NULL && n->next->prev == n);
	GR_CHECK(n->wait != NULL && (n->next != NULL || n == q->tail));
}

static inline void gr_waitq_push(struct gr_waitq *q, struct gr_waitnode *n)
{
	n->next = NULL;
	n->prev = q->tail;
	if (q->tail == NULL)
		q->head = n;
	else
		q->tail->next = n;
	q->tail = n;
}

static inline void gr_waitq_unlink(struct gr_waitq *q, struct gr_waitnode *n)
{
	GR_DEBUG(n->wait != NULL && (q->head == n || n->prev->next == n));
	GR_DEBUG(n->next != NULL ? n->next->prev == n : q->tail == n);
	if (gr_likely(q->head == n)) {
		q->head = n->next;
		if (n->next == NULL)
			q->tail = NULL;
		else
			gr_prefetch(n->next); /* who is served next */
	} else {
		n->prev->next = n->next;
		if (n->next == NULL)
			q->tail = n->prev;
		else
			n->next->prev = n->prev;
	}
	n->wait = NULL; /* unlinked: gr_waitq_remove() does nothing */
}

/* For a sleeper that is back and was not woken through this node. */
static inline void gr_waitq_remove(struct gr_waitq *q, struct gr_waitnode *n)
{
	if (n->wait != NULL)
		gr_waitq_unlink(q, n);
}

/* Claims the first sleeper after *lost (NULL: of all) that can still be claimed, for `outcome`, and
 * unlinks its node. NULL: there is none. *lost becomes the last one before it whose claim was lost;
 * so a walk goes on behind those, which stay linked. The caller copies, unlocks and then calls
 * gr_wake(wait). The node's `wait` is NULL afterwards, so it comes in *wait; wait->node is the
 * node. */
static GR_ALWAYS_INLINE struct gr_waitnode *gr_waitq_claim_next(
	struct gr_waitq *q, struct gr_waitnode **lost, int outcome, struct gr_wait **wait)
{
	struct gr_waitnode *n = *lost == NULL ? q->head : (*lost)->next;

	for (; n != NULL; n = n->next) {
		struct gr_wait *w = n->wait;

		if (!gr_wait_claim(w, n->seq, outcome)) {
			*lost = n; /* somebody else wakes it, and it will come for its node */
			continue;
		}
		gr_fiber_acquire(w);
		w->node = n;
		gr_waitq_unlink(q, n);
		*wait = w;
		return n;
	}
	return NULL;
}

/* The same for one alone. */
static GR_ALWAYS_INLINE struct gr_waitnode *gr_waitq_claim(
	struct gr_waitq *q, int outcome, struct gr_wait **wait)
{
	struct gr_waitnode *lost = NULL;

	return gr_waitq_claim_next(q, &lost, outcome, wait);
}

/* Claims all that can be claimed and unlinks them. Returns the first, linked by `next`: the nodes,
 * each in a frame of its own, are not read again. gr_waitq_wake_all(), without the lock, has to
 * follow. */
struct gr_wait *gr_waitq_claim_all(struct gr_waitq *q, int outcome);
void gr_waitq_wake_all(struct gr_worker *here, struct gr_wait *claimed);

#endif
