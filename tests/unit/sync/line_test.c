/* SPDX-License-Identifier: MIT */
/* line_test.c: the bit lock, the line, and the small objects before it: whom a release, a done,
 * a signal or the last at a barrier wakes when somebody in line has just given up. */
#include "sleeper.h"

#include "goro/barrier.h"
#include "goro/cond.h"
#include "goro/once.h"
#include "goro/sem.h"
#include "goro/waitgroup.h"

#define ONE     (UINT64_C(1) << 8)
#define WAITERS UINT64_C(2)

#define THREADS 4
#define TURNS   20000

static uint64_t word;
static unsigned long guarded;

static void *take_turns(void *arg)
{
	(void)arg;
	for (int i = 0; i < TURNS; i++) {
		uint64_t seen = gr_bitlock_acquire(&word);

		guarded++;
		if (i % 2 == 0)
			gr_bitlock_release(&word, seen + ONE);
		else
			gr_bitlock_drop(&word);
	}
	return NULL;
}

static void the_bit_lock_keeps_the_others_out_and_the_other_bits(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, take_turns, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(guarded, THREADS * TURNS);
	assert_int_equal(word, THREADS * (TURNS / 2) * ONE);
}

static void a_release_goes_to_the_first_who_can_be_claimed_or_is_counted(void **state)
{
	goro_sem s = GORO_SEM_INIT(0);
	struct sleeper gone, next;

	(void)state;
	sleeper_join(&gone, GR_LINE(&s));
	sleeper_join(&next, GR_LINE(&s));
	sleeper_give_up(&gone);
	goro_sem_release(&s);
	assert_true(sleeper_awake(&next));
	assert_false(sleeper_awake(&gone));
	assert_int_equal(s.word_, WAITERS);
	assert_int_equal(goro_sem_try_acquire(&s), -EAGAIN);
	goro_sem_release(&s);
	assert_int_equal(s.word_, ONE + WAITERS);
	assert_int_equal(goro_sem_try_acquire(&s), 0);
}

static void a_semaphore_made_with_a_negative_count_is_refused(void **state)
{
	goro_sem s = GORO_SEM_INIT(-1);

	(void)state;
	assert_int_equal(goro_sem_acquire(&s), -EINVAL);
	assert_int_equal(goro_sem_try_acquire(&s), -EINVAL);
	assert_int_equal(goro_sem_acquire_until(&s, INT64_MIN), -EINVAL);
}

static void the_last_done_wakes_all_who_can_be_claimed(void **state)
{
	goro_waitgroup w = GORO_WAITGROUP_INIT;
	struct sleeper a, gone, b;

	(void)state;
	goro_waitgroup_add(&w, 2);
	sleeper_join(&a, GR_LINE(&w));
	sleeper_join(&gone, GR_LINE(&w));
	sleeper_join(&b, GR_LINE(&w));
	sleeper_give_up(&gone);
	goro_waitgroup_done(&w);
	assert_int_equal(w.word_, ONE + WAITERS);
	assert_false(sleeper_awake(&a));
	goro_waitgroup_done(&w);
	assert_true(sleeper_awake(&a) && sleeper_awake(&b));
	assert_false(sleeper_awake(&gone));
	assert_int_equal(w.word_, WAITERS);
	assert_int_equal(goro_waitgroup_wait_until(&w, INT64_MIN), 0);
}

static void a_signal_goes_to_the_first_who_can_be_claimed_and_a_broadcast_to_all(void **state)
{
	goro_cond c = GORO_COND_INIT;
	struct sleeper gone, a, b, d;

	(void)state;
	sleeper_join(&gone, GR_LINE(&c));
	sleeper_join(&a, GR_LINE(&c));
	sleeper_join(&b, GR_LINE(&c));
	sleeper_join(&d, GR_LINE(&c));
	sleeper_give_up(&gone);
	goro_cond_signal(&c);
	assert_true(sleeper_awake(&a));
	assert_false(sleeper_awake(&gone) || sleeper_awake(&b) || sleeper_awake(&d));
	goro_cond_broadcast(&c);
	assert_true(sleeper_awake(&b) && sleeper_awake(&d));
	assert_false(sleeper_awake(&gone));
	assert_ptr_equal(c.head_, &gone.node);
	assert_int_equal(c.word_, WAITERS);
}

static void who_was_at_the_barrier_when_it_was_full_belongs_to_the_round(void **state)
{
	goro_barrier b = GORO_BARRIER_INIT(3);
	struct sleeper gone, sleeps;

	(void)state;
	sleeper_join(&gone, GR_LINE(&b));
	sleeper_join(&sleeps, GR_LINE(&b));
	b.word_ += 2 * ONE;
	sleeper_give_up(&gone);
	assert_int_equal(goro_barrier_wait(&b), 1);
	assert_true(sleeper_awake(&sleeps));
	assert_false(sleeper_awake(&gone) || sleeper_linked(&gone));
	assert_null(b.head_);
	assert_int_equal(b.word_, 0); /* the next round may begin */
}

struct late {
	goro_barrier barrier;
	int64_t deadline;
	int rc;
};

static void *wait_late(void *arg)
{
	struct late *l = arg;

	l->rc = goro_barrier_wait_until(&l->barrier, l->deadline);
	return NULL;
}

/* Locks the line when the other stands in it. False: its deadline came first, and it has gone. */
static bool lock_while_it_stands(pthread_t *thread, struct late *l)
{
	struct gr_line line = GR_LINE(&l->barrier);
	uint64_t seen;

	l->deadline = gr_now() + 50 * GORO_MILLISECOND;
	pthread_create(thread, NULL, wait_late, l);
	do {
		seen = gr_line_lock(line);
		if (seen == ONE + WAITERS)
			return true;
		assert_int_equal(seen, 0);
		gr_bitlock_release(line.word, seen);
		sched_yield();
	} while (gr_now() < l->deadline);
	pthread_join(*thread, NULL);
	assert_int_equal(l->rc, -ETIMEDOUT);
	return false;
}

/* The whole way of one that gave up: the lock is held while its deadline passes, so it cannot
 * come for its node before the round is full. */
static void who_gives_up_as_the_round_gets_full_learns_of_its_success(void **state)
{
	struct late late = { .barrier = GORO_BARRIER_INIT(2) };
	struct gr_line line = GR_LINE(&late.barrier);
	struct gr_waitq q;
	pthread_t thread;

	(void)state;
	while (!lock_while_it_stands(&thread, &late))
		;
	q = gr_line_queue(line);
	while (gr_wait_state(gr_load_acquire(&q.head->wait->word)) == GR_WAIT_PARKING)
		sched_yield();       /* its deadline claims it */
	gr_waitq_unlink(&q, q.head); /* as the last one does */
	gr_line_set_queue(line, q);
	gr_line_unlock(line, 0);
	pthread_join(thread, NULL);
	assert_int_equal(late.rc, 0);
}

static void a_barrier_forgets_who_gave_up(void **state)
{
	goro_barrier b = GORO_BARRIER_INIT(2);

	(void)state;
	assert_int_equal(goro_barrier_wait_until(&b, INT64_MIN), -ETIMEDOUT);
	assert_int_equal(goro_barrier_wait_until(&b, gr_now() + 100000), -ETIMEDOUT);
	assert_int_equal(b.word_, 0);
	assert_null(b.head_);
}

static void count_call(void *arg)
{
	++*(int *)arg;
}

static void a_once_that_is_done_wakes_nobody_twice(void **state)
{
	goro_once o = GORO_ONCE_INIT;
	int calls = 0;

	(void)state;
	assert_int_equal(goro_once_do(&o, count_call, &calls), 0);
	assert_int_equal(goro_once_do(&o, count_call, &calls), 0);
	assert_int_equal(calls, 1);
	close_again(NULL);
	assert_int_equal(goro_once_do(&o, count_call, &calls), -EPERM);
	open_for_threads(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bit_lock_keeps_the_others_out_and_the_other_bits),
		cmocka_unit_test(a_release_goes_to_the_first_who_can_be_claimed_or_is_counted),
		cmocka_unit_test(a_semaphore_made_with_a_negative_count_is_refused),
		cmocka_unit_test(the_last_done_wakes_all_who_can_be_claimed),
		cmocka_unit_test(
			a_signal_goes_to_the_first_who_can_be_claimed_and_a_broadcast_to_all),
		cmocka_unit_test(who_was_at_the_barrier_when_it_was_full_belongs_to_the_round),
		cmocka_unit_test(who_gives_up_as_the_round_gets_full_learns_of_its_success),
		cmocka_unit_test(a_barrier_forgets_who_gave_up),
		cmocka_unit_test(a_once_that_is_done_wakes_nobody_twice),
	};

	return cmocka_run_group_tests(tests, open_for_threads, close_again);
}
