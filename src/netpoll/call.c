/* SPDX-License-Identifier: MIT */
#include "netpoll/call.h"

#include <errno.h>

#include "base/clock.h"
#include "netpoll/loop.h"

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
	c->begun = false;
	c->result = result;
	if (gr_wait_claim(c->wait, c->seq, 0))
		gr_loop_ready(c->wait);
	leave(c);
}

static void begin(struct gr_request *r)
{
	struct gr_call *c = gr_container_of(r, struct gr_call, request);
	int rc;

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
	if (c->uv == NULL)
		return;
	gr_fetch_add_relaxed(&c->users, 1u);
	c->revoke.run = call_off;
	gr_loop_post(&c->revoke);
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
	c->users = 2;
	c->request.run = begin;
	c->wait = me->wait;
	c->seq = gr_park_begin(me); /* from here on it can be claimed */
	gr_worker_outside(me->worker);
	gr_loop_post(&c->request);
	rc = gr_park(me, deadline, NULL, NULL, why, what);
	gr_worker_answered(me->worker);
	if (rc != 0) {
		give_up(c);
		return rc;
	}
	c->answered = true;
	return c->result;
}
