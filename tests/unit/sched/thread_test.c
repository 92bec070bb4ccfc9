/* SPDX-License-Identifier: MIT */
/* thread_test.c: OS threads in calls from outside: who is counted, how they sleep, what wakes
 * them, and what a stop does to them. The state of the runtime is set by hand. */
#include "../unit.h"

#include <pthread.h>
#include <sched.h>

#include "base/clock.h"
#include "base/lock.h"
#include "sched/ready.h"
#include "sched/thread.h"

static void set_state(enum gr_sched_state s)
{
	gr_store_seq_cst(&gr_sched.state, (uint32_t)s);
}

static int open_again(void **state)
{
	(void)state;
	set_state(GR_SCHED_RUNNING);
	return 0;
}

static void a_caller_is_counted_only_while_the_runtime_runs(void **state)
{
	static const enum gr_sched_state closed[] = {
		GR_SCHED_OFF,
		GR_SCHED_STARTING,
		GR_SCHED_STOPPING,
		GR_SCHED_STUCK,
		GR_SCHED_FORKED,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
		set_state(closed[i]);
		assert_false(gr_thread_enter(false));
		assert_int_equal(gr_thread_count(), 0);
		assert_true(gr_thread_enter(true)); /* unlock, close, …: always */
		assert_int_equal(gr_thread_count(), 1);
		gr_thread_leave();
	}
	set_state(GR_SCHED_RUNNING);
	assert_true(gr_thread_enter(false));
	assert_true(gr_thread_enter(false));
	assert_int_equal(gr_thread_count(), 2);
	gr_thread_leave();
	gr_thread_leave();
	assert_int_equal(gr_thread_count(), 0);
}

static void who_leaves_during_a_stop_tells_it(void **state)
{
	uint32_t before = gr_load_acquire(&gr_sched.stop_event);

	(void)state;
	assert_true(gr_thread_enter(false));
	gr_thread_leave();
	assert_int_equal(gr_load_acquire(&gr_sched.stop_event), before);
	assert_true(gr_thread_enter(false));
	set_state(GR_SCHED_STOPPING);
	gr_thread_leave();
	assert_int_equal(gr_load_acquire(&gr_sched.stop_event), before + 1);
}

/* Sleep -------------------------------------------------------------------------------------- */

struct sleeper {
	struct gr_thread thread;
	struct gr_lock lock; /* the caller's: released by the park */
	pthread_t handle;
	uint64_t seq;
	int64_t deadline;
	bool stubborn;
	uint32_t ready; /* the wait has begun */
	int outcome;
};

static void unlock(void *arg)
{
	gr_lock_release(arg);
}

static void *sleep_once(void *arg)
{
	struct sleeper *s = arg;

	gr_thread_init(&s->thread, s->stubborn);
	gr_lock_acquire(&s->lock);
	s->seq = gr_wait_begin(&s->thread.wait, !s->stubborn);
	gr_store_release(&s->ready, 1u);
	s->outcome = gr_thread_park(&s->thread, s->seq, s->deadline, unlock, &s->lock);
	return NULL;
}

static void begin(struct sleeper *s)
{
	assert_int_equal(pthread_create(&s->handle, NULL, sleep_once, s), 0);
	while (gr_load_acquire(&s->ready) == 0)
		sched_yield();
}

static void wait_until_listed(unsigned n)
{
	while (gr_thread_waiting() != n)
		sched_yield();
}

/* Wakes it as the holder of its lock would. */
static bool wake(struct sleeper *s, int outcome)
{
	bool won;

	gr_lock_acquire(&s->lock);
	won = gr_wait_claim(&s->thread.wait, s->seq, outcome);
	gr_lock_release(&s->lock);
	if (won)
		gr_wake(NULL, &s->thread.wait);
	return won;
}

static int finish(struct sleeper *s)
{
	pthread_join(s->handle, NULL);
	return s->outcome;
}

static void a_sleeper_comes_back_with_the_outcome_it_was_given(void **state)
{
	struct sleeper s = { .deadline = INT64_MAX };

	(void)state;
	begin(&s);
	assert_true(wake(&s, 5));
	assert_int_equal(finish(&s), 5);
	assert_int_equal(gr_thread_waiting(), 0);
	assert_int_equal(gr_wait_state(s.thread.wait.word), GR_WAIT_RUNNING);
	assert_true(gr_lock_try(&s.lock)); /* the park has released it */
}

static void one_who_was_woken_before_it_slept_does_not_sleep(void **state)
{
	struct gr_thread t;
	uint64_t seq;

	(void)state;
	gr_thread_init(&t, false);
	seq = gr_wait_begin(&t.wait, true);
	assert_true(gr_wait_claim(&t.wait, seq, 6));
	gr_wake(NULL, &t.wait);
	assert_int_equal(gr_thread_park(&t, seq, INT64_MAX, NULL, NULL), 6);
}

static void a_deadline_ends_the_sleep_and_not_before_its_time(void **state)
{
	static const int64_t past[] = { INT64_MIN, -1, 0, 1 };
	int64_t deadline = gr_clock_after(gr_now(), 3000000);
	struct gr_thread t;

	(void)state;
	for (size_t i = 0; i < sizeof(past) / sizeof(past[0]); i++) {
		gr_thread_init(&t, false);
		assert_int_equal(
			gr_thread_park(&t, gr_wait_begin(&t.wait, true), past[i], NULL, NULL),
			-ETIMEDOUT);
	}
	gr_thread_init(&t, false);
	assert_int_equal(
		gr_thread_park(&t, gr_wait_begin(&t.wait, true), deadline, NULL, NULL), -ETIMEDOUT);
	assert_true(gr_now() >= deadline);
	assert_int_equal(gr_thread_waiting(), 0);
}

/* One of the two, and both agree which. */
static void a_deadline_and_a_waker_at_once_agree(void **state)
{
	(void)state;
	for (size_t i = 0; i < scaled(500); i++) {
		struct sleeper s = { .deadline =
					     gr_clock_after(gr_now(), (int64_t)(i % 50) * 4000) };
		bool won;

		begin(&s);
		won = wake(&s, 1);
		assert_int_equal(finish(&s), won ? 1 : -ETIMEDOUT);
	}
}

/* Stop --------------------------------------------------------------------------------------- */

static void a_stop_dismisses_who_sleeps_but_not_the_stubborn(void **state)
{
	struct sleeper a = { .deadline = INT64_MAX }, b = { .deadline = INT64_MAX };
	struct sleeper stubborn = { .deadline = INT64_MAX, .stubborn = true };

	(void)state;
	begin(&a);
	begin(&b);
	begin(&stubborn);
	wait_until_listed(3);
	set_state(GR_SCHED_STOPPING);
	gr_thread_dismiss();
	assert_int_equal(finish(&a), -EPERM);
	assert_int_equal(finish(&b), -EPERM);
	assert_int_equal(gr_thread_waiting(), 1);
	assert_true(wake(&stubborn, 2));
	assert_int_equal(finish(&stubborn), 2);
}

static void who_comes_after_a_stop_does_not_sleep_at_all(void **state)
{
	struct sleeper late = { .deadline = INT64_MAX };

	(void)state;
	set_state(GR_SCHED_STOPPING);
	begin(&late);
	assert_int_equal(finish(&late), -EPERM);
	assert_int_equal(gr_thread_waiting(), 0);
}

static void a_stop_and_one_who_goes_to_sleep_never_miss_each_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < scaled(500); i++) {
		struct sleeper s = { .deadline = INT64_MAX };

		set_state(GR_SCHED_RUNNING);
		begin(&s);
		set_state(GR_SCHED_STOPPING);
		gr_thread_dismiss(); /* once: whoever is not on the list yet dismisses himself */
		assert_int_equal(finish(&s), -EPERM);
	}
}

static void one_who_was_granted_keeps_it_through_a_stop(void **state)
{
	struct sleeper s = { .deadline = INT64_MAX };

	(void)state;
	begin(&s);
	wait_until_listed(1);
	gr_lock_acquire(&s.lock);
	assert_true(gr_wait_claim(&s.thread.wait, s.seq, 4));
	gr_lock_release(&s.lock);
	set_state(GR_SCHED_STOPPING);
	gr_thread_dismiss();
	gr_wake(NULL, &s.thread.wait);
	assert_int_equal(finish(&s), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_caller_is_counted_only_while_the_runtime_runs, open_again),
		cmocka_unit_test_setup(who_leaves_during_a_stop_tells_it, open_again),
		cmocka_unit_test_setup(
			a_sleeper_comes_back_with_the_outcome_it_was_given, open_again),
		cmocka_unit_test_setup(
			one_who_was_woken_before_it_slept_does_not_sleep, open_again),
		cmocka_unit_test_setup(
			a_deadline_ends_the_sleep_and_not_before_its_time, open_again),
		cmocka_unit_test_setup(a_deadline_and_a_waker_at_once_agree, open_again),
		cmocka_unit_test_setup(
			a_stop_dismisses_who_sleeps_but_not_the_stubborn, open_again),
		cmocka_unit_test_setup(who_comes_after_a_stop_does_not_sleep_at_all, open_again),
		cmocka_unit_test_setup(
			a_stop_and_one_who_goes_to_sleep_never_miss_each_other, open_again),
		cmocka_unit_test_setup(one_who_was_granted_keeps_it_through_a_stop, open_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
