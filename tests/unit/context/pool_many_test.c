/* SPDX-License-Identifier: MIT */
/* pool_many_test.c: pools with a great many stacks: slots are cut ahead, and what comes back at once
 * goes to the system at once (pool.h).
 */
#include "pools.h"

/* As in pool.c. */
enum { TRIM_BATCH = 256, CUT_SINGLY = 256, FAR_TOO_MANY = 1 << 20 };

static size_t cut(uintptr_t *entries, size_t n)
{
	size_t got;

	gr_lock_acquire(&pool.lock);
	got = gr_pool_cut_locked(&pool, entries, n);
	gr_lock_release(&pool.lock);
	return got;
}

static void slots_are_cut_ahead_only_where_there_are_many_and_guards_have_no_limit(void **state)
{
	enum { N = 8, ALL = CUT_SINGLY + N + 2 };
	uintptr_t ahead[2 * N], dirty;

	(void)state;
	assert_int_equal(promise(&pool, ALL), 0);
	for (size_t i = 0; i < CUT_SINGLY; i++) {
		assert_int_equal(cut(ahead, N), 0);
		dirty = take(&pool) & ~GR_POOL_UNGUARDED;
	}
	gr_pool_guards(1000000);
	assert_int_equal(cut(ahead, N), 0);
	gr_pool_guards(SIZE_MAX);

	assert_int_equal(cut(ahead, N), N);
	assert_int_equal(pool.away, 1);
	assert_int_equal(pool.free, 0);
	put(&pool, dirty);
	gr_lock_acquire(&pool.lock);
	ahead[0] &= ~GR_POOL_UNGUARDED;
	gr_pool_add_locked(&pool, ahead, N);
	gr_lock_release(&pool.lock);
	assert_int_equal(pool.away, 0);
	assert_int_equal(take_warm(&pool), dirty); /* they are cold */
	assert_int_equal(take_warm(&pool), 0);
	for (size_t i = N; i-- > 0;) {
		assert_int_equal(take(&pool), ahead[i]);
		assert_int_equal(pool.clean, i);
	}

	for (size_t i = 0; i < 2 && pool.cursor.used < pool.cursor.slots; i++)
		assert_true(take(&pool) != 0);
	while (cut(ahead, 2 * N) == 2 * N) /* to the last slot */
		;
	assert_int_equal(pool.cursor.used, pool.cursor.slots);
	assert_int_equal(cut(ahead, N), 0);
}

static void put_back(uintptr_t entry)
{
	gr_lock_acquire(&pool.lock);
	gr_pool_put_locked(&pool, (void *)entry);
	gr_pool_relieve_locked(&pool);
	gr_lock_release(&pool.lock);
}

static bool is_touched(uintptr_t entry)
{
	return ((volatile char *)entry)[-1] == 1;
}

static void who_gives_back_one_of_a_million_gives_the_oldest_batch_to_the_system(void **state)
{
	static uintptr_t entry[FAR_TOO_MANY];

	(void)state;
	if (address_space_costs_memory())
		skip();
	assert_int_equal(promise(&pool, FAR_TOO_MANY), 0);
	for (size_t i = 0; i < FAR_TOO_MANY; i++)
		entry[i] = take(&pool) & ~GR_POOL_UNGUARDED;
	((char *)entry[0])[-1] = 1;
	((char *)entry[FAR_TOO_MANY - 1])[-1] = 1;
	for (size_t i = 0; i + 1 < FAR_TOO_MANY; i++)
		put_back(entry[i]);
	assert_int_equal(pool.clean, 0);
	assert_true(is_touched(entry[0]));
	put_back(entry[FAR_TOO_MANY - 1]);
	assert_int_equal(pool.clean, TRIM_BATCH);
	assert_false(is_touched(entry[0]));
	assert_true(is_touched(entry[FAR_TOO_MANY - 1]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		one_start(slots_are_cut_ahead_only_where_there_are_many_and_guards_have_no_limit),
		one_start(who_gives_back_one_of_a_million_gives_the_oldest_batch_to_the_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
