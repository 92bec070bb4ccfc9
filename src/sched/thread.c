/* SPDX-License-Identifier: MIT */
#include "sched/thread.h"

#include <errno.h>

#include "base/clock.h"
#include "base/lock.h"
#include "context/sanitizer.h"
#include "sched/ready.h"
#include "sched/timer.h"
#include "sched/worker.h"

static uint32_t inside;

static struct {
	struct gr_lock lock;
	struct gr_list list;
	unsigned count;
} waiting = { .list = GR_LIST_INIT(waiting.list) };

bool gr_thread_enter(bool in_any_case)
{
	gr_fetch_add_seq_cst(&inside, 1u); /* H1 */
	if (gr_load_seq_cst(&gr_sched.state) == GR_SCHED_RUNNING || in_any_case)
		return true;
	gr_thread_leave();
	return false;
}

void gr_thread_leave(void)
{
	gr_fetch_sub_seq_cst(&inside, 1u);
	if (gr_load_seq_cst(&gr_sched.state) == GR_SCHED_STOPPING) {
		gr_fetch_add_release(&gr_sched.stop_event, 1u);
		gr_os_futex_wake(&gr_sched.stop_event, 1);
	}
}

unsigned gr_thread_count(void)
{
	return gr_load_seq_cst(&inside);
}

unsigned gr_thread_waiting(void)
{
	return gr_load_relaxed(&waiting.count);
}

void gr_thread_init(struct gr_thread *t, bool stubborn)
{
	*t = (struct gr_thread){ .stubborn = stubborn, .wait.kind = GR_WAIT_THREAD };
}

/* Enters the list, unless the runtime stops: then it claims itself (H2). */
static void enlist(struct gr_thread *t, uint64_t seq)
{
	bool dismissed;

	gr_lock_acquire(&waiting.lock);
	gr_list_push_back(&waiting.list, &t->link);
	gr_store_relaxed(&waiting.count, waiting.count + 1);
	dismissed = gr_load_relaxed(&gr_sched.state) != GR_SCHED_RUNNING && !t->stubborn;
	gr_lock_release(&waiting.lock);
	if (dismissed && gr_wait_claim(&t->wait, seq, -EPERM))
		gr_thread_deliver(&t->wait);
}

static void delist(struct gr_thread *t)
{
	gr_lock_acquire(&waiting.lock);
	gr_list_remove(&t->link);
	gr_store_relaxed(&waiting.count, waiting.count - 1);
	gr_lock_release(&waiting.lock);
}

static void time_out(struct gr_thread *t, uint64_t seq)
{
	if (gr_wait_claim(&t->wait, seq, -ETIMEDOUT))
		gr_thread_deliver(&t->wait);
}

static void sleep_until(struct gr_thread *t, uint64_t seq, int64_t deadline)
{
	while (gr_load_acquire(&t->futex) == 0) /* pairs with the release in deliver */
		if (!gr_chaos(GR_CHAOS_WAKE, 8) &&
			gr_os_futex_wait(&t->futex, 0, deadline) == -ETIMEDOUT) {
			time_out(t, seq);
			deadline = INT64_MAX; /* somebody has claimed it: await delivery */
		}
}

static void on_time(struct gr_timer *timer, void *arg, int64_t now)
{
	struct gr_thread *t = arg;

	(void)timer;
	(void)now;
	time_out(t, gr_wait_seq(gr_load_relaxed(&t->wait.word)));
}

/* The kernel knows nothing of the virtual clock, a timer does. */
static void sleep_until_virtual(struct gr_thread *t, uint64_t seq, int64_t deadline)
{
	struct gr_timer *timer = gr_timer_make(on_time, t);

	if (timer == NULL || gr_timer_arm(timer, deadline) != 0)
		time_out(t, seq); /* out of memory: as if it had passed */
	sleep_until(t, seq, INT64_MAX);
	if (timer != NULL) {
		gr_timer_disarm(timer);
		gr_timer_free(timer);
	}
}

int gr_thread_park(
	struct gr_thread *t, uint64_t seq, int64_t deadline, void (*unlock)(void *), void *arg)
{
	enlist(t, seq);
	gr_pending_unlock(unlock, arg);
	if (deadline != INT64_MAX && gr_clock_is_virtual())
		sleep_until_virtual(t, seq, deadline);
	else
		sleep_until(t, seq, deadline);
	gr_fiber_acquire(&t->wait);
	delist(t);
	gr_store_relaxed(&t->futex, 0u);
	gr_wait_end(&t->wait);
	return t->wait.outcome;
}

void gr_thread_deliver(struct gr_wait *w)
{
	struct gr_thread *t = gr_container_of(w, struct gr_thread, wait);

	gr_fiber_release(w);
	GR_CHECK(!gr_wait_deliver(w));   /* never PARKED, so never ours to push */
	gr_store_release(&t->futex, 1u); /* H3: the last access */
	gr_os_futex_wake(&t->futex, 1);
}

void gr_thread_dismiss(void)
{
	gr_lock_acquire(&waiting.lock);
	for (struct gr_list *l = waiting.list.next; l != &waiting.list; l = l->next) {
		struct gr_thread *t = gr_container_of(l, struct gr_thread, link);
		/* Relaxed: it is another one only when the thread has been off the list. */
		uint64_t seq = gr_wait_seq(gr_load_relaxed(&t->wait.word));

		if (!t->stubborn && gr_wait_claim(&t->wait, seq, -EPERM))
			gr_thread_deliver(&t->wait); /* it can't leave before it is off the list */
	}
	gr_lock_release(&waiting.lock);
}
