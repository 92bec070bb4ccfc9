/* SPDX-License-Identifier: MIT */
/* park_model.c: wait word, wait queue, park, cancel: whoever claims, claims once; no wake-up is
 * lost; nothing is touched once it may be gone (wait.h, waitq.h, park.c, cancel.c).
 *
 * Coroutines take from an object that others give to, close, or keep them from. Whoever is woken
 * through a node frees the object at once, where nobody else will come. */
#include <errno.h>

#include "house.h"
#include "sched/cancel.h"
#include "sched/waitq.h"

struct object {
	struct gr_lock lock;
	struct gr_waitq waiting;
	unsigned stock;
	unsigned closed;
};

static struct object *object;
static struct gr_coro *taker;
static uint64_t taker_life;
static unsigned taken, gave_up;
static bool only_one; /* the taker is the last to come */

static void unlock(void *o)
{
	gr_lock_release(&((struct object *)o)->lock);
}

/* What every call that may wait does (park.h). The outcome, and what was taken in *elem. */
static int take(int64_t deadline, unsigned *elem, bool locked)
{
	struct gr_waitnode node = { .elem = elem };
	struct gr_caller me;
	int rc;

	MODEL_CHECK(gr_caller_is_coro(&me));
	if (gr_cancelled(me.co))
		return -ECANCELED;
	gr_lock_acquire(&object->lock);
	if (object->stock != 0 || object->closed) {
		rc = object->stock != 0 ? 0 : -EPIPE;
		if (rc == 0)
			*elem = object->stock--;
		gr_lock_release(&object->lock);
		return rc;
	}
	node.wait = me.wait;
	node.seq = gr_park_begin(&me);
	gr_waitq_push(&object->waiting, &node);
	rc = locked ? gr_park_locked(&me, deadline, unlock, object, "take", object) :
		      gr_park(&me, deadline, unlock, object, "take", object);
	if (me.wait->node == NULL) {
		gr_lock_acquire(&object->lock);
		gr_waitq_remove(&object->waiting, &node);
		gr_lock_release(&object->lock);
	}
	return rc;
}

/* Coroutines ------------------------------------------------------------------------------ */

static void settle(int rc, unsigned elem)
{
	if (rc == 0) {
		MODEL_CHECK(elem != 0);
		gr_fetch_add_relaxed(&taken, 1);
	} else {
		MODEL_CHECK(rc == -ECANCELED || rc == -ETIMEDOUT || rc == -EPIPE);
		gr_fetch_add_relaxed(&gave_up, 1);
	}
	if (only_one && (rc == 0 || rc == -EPIPE))
		model_free(object); /* D4 */
}

static void take_one(void *arg)
{
	unsigned elem = 0;
	int rc;

	(void)arg;
	rc = take(INT64_MAX, &elem, true);
	settle(rc, elem);
}

static void take_in_time(void *arg)
{
	unsigned elem = 0;
	int rc;

	(void)arg;
	rc = take(1, &elem, true);
	settle(rc, elem);
}

/* Nothing is known of the lock: the slower way through the commit. */
static void take_unlocked(void *arg)
{
	unsigned elem = 0;
	int rc;

	(void)arg;
	rc = take(INT64_MAX, &elem, false);
	settle(rc, elem);
}

/* The deadline of the first wait may come in the second, which has none. */
static void take_twice(void *arg)
{
	unsigned elem = 0;
	int rc = take(1, &elem, true);

	(void)arg;
	settle(rc, elem);
	rc = take(INT64_MAX, &elem, true);
	MODEL_CHECK(rc == 0);
	settle(rc, elem);
}

/* Comes back after a broadcast, and may be claimed by the closer while the broadcaster is still at
 * work. */
static void take_until_closed(void *arg)
{
	unsigned elem = 0;
	int rc;

	(void)arg;
	do
		rc = take(INT64_MAX, &elem, true);
	while (rc == -EAGAIN);
	settle(rc, elem);
}

/* In the place of the one that has just ended, and was to be cancelled. */
static void end(void *arg)
{
	(void)arg;
}

static void begin_another(void *arg)
{
	(void)arg;
	house_spawn_here(take_one, NULL);
}

static void yield(void *arg)
{
	(void)arg;
	gr_park_yield();
}

/* Others ---------------------------------------------------------------------------------- */

static void give(void *arg)
{
	struct gr_waitnode *n;
	struct gr_wait *wait;

	(void)arg;
	gr_lock_acquire(&object->lock);
	n = gr_waitq_claim(&object->waiting, 0, &wait);
	if (n == NULL) {
		object->stock++;
		gr_lock_release(&object->lock);
		return;
	}
	*(unsigned *)n->elem = 1;
	gr_lock_release(&object->lock);
	gr_wake(gr_current_worker(), wait);
}

static void give_two(void *arg)
{
	give(arg);
	give(arg);
}

static void wake_all(int outcome)
{
	struct gr_wait *claimed;

	gr_lock_acquire(&object->lock);
	if (outcome == -EPIPE)
		object->closed = 1;
	claimed = gr_waitq_claim_all(&object->waiting, outcome);
	gr_lock_release(&object->lock);
	gr_waitq_wake_all(gr_current_worker(), claimed);
}

static void close_all(void *arg)
{
	(void)arg;
	wake_all(-EPIPE);
}

static void broadcast(void *arg)
{
	(void)arg;
	wake_all(-EAGAIN);
}

static void cancel(void *arg)
{
	int rc = gr_cancel(taker, taker_life);

	(void)arg;
	MODEL_CHECK(rc == 0 || rc == -ESRCH);
}

static void cancel_all(void *arg)
{
	(void)arg;
	gr_cancel_all();
}

/* ----------------------------------------------------------------------------------------- */

static void furnish(unsigned workers, void (*first)(void *))
{
	house_open(workers);
	object = model_alloc(sizeof(*object));
	model_name(&object->lock, sizeof(object->lock), "lock");
	model_name(object, sizeof(*object), "object");
	taker = house_spawn(0, first, NULL, "taker's word");
	taker_life = gr_load_relaxed(&taker->life);
}

HOUSE_SETUP(cancel, 1, take_one)
HOUSE_SETUP(cancel_unlocked, 1, take_unlocked)
HOUSE_SETUP(deadline, 1, take_in_time)
HOUSE_SETUP(late_deadline, 1, take_twice)
HOUSE_SETUP(until_closed, 1, take_until_closed)

static void setup_one(void)
{
	setup_cancel();
	only_one = true;
}

static void setup_unlocked(void)
{
	setup_cancel_unlocked();
	only_one = true;
}

static void setup_two(void)
{
	furnish(2, take_one);
	house_spawn(1, take_one, NULL, "other's word");
}

static void setup_coroutine(void)
{
	furnish(2, take_one);
	house_spawn(1, give, NULL, "giver's word");
	only_one = true;
}

/* … and claims it before its commit, which holds no lock any more. */
static void setup_coroutine_unlocked(void)
{
	furnish(2, take_unlocked);
	house_spawn(1, give, NULL, "giver's word");
	only_one = true;
}

/* Whoever finds it in the mail runs it, and needs its registers: the commit was the other's, and
 * the timer holds no lock that came after it. */
HOUSE_SETUP(deadline_elsewhere, 2, take_in_time)

static void setup_late_cancel(void)
{
	furnish(1, end);
	house_spawn(0, begin_another, NULL, "beginner's word");
	only_one = true;
}

static void setup_yield(void)
{
	furnish(1, yield);
	house_spawn(0, end, NULL, "other's word");
}

/* While the other runs, who yielded is work for anybody. */
static void check_yielded(void)
{
	house_close();
	MODEL_CHECK(house_notified == 1);
}

static void check_one(void)
{
	house_close();
	MODEL_CHECK(taken == 1 && gave_up == 0);
}

/* Two were given, and of two who came one may have given up. */
static void check_two_given(void)
{
	house_close();
	MODEL_CHECK(taken + gave_up == 2);
	MODEL_CHECK(taken + object->stock == 2);
	MODEL_CHECK(gr_waitq_empty(&object->waiting));
}

static void check_closed(void)
{
	house_close();
	MODEL_CHECK(taken == 0 && gave_up == 1);
}

/* Given and cancelled: what was given is taken, or still there. */
static void check_nothing_lost(void)
{
	house_close();
	MODEL_CHECK(taken + gave_up == 1);
	MODEL_CHECK(taken + object->stock == 1);
	MODEL_CHECK(gr_waitq_empty(&object->waiting));
}

static void check_given_up(void)
{
	house_close();
	MODEL_CHECK(taken == 0 && gave_up == 1);
	MODEL_CHECK(gr_waitq_empty(&object->waiting));
}

static void check_two_gave_up(void)
{
	house_close();
	MODEL_CHECK(taken == 0 && gave_up == 2);
	MODEL_CHECK(gr_waitq_empty(&object->waiting));
}

/* clang-format off */
#define T(function) { .name = #function, .run = (function) }
#define PARK(title, start, end, ...) \
	{ .name = (title), .setup = (start), .check = (end), .threads = { __VA_ARGS__ } }

static const struct model models[] = {
	PARK("park, give, free", setup_one, check_one, HOUSE_WORKER(0), T(give)),
	PARK("park, close, free", setup_one, check_closed, HOUSE_WORKER(0), T(close_all)),
	PARK("park unlocked, give, free", setup_unlocked, check_one, HOUSE_WORKER(0), T(give)),
	PARK("park, cancel", setup_cancel, check_given_up, HOUSE_WORKER(0), T(cancel)),
	PARK("park, cancel all", setup_cancel, check_given_up, HOUSE_WORKER(0), T(cancel_all)),
	PARK("park, late cancel", setup_late_cancel, check_one,
		HOUSE_WORKER(0), T(give), T(cancel)),
	PARK("park unlocked, cancel", setup_cancel_unlocked, check_given_up,
		HOUSE_WORKER(0), T(cancel)),
	PARK("park, deadline", setup_deadline, check_given_up, HOUSE_WORKER(0), HOUSE_TIMER),
	PARK("park, deadline elsewhere", setup_deadline_elsewhere, check_given_up,
		HOUSE_WORKER(0), HOUSE_WORKER(1), HOUSE_TIMER),
	PARK("park, give, cancel", setup_cancel, check_nothing_lost,
		HOUSE_WORKER(0), T(give), T(cancel)),
	PARK("park, give, deadline", setup_deadline, check_nothing_lost,
		HOUSE_WORKER(0), T(give), HOUSE_TIMER),
	PARK("park, late deadline", setup_late_deadline, check_two_given,
		HOUSE_WORKER(0), T(give_two), HOUSE_TIMER),
	PARK("park, coroutine gives", setup_coroutine, check_one, HOUSE_WORKER(0), HOUSE_WORKER(1)),
	PARK("park unlocked, coroutine gives", setup_coroutine_unlocked, check_one,
		HOUSE_WORKER(0), HOUSE_WORKER(1)),
	PARK("park, broadcast, close", setup_until_closed, check_given_up,
		HOUSE_WORKER(0), T(broadcast), T(close_all)),
	PARK("park, yield", setup_yield, check_yielded, HOUSE_WORKER(0)),
	{ .name = "park, two, give, cancel", .setup = setup_two, .check = check_two_given,
		.preemptions = 1,
		.threads = { HOUSE_WORKER(0), HOUSE_WORKER(1), T(give_two), T(cancel) } },
	{ .name = "park, two, close", .setup = setup_two, .check = check_two_gave_up,
		.preemptions = 1,
		.threads = { HOUSE_WORKER(0), HOUSE_WORKER(1), T(close_all) } },
	{ .name = "park, two, close, cancel", .setup = setup_two, .check = check_two_gave_up,
		.preemptions = 1,
		.threads = { HOUSE_WORKER(0), HOUSE_WORKER(1), T(close_all), T(cancel) } },
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
