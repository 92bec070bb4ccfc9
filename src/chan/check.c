/* SPDX-License-Identifier: MIT */
/* check.c: the invariants of chan.h, looked at by each call before it unlocks, in checked builds.
 *
 * Who waits can be claimed by a deadline or a cancel meanwhile, but nobody begins to wait: so what
 * is seen waiting was so since the lock was taken, and nothing here is a false alarm.
 */
#include "chan/chan.h"

#ifdef GORO_DEBUG

void gr_chan_check(const struct goro_chan *c)
{
	const struct gr_waitnode *receiver, *sender;

	gr_waitq_check(&c->receivers);
	gr_waitq_check(&c->senders);
	GR_CHECK(c->count <= c->cap); /* C4 */
	receiver = gr_waitq_waiting(&c->receivers);
	sender = gr_waitq_waiting(&c->senders);
	if (c->cap == GORO_CHAN_UNBOUNDED)
		GR_CHECK(sender == NULL);
	else
		GR_CHECK(c->cap == 0 || c->oldest < c->cap);
	if (receiver != NULL) {
		GR_CHECK(c->count == 0);                                    /* C1 */
		GR_CHECK(sender == NULL || sender->wait == receiver->wait); /* C1 */
	}
	if (sender != NULL)
		GR_CHECK(c->count == c->cap); /* C2 */
	if (c->closed)
		GR_CHECK(receiver == NULL && sender == NULL); /* C3 */
}

#else

typedef int nothing_here; /* ISO C wants a declaration in every file */

#endif
