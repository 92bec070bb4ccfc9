/* SPDX-License-Identifier: MIT */
/* cond.c: wait, with a mutex let go, until somebody says so.
 *
 *   word:  bit 0 the queue's lock · 1 WAITERS
 *
 * Invariants
 *  C1  A waiter stands in the line, and can be claimed, before it lets the mutex go. So who
 *      changes the state under the mutex and signals afterwards finds it: no wake-up is lost
 *      between "unlock" and "sleep" (the two halves of a park).
 *  C2  A signal goes to one who can be claimed. If a deadline or a cancel wins at that moment,
 *      the claim fails and the signal goes to the next in line.
 *  C3  A wait is over before the mutex is asked for again, and that waiter can neither be
 *      cancelled nor dismissed by a stop: the call always comes back with the mutex.
 *  C4  Signal looks at WAITERS without a lock. A waiter it owes something has set the bit before
 *      it let the mutex go, hence before the signaller could take the mutex and change the state.
 *  C5  The unlock is a signal's last access to the cond; a waiter that was woken does not touch
 *      it again. So it may be freed right after a broadcast, as soon as nobody else comes.
 */
#include "goro/cond.h"

#include <errno.h>

#include "sync/mutex.h"
#include "sync/waitline.h"

/* Why a call does not wait at all may be asked in a loop: the others get a chance meanwhile, or
 * that loop would keep the mutex for ever. */
static void step_aside(goro_mutex *m)
{
	goro_mutex_unlock(m);
	gr_park_yield();
	gr_mutex_relock(m);
}

static int wait_in_line(struct gr_caller *me, goro_cond *c, goro_mutex *m, int64_t deadline)
{
	struct gr_line line = GR_LINE(c);
	struct gr_waitnode node;
	uint64_t word = gr_line_lock(line);
	int rc;

	gr_line_join(me, line, &node, word);
	goro_mutex_unlock(m); /* C1 */
	rc = gr_line_sleep(me, line, &node, &word, deadline, "cond");
	if (rc < 0)
		gr_line_unlock(line, word);
	return rc;
}

int goro_cond_wait_until(goro_cond *c, goro_mutex *m, int64_t deadline)
{
	struct gr_caller me;
	int rc;

	if (gr_unlikely(c == NULL || m == NULL))
		return -EINVAL;
	rc = gr_caller_enter_try(&me);
	if (rc != 0)
		return rc;
	rc = gr_line_may_wait(&me, deadline);
	if (rc == 0) {
		rc = wait_in_line(&me, c, m, deadline);
		gr_mutex_relock(m); /* C3; counted in all the time, so a stop awaits it */
	} else {
		step_aside(m);
	}
	gr_caller_leave(&me);
	return rc;
}

int goro_cond_wait(goro_cond *c, goro_mutex *m)
{
	return goro_cond_wait_until(c, m, GORO_FOREVER);
}

static bool somebody_waits(const goro_cond *c)
{
	return gr_load_relaxed(&c->word_) & GR_LINE_WAITERS; /* C4 */
}

void goro_cond_signal(goro_cond *c)
{
	struct gr_wait *claimed = NULL;
	uint64_t word;

	if (gr_unlikely(c == NULL))
		gr_check_fail("signal of a NULL cond");
	if (!somebody_waits(c))
		return;
	word = gr_line_lock(GR_LINE(c));
	gr_line_claim(GR_LINE(c), 0, &claimed);
	gr_line_unlock(GR_LINE(c), word);
	gr_line_wake(claimed);
}

void goro_cond_broadcast(goro_cond *c)
{
	struct gr_wait *claimed;
	uint64_t word;

	if (gr_unlikely(c == NULL))
		gr_check_fail("broadcast of a NULL cond");
	if (!somebody_waits(c))
		return;
	word = gr_line_lock(GR_LINE(c));
	claimed = gr_line_claim_all(GR_LINE(c), 0);
	gr_line_unlock(GR_LINE(c), word);
	gr_line_wake_all(claimed);
}
