/* SPDX-License-Identifier: MIT */
/* once_model.c: sync/once.c: one caller does it (O1), the others come back when it is done and have
 * seen what was done, nobody is left waiting (O2), and who did it touches nothing afterwards: the last
 * of the others frees the once (O4). */
#include <errno.h>

#include "goro/once.h"
#include "house.h"
#include "sync/waitline.h"

#define MANY 100u /* more callers than come: it is not freed */

static goro_once *once;
static unsigned made;   /* plain: written by who does it, read by all */
static uint32_t others; /* who come, but for the one who does it */

static void make(void *mine)
{
	made++;
	*(bool *)mine = true;
}

/* The count orders the others among themselves, and not with who did it. */
static void leave(bool mine)
{
	MODEL_CHECK(made == 1);
	if (!mine && gr_fetch_sub_acq_rel(&others, 1u) == 1)
		model_free(once);
}

static void call(void *unused)
{
	bool mine = false;

	(void)unused;
	MODEL_CHECK(goro_once_do(once, make, &mine) == 0);
	leave(mine);
}

static void call_unless_cancelled(void *unused)
{
	bool mine = false;
	int rc = goro_once_do(once, make, &mine);

	(void)unused;
	MODEL_CHECK(rc == 0 || rc == -ECANCELED);
	if (rc == 0)
		leave(mine);
}

static void call_twice(void *unused)
{
	call(unused);
	call(unused);
}

/* ------------------------------------------------------------------------------------------- */

/* One coroutine on each worker. */
static void furnish(unsigned callers, void (*first)(void *), void (*second)(void *))
{
	house_open(2);
	gr_store_relaxed(&gr_sched.open, true);
	once = model_alloc(sizeof(*once));
	others = callers - 1;
	model_name(once, sizeof(*once), "once");
	house_spawn(0, first, NULL, "first's word");
	if (second != NULL)
		house_spawn(1, second, NULL, "second's word");
}

HOUSE_SETUP(two, 2, call, NULL)
HOUSE_SETUP(three, 3, call, NULL)
HOUSE_SETUP(two_coroutines, 3, call, call)
HOUSE_SETUP(again, MANY, call, NULL)
HOUSE_SETUP(cancelled, MANY, call_unless_cancelled, NULL)
HOUSE_SETUP(cancelled_in_front, MANY, call_unless_cancelled, call)

static void check_freed(void)
{
	house_close();
	MODEL_CHECK(made == 1 && others == 0);
}

static void check_kept(void)
{
	house_close();
	MODEL_CHECK(made == 1 && once->head_ == NULL);
	MODEL_CHECK((once->word_ & (GR_BITLOCK | GR_LINE_WAITERS)) == 0);
}

/* clang-format off */
#define T(function) { .name = #function, .run = (function) }
#define ONCE(title, start, end, switches, olds, ...) \
	{ .name = "once, " title, .setup = (start), .check = (end), .preemptions = (switches), \
		.stale = (olds), .threads = { HOUSE_WORKER(0), __VA_ARGS__ } }

static const struct model models[] = {
	ONCE("two", setup_two, check_freed, 3, 1, T(call)),
	ONCE("three", setup_three, check_freed, 2, 1, T(call), T(call)),
	ONCE("two coroutines", setup_two_coroutines, check_freed, 2, MODEL_NONE,
		HOUSE_WORKER(1), T(call)),
	ONCE("again", setup_again, check_kept, 3, 1, T(call_twice)),
	ONCE("cancel", setup_cancelled, check_kept, 2, 1, T(call), T(house_cancel)),
	ONCE("cancel in front", setup_cancelled_in_front, check_kept, 1, MODEL_NONE,
		HOUSE_WORKER(1), T(call), T(house_cancel)),
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
