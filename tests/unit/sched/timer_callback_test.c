/* SPDX-License-Identifier: MIT */
/* timer_callback_test.c: callbacks at a time: called once, not early, and not after they have been
 * disarmed. Times are plain numbers here: who fires says what time it is. */
#include "../unit.h"

#include <pthread.h>
#include <sched.h>

#include "sched/timer.h"

static int start_room(void **state)
{
	(void)state;
	return gr_timer_start();
}

static int stop_room(void **state)
{
	(void)state;
	gr_timer_stop();
	return 0;
}

struct calls {
	unsigned count;
	int64_t now;
	int64_t again; /* arms itself then; 0: no */
};

static void note(struct gr_timer *t, void *arg, int64_t now)
{
	struct calls *c = arg;
	int64_t again = c->again;

	gr_fetch_add_relaxed(&c->count, 1u);
	c->now = now;
	c->again = 0;
	if (again != 0)
		gr_timer_arm(t, again);
}

static void a_callback_is_called_once_with_the_time(void **state)
{
	struct calls c = { 0 };
	struct gr_timer *t = gr_timer_make(note, &c);

	(void)state;
	assert_non_null(t);
	assert_int_equal(gr_timer_arm(t, 50), 0);
	gr_timer_fire(49);
	assert_int_equal(c.count, 0);
	gr_timer_fire(60);
	assert_int_equal(c.count, 1);
	assert_int_equal(c.now, 60);
	gr_timer_fire(70);
	assert_int_equal(c.count, 1);
	gr_timer_disarm(t); /* it is idle: nothing to wait for */
	gr_timer_free(t);
}

static void disarmed_it_is_not_called(void **state)
{
	struct calls c = { 0 };
	struct gr_timer *t = gr_timer_make(note, &c);

	(void)state;
	gr_timer_disarm(t); /* never armed */
	gr_timer_arm(t, 50);
	gr_timer_disarm(t);
	gr_timer_disarm(t);
	assert_true(gr_timer_next() == INT64_MAX);
	gr_timer_fire(50);
	assert_int_equal(c.count, 0);
	gr_timer_free(t);
}

static void armed_anew_it_goes_by_the_new_time_alone(void **state)
{
	struct calls c = { 0 };
	struct gr_timer *t = gr_timer_make(note, &c);

	(void)state;
	gr_timer_arm(t, 10);
	gr_timer_disarm(t);
	gr_timer_arm(t, 30);
	assert_int_equal(gr_timer_next(), 30); /* the old entry has gone */
	gr_timer_fire(20);
	assert_int_equal(c.count, 0);
	gr_timer_disarm(t);
	gr_timer_arm(t, 25); /* earlier than the entry that still lies there */
	gr_timer_fire(25);
	gr_timer_fire(40);
	assert_int_equal(c.count, 1);
	assert_int_equal(c.now, 25);
	gr_timer_free(t);
}

static void it_may_arm_itself_again(void **state)
{
	struct calls c = { .again = 20 };
	struct gr_timer *t = gr_timer_make(note, &c);

	(void)state;
	gr_timer_arm(t, 10);
	gr_timer_fire(10);
	assert_int_equal(c.count, 1);
	assert_int_equal(gr_timer_next(), 20);
	gr_timer_fire(20);
	assert_int_equal(c.count, 2);
	c.again = 30;
	gr_timer_arm(t, 25);
	gr_timer_fire(25);
	gr_timer_disarm(t);
	gr_timer_fire(30);
	assert_int_equal(c.count, 3);
	gr_timer_free(t);
}

/* The same place in memory, another timer. */
static void an_entry_of_a_timer_that_was_freed_does_not_call_its_successor(void **state)
{
	struct calls first = { 0 }, second = { 0 };
	struct gr_timer *t = gr_timer_make(note, &first), *u;

	(void)state;
	gr_timer_arm(t, 10);
	gr_timer_disarm(t);
	gr_timer_free(t);
	u = gr_timer_make(note, &second);
	assert_ptr_equal(u, t);
	gr_timer_arm(u, 100);
	gr_timer_fire(50);
	assert_int_equal(second.count, 0);
	gr_timer_fire(100);
	assert_int_equal(second.count, 1);
	assert_int_equal(first.count, 0);
	gr_timer_free(u);
}

static void free_armed(void *arg)
{
	struct gr_timer *t = gr_timer_make(note, arg);

	gr_timer_arm(t, 10);
	gr_timer_free(t);
}

static void to_free_one_that_is_armed_aborts(void **state)
{
	struct calls c = { 0 };
	struct child child;

	(void)state;
	child = child_run(free_armed, &c);
	assert_child_died_of(child, SIGABRT);
}

/* Disarm against fire ------------------------------------------------------------------------- */

static unsigned inside, disarming, through;

static void stay_inside(struct gr_timer *t, void *arg, int64_t now)
{
	(void)t;
	(void)arg;
	(void)now;
	gr_store_release(&inside, 1u);
	while (!gr_load_acquire(&disarming))
		sched_yield();
	for (int i = 0; i < 1000; i++) /* a disarm that does not wait is through by now */
		sched_yield();
	gr_store_relaxed(&through, 1u);
}

static void *fire_now(void *arg)
{
	gr_timer_fire((int64_t)(intptr_t)arg);
	return NULL;
}

static void *disarm_now(void *t)
{
	gr_store_release(&disarming, 1u);
	gr_timer_disarm(t);
	return (void *)(uintptr_t)gr_load_relaxed(&through);
}

static void to_disarm_one_that_fires_waits_for_its_end(void **state)
{
	struct gr_timer *t = gr_timer_make(stay_inside, NULL);
	pthread_t firing, waiting;
	void *was_through;

	(void)state;
	gr_timer_arm(t, 10);
	assert_int_equal(pthread_create(&firing, NULL, fire_now, (void *)(intptr_t)10), 0);
	while (!gr_load_acquire(&inside))
		sched_yield();
	assert_int_equal(pthread_create(&waiting, NULL, disarm_now, t), 0);
	pthread_join(waiting, &was_through);
	pthread_join(firing, NULL);
	assert_non_null(was_through);
	gr_timer_free(t);
}

/* Several fire at once while another arms and disarms: fired or disarmed, never both. */
static bool racing;

static void *fire_all_the_time(void *arg)
{
	(void)arg;
	while (gr_load_relaxed(&racing)) {
		gr_timer_fire(100);
		sched_yield();
	}
	return NULL;
}

static void what_several_fire_at_once_is_called_once(void **state)
{
	struct calls c = { 0 };
	struct gr_timer *t = gr_timer_make(note, &c);
	size_t rounds = scaled(20000), early = 0;
	pthread_t threads[2];

	(void)state;
	gr_store_relaxed(&racing, true);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fire_all_the_time, NULL), 0);
	for (size_t i = 0; i < rounds; i++) {
		unsigned before = gr_load_relaxed(&c.count), after;

		gr_timer_arm(t, i % 2 == 0 ? 100 : 101); /* 101 is never reached */
		if (i % 4 == 0)
			while (gr_load_relaxed(&c.count) == before)
				sched_yield();
		gr_timer_disarm(t);
		after = gr_load_relaxed(&c.count);
		early += after - before > (i % 2 == 0) || (i % 4 == 0 && after != before + 1);
	}
	gr_store_relaxed(&racing, false);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	gr_timer_free(t);
	assert_int_equal(early, 0);
}

#define STARTED(test) cmocka_unit_test_setup_teardown(test, start_room, stop_room)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STARTED(a_callback_is_called_once_with_the_time),
		STARTED(disarmed_it_is_not_called),
		STARTED(armed_anew_it_goes_by_the_new_time_alone),
		STARTED(it_may_arm_itself_again),
		STARTED(an_entry_of_a_timer_that_was_freed_does_not_call_its_successor),
		STARTED(to_free_one_that_is_armed_aborts),
		STARTED(to_disarm_one_that_fires_waits_for_its_end),
		STARTED(what_several_fire_at_once_is_called_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
