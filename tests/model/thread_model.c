/* SPDX-License-Identifier: MIT */
/* thread_model.c: sched/thread: OS threads that wait in calls from outside are woken, time out, or are
 * dismissed by a stop; and a stop takes nothing apart before all who were counted in have left
 * (thread.h H1 to H3). */
#include "sched/thread.h"

#include <errno.h>

#include "base/lock.h"
#include "model.h"
#include "os/os.h"
#include "sched/ready.h"
#include "sched/worker.h"

struct gr_sched gr_sched;

/* What a caller waits for, until it is given. */
static struct object {
	struct gr_lock lock;
	struct gr_wait *wait;
	uint64_t seq;
	unsigned stock;
} object;

static unsigned *rooms; /* what the stop takes apart */
static unsigned taken, timed_out, dismissed, refused;

static void unlock(void *unused)
{
	(void)unused;
	gr_lock_release(&object.lock);
}

static int take(int64_t deadline, bool stubborn)
{
	struct gr_thread t;
	int rc = 0;

	gr_thread_init(&t, stubborn);
	gr_lock_acquire(&object.lock);
	if (object.stock == 0) {
		object.wait = &t.wait;
		object.seq = gr_wait_begin(&t.wait, !stubborn);
		rc = gr_thread_park(&t, object.seq, deadline, unlock, NULL);
		gr_lock_acquire(&object.lock);
		if (object.wait == &t.wait)
			object.wait = NULL;
	} else {
		object.stock--;
	}
	gr_lock_release(&object.lock);
	return rc;
}

static void settle(int rc)
{
	MODEL_CHECK(rc == 0 || rc == -ETIMEDOUT || rc == -EPERM);
	gr_fetch_add_relaxed(rc == 0 ? &taken : rc == -EPERM ? &dismissed : &timed_out, 1u);
}

static void call(int64_t deadline, bool stubborn)
{
	if (!gr_thread_enter(false)) {
		gr_fetch_add_relaxed(&refused, 1u);
		return;
	}
	MODEL_CHECK(*rooms == 1);
	settle(take(deadline, stubborn));
	MODEL_CHECK(*rooms == 1);
	gr_thread_leave();
}

/* Threads ---------------------------------------------------------------------------------- */

static void wait_for_ever(void *unused)
{
	(void)unused;
	call(INT64_MAX, false);
}

static void wait_in_time(void *unused)
{
	(void)unused;
	call(1, false);
}

static void insist(void *unused)
{
	(void)unused;
	call(INT64_MAX, true);
}

static void look_in(void *unused)
{
	(void)unused;
	if (!gr_thread_enter(false))
		return;
	MODEL_CHECK(*rooms == 1);
	gr_thread_leave();
}

/* Whatever the state, as an unlock. */
static void give(void *unused)
{
	struct gr_wait *w = NULL;

	(void)unused;
	gr_thread_enter(true);
	gr_lock_acquire(&object.lock);
	if (object.wait != NULL && gr_wait_claim(object.wait, object.seq, 0))
		w = object.wait;
	else
		object.stock++;
	if (w != NULL)
		object.wait = NULL;
	gr_lock_release(&object.lock);
	if (w != NULL)
		gr_thread_deliver(w);
	gr_thread_leave();
}

/* As the drain in runtime.c, which does not rely on looking again after a while either, as far as
 * threads go. */
static void stop(void *unused)
{
	(void)unused;
	gr_exchange_seq_cst(&gr_sched.state, (uint32_t)GR_SCHED_STOPPING);
	for (;;) {
		uint32_t seen = gr_load_acquire(&gr_sched.stop_event);

		gr_thread_dismiss();
		if (gr_thread_count() == 0)
			break;
		gr_os_futex_wait(&gr_sched.stop_event, seen, INT64_MAX);
	}
	*rooms = 0;
	model_free(rooms);
}

/* ------------------------------------------------------------------------------------------- */

static void setup(void)
{
	gr_store_relaxed(&gr_sched.state, (uint32_t)GR_SCHED_RUNNING);
	rooms = model_alloc(sizeof(*rooms));
	*rooms = 1;
	model_name(&object, sizeof(object), "object");
	model_name(&gr_sched, sizeof(gr_sched), "sched");
}

static void check(void)
{
	MODEL_CHECK(gr_thread_count() == 0 && gr_thread_waiting() == 0);
	MODEL_CHECK(object.wait == NULL);
}

static void check_given(void)
{
	check();
	MODEL_CHECK(taken == 1 && object.stock == 0);
}

/* What was given is taken, or still there. */
static void check_one(void)
{
	check();
	MODEL_CHECK(taken + timed_out + dismissed + refused == 1);
	MODEL_CHECK(taken + object.stock == 1);
}

static void check_insists(void)
{
	check_one();
	MODEL_CHECK(dismissed == 0);
}

static void check_dismissed(void)
{
	check();
	MODEL_CHECK(taken == 0);
}

/* clang-format off */
#define T(function) { .name = #function, .run = (function) }
#define THREAD(title, end, switches, ...) \
	{ .name = "thread, " title, .setup = setup, .check = (end), .preemptions = (switches), \
		.threads = { __VA_ARGS__ } }

static const struct model models[] = {
	THREAD("give", check_given, 3, T(wait_for_ever), T(give)),
	THREAD("deadline", check_one, 3, T(wait_in_time), T(give)),
	THREAD("leave, stop", check, 3, T(look_in), T(stop)),
	THREAD("stop", check_dismissed, 3, T(wait_for_ever), T(stop)),
	THREAD("give, stop", check_one, 2, T(wait_for_ever), T(give), T(stop)),
	THREAD("insist, stop", check_insists, 2, T(insist), T(give), T(stop)),
	THREAD("deadline, stop", check_dismissed, 2, T(wait_in_time), T(stop)),
	THREAD("two, stop", check_dismissed, 1, T(wait_for_ever), T(wait_for_ever), T(stop)),
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
