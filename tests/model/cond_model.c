/* SPDX-License-Identifier: MIT */
/* cond_model.c: sync/cond.c: who signals after a change finds whoever has not seen the change (C1, C4); a
 * signal goes to one who takes it (C2); the call comes back with the mutex (C3); and the unlock is a
 * signal's last access, so the cond may end with whom it woke (C5). */
#include <errno.h>

#include "goro/cond.h"
#include "goro/time.h"
#include "house.h"

#define LATER (INT64_MAX - 1) /* house_timer() lets it pass at any time */

static struct object {
	goro_mutex mutex;
	unsigned ready, waits; /* guarded */
} * object;

static goro_cond *cond;

/* The model's time stands still. */
int64_t gr_now(void)
{
	return 1;
}

bool gr_clock_is_virtual(void)
{
	return false;
}

static void lock(void)
{
	MODEL_CHECK(goro_mutex_lock(&object->mutex) == 0);
}

static void unlock(void)
{
	goro_mutex_unlock(&object->mutex);
}

/* Coroutines ------------------------------------------------------------------------------- */

static void wait(void *unused)
{
	(void)unused;
	lock();
	while (!object->ready)
		MODEL_CHECK(goro_cond_wait(cond, &object->mutex) == 0);
	unlock();
}

/* Whoever takes the signal passes it on; who gives up has not taken it. */
static void wait_until(int64_t deadline)
{
	int rc = 0;

	if (goro_mutex_lock(&object->mutex) != 0)
		return; /* cancelled before it began */
	while (!object->ready && rc == 0)
		rc = goro_cond_wait_until(cond, &object->mutex, deadline);
	MODEL_CHECK(rc == 0 || rc == -ETIMEDOUT || rc == -ECANCELED);
	object->waits++; /* guarded, whatever it said (C3) */
	unlock();
	if (rc == 0)
		goro_cond_signal(cond);
}

static void wait_in_time(void *unused)
{
	(void)unused;
	wait_until(LATER);
}

static void wait_unless_cancelled(void *unused)
{
	(void)unused;
	wait_until(GORO_FOREVER);
}

/* Once it is in line, what wakes it is the one signal; then the cond is gone. */
static void wait_and_free(void *unused)
{
	(void)unused;
	lock();
	object->waits = 1;
	MODEL_CHECK(goro_cond_wait(cond, &object->mutex) == 0);
	unlock();
	model_free(cond);
}

/* Others ----------------------------------------------------------------------------------- */

static void set_ready(void)
{
	lock();
	object->ready = 1;
	unlock();
}

static void signal_later(void *unused)
{
	(void)unused;
	set_ready();
	goro_cond_signal(cond);
}

static void broadcast_later(void *unused)
{
	(void)unused;
	set_ready();
	goro_cond_broadcast(cond);
}

static bool somebody_is_in_line(void)
{
	bool there;

	lock();
	there = object->waits;
	unlock();
	return there;
}

static void signal_who_waits(void *unused)
{
	(void)unused;
	while (!somebody_is_in_line())
		model_spin();
	goro_cond_signal(cond);
}

static void broadcast_to_who_waits(void *unused)
{
	(void)unused;
	while (!somebody_is_in_line())
		model_spin();
	goro_cond_broadcast(cond);
}

/* ------------------------------------------------------------------------------------------- */

/* One coroutine on each worker. */
static void furnish(void (*first)(void *), void (*second)(void *))
{
	house_open(2);
	gr_store_relaxed(&gr_sched.open, true);
	object = model_alloc(sizeof(*object));
	cond = model_alloc(sizeof(*cond));
	model_name(&object->mutex.word_, sizeof(object->mutex.word_), "mutex");
	model_name(object, sizeof(*object), "object");
	model_name(cond, sizeof(*cond), "cond");
	house_spawn(0, first, NULL, "first's word");
	if (second != NULL)
		house_spawn(1, second, NULL, "second's word");
}

static void setup_one(void)
{
	furnish(wait, NULL);
}

static void setup_two(void)
{
	furnish(wait, wait);
}

static void setup_late(void)
{
	furnish(wait_in_time, NULL);
}

static void setup_late_in_front(void)
{
	furnish(wait_in_time, wait);
}

static void setup_cancelled(void)
{
	furnish(wait_unless_cancelled, NULL);
}

static void setup_cancelled_in_front(void)
{
	furnish(wait_unless_cancelled, wait);
}

static void setup_freed(void)
{
	furnish(wait_and_free, NULL);
}

static void check(void)
{
	house_close();
	MODEL_CHECK(object->mutex.word_ == 0 && cond->word_ == 0 && cond->head_ == NULL);
}

/* clang-format off */
#define T(function) { .name = #function, .run = (function) }
#define COND(title, start, end, switches, olds, ...) \
	{ .name = "cond, " title, .setup = (start), .check = (end), .preemptions = (switches), \
		.stale = (olds), .threads = { HOUSE_WORKER(0), __VA_ARGS__ } }

static const struct model models[] = {
	COND("signal", setup_one, check, 3, 1, T(signal_later)),
	COND("broadcast", setup_two, check, 1, 1, HOUSE_WORKER(1), T(broadcast_later)),
	COND("deadline", setup_late, check, 1, 1, T(signal_later), HOUSE_TIMER),
	COND("cancel", setup_cancelled, check, 2, 1, T(signal_later), T(house_cancel)),
	COND("deadline in front", setup_late_in_front, check, MODEL_NONE, MODEL_NONE,
		HOUSE_WORKER(1), T(signal_later), HOUSE_TIMER),
	COND("cancel in front", setup_cancelled_in_front, check, 1, MODEL_NONE,
		HOUSE_WORKER(1), T(signal_later), T(house_cancel)),
	COND("signal and end", setup_freed, house_close, 2, 1, T(signal_who_waits)),
	COND("broadcast and end", setup_freed, house_close, 2, 1, T(broadcast_to_who_waits)),
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
