/* SPDX-License-Identifier: MIT */
/* idle_test.c: who sleeps, who searches, who watches the clock: the counters by hand, one thread
 * playing all seats. */
#include "../unit.h"

#include "base/clock.h"

#include "seats.h"

#define HOUR (INT64_C(3600) * 1000000000)

static unsigned searchers; /* how many may begin, before one is refused */

static unsigned begin_as_many_as_may(void)
{
	for (searchers = 0; gr_idle_search_begin(); searchers++)
		assert_true(searchers < SEATS);
	return searchers;
}

static void end_all(void)
{
	for (; searchers > 1; searchers--)
		assert_false(gr_idle_search_end());
	if (searchers == 1)
		assert_true(gr_idle_search_end());
	searchers = 0;
}

static void who_is_awake_is_taken_and_not_asleep(void **state)
{
	(void)state;
	assert_int_equal(gr_idle_awake(), SEATS);
	assert_int_equal(gr_idle_sleeping(), 0);
	gr_idle_lie_down(2, false);
	assert_int_equal(gr_idle_awake(), SEATS - 1);
	assert_int_equal(gr_idle_sleeping(), 1);
	assert_false(gr_idle_get_up(2));
	assert_int_equal(gr_idle_awake(), SEATS);
	assert_int_equal(gr_idle_sleeping(), 0);
	gr_idle_leave(3);
	assert_int_equal(gr_idle_awake(), SEATS - 1);
	gr_idle_join(3);
	assert_int_equal(gr_idle_awake(), SEATS);
}

static void at_most_half_of_those_awake_search(void **state)
{
	static const unsigned half[SEATS + 1] = { 0, 1, 1, 2, 2 }; /* of so many, rounded up */

	(void)state;
	for (unsigned awake = SEATS; awake >= 1; awake--) {
		assert_int_equal(gr_idle_awake(), awake);
		assert_int_equal(begin_as_many_as_may(), half[awake]);
		end_all();
		gr_idle_lie_down(awake - 1, false);
	}
	for (unsigned i = 0; i < SEATS; i++)
		assert_false(gr_idle_get_up(i));
}

static void only_the_last_searcher_looks_once_more(void **state)
{
	(void)state;
	assert_true(gr_idle_lie_down(0, false)); /* nobody searches: he is the one */
	assert_true(gr_idle_search_begin());
	assert_false(gr_idle_lie_down(1, false)); /* the searcher will look */
	assert_true(gr_idle_lie_down(2, true));   /* he was it */
	assert_false(gr_idle_get_up(1));
	assert_false(gr_idle_get_up(2));
	assert_false(gr_idle_get_up(0));
	assert_int_equal(begin_as_many_as_may(), 2);
	assert_false(gr_idle_lie_down(0, true)); /* one goes on searching */
	assert_true(gr_idle_lie_down(1, true));
	assert_false(gr_idle_get_up(0));
	assert_false(gr_idle_get_up(1));
	assert_true(gr_idle_search_begin()); /* and nobody is counted as searching now */
	assert_true(gr_idle_search_end());
}

static void the_one_who_lay_down_last_is_woken_and_counts_as_searching(void **state)
{
	uint64_t wakes = gr_idle_wakes();

	(void)state;
	gr_idle_lie_down(0, false);
	gr_idle_lie_down(1, false);
	gr_idle_lie_down(2, false);
	gr_idle_notify();
	assert_int_equal(gr_idle_sleeping(), 2);
	assert_int_equal(gr_idle_wakes(), wakes + 1);
	gr_idle_notify(); /* somebody searches: nobody else is woken */
	gr_idle_notify();
	assert_int_equal(gr_idle_sleeping(), 2);
	assert_true(gr_idle_sleep(2, never, NULL)); /* he was it, and does not sleep */
	assert_false(gr_idle_get_up(0));
	assert_false(gr_idle_get_up(1));
	assert_true(gr_idle_search_end());
}

static void a_notify_finds_nobody_to_wake_where_all_are_awake(void **state)
{
	uint64_t wakes = gr_idle_wakes();

	(void)state;
	gr_idle_notify();
	assert_false(gr_idle_kick());
	assert_int_equal(gr_idle_wakes(), wakes);
	assert_int_equal(begin_as_many_as_may(), 2);
	end_all();
}

static void a_kick_wakes_though_somebody_searches(void **state)
{
	(void)state;
	assert_true(gr_idle_search_begin());
	gr_idle_lie_down(0, false);
	gr_idle_lie_down(1, false);
	gr_idle_notify();
	assert_int_equal(gr_idle_sleeping(), 2);
	assert_true(gr_idle_kick());
	assert_int_equal(gr_idle_sleeping(), 1);
	assert_true(gr_idle_get_up(1)); /* somebody has woken him */
	assert_false(gr_idle_get_up(0));
	assert_false(gr_idle_search_end());
	assert_true(gr_idle_search_end());
}

static void all_can_be_woken_at_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SEATS; i++)
		gr_idle_lie_down(i, false);
	assert_int_equal(gr_idle_awake(), 0);
	gr_idle_wake_all();
	assert_int_equal(gr_idle_sleeping(), 0);
	for (unsigned i = 0; i < SEATS; i++) {
		assert_true(gr_idle_sleep(i, never, NULL));
		assert_true(gr_idle_search_end() == (i == SEATS - 1));
	}
}

/* Whoever of three gets up by himself, the others can still be woken. */
static void any_place_in_the_list_can_be_left(void **state)
{
	(void)state;
	for (unsigned up = 0; up < 3; up++) {
		for (unsigned i = 0; i < 3; i++)
			gr_idle_lie_down(i, false);
		assert_false(gr_idle_get_up(up));
		assert_true(gr_idle_kick());
		assert_true(gr_idle_kick());
		assert_false(gr_idle_kick());
		for (unsigned i = 0; i < 3; i++)
			if (i != up)
				assert_true(gr_idle_sleep(i, never, NULL));
		assert_false(gr_idle_search_end());
		assert_true(gr_idle_search_end());
		assert_int_equal(gr_idle_sleeping(), 0);
	}
}

/* The watch ---------------------------------------------------------------------------------- */

static unsigned asked; /* how often the sleeper has asked for the earliest timer */
static int64_t soon;

static int64_t a_moment_ahead(void)
{
	asked++;
	if (soon == 0)
		soon = gr_clock_after(gr_now(), 2000000);
	return soon;
}

static void the_watcher_gets_up_by_himself_and_not_too_early(void **state)
{
	(void)state;
	soon = 0;
	assert_false(gr_idle_watched());
	gr_idle_lie_down(1, false);
	assert_false(gr_idle_sleep(1, a_moment_ahead, NULL)); /* not woken: he is no searcher */
	assert_true(gr_now() >= soon);
	assert_false(gr_idle_watched());
	assert_int_equal(gr_idle_sleeping(), 0);
	assert_int_equal(begin_as_many_as_may(), 2);
	end_all();
}

static void nobody_oversleeps_where_nobody_watches(void **state)
{
	(void)state;
	assert_false(gr_idle_oversleeps(INT64_MIN));
	assert_false(gr_idle_oversleeps(0));
	gr_idle_poke(); /* nobody is there: nothing happens */
	gr_idle_lie_down(0, false);
	assert_false(gr_idle_get_up(0));
}

/* Asked once he says how long he will sleep, and asked again when he has said so. */
static int64_t look_at_the_watch(void)
{
	switch (asked++) {
	case 0:
		return HOUR;
	case 1: /* an earlier one has come meanwhile */
		assert_true(gr_idle_watched());
		assert_true(gr_idle_oversleeps(HOUR - 1));
		assert_false(gr_idle_oversleeps(HOUR));
		return HOUR / 2;
	case 2: /* it is what he goes by now */
		assert_true(gr_idle_oversleeps(HOUR / 2 - 1));
		assert_false(gr_idle_oversleeps(HOUR / 2));
		assert_true(gr_idle_kick()); /* enough */
		break;
	default:
		break;
	}
	return HOUR / 2;
}

static void the_watcher_says_until_when_and_looks_again(void **state)
{
	(void)state;
	asked = 0;
	gr_idle_lie_down(0, false);
	assert_true(gr_idle_sleep(0, look_at_the_watch, NULL));
	assert_int_equal(asked, 3);
	assert_false(gr_idle_watched());
	assert_false(gr_idle_oversleeps(INT64_MIN));
	assert_true(gr_idle_search_end());
}

/* The third time he asks is after the poke: he did not sleep on. */
static int64_t poked_between(void)
{
	if (++asked == 2)
		gr_idle_poke();
	return asked < 3 ? INT64_MAX : 1;
}

static void a_poke_makes_the_watcher_look_at_the_clock(void **state)
{
	(void)state;
	asked = 0;
	gr_idle_lie_down(3, false);
	assert_false(gr_idle_sleep(3, poked_between, NULL)); /* 1 is long past */
	assert_true(asked >= 3);
}

static int64_t second_one_sleeps_too(void)
{
	if (asked++ == 1) {
		gr_idle_lie_down(2, false);
		assert_true(gr_idle_kick()); /* seat 2, who lay down last */
		assert_true(
			gr_idle_sleep(2, NULL, NULL)); /* he has no watch, and asks for no time */
		assert_true(gr_idle_watched());
		assert_true(gr_idle_kick());
	}
	return INT64_MAX;
}

static void one_watches_for_all(void **state)
{
	(void)state;
	asked = 0;
	gr_idle_lie_down(1, false);
	assert_true(gr_idle_sleep(1, second_one_sleeps_too, NULL));
	assert_int_equal(asked, 2);
	assert_false(gr_idle_search_end());
	assert_true(gr_idle_search_end());
}

static void who_leaves_his_seat_wakes_one_if_nobody_watches(void **state)
{
	(void)state;
	gr_idle_lie_down(1, false);
	gr_idle_leave(0);
	assert_int_equal(gr_idle_sleeping(), 0);
	assert_true(gr_idle_sleep(1, never, NULL));
	assert_true(gr_idle_search_end());
	gr_idle_join(0);
}

#define SEATED(test) cmocka_unit_test_setup_teardown(test, sit_down, leave_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SEATED(who_is_awake_is_taken_and_not_asleep),
		SEATED(at_most_half_of_those_awake_search),
		SEATED(only_the_last_searcher_looks_once_more),
		SEATED(the_one_who_lay_down_last_is_woken_and_counts_as_searching),
		SEATED(a_notify_finds_nobody_to_wake_where_all_are_awake),
		SEATED(a_kick_wakes_though_somebody_searches),
		SEATED(all_can_be_woken_at_once),
		SEATED(any_place_in_the_list_can_be_left),
		SEATED(the_watcher_gets_up_by_himself_and_not_too_early),
		SEATED(nobody_oversleeps_where_nobody_watches),
		SEATED(the_watcher_says_until_when_and_looks_again),
		SEATED(a_poke_makes_the_watcher_look_at_the_clock),
		SEATED(one_watches_for_all),
		SEATED(who_leaves_his_seat_wakes_one_if_nobody_watches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
