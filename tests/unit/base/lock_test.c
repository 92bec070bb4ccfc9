/* SPDX-License-Identifier: MIT */
/* lock_test.c: the short lock, and waiting for what cannot take long (lock.h). */
#include "../unit.h"

#include "base/lock.h"
#include "os/os.h"

static void a_free_lock_is_all_zero_and_taken_once(void **state)
{
	struct gr_lock lock = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_true(gr_lock_try(&lock));
		assert_false(gr_lock_try(&lock));
		assert_int_equal(lock.word, 1);
		gr_lock_release(&lock);
		assert_int_equal(lock.word, 0);
		gr_lock_acquire(&lock);
		assert_false(gr_lock_try(&lock));
		gr_lock_release(&lock);
	}
}

enum { THREADS = 4 };

static struct {
	struct gr_lock lock;
	size_t count; /* plain: the lock is what makes it right */
	size_t twin;
	size_t torn;
} shared;

static void add(void *arg)
{
	for (size_t i = 0; i < *(size_t *)arg; i++) {
		if (i % 3 == 0)
			while (!gr_lock_try(&shared.lock))
				gr_cpu_relax();
		else
			gr_lock_acquire(&shared.lock);
		shared.torn += shared.count != shared.twin;
		shared.count++;
		if (i % 4096 == 0)
			gr_os_nap(50000); /* as if preempted: the others come to nap */
		shared.twin++;
		gr_lock_release(&shared.lock);
	}
}

static void one_holds_it_at_a_time_and_sees_what_the_last_one_did(void **state)
{
	struct gr_os_thread t[THREADS];
	size_t turns = scaled(50000);

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(gr_os_thread_start(&t[i], "add", 0, add, &turns), 0);
	for (int i = 0; i < THREADS; i++)
		gr_os_thread_join(&t[i]);
	assert_int_equal(shared.torn, 0);
	assert_int_equal(shared.count, THREADS * turns);
	assert_int_equal(shared.twin, THREADS * turns);
}

/* L1: who finds it free may free its memory, also when others were waiting a moment ago. */
static void unlock_elsewhere(void *arg)
{
	gr_lock_release(arg);
}

static void the_memory_of_a_lock_may_be_freed_by_the_next_who_holds_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < scaled(300); i++) {
		struct gr_lock *lock = calloc(1, sizeof(*lock));
		struct gr_os_thread t;

		assert_non_null(lock);
		gr_lock_acquire(lock); /* released by another thread than took it */
		assert_int_equal(gr_os_thread_start(&t, "unlock", 0, unlock_elsewhere, lock), 0);
		gr_lock_acquire(lock);
		free(lock);
		gr_os_thread_join(&t);
	}
}

static void a_wait_spins_at_first_and_then_naps_up_to_a_millisecond(void **state)
{
	struct gr_backoff b = { 0 };
	int64_t naps = 0, start;
	unsigned last;

	(void)state;
	errno = 4711;
	do {
		last = b.n;
		start = gr_os_now();
		gr_backoff_wait(&b);
		naps = gr_os_now() - start;
	} while (b.n != last);
	assert_in_range(b.n, 8, 32);
	assert_true(naps >= 1000000); /* the longest; a machine may always take longer */
	assert_int_equal(errno, 4711);
	gr_backoff_wait(&b);
	assert_int_equal(b.n, last);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_free_lock_is_all_zero_and_taken_once),
		cmocka_unit_test(one_holds_it_at_a_time_and_sees_what_the_last_one_did),
		cmocka_unit_test(the_memory_of_a_lock_may_be_freed_by_the_next_who_holds_it),
		cmocka_unit_test(a_wait_spins_at_first_and_then_naps_up_to_a_millisecond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
