/* SPDX-License-Identifier: MIT */
#include "netpoll/loop.h"

#include <errno.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/lock.h"
#include "netpoll/poll.h"
#include "os/os.h"
#include "sched/idle.h"

/* So many events are taken from the kernel at once, and run before the next ones are: what they touch
 * stays in the cache, and fits a worker's ring. */
#define EVENTS 64

#define MILLISECOND INT64_C(1000000)

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
	int bell; /* wakes the owner (L2) */
	uv_poll_t bell_handle;
	bool stale;     /* libuv has something to do before it can be waited for (L6) */
	uint32_t round; /* of polling */
} loop;

/* Open and closed ---------------------------------------------------------------------------- */

static void on_bell(uv_poll_t *handle, int status, int events)
{
	(void)handle, (void)status, (void)events; /* it rings on: await() silences it */
}

static int watch_bell(void)
{
	int rc = uv_poll_init(&loop.uv, &loop.bell_handle, loop.bell);

	if (rc != 0)
		return rc;
	rc = uv_poll_start(&loop.bell_handle, UV_READABLE, on_bell);
	if (rc != 0) {
		uv_close((uv_handle_t *)&loop.bell_handle, NULL);
		uv_run(&loop.uv, UV_RUN_NOWAIT); /* until it is closed */
	}
	return rc;
}

static int hang_bell(void)
{
	int rc;

	loop.bell = gr_os_bell_make();
	if (loop.bell < 0)
		return loop.bell;
	rc = watch_bell();
	if (rc != 0)
		close(loop.bell);
	return rc;
}

static int make_loop(void)
{
	int rc = loop.alive ? 0 : uv_loop_init(&loop.uv);

	if (rc != 0)
		return rc;
	loop.alive = true;
	loop.stale = true;
	rc = hang_bell();
	if (rc != 0)
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

void gr_loop_touched(void)
{
	loop.stale = true;
}

uint32_t gr_loop_round(void)
{
	return loop.round;
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
	gr_store_relaxed(&loop.woken, 1u); /* before the bell can be silenced: L5 */
	gr_os_bell_ring(loop.bell);
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

	if (r != NULL)
		gr_loop_touched();
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
	gr_fence_seq_cst(); /* pairs with push(): L2 */
	if (gr_load_relaxed(&loop.woken))
		return false;
	return gr_load_relaxed(&loop.posted) == NULL && loop.out->count == 0;
}

/* How long to wait, on the kernel's clock, which knows no virtual time. Libuv has a timer now and then. */
static int64_t wait_until(int64_t until)
{
	int64_t now = gr_os_now();
	int64_t left = until == INT64_MAX ? INT64_MAX : until - gr_now();
	int ms = uv_backend_timeout(&loop.uv);

	if (ms >= 0 && left > ms * MILLISECOND)
		left = ms * MILLISECOND;
	return left == INT64_MAX ? INT64_MAX : gr_clock_after(now, left);
}

/* Lets libuv do what is to be done, and ask the kernel without waiting. */
static void run_uv(void)
{
	loop.stale = false;
	uv_run(&loop.uv, UV_RUN_NOWAIT);
}

/* Waits, or only asks, and hands out what is ready (L6). */
static void await(int64_t until)
{
	struct gr_os_ready ready[EVENTS];
	int n = gr_os_await_set(uv_backend_fd(&loop.uv), until, ready, EVENTS);
	bool rest = false;

	for (int i = 0; i < n; i++)
		if (ready[i].fd == loop.bell)
			gr_os_bell_silence(loop.bell);
		else if (!gr_poll_ready(ready[i].fd, ready[i].what))
			rest = true;
	if (rest)
		run_uv();
}

void gr_loop_poll(int64_t until, struct gr_ready_batch *out)
{
	bool wait = until > gr_now();

	if (wait)
		gr_lock_acquire(&loop.baton); /* soon: L1 */
	else if (!gr_lock_try(&loop.baton))
		return;
	take_over(out);
	loop.round++;
	if (loop.stale || uv_backend_timeout(&loop.uv) >= 0)
		run_uv();
	await(wait && !loop.stale && announce() ? wait_until(until) : INT64_MIN);
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
	close(loop.bell);
	if (uv_loop_close(&loop.uv) == 0)
		loop.alive = false; /* else L4 */
	gr_store_relaxed(&loop.open, 0u);
}
