/* SPDX-License-Identifier: MIT */
#include "netpoll/call.h"

#include <errno.h>

#include "base/clock.h"
#include "netpoll/loop.h"
#include "netpoll/uvpool.h"

static void leave(struct gr_call *c)
{
	if (gr_fetch_sub_acq_rel(&c->users, 1u) == 1)
		c->end(c);
}

void gr_call_put(struct gr_call *c)
{
	if (gr_load_relaxed(&c->users) == 0)
		c->end(c); /* never run */
	else
		leave(c);
}

void gr_call_end(struct gr_call *c, int result)
{
	struct gr_wait *w = c->wait;
	bool won;

	if (c->uv != NULL)
		gr_uvpool_end();
	c->begun = false;
	c->result = result;
	/* Relaxed: within a run the claim would fail, and the end of a run comes between (C5). */
	won = !gr_load_relaxed(&c->given_up) && gr_wait_claim(w, c->seq, 0);
	leave(c);
	if (won)
		gr_loop_ready(w); /* only now: afterwards the call may be gone (C4) */
}

static void begin(struct gr_request *r)
{
	struct gr_call *c = gr_container_of(r, struct gr_call, request);
	int rc;

	if (c->uv != NULL)
		gr_uvpool_begin();
	c->begun = true;
	rc = c->begin(c);
	if (rc != 0)
		gr_call_end(c, rc);
}

/* Posted behind `request`, so it has begun, if it has not ended already. */
static void call_off(struct gr_request *r)
{
	struct gr_call *c = gr_container_of(r, struct gr_call, revoke);

	if (c->begun)
		uv_cancel(c->uv); /* refused: it runs already (C2) */
	leave(c);
}

static void give_up(struct gr_call *c)
{
	gr_store_relaxed(&c->given_up, 1u); /* C5 */
	if (c->uv == NULL)
		return;
	gr_fetch_add_relaxed(&c->users, 1u);
	c->revoke.run = call_off;
	gr_loop_post(&c->revoke);
}

/* Posts it and parks. */
static int begin_and_wait(struct gr_caller *me, struct gr_call *c, int64_t deadline,
	const char *why, const void *what)
{
	int rc;

	c->users = 2;
	c->given_up = 0;
	c->request.run = begin;
	c->wait = me->wait;
	c->seq = gr_park_begin(me); /* from here on it can be claimed */
	gr_worker_outside(me->worker);
	gr_loop_post(&c->request);
	rc = gr_park(me, deadline, NULL, NULL, why, what);
	gr_worker_answered(me->worker);
	return rc;
}

int gr_call_run(struct gr_caller *me, struct gr_call *c, int64_t deadline, const char *why,
	const void *what)
{
	int rc = gr_loop_open();

	c->answered = false;
	if (rc == 0 && deadline != INT64_MAX && deadline <= gr_now())
		rc = -ETIMEDOUT;
	if (rc != 0)
		return rc;
	rc = begin_and_wait(me, c, deadline, why, what);
	if (rc != 0) {
		give_up(c);
		return rc;
	}
	c->answered = true;
	return c->result;
}

/* C4: whoever waits does so a second time. */
static void wait_on(struct gr_request *r)
{
	struct gr_call *c = gr_container_of(r, struct gr_call, revoke);
	struct gr_wait *w = c->wait;

	if (c->begun) {
		c->seq = c->again;
		uv_cancel(c->uv);
	} else if (gr_wait_claim(w, c->again, 0)) {
		gr_loop_ready(w);
	}
}

int gr_call_finish(struct gr_caller *me, struct gr_call *c, const char *why, const void *what)
{
	int rc = gr_loop_open();

	if (rc != 0 || begin_and_wait(me, c, INT64_MAX, why, what) == 0)
		return rc != 0 ? rc : c->result;
	me->shielded = true;
	c->again = gr_park_begin(me);
	c->revoke.run = wait_on;
	gr_worker_outside(me->worker);
	gr_loop_post(&c->revoke);
	gr_park(me, INT64_MAX, NULL, NULL, why, what);
	gr_worker_answered(me->worker);
	return c->result;
}
