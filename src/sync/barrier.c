/* SPDX-License-Identifier: MIT */
/* barrier.c: nobody goes on before all have come.
 *
 *   word:  bit 0 the queue's lock · 1 WAITERS · 8–63 nodes in the line
 *
 * Invariants
 *  B1  The count is the number of linked nodes, changed under the queue's lock.
 *  B2  The last to come takes every node out of the line, also those of sleepers whom a deadline
 *      or a cancel has claimed but who have not come back for their node yet: they were there
 *      when the round was full, so they belong to it. The others he wakes.
 *  B3  One who gave up takes the lock. If his node is out, the round was full: success after all.
 *      If not, he takes it out and the count is one less. So of each round all n succeed, or
 *      nobody has.
 *  B4  The line is empty when a round ends: the barrier serves the next one at once.
 *  B5  The last one's unlocking store is his last access. A sleeper's node outlives B2, because
 *      its owner has to take the lock before he leaves.
 */
#include "goro/barrier.h"

#include <errno.h>

#include "sync/waitline.h"

#define NODE (UINT64_C(1) << 8)

/* Ends a round: returns those to wake. */
static struct gr_wait *empty_line(struct gr_line line)
{
	struct gr_wait *claimed = gr_line_claim_all(line, 0);
	struct gr_waitq rest = gr_line_queue(line);

	for (struct gr_waitnode *n = rest.head; n != NULL; n = n->next)
		gr_waitq_unlink(&rest, n); /* B2 */
	gr_line_set_queue(line, rest);
	return claimed;
}

static int wait_for_rest(struct gr_caller *me, struct gr_line line, uint64_t word, int64_t deadline)
{
	struct gr_waitnode node;
	int rc;

	word += NODE;
	rc = gr_line_wait(me, line, &node, &word, false, deadline, "barrier");
	if (rc < 0)
		gr_line_unlock(line, word - NODE); /* B3 */
	return rc;
}

int goro_barrier_wait_until(goro_barrier *b, int64_t deadline)
{
	struct gr_caller me;
	struct gr_line line;
	struct gr_wait *claimed = NULL;
	uint64_t word;
	int rc;

	if (gr_unlikely(b == NULL || b->parties_ <= 0))
		return -EINVAL;
	rc = gr_caller_enter(&me);
	if (rc != 0)
		return rc;
	gr_fiber_release(b);
	line = GR_LINE(b);
	rc = gr_line_may_wait(&me, deadline);
	word = gr_line_lock(line);
	if (word / NODE + 1 >= (uint64_t)b->parties_) {
		claimed = empty_line(line);
		gr_line_unlock(line, 0);
		gr_line_wake_all(claimed);
		rc = 1;
	} else if (rc == 0) {
		rc = wait_for_rest(&me, line, word, deadline);
	} else {
		gr_line_unlock(line, word);
	}
	if (rc >= 0)
		gr_fiber_acquire(b);
	gr_caller_leave(&me);
	return rc;
}

int goro_barrier_wait(goro_barrier *b)
{
	return goro_barrier_wait_until(b, GORO_FOREVER);
}
