/* SPDX-License-Identifier: MIT */
/* cancel_steps_test.c: a canceller, and what happens before each of its steps: the coroutine ends,
 * another takes its place, its wait is over, somebody else cancels it.
 */
#include "../unit.h"

#include "sched/inject.h"
#include "sched/park.h"

#include "doors.h"

#include "sched/cancel.c"

static struct gr_coro co;
static uint64_t life;

#define LIFE(n) ((uint64_t)(n) << GR_CORO_LIFE_SHIFT | GR_CORO_LIVE)

/* Alive, and asleep. */
static void lie_down(void)
{
	memset(&co, 0, sizeof(co));
	co.life = life = LIFE(7);
	gr_wait_begin(&co.wait, true);
	assert_false(gr_wait_commit(&co.wait));
}

static bool was_woken(void)
{
	unsigned n;
	struct gr_coro *first = gr_inject_pop(1, &n);

	assert_true(first == NULL || first == &co);
	return first != NULL;
}

static void another_cancels(void)
{
	co.life |= GR_CORO_CANCELLED;
}

static void it_ends(void)
{
	co.life &= ~(uint64_t)(GR_CORO_LIVE | GR_CORO_CANCELLED);
}

static void the_next_lives_here(void)
{
	co.life = LIFE(8);
}

static void its_wait_is_over(void)
{
	co.wait.word = gr_wait_seq(co.wait.word) << GR_WAIT_SHIFT;
}

/* fn comes in before the n-th step, for every n there is. After each, check(rc, was it woken?). */
static void at_each_step(void (*fn)(void), void (*check)(int rc, bool woken))
{
	for (unsigned n = 0;; n++) {
		int rc;

		lie_down();
		intruder = fn;
		doors = n;
		rc = gr_cancel(&co, life);
		if (intruder != NULL) {
			intruder = NULL;
			assert_true(n > 3);
			assert_true(was_woken());
			return;
		}
		check(rc, was_woken());
	}
}

static void woken_by_one(int rc, bool woken)
{
	assert_int_equal(rc, 0);
	/* By us, or it was already cancelled, and who did that wakes it. */
	assert_true(woken || gr_wait_state(co.wait.word) == GR_WAIT_PARKED);
	assert_true(co.life & GR_CORO_CANCELLED);
}

static void of_two_cancellers_one_sets_the_flag(void **state)
{
	(void)state;
	at_each_step(another_cancels, woken_by_one);
}

static void gone_or_woken(int rc, bool woken)
{
	assert_true(rc == -ESRCH || rc == 0);
	assert_true(rc == 0 || !woken);
}

static void one_that_has_ended_is_ESRCH_and_left_alone(void **state)
{
	(void)state;
	at_each_step(it_ends, gone_or_woken);
}

/* Once its life is another's, the flag is not set and the wait not claimed. */
static void not_the_next(int rc, bool woken)
{
	gone_or_woken(rc, woken);
	if (co.life == LIFE(8) && !woken)
		assert_int_equal(gr_wait_state(co.wait.word), GR_WAIT_PARKED);
}

static void whoever_has_its_place_now_is_not_cancelled(void **state)
{
	(void)state;
	at_each_step(the_next_lives_here, not_the_next);
}

static void flag_only(int rc, bool woken)
{
	assert_int_equal(rc, 0);
	assert_true(co.life & GR_CORO_CANCELLED);
	if (!woken)
		assert_int_equal(gr_wait_state(co.wait.word), GR_WAIT_RUNNING);
}

static void one_that_runs_again_is_flagged_and_not_woken_twice(void **state)
{
	(void)state;
	at_each_step(its_wait_is_over, flag_only);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_two_cancellers_one_sets_the_flag),
		cmocka_unit_test(one_that_has_ended_is_ESRCH_and_left_alone),
		cmocka_unit_test(whoever_has_its_place_now_is_not_cancelled),
		cmocka_unit_test(one_that_runs_again_is_flagged_and_not_woken_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
