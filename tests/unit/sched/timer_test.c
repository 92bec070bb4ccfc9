/* SPDX-License-Identifier: MIT */
/* timer_test.c: deadlines: nobody is woken early, twice, or in a later wait, and what is out of
 * date goes. Times are plain numbers here: who fires says what time it is. */
#include "../unit.h"

#include "sched/coro.h"
#include "sched/idle.h"
#include "sched/inject.h"
#include "sched/timer.h"

static struct gr_coro coros[2000];

static int start_room(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(coros) / sizeof(coros[0]); i++)
		coros[i].place = GR_CORO_ASLEEP; /* none has run that was woken before */
	return gr_timer_start();
}

static int stop_room(void **state)
{
	unsigned count;

	(void)state;
	gr_timer_stop();
	while (gr_inject_pop(UINT32_MAX, &count) != NULL)
		;
	return 0;
}

static struct gr_limit limits[2000];

/* Sleeps, to be woken at `deadline` at the latest. Returns the wait's sequence. */
static uint64_t sleep_until(struct gr_coro *co, int64_t deadline)
{
	bool poke = true;
	uint64_t seq = gr_wait_begin(&co->wait, true);

	gr_timer_limit(
		(unsigned)(co - coros), &co->wait, seq, deadline, &limits[co - coros], &poke);
	assert_false(poke); /* nobody watches */
	assert_false(gr_wait_commit(&co->wait));
	return seq;
}

static struct gr_coro *pop_one(void)
{
	unsigned count;
	struct gr_coro *co = gr_inject_pop(1, &count);

	if (co != NULL)
		gr_coro_move(co, GR_CORO_QUEUED, GR_CORO_ASLEEP); /* as if it had run */
	return co;
}

static void is_woken_late(struct gr_coro *co)
{
	assert_ptr_equal(pop_one(), co);
	assert_int_equal(co->wait.outcome, -ETIMEDOUT);
	assert_null(co->wait.node);
	gr_wait_end(&co->wait);
}

/* Woken in time by somebody else. */
static void is_woken(struct gr_coro *co, uint64_t seq)
{
	assert_true(gr_wait_claim(&co->wait, seq, 0));
	assert_true(gr_wait_deliver(&co->wait));
	gr_wait_end(&co->wait);
}

/* Deadlines ---------------------------------------------------------------------------------- */

static void a_sleeper_is_woken_at_its_deadline_and_not_before(void **state)
{
	(void)state;
	assert_true(gr_timer_earliest() == INT64_MAX);
	sleep_until(&coros[0], 100);
	assert_int_equal(gr_timer_earliest(), 100);
	assert_int_equal(gr_timer_fire(99), 0);
	assert_null(pop_one());
	assert_int_equal(gr_timer_fire(100), 1);
	is_woken_late(&coros[0]);
	assert_int_equal(gr_timer_fire(INT64_MAX - 1), 0);
	assert_true(gr_timer_earliest() == INT64_MAX);
}

static void the_earliest_of_all_shards_counts_and_all_that_is_due_fires(void **state)
{
	enum { N = 100 };

	(void)state;
	for (int i = 0; i < N; i++)
		sleep_until(&coros[i], 1000 - (i * 37) % N);
	assert_int_equal(gr_timer_earliest(), 1000 - (N - 1));
	assert_int_equal(gr_timer_next(), 1000 - (N - 1));
	assert_int_equal(gr_timer_fire(950), 50);
	assert_int_equal(gr_timer_earliest(), 951);
	assert_int_equal(gr_timer_fire(1000), 50);
	for (int i = 0; i < N; i++)
		assert_int_equal(coros[i].wait.outcome, -ETIMEDOUT);
	assert_int_equal(gr_inject_len(), N);
	for (int i = 0; i < N; i++)
		gr_wait_end(&coros[i].wait);
}

static void one_who_goes_to_sleep_still_is_left_to_its_commit(void **state)
{
	bool poke;
	uint64_t seq = gr_wait_begin(&coros[0].wait, true);

	(void)state;
	gr_timer_limit(0, &coros[0].wait, seq, 5, &limits[0], &poke);
	assert_int_equal(gr_timer_fire(5), 1);
	assert_null(pop_one());
	assert_true(gr_wait_commit(&coros[0].wait)); /* which makes it runnable */
	assert_int_equal(coros[0].wait.outcome, -ETIMEDOUT);
	gr_wait_end(&coros[0].wait);
}

static void the_deadline_of_a_wait_that_is_over_does_not_end_the_next(void **state)
{
	uint64_t seq = sleep_until(&coros[0], 10);

	(void)state;
	is_woken(&coros[0], seq);
	seq = sleep_until(&coros[0], 1000);
	gr_timer_fire(10);
	assert_null(pop_one());
	assert_int_equal(gr_wait_state(coros[0].wait.word), GR_WAIT_PARKED);
	gr_timer_fire(1000);
	is_woken_late(&coros[0]);
}

static void who_is_about_to_sleep_is_not_told_of_what_is_out_of_date(void **state)
{
	uint64_t seq = sleep_until(&coros[0], 10);

	(void)state;
	sleep_until(&coros[16], 500); /* in the same shard */
	is_woken(&coros[0], seq);
	assert_int_equal(gr_timer_earliest(), 10); /* nobody has looked yet */
	assert_int_equal(gr_timer_next(), 500);
	assert_int_equal(gr_timer_earliest(), 500);
	gr_timer_fire(500);
	is_woken_late(&coros[16]);
}

static void old_entries_are_swept_before_they_are_many(void **state)
{
	(void)state;
	sleep_until(&coros[1], INT64_MAX - 2); /* a live one lies on top of none of them */
	for (int i = 0; i < 20000; i++)
		is_woken(&coros[0], sleep_until(&coros[0], INT64_MAX - 2));
	sleep_until(&coros[0], INT64_MAX - 2);
	assert_in_range(gr_timer_fire(INT64_MAX - 1), 2, 200); /* both, and a few old ones */
	is_woken_late(&coros[0]);                              /* shard by shard */
	is_woken_late(&coros[1]);
}

static void the_ends_of_time_are_times_like_others(void **state)
{
	(void)state;
	sleep_until(&coros[0], INT64_MIN);
	assert_true(gr_timer_earliest() == INT64_MIN);
	sleep_until(&coros[1], INT64_MAX - 1);
	assert_int_equal(gr_timer_fire(INT64_MIN), 1);
	is_woken_late(&coros[0]);
	assert_int_equal(gr_timer_fire(INT64_MAX - 2), 0);
	assert_int_equal(gr_timer_fire(INT64_MAX - 1), 1);
	is_woken_late(&coros[1]);
}

static void many_due_at_once_are_all_woken_once(void **state)
{
	enum { N = sizeof(coros) / sizeof(coros[0]) };
	unsigned count;
	struct gr_coro *co;

	(void)state;
	for (int i = 0; i < N; i++)
		sleep_until(&coros[i], 7);
	assert_int_equal(gr_timer_fire(7), N);
	co = gr_inject_pop(N + 1, &count);
	assert_int_equal(count, N);
	for (; co != NULL; co = co->next) {
		assert_int_equal(gr_wait_state(co->wait.word), GR_WAIT_CLAIMED);
		gr_coro_move(co, GR_CORO_QUEUED, GR_CORO_ASLEEP);
		gr_wait_end(&co->wait);
	}
	for (int i = 0; i < N; i++)
		assert_int_equal(gr_wait_state(coros[i].wait.word), GR_WAIT_RUNNING);
}

/* The watcher --------------------------------------------------------------------------------- */

static bool poked;
static unsigned asked;

/* When the watcher has said that it sleeps for ever, somebody arms a deadline: he is told to poke,
 * or the watcher sees it when it looks again. Both, here. */
static int64_t arm_when_asked_again(void)
{
	if (++asked == 2) {
		uint64_t seq = gr_wait_begin(&coros[0].wait, true);

		gr_timer_limit(0, &coros[0].wait, seq, 1, &limits[0], &poked);
		gr_wait_commit(&coros[0].wait);
	}
	return gr_timer_next();
}

static void who_arms_an_earlier_deadline_has_to_poke_the_watcher(void **state)
{
	(void)state;
	assert_int_equal(gr_idle_start(1), 0);
	gr_idle_join(0);
	gr_idle_lie_down(0, false);
	assert_false(gr_idle_sleep(0, arm_when_asked_again, NULL)); /* 1 is long past: he gets up */
	assert_true(poked);
	gr_timer_fire(1);
	is_woken_late(&coros[0]);
	gr_idle_stop();
}

#define STARTED(test) cmocka_unit_test_setup_teardown(test, start_room, stop_room)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STARTED(a_sleeper_is_woken_at_its_deadline_and_not_before),
		STARTED(the_earliest_of_all_shards_counts_and_all_that_is_due_fires),
		STARTED(one_who_goes_to_sleep_still_is_left_to_its_commit),
		STARTED(the_deadline_of_a_wait_that_is_over_does_not_end_the_next),
		STARTED(who_is_about_to_sleep_is_not_told_of_what_is_out_of_date),
		STARTED(old_entries_are_swept_before_they_are_many),
		STARTED(the_ends_of_time_are_times_like_others),
		STARTED(many_due_at_once_are_all_woken_once),
		STARTED(who_arms_an_earlier_deadline_has_to_poke_the_watcher),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
