/* SPDX-License-Identifier: MIT */
/* call.h: run one libuv request, park until its callback.
 *
 *     struct lookup {
 *             struct gr_call call;         first of all
 *             uv_getaddrinfo_t request;
 *             ...whatever begin() needs, and the answer: copies, nothing of the caller's frame
 *     };
 *     static int begin(struct gr_call *c)  on the loop's owner
 *     {
 *             struct lookup *l = (struct lookup *)c;
 *             return uv_getaddrinfo(gr_loop_uv(), &l->request, on_answer, ...);
 *     }
 *     static void on_answer(uv_getaddrinfo_t *r, int status, struct addrinfo *ai)
 *     {
 *             ...keep the answer in the lookup; free in `end` what nobody takes out...
 *             gr_call_end(&l->call, status);
 *     }
 *
 *     l->call = (struct gr_call){ .begin = begin, .end = end, .uv = (uv_req_t *)&l->request };
 *     rc = gr_call_run(&me, &l->call, deadline, "resolve", NULL);
 *     ...if rc is what on_answer() said: take the answer out...
 *     gr_call_put(&l->call);
 *
 * Invariants
 *  C1  A call lies on the heap and has two users: the caller until gr_call_put(), and libuv until
 *      gr_call_end(). The last one calls `end`, which frees it: on the caller's stack or the owner's.
 *      So a deadline or a cancel returns at once, whatever libuv does, and a late answer is dropped.
 *  C2  What the caller gave up is tried to be called off (uv_cancel()): it works for what still
 *      waits for a thread of libuv's pool. What runs goes on: it must not use memory of the caller,
 *      and what it does to the world happens though nobody waits for it.
 *  C4  Where libuv's threads use the caller's memory he waits to the end (gr_call_finish()): who is
 *      cancelled tries to call it off, and waits again, not cancellable. Then the call has one
 *      user at a time, may lie in the caller's frame, and needs no `end`. The owner is told of the
 *      second wait by a request, so it knows of one wait at a time.
 *  C3  The answer is complete before gr_call_end(), and the caller reads it only if gr_call_run()
 *      returned what was given to that. Its negative results are told from the wait's own by
 *      `answered`.
 *  C5  A call may outlive the run (loop.h L4), the caller's descriptor does not: so whose caller has
 *      given up claims nobody. That a run ends means that its callers have.
 */
#ifndef GR_NETPOLL_CALL_H
#define GR_NETPOLL_CALL_H

#include <uv.h>

#include "netpoll/request.h"
#include "sched/park.h"

struct gr_call {
	int (*begin)(struct gr_call *c); /* 0, or why it did not begin: that is the result then */
	void (*end)(struct gr_call *c);
	uv_req_t *uv;  /* what uv_cancel() takes; NULL: can't be called off */
	bool answered; /* set by gr_call_run(): its value is the result, not the wait's */

	/* call.c alone: */
	struct gr_request request;
	struct gr_request revoke;
	struct gr_wait *wait;
	uint64_t seq;
	uint64_t again; /* of the second wait (C4) */
	int result;
	bool begun; /* and not ended; the owner's */
	uint32_t users;
	uint32_t given_up; /* C5 */
};

/* Has the loop's owner begin it, and parks the caller, a coroutine, until the result is there: what
 * gr_call_end() was given. Or -ETIMEDOUT, -ECANCELED (C1), or why there is no loop. */
int gr_call_run(struct gr_caller *me, struct gr_call *c, int64_t deadline, const char *why,
	const void *what);

/* The same to its end (C4): what gr_call_end() was given, which is UV_ECANCELED if it was called off; or
 * why there is no loop. Without gr_call_put(). `uv` is needed, unless begin() ends it at once. */
int gr_call_finish(struct gr_caller *me, struct gr_call *c, const char *why, const void *what);

/* The caller is through with it. Also if it was never run. */
void gr_call_put(struct gr_call *c);

/* For libuv's callback: the result is there. Afterwards the call may be gone. */
void gr_call_end(struct gr_call *c, int result);

#endif
