/* SPDX-License-Identifier: MIT */
#include "sync/waitline.h"

#include <errno.h>

#include "base/clock.h"
#include "sched/cancel.h"
#include "sched/sim.h"

int gr_line_enter(struct gr_caller *me)
{
	int rc = gr_caller_enter_try(me);

	if (rc == 0 && gr_played())
		gr_sim_point(me->worker);
	return rc;
}

int gr_line_may_wait(struct gr_caller *me, int64_t deadline)
{
	if (me->shielded)
		return 0;
	if (me->co != NULL && gr_unlikely(gr_cancelled(me->co))) {
		gr_park_yield(); /* a loop that ignores it starves nobody */
		return -ECANCELED;
	}
	return deadline != GORO_FOREVER && deadline <= gr_now() ? -ETIMEDOUT : 0;
}

static void push_first(struct gr_waitq *q, struct gr_waitnode *n)
{
	n->next = q->head;
	if (q->head == NULL)
		q->tail = n;
	else
		q->head->prev = n;
	q->head = n;
}

/* From here on it can be claimed. */
static void enqueue(struct gr_caller *me, struct gr_line l, struct gr_waitnode *n, bool first)
{
	struct gr_waitq q = gr_line_queue(l);

	n->wait = me->wait;
	n->seq = gr_park_begin(me);
	if (first)
		push_first(&q, n);
	else
		gr_waitq_push(&q, n);
	gr_line_set_queue(l, q);
}

static int sleep_in_line(struct gr_caller *me, struct gr_line l, struct gr_waitnode *n,
	uint64_t *word, void (*unlock)(void *), int64_t deadline, const char *why)
{
	int rc = unlock == NULL ? gr_park(me, deadline, NULL, NULL, why, l.word) :
				  gr_park_locked(me, deadline, unlock, l.word, why, l.word);
	struct gr_waitq q;

	if (rc >= 0)
		return rc;
	*word = gr_line_lock(l);
	if (n->wait == NULL) { /* L5 */
		gr_line_unlock(l, *word);
		return 0;
	}
	q = gr_line_queue(l);
	gr_waitq_unlink(&q, n);
	gr_line_set_queue(l, q);
	return rc;
}

int gr_line_wait(struct gr_caller *me, struct gr_line l, struct gr_waitnode *n, uint64_t *word,
	bool first, int64_t deadline, const char *why)
{
	enqueue(me, l, n, first);
	/* Relaxed: the drop in the commit releases it. */
	gr_store_relaxed(l.word, *word | GR_LINE_WAITERS | GR_BITLOCK);
	return sleep_in_line(me, l, n, word, gr_bitlock_drop, deadline, why);
}

void gr_line_join(struct gr_caller *me, struct gr_line l, struct gr_waitnode *n, uint64_t word)
{
	enqueue(me, l, n, false);
	gr_line_unlock(l, word);
}

int gr_line_sleep(struct gr_caller *me, struct gr_line l, struct gr_waitnode *n, uint64_t *word,
	int64_t deadline, const char *why)
{
	return sleep_in_line(me, l, n, word, NULL, deadline, why);
}

struct gr_waitnode *gr_line_claim(struct gr_line l, int outcome, struct gr_wait **wait)
{
	struct gr_waitq q = gr_line_queue(l);
	struct gr_waitnode *n = gr_waitq_claim(&q, outcome, wait);

	gr_line_set_queue(l, q);
	return n;
}

struct gr_wait *gr_line_claim_all(struct gr_line l, int outcome)
{
	struct gr_waitq q = gr_line_queue(l);
	struct gr_wait *claimed = gr_waitq_claim_all(&q, outcome);

	gr_line_set_queue(l, q);
	return claimed;
}

void gr_line_wake(struct gr_wait *claimed)
{
	struct gr_caller me;

	if (claimed == NULL)
		return;
	gr_caller_enter_any(&me);
	gr_wake(me.worker, claimed);
	gr_caller_leave(&me);
}

void gr_line_wake_all(struct gr_wait *claimed)
{
	struct gr_caller me;

	if (claimed == NULL)
		return;
	gr_caller_enter_any(&me);
	gr_waitq_wake_all(me.worker, claimed);
	gr_caller_leave(&me);
}
