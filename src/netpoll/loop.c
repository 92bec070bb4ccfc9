/* SPDX-License-Identifier: MIT */
#include "netpoll/loop.h"

#include <errno.h>
#include <uv.h>

#include "base/clock.h"
#include "base/lock.h"
#include "os/os.h"
#include "sched/idle.h"

/* libuv counts milliseconds. Nearer than this the wait is the kernel's own. */
#define MILLISECOND INT64_C(1000000)
#define PRECISE     (2 * MILLISECOND)

static struct {
	struct gr_lock baton;
	struct gr_lock opening;
	uint32_t open;
	uint32_t blocked;           /* L2 */
	uint32_t woken;             /* L5 */
	struct gr_request *posted;  /* the newest first */
	struct gr_ready_batch *out; /* of the owner, while it has the baton (L3) */
	bool alive;                 /* `uv` is initialised */
	uv_loop_t uv;
	uv_async_t async;
	uv_timer_t timer;
} loop;

/* Open and closed ---------------------------------------------------------------------------- */

static void nothing_async(uv_async_t *async)
{
	(void)async; /* to come back from the kernel is all */
}

static void nothing_timer(uv_timer_t *timer)
{
	(void)timer;
}

static int make_loop(void)
{
	int rc = loop.alive ? 0 : uv_loop_init(&loop.uv);

	if (rc != 0)
		return rc;
	loop.alive = true;
	rc = uv_async_init(&loop.uv, &loop.async, nothing_async);
	if (rc == 0) {
		uv_timer_init(&loop.uv, &loop.timer); /* always 0 */
		return 0;
	}
	loop.alive = uv_loop_close(&loop.uv) != 0;
	return rc;
}

int gr_loop_open(void)
{
	int rc = 0;

	if (gr_likely(gr_load_acquire(&loop.open)))
		return 0;
	gr_lock_acquire(&loop.opening);
	if (!gr_load_relaxed(&loop.open)) {
		rc = make_loop();
		if (rc == 0) {
			gr_store_release(&loop.open, 1u); /* pairs with the acquire above */
			gr_idle_poller_set(true);
		}
	}
	gr_lock_release(&loop.opening);
	return rc;
}

struct uv_loop_s *gr_loop_uv(void)
{
	return &loop.uv;
}

/* Requests ----------------------------------------------------------------------------------- */

static void push(struct gr_request *r)
{
	struct gr_request *head = gr_load_relaxed(&loop.posted);

	do
		r->next = head;
	while (!gr_cas_release(&loop.posted, &head, r)); /* pairs with take_posted() */
	gr_fence_seq_cst();                              /* pairs with announce(): L2 */
}

void gr_loop_wake(void)
{
	gr_store_relaxed(&loop.woken, 1u); /* before the async can be taken: L5 */
	gr_fence_seq_cst();                /* pairs with announce() */
	uv_async_send(&loop.async);
}

void gr_loop_post(struct gr_request *r)
{
	push(r);
	if (gr_load_relaxed(&loop.blocked))
		gr_loop_wake();
}

/* In the order of posting. */
static struct gr_request *take_posted(void)
{
	struct gr_request *r = gr_exchange_acquire(&loop.posted, NULL);
	struct gr_request *first = NULL;

	while (r != NULL) {
		struct gr_request *next = r->next;

		r->next = first;
		first = r;
		r = next;
	}
	return first;
}

static void drain(void)
{
	struct gr_request *r = gr_load_relaxed(&loop.posted) == NULL ? NULL : take_posted();

	while (r != NULL) {
		struct gr_request *next = r->next; /* R1: afterwards it may be anything */

		r->run(r);
		r = next;
	}
}

void gr_loop_ready(struct gr_wait *claimed)
{
	gr_ready_batch_wake(loop.out, claimed);
}

/* The baton ---------------------------------------------------------------------------------- */

static void take_over(struct gr_ready_batch *out)
{
	loop.out = out;
	drain();
}

static void hand_back(void)
{
	loop.out = NULL;
	gr_lock_release(&loop.baton);
}

void gr_loop_post_or_run(struct gr_request *r)
{
	struct gr_ready_batch woken = { .first = NULL };

	push(r);
	if (gr_load_relaxed(&loop.blocked)) {
		gr_loop_wake();
	} else if (gr_lock_try(&loop.baton)) {
		take_over(&woken);
		hand_back();
		gr_ready_batch_flush(gr_current_worker(), &woken);
	}
}

/* Polling ------------------------------------------------------------------------------------ */

/* May the owner block? Not if something was posted or found meanwhile, or it was woken. */
static bool announce(void)
{
	gr_store_relaxed(&loop.blocked, 1u);
	gr_fence_seq_cst(); /* pairs with push() and with gr_loop_wake(): L2, L5 */
	if (gr_load_relaxed(&loop.woken))
		return false;
	return gr_load_relaxed(&loop.posted) == NULL && loop.out->count == 0;
}

/* So little time is left that it takes the kernel's clock, which does not round. */
static void block_precisely(int64_t left)
{
	int64_t until = gr_clock_after(gr_os_now(), left); /* the kernel knows no virtual time */

	uv_run(&loop.uv, UV_RUN_NOWAIT); /* what was armed goes to the kernel */
	if (loop.out->count == 0 && gr_os_await_fd(uv_backend_fd(&loop.uv), until))
		uv_run(&loop.uv, UV_RUN_NOWAIT);
}

/* The timer repeats: libuv before 1.45 fires what is due before it blocks, and if this thread got no
 * CPU for so long, nothing would be left that ends the block. */
static void block(int64_t until)
{
	int64_t left = until == INT64_MAX ? INT64_MAX : until - gr_now();

	if (left < PRECISE) {
		block_precisely(left);
		return;
	}
	if (until != INT64_MAX) {
		uv_update_time(&loop.uv);
		uv_timer_start(&loop.timer, nothing_timer,
			(uint64_t)((left - MILLISECOND) / MILLISECOND), 1);
	}
	uv_run(&loop.uv, UV_RUN_ONCE);
	uv_timer_stop(&loop.timer);
}

void gr_loop_poll(int64_t until, struct gr_ready_batch *out)
{
	bool wait = until > gr_now();

	if (wait)
		gr_lock_acquire(&loop.baton); /* soon: L1 */
	else if (!gr_lock_try(&loop.baton))
		return;
	take_over(out);
	if (wait && announce())
		block(until);
	else
		uv_run(&loop.uv, UV_RUN_NOWAIT);
	gr_store_relaxed(&loop.blocked, 0u);
	if (wait)
		gr_store_relaxed(&loop.woken, 0u); /* L5 */
	drain();
	hand_back();
}

/* Stop --------------------------------------------------------------------------------------- */

static void close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void gr_loop_stop(void)
{
	struct gr_ready_batch nobody = { .first = NULL };

	if (!gr_load_relaxed(&loop.open))
		return;
	gr_idle_poller_set(false);
	take_over(&nobody);
	uv_walk(&loop.uv, close_handle, NULL);
	uv_run(&loop.uv, UV_RUN_NOWAIT); /* their close callbacks */
	GR_CHECK(nobody.count == 0);     /* all coroutines have ended */
	loop.out = NULL;
	if (uv_loop_close(&loop.uv) == 0)
		loop.alive = false; /* else L4 */
	gr_store_relaxed(&loop.open, 0u);
}
