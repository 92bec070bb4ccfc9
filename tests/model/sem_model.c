/* SPDX-License-Identifier: MIT */
/* sem_model.c: sync/sem.c: a unit is one caller's, or in the count while nobody waits for it (S1); who
 * gives up takes none with him; and release's last access is the one that lets the next one in, who
 * frees the semaphore at once (S3). */
#include <errno.h>

#include "goro/sem.h"
#include "goro/time.h"
#include "house.h"

#define LATER (INT64_MAX - 1) /* house_timer() lets it pass at any time */

static struct object {
	goro_sem sem;
	unsigned users; /* guarded by the one unit; the last one frees the object */
} * object;

static uint32_t got, given; /* units */

/* As a mutex -------------------------------------------------------------------------------- */

static void leave(void)
{
	bool last = --object->users == 0;

	goro_sem_release(&object->sem);
	if (last)
		model_free(object);
}

static void use(void *unused)
{
	(void)unused;
	MODEL_CHECK(goro_sem_acquire(&object->sem) == 0);
	leave();
}

static void use_twice(void *unused)
{
	use(unused);
	use(unused);
}

static void try_to_use(void *unused)
{
	(void)unused;
	while (goro_sem_try_acquire(&object->sem) != 0)
		model_spin();
	leave();
}

/* As a count -------------------------------------------------------------------------------- */

static void acquire_until(int64_t deadline)
{
	int rc = goro_sem_acquire_until(&object->sem, deadline);

	MODEL_CHECK(rc == 0 || rc == -ETIMEDOUT || rc == -ECANCELED);
	if (rc == 0)
		gr_fetch_add_relaxed(&got, 1u);
}

static void acquire(void *unused)
{
	(void)unused;
	MODEL_CHECK(goro_sem_acquire(&object->sem) == 0);
	gr_fetch_add_relaxed(&got, 1u);
}

static void acquire_in_time(void *unused)
{
	(void)unused;
	acquire_until(LATER);
}

static void acquire_unless_cancelled(void *unused)
{
	(void)unused;
	acquire_until(GORO_FOREVER);
}

static void try_to_acquire(void *unused)
{
	int rc = goro_sem_try_acquire(&object->sem);

	(void)unused;
	MODEL_CHECK(rc == 0 || rc == -EAGAIN);
	if (rc == 0)
		gr_fetch_add_relaxed(&got, 1u);
}

static void release(void *unused)
{
	(void)unused;
	gr_fetch_add_relaxed(&given, 1u);
	goro_sem_release(&object->sem);
}

static void release_two(void *unused)
{
	release(unused);
	release(unused);
}

/* ------------------------------------------------------------------------------------------- */

/* One coroutine on each worker. */
static void furnish(unsigned units, unsigned users, void (*first)(void *), void (*second)(void *))
{
	house_open(2);
	gr_store_relaxed(&gr_sched.open, true);
	object = model_alloc(sizeof(*object));
	object->sem = (goro_sem)GORO_SEM_INIT(units);
	object->users = users;
	model_name(&object->sem.word_, sizeof(object->sem.word_), "semaphore");
	model_name(object, sizeof(*object), "object");
	house_spawn(0, first, NULL, "first's word");
	if (second != NULL)
		house_spawn(1, second, NULL, "second's word");
}

static void setup_two(void)
{
	furnish(1, 2, use, NULL);
}

static void setup_three(void)
{
	furnish(1, 3, use, NULL);
}

static void setup_late(void)
{
	furnish(0, 0, acquire_in_time, NULL);
}

static void setup_cancelled(void)
{
	furnish(0, 0, acquire_unless_cancelled, NULL);
}

static void setup_late_in_front(void)
{
	furnish(0, 0, acquire_in_time, acquire);
}

static void setup_cancelled_in_front(void)
{
	furnish(0, 0, acquire_unless_cancelled, acquire);
}

/* Each unit was got, or is still there, and nobody is in line. */
static void check_count(void)
{
	house_close();
	MODEL_CHECK(object->sem.word_ == (uint64_t)(given - got) << 8);
	MODEL_CHECK(object->sem.head_ == NULL);
}

/* clang-format off */
#define T(function) { .name = #function, .run = (function) }
#define SEM(title, start, end, switches, olds, ...) \
	{ .name = "sem, " title, .setup = (start), .check = (end), .preemptions = (switches), \
		.stale = (olds), .threads = { HOUSE_WORKER(0), __VA_ARGS__ } }

static const struct model models[] = {
	SEM("two, the last frees", setup_two, house_close, 3, 1, T(use)),
	SEM("three, the last frees", setup_three, house_close, 1, 1, T(use), T(use)),
	SEM("one comes back", setup_three, house_close, 3, 1, T(use_twice)),
	SEM("try", setup_three, house_close, 1, 1, T(use), T(try_to_use)),
	SEM("deadline", setup_late, check_count, 1, 1, T(release), HOUSE_TIMER),
	SEM("cancel", setup_cancelled, check_count, 2, 1, T(release), T(house_cancel)),
	SEM("deadline in front", setup_late_in_front, check_count, MODEL_NONE, 1,
		HOUSE_WORKER(1), T(release_two), HOUSE_TIMER),
	SEM("cancel in front", setup_cancelled_in_front, check_count, 1, MODEL_NONE,
		HOUSE_WORKER(1), T(release_two), T(house_cancel)),
	SEM("who tries does not overtake", setup_late, check_count, 1, MODEL_NONE,
		T(release_two), T(try_to_acquire), HOUSE_TIMER),
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
