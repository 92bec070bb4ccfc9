/* SPDX-License-Identifier: MIT */
/* mutex_test.c: whom an unlock wakes, and how (mutex.c M1-M5), with sleepers made by hand. */
#include "sleeper.h"

#include "sync/mutex.h"

enum { LOCKED = 4, COMING = 8, HANDOVER = 16, WAITERS = 2 };
enum { GRANTED, TRY_AGAIN };

static void an_unlock_passes_over_one_who_gave_up_and_wakes_the_next(void **state)
{
	goro_mutex m = { .word_ = LOCKED };
	struct sleeper gone, next;

	(void)state;
	sleeper_join(&gone, GR_LINE(&m));
	sleeper_join(&next, GR_LINE(&m));
	sleeper_give_up(&gone);

	goro_mutex_unlock(&m);
	assert_true(sleeper_awake(&next));
	assert_int_equal(next.thread.wait.outcome, TRY_AGAIN);
	assert_false(sleeper_awake(&gone));
	assert_true(sleeper_linked(&gone));
	assert_int_equal(m.word_, COMING | WAITERS);
}

static void while_one_is_coming_an_unlock_wakes_nobody(void **state)
{
	goro_mutex m = { .word_ = LOCKED | COMING };
	struct sleeper waits;

	(void)state;
	sleeper_join(&waits, GR_LINE(&m));
	goro_mutex_unlock(&m);
	assert_false(sleeper_awake(&waits));
	assert_int_equal(m.word_, COMING | WAITERS);
}

static void handover_passes_the_lock_on_and_goes_on_while_the_next_has_waited_long(void **state)
{
	goro_mutex m = { .word_ = LOCKED | HANDOVER };
	struct sleeper a, b, c;

	(void)state;
	sleeper_join(&a, GR_LINE(&m));
	sleeper_join(&b, GR_LINE(&m));
	sleeper_join(&c, GR_LINE(&m));
	a.since = b.since = c.since = gr_now() - GORO_SECOND;

	goro_mutex_unlock(&m);
	assert_true(sleeper_awake(&a));
	assert_int_equal(a.thread.wait.outcome, GRANTED);
	assert_false(sleeper_awake(&b));
	assert_int_equal(m.word_, LOCKED | HANDOVER | WAITERS);

	b.since = gr_now() + GORO_SECOND; /* has waited less than a millisecond */
	goro_mutex_unlock(&m);
	assert_int_equal(b.thread.wait.outcome, GRANTED);
	assert_false(sleeper_awake(&c));
	assert_int_equal(m.word_, LOCKED | WAITERS);
}

static void handover_ends_with_the_last_in_line(void **state)
{
	goro_mutex m = { .word_ = LOCKED | HANDOVER };
	struct sleeper last;

	(void)state;
	sleeper_join(&last, GR_LINE(&m));
	last.since = gr_now() - GORO_SECOND;
	goro_mutex_unlock(&m);
	assert_true(sleeper_awake(&last));
	assert_int_equal(m.word_, LOCKED);
	assert_null(m.head_);
}

static void if_all_in_line_have_given_up_the_lock_is_free(void **state)
{
	uint64_t words[] = { LOCKED, LOCKED | HANDOVER };

	(void)state;
	for (int i = 0; i < 2; i++) {
		goro_mutex m = { .word_ = words[i] };
		struct sleeper a, b;

		sleeper_join(&a, GR_LINE(&m));
		sleeper_join(&b, GR_LINE(&m));
		sleeper_give_up(&a);
		sleeper_give_up(&b);
		goro_mutex_unlock(&m);
		assert_int_equal(m.word_, WAITERS);
		assert_int_equal(goro_mutex_try_lock(&m), 0);
	}
}

struct late {
	goro_mutex m;
	int64_t deadline;
	int rc;
};

static void *lock_late(void *arg)
{
	struct late *l = arg;

	l->rc = goro_mutex_lock_until(&l->m, l->deadline);
	return NULL;
}

/* What an unlock does, and then a newcomer that is faster than the one woken. */
static struct gr_wait *unlock_and_overtake(goro_mutex *m)
{
	struct gr_line line = GR_LINE(m);
	struct gr_wait *woken = NULL;

	gr_line_lock(line);
	gr_line_claim(line, TRY_AGAIN, &woken);
	gr_line_unlock(line, LOCKED | COMING);
	return woken;
}

static void one_who_was_woken_and_overtaken_stands_first_again(void **state)
{
	struct late first = { .m.word_ = LOCKED, .deadline = GORO_FOREVER };
	struct sleeper second;
	pthread_t thread;

	(void)state;
	pthread_create(&thread, NULL, lock_late, &first);
	await_word(&first.m.word_, LOCKED | WAITERS);
	sleeper_join(&second, GR_LINE(&first.m));

	gr_line_wake(unlock_and_overtake(&first.m));
	while (gr_load_acquire(&first.m.word_) & (COMING | 1))
		sched_yield();
	assert_ptr_not_equal(first.m.head_, &second.node);

	goro_mutex_unlock(&first.m);
	pthread_join(thread, NULL);
	assert_int_equal(first.rc, 0);
	assert_false(sleeper_awake(&second));
	goro_mutex_unlock(&first.m);
	assert_true(sleeper_awake(&second));
}

static void one_who_is_overtaken_past_his_deadline_passes_the_turn_on(void **state)
{
	struct late late = { .m.word_ = LOCKED };
	struct gr_wait *woken = NULL;
	struct sleeper next;
	pthread_t thread;

	(void)state;
	while (woken == NULL) { /* the deadline may come first: then once more */
		late.deadline = gr_now() + 20 * GORO_MILLISECOND;
		pthread_create(&thread, NULL, lock_late, &late);
		while (gr_load_acquire(&late.m.word_) != (LOCKED | WAITERS) &&
			gr_now() < late.deadline)
			sched_yield();
		woken = unlock_and_overtake(&late.m);
		if (woken == NULL) {
			pthread_join(thread, NULL);
			late.m.word_ = LOCKED;
		}
	}
	sleeper_join(&next, GR_LINE(&late.m));
	while (gr_now() <= late.deadline)
		sched_yield();
	gr_line_wake(woken);
	pthread_join(thread, NULL);
	assert_int_equal(late.rc, -ETIMEDOUT);
	assert_int_equal(late.m.word_, LOCKED | WAITERS);

	goro_mutex_unlock(&late.m);
	assert_true(sleeper_awake(&next));
	assert_int_equal(late.m.word_, COMING);
}

static void one_who_is_woken_past_his_deadline_takes_the_lock_if_it_is_free(void **state)
{
	struct late late = { .m.word_ = LOCKED };
	struct gr_wait *woken = NULL;
	struct gr_line line = GR_LINE(&late.m);
	pthread_t thread;

	(void)state;
	while (woken == NULL) {
		late.deadline = gr_now() + 20 * GORO_MILLISECOND;
		pthread_create(&thread, NULL, lock_late, &late);
		while (gr_load_acquire(&late.m.word_) != (LOCKED | WAITERS) &&
			gr_now() < late.deadline)
			sched_yield();
		gr_line_lock(line);
		gr_line_claim(line, TRY_AGAIN, &woken);
		gr_line_unlock(line, woken != NULL ? COMING : LOCKED);
		if (woken == NULL)
			pthread_join(thread, NULL);
	}
	while (gr_now() <= late.deadline)
		sched_yield();
	gr_line_wake(woken);
	pthread_join(thread, NULL);
	assert_int_equal(late.rc, 0);
	assert_int_equal(late.m.word_, LOCKED);
}

static void relock_needs_no_runtime(void **state)
{
	goro_mutex m = { .word_ = 0 };

	(void)state;
	close_again(NULL);
	assert_int_equal(goro_mutex_lock(&m), -EPERM);
	assert_int_equal(goro_mutex_try_lock(&m), -EPERM);
	gr_mutex_relock(&m);
	assert_int_equal(m.word_, LOCKED);
	goro_mutex_unlock(&m);
	assert_int_equal(m.word_, 0);
	open_for_threads(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unlock_passes_over_one_who_gave_up_and_wakes_the_next),
		cmocka_unit_test(while_one_is_coming_an_unlock_wakes_nobody),
		cmocka_unit_test(
			handover_passes_the_lock_on_and_goes_on_while_the_next_has_waited_long),
		cmocka_unit_test(handover_ends_with_the_last_in_line),
		cmocka_unit_test(if_all_in_line_have_given_up_the_lock_is_free),
		cmocka_unit_test(one_who_was_woken_and_overtaken_stands_first_again),
		cmocka_unit_test(one_who_is_overtaken_past_his_deadline_passes_the_turn_on),
		cmocka_unit_test(one_who_is_woken_past_his_deadline_takes_the_lock_if_it_is_free),
		cmocka_unit_test(relock_needs_no_runtime),
	};

	return cmocka_run_group_tests(tests, open_for_threads, close_again);
}
