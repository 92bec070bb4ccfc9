/* SPDX-License-Identifier: MIT */
/* waitgroup_model.c: sync/waitgroup.c: a wait comes back when all are done, has seen what they did,
 * and may end with its frame, in which the waitgroup lies (G2). */
#include <errno.h>

#include "goro/time.h"
#include "goro/waitgroup.h"
#include "house.h"

#define LATER (INT64_MAX - 1) /* house_timer() lets it pass at any time */

static goro_waitgroup *group;
static unsigned work[2]; /* plain memory: each is written before a done() */
static bool shared;      /* constant: it is not the waiter's own */

static void see_all(void)
{
	MODEL_CHECK(work[0] == 1 && work[1] == 1);
	if (!shared)
		model_free(group);
}

static void wait(void *unused)
{
	(void)unused;
	MODEL_CHECK(goro_waitgroup_wait(group) == 0);
	see_all();
}

static void wait_until(int64_t deadline)
{
	int rc = goro_waitgroup_wait_until(group, deadline);

	MODEL_CHECK(rc == 0 || rc == -ETIMEDOUT || rc == -ECANCELED);
	if (rc == 0)
		see_all();
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

static void done(void *number)
{
	work[(uintptr_t)number] = 1;
	goro_waitgroup_done(group);
}

static void do_both(void *unused)
{
	(void)unused;
	work[0] = 1;
	goro_waitgroup_add(group, -1);
	done((void *)1);
}

/* ------------------------------------------------------------------------------------------- */

static void furnish(void (*first)(void *), void (*second)(void *))
{
	house_open(2);
	group = model_alloc(sizeof(*group));
	goro_waitgroup_add(group, 2);
	model_name(group, sizeof(*group), "waitgroup");
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
	shared = true;
	furnish(wait, wait);
}

static void setup_late(void)
{
	shared = true;
	furnish(wait_in_time, NULL);
}

static void setup_cancelled(void)
{
	shared = true;
	furnish(wait_unless_cancelled, NULL);
}

static void check(void)
{
	house_close();
	if (shared)
		MODEL_CHECK(group->word_ == 0 && group->head_ == NULL);
}

/* clang-format off */
#define DONE(number) { .name = "done " #number, .run = done, .arg = (void *)number }
#define T(function)  { .name = #function, .run = (function) }
#define GROUP(title, start, switches, ...) \
	{ .name = "waitgroup, " title, .setup = (start), .check = check, \
		.preemptions = (switches), .threads = { HOUSE_WORKER(0), __VA_ARGS__ } }

static const struct model models[] = {
	GROUP("ends with the wait", setup_one, 3, T(do_both)),
	GROUP("two do", setup_one, 2, DONE(0), DONE(1)),
	GROUP("two wait", setup_two, 1, HOUSE_WORKER(1), T(do_both)),
	GROUP("cancel", setup_cancelled, 2, T(do_both), T(house_cancel)),
	GROUP("deadline", setup_late, 1, T(do_both), HOUSE_TIMER),
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
