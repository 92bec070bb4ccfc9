/* SPDX-License-Identifier: MIT */
/* pool_test.c: promises against slots and guards, and the free stacks of a class (pool.h). */
#include "../unit.h"

#include "pools.h"

/* As in pool.c. */
enum { FIRST = 16, POOL_DIRTY = 1024, TRIM_BATCH = 256 };

/* promised <= covered <= slots, at every promise up to n. */
static void promises_are_never_more_than_slots_and_guards(void **state)
{
	(void)state;
	for (size_t i = 1; i <= scaled(5000); i++) {
		assert_int_equal(promise(&pool, i % 7), 0);
		assert_true(pool.promised <= pool.covered);
		assert_true(pool.covered <= pool.cursor.slots);
		assert_true(pool.cursor.slots <= pool.room);
		if (i % 5 == 0)
			unpromise(&pool, 3);
	}
	unpromise(&pool, pool.promised);
	assert_int_equal(pool.promised, 0);
}

static void a_first_promise_reserves_little(void **state)
{
	(void)state;
	assert_int_equal(promise(&pool, 1), 0);
	assert_int_equal(pool.cursor.slots, FIRST);
	assert_int_equal(promise(&pool, FIRST - 1), 0);
	assert_int_equal(pool.cursor.slots, FIRST);
	assert_int_equal(promise(&pool, 1), 0);
	assert_int_equal(pool.cursor.slots, 2 * FIRST);
	assert_int_equal(promise(&pool, 1000), 0); /* as many as asked for, at once */
	assert_true(pool.cursor.slots >= 1000 + FIRST + 1);
}

static void take_back_too_much(void *arg)
{
	gr_pool_promise_locked(&pool, 3);
	gr_pool_unpromise_locked(&pool, 4);
	(void)arg;
}

static void a_promise_that_was_never_made_cannot_be_given_back(void **state)
{
	struct child c;

	(void)state;
	c = child_run(take_back_too_much, NULL);
	assert_child_died_of(c, SIGABRT);
}

/* Each limit, in promises of each size: all of n or none. */
static void guards_that_are_used_up_are_ENOMEM_for_all_pools_together(void **state)
{
	(void)state;
	for (size_t limit = 0; limit <= 20; limit++) {
		for (size_t n = 1; n <= 5; n++) {
			size_t made = 0, both;

			stop(NULL);
			start(NULL);
			gr_pool_guards(limit);
			while (promise(&pool, n) == 0)
				made += n;
			assert_int_equal(made, limit / n * n);
			assert_int_equal(pool.promised, made);
			for (both = made; promise(&other, 1) == 0; both++)
				assert_true(other.promised <= other.covered);
			assert_int_equal(both, limit);
			assert_int_equal(promise(&pool, 1), -ENOMEM);
			if (made == 0)
				continue;
			unpromise(&pool, 1); /* its guard stays this pool's */
			assert_int_equal(promise(&other, 1), -ENOMEM);
			assert_int_equal(promise(&pool, 2), -ENOMEM);
			assert_int_equal(promise(&pool, 1), 0);
		}
	}
}

static void address_space_that_is_used_up_is_ENOMEM_and_small_ones_go_on(void **state)
{
	struct gr_slot_shape huge = shape_of(1);

	(void)state;
	huge.usable = (size_t)1 << 60;
	gr_pool_fini(&other);
	gr_pool_init(&other, 1, &huge);
	assert_int_equal(promise(&other, 1), -ENOMEM);
	assert_int_equal(promise(&other, 5), -ENOMEM);
	assert_int_equal(other.promised, 0);
	assert_int_equal(take(&other), 0);
	assert_int_equal(promise(&pool, 100), 0);
}

/* Of a class so large that a first segment of 16 would not fit, fewer are reserved. */
static void as_many_slots_are_reserved_as_the_system_allows(void **state)
{
	struct gr_slot_shape large = shape_of(1);

	(void)state;
	if (UNIT_ASAN || UNIT_TSAN || address_space_costs_memory())
		skip(); /* most of it is a sanitizer's */
	large.usable = (size_t)1 << 44;
	gr_pool_fini(&other);
	gr_pool_init(&other, 1, &large);
	if (promise(&other, 1) != 0)
		skip();
	assert_int_equal(other.cursor.slots, 1);
	assert_int_equal(promise(&other, 100), -ENOMEM);
	assert_int_equal(other.promised, 1);
}

static void every_promise_is_kept(void **state)
{
	enum { N = 300 };
	uintptr_t entry[N];

	(void)state;
	assert_int_equal(promise(&pool, N), 0);
	for (int i = 0; i < N; i++) {
		entry[i] = take(&pool);
		assert_true(entry[i] & GR_POOL_UNGUARDED); /* new: its guard is still to be made */
		for (int k = 0; k < i; k++)
			assert_true(entry[k] != entry[i]);
	}
	for (int i = 0; i < N; i++)
		put(&pool, entry[i]);
	assert_int_equal(pool.free, N);
	for (int i = N - 1; i >= 0; i--) /* the hot end first, without a guard to make */
		assert_int_equal(take(&pool), entry[i] & ~GR_POOL_UNGUARDED);
	assert_int_equal(pool.free, 0);
}

static void without_a_promise_there_may_be_nothing_to_take(void **state)
{
	(void)state;
	assert_int_equal(take(&pool), 0);
	assert_int_equal(take_warm(&pool), 0);
}

static void a_refused_guard_is_tried_last_and_never_warm(void **state)
{
	uintptr_t entry[4];

	(void)state;
	assert_int_equal(promise(&pool, 4), 0);
	for (int i = 0; i < 4; i++)
		entry[i] = take(&pool);
	for (int i = 0; i < 4; i++) {
		gr_lock_acquire(&pool.lock);
		if (i == 2)
			gr_pool_put_unguarded_locked(&pool, entry[i]);
		else
			gr_pool_put_locked(&pool, (void *)(entry[i] & ~GR_POOL_UNGUARDED));
		gr_lock_release(&pool.lock);
	}
	for (int i = 0; i < 3; i++)
		assert_false(take_warm(&pool) & GR_POOL_UNGUARDED);
	assert_int_equal(take_warm(&pool), 0);
	assert_int_equal(take(&pool), entry[2]);
	gr_lock_acquire(&pool.lock);
	gr_pool_put_unguarded_locked(&pool, entry[2]); /* into an empty pool */
	gr_lock_release(&pool.lock);
	assert_int_equal(pool.free, 1);
	assert_int_equal(take_warm(&pool), 0);
	assert_int_equal(take(&pool), entry[2]);
}

/* Stacks with a guard below and a page of contents. */
static uintptr_t *take_touched(size_t n)
{
	uintptr_t *entry = malloc(n * sizeof(*entry));

	assert_non_null(entry);
	assert_int_equal(promise(&pool, n), 0);
	for (size_t i = 0; i < n; i++) {
		uintptr_t low, high;

		entry[i] = take(&pool) & ~GR_POOL_UNGUARDED;
		gr_slot_bounds(&pool.cursor.shape, entry[i], &low, &high);
		assert_int_equal(gr_os_guard((void *)(low - pool.cursor.shape.guard),
					 pool.cursor.shape.guard),
			0);
		((char *)entry[i])[-1] = 1;
	}
	return entry;
}

static void those_wanted_now_and_then_keep_their_pages(void **state)
{
	enum { N = POOL_DIRTY + 2 * TRIM_BATCH };
	uintptr_t *entry = take_touched(N);

	(void)state;
	for (size_t turn = 0; turn < 3; turn++) {
		for (size_t i = 0; i < N; i++) {
			gr_lock_acquire(&pool.lock);
			gr_pool_put_locked(&pool, (void *)entry[i]);
			gr_lock_release(&pool.lock);
		}
		tidy(&pool);
		assert_int_equal(pool.clean, 0);
		for (size_t i = N; i-- > 0;)
			assert_int_equal(take_warm(&pool), entry[i]);
	}
	free(entry);
}

static void too_many_dirty_stacks_are_trimmed_the_oldest_first(void **state)
{
	enum { N = POOL_DIRTY + 2 * TRIM_BATCH + 10 };
	uintptr_t *entry = take_touched(N);
	size_t dirty = 0;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		put(&pool, entry[i]);
		assert_true(pool.free - pool.clean < POOL_DIRTY + TRIM_BATCH);
		assert_int_equal(pool.free, i + 1);
	}
	assert_int_equal(pool.clean, 2 * TRIM_BATCH);
	for (size_t i = 0; i < N; i++) {
		bool kept = ((volatile char *)entry[i])[-1] == 1;

		assert_int_equal(kept, i >= 2 * TRIM_BATCH);
		dirty += kept;
	}
	assert_int_equal(dirty, N - 2 * TRIM_BATCH);
	assert_true(faults_at((char *)entry[0] - 3 * gr_os_page_size() - 1)); /* guarded still */
	assert_true(faults_at((char *)entry[TRIM_BATCH] - 3 * gr_os_page_size() - 1));

	for (size_t i = 0; i < dirty; i++)
		assert_true(take_warm(&pool) != 0);
	assert_int_equal(take_warm(&pool), 0); /* what was trimmed is cold */
	for (size_t i = 0; i < 2 * TRIM_BATCH; i++)
		assert_true(take(&pool) != 0);
	assert_int_equal(pool.free, 0);
	assert_int_equal(pool.clean, 0);
	free(entry);
}

/* As if another thread trimmed the oldest five of ten. */
static void what_is_being_trimmed_is_not_taken_and_others_come_and_go_above_it(void **state)
{
	enum { N = 10, AWAY = 5 };
	uintptr_t *entry = take_touched(N), refused, ahead, got;

	(void)state;
	assert_int_equal(promise(&pool, 3), 0);
	refused = take(&pool);
	ahead = take(&pool);
	for (size_t i = 0; i < N; i++) {
		gr_lock_acquire(&pool.lock);
		gr_pool_put_locked(&pool, (void *)entry[i]);
		gr_lock_release(&pool.lock);
	}
	gr_lock_acquire(&pool.lock);
	pool.floor = AWAY;
	pool.away = 2;
	gr_pool_add_locked(&pool, &ahead, 1);
	gr_pool_put_unguarded_locked(&pool, refused);
	gr_pool_tidy_locked(&pool);
	gr_pool_relieve_locked(&pool);
	gr_lock_release(&pool.lock);
	assert_int_equal(pool.away, 1);
	assert_int_equal(take(&pool), ahead); /* in the refused one's place, which is tried last */
	for (size_t i = N; i-- > AWAY;)
		assert_int_equal(take_warm(&pool), entry[i]);
	assert_int_equal(take_warm(&pool), 0);
	assert_int_equal(take(&pool), refused);
	got = take(&pool);
	assert_true(got & GR_POOL_UNGUARDED); /* rather a new one than to wait */
	assert_int_equal(take_warm(&pool), 0);
	gr_lock_acquire(&pool.lock);
	gr_pool_put_unguarded_locked(&pool, refused); /* nothing else is above it */
	gr_lock_release(&pool.lock);
	assert_int_equal(take(&pool), refused);

	pool.clean = pool.floor; /* it is back */
	pool.floor = 0;
	pool.away = 0;
	assert_int_equal(take_warm(&pool), 0);
	for (size_t i = AWAY; i-- > 0;)
		assert_int_equal(take(&pool), entry[i]);
	assert_int_equal(pool.free, 0);
	assert_int_equal(pool.clean, 0);
	free(entry);
}

/* As if another thread trimmed all there is, and comes back with it in a moment. */
static void end_trimming(void *arg)
{
	gr_os_nap(200000);
	gr_lock_acquire(&pool.lock);
	gr_pool_put_locked(&pool, arg);
	pool.away--;
	gr_lock_release(&pool.lock);
}

static void who_finds_none_while_another_trims_waits_for_what_comes_back(void **state)
{
	uintptr_t *entry = take_touched(FIRST); /* no slot is left to cut */

	(void)state;
	for (size_t i = 0; i < scaled(20); i++) {
		struct gr_os_thread t;
		uintptr_t got;

		gr_lock_acquire(&pool.lock);
		pool.away++;
		gr_lock_release(&pool.lock);
		assert_int_equal(
			gr_os_thread_start(&t, "trim", 0, end_trimming, (void *)entry[i % FIRST]),
			0);
		got = take(&pool);
		gr_os_thread_join(&t);
		assert_int_equal(got, entry[i % FIRST]);
	}
	free(entry);
}

/* Trimming releases the lock: others find no stack meanwhile, though their promises hold. */
enum { THREADS = 3, EACH = 500 };

static size_t missing;

static void put_and_take_all(void *arg)
{
	uintptr_t *entry = arg;

	for (size_t turn = 0; turn < scaled(20); turn++) {
		for (int i = 0; i < EACH; i++)
			put(&pool, entry[i]);
		for (int i = 0; i < EACH; i++) {
			entry[i] = take(&pool);
			if (entry[i] == 0)
				gr_fetch_add_relaxed(&missing, 1);
			else
				((char *)entry[i])[-1] = 1;
		}
	}
}

static void promises_are_kept_while_others_trim(void **state)
{
	uintptr_t *entry = take_touched(THREADS * EACH);
	struct gr_os_thread t[THREADS];

	(void)state;
	missing = 0;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(gr_os_thread_start(&t[i], "pool", 0, put_and_take_all,
					 entry + (size_t)i * EACH),
			0);
	for (int i = 0; i < THREADS; i++)
		gr_os_thread_join(&t[i]);
	assert_int_equal(missing, 0);
	for (int i = 0; i < THREADS * EACH; i++)
		for (int k = 0; k < i; k++)
			if (entry[i] == entry[k])
				missing++;
	assert_int_equal(missing, 0);
	free(entry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		one_start(promises_are_never_more_than_slots_and_guards),
		one_start(a_first_promise_reserves_little),
		one_start(a_promise_that_was_never_made_cannot_be_given_back),
		one_start(guards_that_are_used_up_are_ENOMEM_for_all_pools_together),
		one_start(address_space_that_is_used_up_is_ENOMEM_and_small_ones_go_on),
		one_start(as_many_slots_are_reserved_as_the_system_allows),
		one_start(every_promise_is_kept),
		one_start(without_a_promise_there_may_be_nothing_to_take),
		one_start(a_refused_guard_is_tried_last_and_never_warm),
		one_start(those_wanted_now_and_then_keep_their_pages),
		one_start(too_many_dirty_stacks_are_trimmed_the_oldest_first),
		one_start(what_is_being_trimmed_is_not_taken_and_others_come_and_go_above_it),
		one_start(who_finds_none_while_another_trims_waits_for_what_comes_back),
		one_start(promises_are_kept_while_others_trim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
