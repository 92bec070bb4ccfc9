/* SPDX-License-Identifier: MIT */
/* mutex_model.c: sync/mutex.c: one at a time, in order; no wake-up is lost, whoever gives up; and
 * unlock's last access is the store that lets the next one in, who frees the mutex at once (M5).
 *
 * The time is the model's: it stands still, or each look at the clock finds that a waiter's
 * patience is over. */
#include <errno.h>

#include "base/clock.h"
#include "goro/mutex.h"
#include "goro/time.h"
#include "house.h"

#define LATER (INT64_MAX - 1) /* house_timer() lets it pass at any time */

static struct object {
	goro_mutex mutex;
	unsigned users; /* guarded; the last one frees the object */
} * object;

static int64_t now = 1;
static bool time_flies; /* constant */

/* Unseen by the engine, since it orders nothing. */
__attribute__((no_sanitize_thread)) int64_t gr_now(void)
{
	if (time_flies)
		now += GORO_SECOND;
	return now;
}

bool gr_clock_is_virtual(void)
{
	return false;
}

/* ------------------------------------------------------------------------------------------- */

static void leave(void)
{
	bool last = --object->users == 0;

	goro_mutex_unlock(&object->mutex);
	if (last)
		model_free(object);
}

static void lock(void *unused)
{
	(void)unused;
	MODEL_CHECK(goro_mutex_lock(&object->mutex) == 0);
	leave();
}

static void lock_twice(void *unused)
{
	lock(unused);
	lock(unused);
}

static void try_lock(void *unused)
{
	(void)unused;
	while (goro_mutex_try_lock(&object->mutex) != 0)
		model_spin();
	leave();
}

static void lock_until(int64_t deadline)
{
	int rc = goro_mutex_lock_until(&object->mutex, deadline);

	MODEL_CHECK(rc == 0 || rc == -ETIMEDOUT || rc == -ECANCELED);
	if (rc == 0)
		leave();
}

static void lock_in_time(void *unused)
{
	(void)unused;
	lock_until(LATER);
}

static void lock_unless_cancelled(void *unused)
{
	(void)unused;
	lock_until(GORO_FOREVER);
}

/* ------------------------------------------------------------------------------------------- */

/* One coroutine on each worker. */
static void furnish(unsigned users, void (*first)(void *), void (*second)(void *))
{
	house_open(2);
	gr_store_relaxed(&gr_sched.open, true);
	object = model_alloc(sizeof(*object));
	object->users = users;
	model_name(&object->mutex.word_, sizeof(object->mutex.word_), "mutex");
	model_name(object, sizeof(*object), "object");
	house_spawn(0, first, NULL, "first's word");
	if (second != NULL)
		house_spawn(1, second, NULL, "second's word");
}

static void setup_two(void)
{
	furnish(2, lock, NULL);
}

static void setup_three(void)
{
	furnish(3, lock, NULL);
}

static void setup_three_hurry(void)
{
	time_flies = true;
	furnish(3, lock, NULL);
}

static void setup_four_hurry(void)
{
	time_flies = true;
	furnish(4, lock, lock);
}

/* More users than come: it is not freed. */
static void keep(void (*first)(void *), void (*second)(void *))
{
	furnish(100, first, second);
}

static void setup_late(void)
{
	keep(lock_in_time, NULL);
}

static void setup_late_hurry(void)
{
	time_flies = true;
	keep(lock_in_time, NULL);
}

static void setup_cancelled(void)
{
	keep(lock_unless_cancelled, NULL);
}

static void setup_late_in_front(void)
{
	keep(lock_in_time, lock);
}

static void setup_cancelled_in_front(void)
{
	keep(lock_unless_cancelled, lock);
}

static void check_freed(void)
{
	house_close();
}

static void check_free(void)
{
	house_close();
	MODEL_CHECK(object->mutex.word_ == 0 && object->mutex.head_ == NULL);
}

/* clang-format off */
#define T(function) { .name = #function, .run = (function) }
#define MUTEX(title, start, end, switches, ...) \
	{ .name = "mutex, " title, .setup = (start), .check = (end), .preemptions = (switches), \
		.threads = { HOUSE_WORKER(0), __VA_ARGS__ } }

static const struct model models[] = {
	MUTEX("two, the last frees", setup_two, check_freed, 3, T(lock)),
	MUTEX("three, the last frees", setup_three, check_freed, 2, T(lock), T(lock)),
	MUTEX("one comes back", setup_three, check_freed, 3, T(lock_twice)),
	MUTEX("handover", setup_three_hurry, check_freed, 3, T(lock_twice)),
	MUTEX("handover, two wait", setup_four_hurry, check_freed, 2,
		HOUSE_WORKER(1), T(lock_twice)),
	MUTEX("try", setup_three, check_freed, 2, T(lock), T(try_lock)),
	MUTEX("deadline", setup_late, check_free, 2, T(lock_twice), HOUSE_TIMER),
	MUTEX("handover, deadline", setup_late_hurry, check_free, 2, T(lock_twice), HOUSE_TIMER),
	MUTEX("cancel", setup_cancelled, check_free, 2, T(lock_twice), T(house_cancel)),
	MUTEX("deadline of one coming", setup_late_in_front, check_free, 1,
		HOUSE_WORKER(1), T(lock_twice), HOUSE_TIMER),
	MUTEX("cancel of one coming", setup_cancelled_in_front, check_free, 1,
		HOUSE_WORKER(1), T(lock_twice), T(house_cancel)),
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
