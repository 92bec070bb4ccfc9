/* SPDX-License-Identifier: MIT */
/* barrier_model.c: sync/barrier.c: nobody goes on before all have come, and then all have seen what each
 * did before; of a round all succeed or nobody (B2, B3); the next round finds it empty (B4); and the
 * last one's unlock is his last access: whom he lets go frees it at once (B5). */
#include <errno.h>

#include "goro/barrier.h"
#include "goro/time.h"
#include "house.h"

#define ROUNDS 4u              /* of meet_twice() */
#define LATER  (INT64_MAX - 1) /* house_timer() lets it pass at any time */

static goro_barrier *barrier;
static unsigned parties;    /* constant */
static unsigned came[3];    /* plain: each party's own, read by all between two rounds */
static uint32_t sleepers;   /* of the one round after which it is freed */
static uint32_t went, last; /* who succeeded; who were told that they were the last */

static void see_all(unsigned round)
{
	for (unsigned i = 0; i < parties; i++)
		MODEL_CHECK(came[i] == round);
}

static void count(int rc)
{
	MODEL_CHECK(rc == 0 || rc == 1);
	gr_fetch_add_relaxed(&went, 1u);
	gr_fetch_add_relaxed(&last, (uint32_t)rc);
}

/* The count orders the sleepers among themselves, and not with the last one. */
static void meet_once(void *number)
{
	int rc;

	came[(uintptr_t)number]++;
	rc = goro_barrier_wait(barrier);
	count(rc);
	see_all(1);
	if (rc == 0 && gr_fetch_sub_acq_rel(&sleepers, 1u) == 1)
		model_free(barrier);
}

/* Between the two waits of a round all look, and nobody writes. */
static void meet_twice(void *number)
{
	for (unsigned round = 1; round <= 2; round++) {
		came[(uintptr_t)number]++;
		count(goro_barrier_wait(barrier));
		see_all(round);
		count(goro_barrier_wait(barrier));
	}
}

static void meet_until(uintptr_t number, int64_t deadline)
{
	int rc;

	came[number]++;
	rc = goro_barrier_wait_until(barrier, deadline);
	if (rc >= 0) {
		count(rc);
		see_all(1);
	} else {
		MODEL_CHECK(rc == -ETIMEDOUT || rc == -ECANCELED);
	}
}

static void meet_in_time(void *number)
{
	meet_until((uintptr_t)number, LATER);
}

static void meet_unless_cancelled(void *number)
{
	meet_until((uintptr_t)number, GORO_FOREVER);
}

/* Whose deadline has passed is counted in if he is the last, and else has been there for nobody. */
static void meet_too_late(void *number)
{
	meet_until((uintptr_t)number, 0);
}

/* ------------------------------------------------------------------------------------------- */

/* One coroutine on each worker, numbers 0 and 1. */
static void furnish(unsigned n, void (*first)(void *), void (*second)(void *))
{
	house_open(2);
	barrier = model_alloc(sizeof(*barrier));
	*barrier = (goro_barrier)GORO_BARRIER_INIT(n);
	parties = n;
	sleepers = n - 1;
	model_name(&barrier->word_, sizeof(barrier->word_), "barrier");
	house_spawn(0, first, (void *)0, "first's word");
	if (second != NULL)
		house_spawn(1, second, (void *)1, "second's word");
}

HOUSE_SETUP(two, 2, meet_once, NULL)
HOUSE_SETUP(three, 3, meet_once, NULL)
HOUSE_SETUP(two_coroutines, 3, meet_once, meet_once)
HOUSE_SETUP(two_rounds, 2, meet_twice, NULL)
HOUSE_SETUP(late, 2, meet_in_time, NULL)
HOUSE_SETUP(late_in_front, 3, meet_in_time, meet_in_time)
HOUSE_SETUP(cancelled, 2, meet_unless_cancelled, NULL)

static void check_freed(void)
{
	house_close();
	MODEL_CHECK(went == parties && last == 1);
}

static void check_rounds(void)
{
	house_close();
	MODEL_CHECK(went == ROUNDS * parties && last == ROUNDS);
	MODEL_CHECK(barrier->word_ == 0 && barrier->head_ == NULL);
}

static void check_all_or_none(void)
{
	house_close();
	MODEL_CHECK((went == parties && last == 1) || (went == 0 && last == 0));
	MODEL_CHECK(barrier->word_ == 0 && barrier->head_ == NULL);
}

/* clang-format off */
#define T(function, number) { .name = #function, .run = (function), .arg = (void *)number }
#define BARRIER(title, start, end, switches, olds, ...) \
	{ .name = "barrier, " title, .setup = (start), .check = (end), .preemptions = (switches), \
		.stale = (olds), .threads = { HOUSE_WORKER(0), __VA_ARGS__ } }

static const struct model models[] = {
	BARRIER("two", setup_two, check_freed, 3, 1, T(meet_once, 1)),
	BARRIER("three", setup_three, check_freed, 2, MODEL_NONE, T(meet_once, 1), T(meet_once, 2)),
	BARRIER("two coroutines", setup_two_coroutines, check_freed, 2, MODEL_NONE,
		HOUSE_WORKER(1), T(meet_once, 2)),
	BARRIER("rounds", setup_two_rounds, check_rounds, 2, 1, T(meet_twice, 1)),
	BARRIER("deadline", setup_late, check_all_or_none, 1, 1, T(meet_in_time, 1), HOUSE_TIMER),
	BARRIER("deadline in front", setup_late_in_front, check_all_or_none, MODEL_NONE, MODEL_NONE,
		HOUSE_WORKER(1), T(meet_in_time, 2), HOUSE_TIMER),
	BARRIER("too late", setup_late, check_all_or_none, 1, 1, T(meet_too_late, 1), HOUSE_TIMER),
	BARRIER("cancel", setup_cancelled, check_all_or_none, 2, 1, T(meet_in_time, 1), T(house_cancel, 0)),
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
