/* SPDX-License-Identifier: MIT */
/* stack_cache_test.c: the caches of workers and P2 (stack.h). It includes stack.c, to hold the
 * lock of a class against a cache, and to read the pool's own books. */
#include "../unit.h"

#include "context/stack.c" /* NOLINT */

#include "base/random.h"

enum { CLASS = 3, OTHER = 5 };

static struct gr_stack_cache cache, second;

static int start(void **state)
{
	(void)state;
	if (gr_stack_start() != 0)
		return -1;
	gr_stack_cache_init(&cache, CLASS);
	gr_stack_cache_init(&second, CLASS);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	gr_stack_cache_fini(&cache);
	gr_stack_cache_fini(&second);
	gr_stack_stop();
	return 0;
}

static void *promise_and_get(struct gr_stack_cache *c, int class)
{
	void *top;

	assert_int_equal(gr_stack_promise(c, class), 0);
	top = gr_stack_get(c, class);
	assert_non_null(top);
	return top;
}

static void put_and_unpromise(struct gr_stack_cache *c, int class, void *top)
{
	gr_stack_put(c, class, top);
	gr_stack_unpromise(c, class);
}

/* The lock is held meanwhile: who took it would hang. */
static void the_hot_path_never_takes_the_lock(void **state)
{
	void *top[8];

	(void)state;
	for (int i = 0; i < 8; i++)
		top[i] = promise_and_get(&cache, CLASS);
	for (int i = 0; i < 8; i++)
		put_and_unpromise(&cache, CLASS, top[i]);
	gr_lock_acquire(&pools[CLASS].lock);
	for (int turn = 0; turn < 100; turn++) {
		for (int i = 0; i < 8; i++) {
			assert_int_equal(gr_stack_promise(&cache, CLASS), 0);
			assert_non_null(gr_stack_get_hot(&cache, CLASS));
			gr_stack_put(&cache, CLASS, top[i]);
			assert_ptr_equal(gr_stack_get(&cache, CLASS), top[i]); /* the hottest */
		}
		for (int i = 0; i < 8; i++)
			put_and_unpromise(&cache, CLASS, top[i]);
	}
	gr_lock_release(&pools[CLASS].lock);
}

static void an_empty_cache_and_another_class_have_nothing_hot(void **state)
{
	void *top;

	(void)state;
	assert_null(gr_stack_get_hot(&cache, CLASS));
	top = promise_and_get(&cache, CLASS);
	assert_null(gr_stack_get_hot(&cache, CLASS));
	gr_stack_put(&cache, CLASS, top);
	assert_null(gr_stack_get_hot(&cache, OTHER));
	assert_ptr_equal(gr_stack_get_hot(&cache, CLASS), top);
	put_and_unpromise(&cache, CLASS, top);
}

static void a_class_that_is_not_the_caches_goes_by_the_pool(void **state)
{
	void *top = promise_and_get(&cache, OTHER);

	(void)state;
	assert_int_equal(pools[OTHER].promised, 1);
	put_and_unpromise(&cache, OTHER, top);
	assert_int_equal(pools[OTHER].promised, 0);
	assert_int_equal(pools[OTHER].free, 1);
	assert_int_equal(cache.count + cache.allowance, 0);
}

static void a_cache_holds_so_many_and_no_more_of_stacks_and_promises(void **state)
{
	enum { N = 1000 };
	static void *top[N];

	(void)state;
	for (int i = 0; i < N; i++)
		top[i] = promise_and_get(&cache, CLASS);
	assert_true(pools[CLASS].promised >= N);
	assert_true(pools[CLASS].promised <= N + GR_STACK_HOT);
	for (int i = 0; i < N; i++) {
		put_and_unpromise(&cache, CLASS, top[i]);
		assert_true(cache.count <= GR_STACK_HOT);
		assert_true(cache.allowance <= 2 * GR_STACK_HOT);
		assert_true(cache.allowance >= cache.count || i < N - 1);
	}
	assert_int_equal(pools[CLASS].promised, cache.allowance);
	assert_true(pools[CLASS].cursor.used >= N); /* some were cut ahead */
	assert_int_equal(pools[CLASS].free, pools[CLASS].cursor.used - cache.count);
	gr_stack_cache_fini(&cache);
	assert_int_equal(pools[CLASS].promised, 0);
	assert_int_equal(pools[CLASS].free, pools[CLASS].cursor.used);
	assert_int_equal(cache.count, 0);
}

static void a_cache_that_runs_dry_is_filled_from_the_pool_with_warm_ones(void **state)
{
	void *top[40];

	(void)state;
	for (int i = 0; i < 40; i++)
		top[i] = promise_and_get(NULL, CLASS);
	for (int i = 0; i < 40; i++)
		put_and_unpromise(NULL, CLASS, top[i]);
	assert_int_equal(pools[CLASS].free, 40);
	assert_ptr_equal(promise_and_get(&cache, CLASS), top[39]);
	assert_true(cache.count > 0 && cache.count <= cache.allowance); /* P2 */
	assert_int_equal(pools[CLASS].free, 39 - cache.count);
	gr_stack_put(&cache, CLASS, top[39]);
	gr_stack_unpromise(&cache, CLASS);
}

/* Guards are short, and one cache sits on stacks and promises. What is promised is kept all the
 * same, to the last, and what is refused is -ENOMEM. */
static void when_guards_are_short_every_promise_made_is_kept(void **state)
{
	(void)state;
	for (size_t limit = 1; limit <= 3 * GR_STACK_HOT; limit += 1 + limit / 8) {
		static void *top[3 * GR_STACK_HOT];
		size_t made = 0, of_second = 0;

		stop(NULL);
		start(NULL);
		gr_pool_guards(limit);
		while (made < limit && gr_stack_promise(&cache, CLASS) == 0)
			top[made++] = gr_stack_get(&cache, CLASS);
		assert_int_equal(made, limit);
		assert_int_equal(gr_stack_promise(&cache, CLASS), -ENOMEM);
		for (size_t i = 0; i < made; i++)
			assert_non_null(top[i]);
		for (size_t i = 0; i < made; i++)
			put_and_unpromise(&cache, CLASS, top[i]);

		/* The second takes what the first does not hold back, one promise at a time ... */
		while (gr_stack_promise(&second, CLASS) == 0) {
			top[of_second] = gr_stack_get(&second, CLASS);
			assert_non_null(top[of_second++]);
		}
		/* ... and the first still has all it holds. */
		for (made = of_second; gr_stack_promise(&cache, CLASS) == 0; made++) {
			top[made] = gr_stack_get(&cache, CLASS);
			assert_non_null(top[made]);
		}
		assert_int_equal(made, limit);
		for (size_t i = 0; i < made; i++)
			put_and_unpromise(i < of_second ? &second : &cache, CLASS, top[i]);
	}
}

static void where_promises_were_refused_a_cache_takes_no_more_in(void **state)
{
	void *top[GR_STACK_HOT + 2];
	size_t before;

	(void)state;
	for (size_t i = 0; i < GR_STACK_HOT + 2; i++)
		top[i] = promise_and_get(&cache, CLASS);
	for (size_t i = 0; i < GR_STACK_HOT; i++)
		put_and_unpromise(&cache, CLASS, top[i]);
	assert_int_equal(cache.count, GR_STACK_HOT);
	before = pools[CLASS].free;
	gr_pool_guards(0);
	assert_int_equal(gr_stack_promise(NULL, OTHER), -ENOMEM);
	for (size_t i = GR_STACK_HOT; i < GR_STACK_HOT + 2; i++)
		put_and_unpromise(&cache, CLASS, top[i]);
	assert_int_equal(cache.count, GR_STACK_HOT); /* nor does it give up what it has */
	assert_int_equal(pools[CLASS].free, before + 2);
}

/* Promises given by one cache, stacks taken through another: what a coroutine that is stolen
 * does. Here the second has only what the first lets go. */
static void promise_and_stack_may_go_through_different_caches(void **state)
{
	enum { N = 500 };
	static void *top[N];

	(void)state;
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < N; i++)
			assert_int_equal(gr_stack_promise(&cache, CLASS), 0);
		for (int i = 0; i < N; i++) {
			top[i] = gr_stack_get(&second, CLASS);
			assert_non_null(top[i]);
		}
		for (int i = 0; i < N; i++) {
			gr_stack_put(i % 2 ? &cache : &second, CLASS, top[i]);
			gr_stack_unpromise(i % 3 ? &second : &cache, CLASS);
		}
	}
	gr_stack_cache_fini(&cache);
	gr_stack_cache_fini(&second);
	assert_int_equal(pools[CLASS].promised, 0);
	assert_int_equal(pools[CLASS].free, pools[CLASS].cursor.used);
}

/* Threads ----------------------------------------------------------------------------------- */

enum { THREADS = 4, HELD = 150, LIMIT = 400 };

static size_t refused, broken_promises, shared_stacks, broken_p2;

/* Promises wander between threads through this number, as coroutines do that are spawned here
 * and run there. */
static size_t wandering;

struct holder {
	uint64_t seed;
	struct gr_stack_cache cache;
	uintptr_t *held[HELD];
	unsigned count;
};

static bool catch_wandering(void)
{
	size_t n = gr_load_relaxed(&wandering);

	while (n > 0)
		if (gr_cas_acq_rel(&wandering, &n, n - 1))
			return true;
	return false;
}

static void take_one(struct holder *h)
{
	uintptr_t *word = gr_stack_get(&h->cache, CLASS);

	if (word == NULL) {
		gr_fetch_add_relaxed(&broken_promises, 1);
		return;
	}
	if (gr_exchange_acq_rel(&word[-1], (uintptr_t)h) != 0)
		gr_fetch_add_relaxed(&shared_stacks, 1);
	h->held[h->count++] = word;
}

static void give_one(struct holder *h)
{
	uintptr_t *word = h->held[--h->count];

	if (gr_exchange_acq_rel(&word[-1], 0) != (uintptr_t)h)
		gr_fetch_add_relaxed(&shared_stacks, 1);
	put_and_unpromise(&h->cache, CLASS, word);
}

static void hammer(void *arg)
{
	struct holder *h = arg;
	struct gr_random r;

	gr_random_seed(&r, h->seed);
	gr_stack_cache_init(&h->cache, CLASS);
	for (size_t i = 0; i < scaled(20000); i++) {
		bool grow = gr_random_below(&r, 2 * HELD) > h->count;

		if (h->count > 0 && !grow) {
			give_one(h);
		} else if (h->count < HELD && gr_random_below(&r, 4) == 0 && catch_wandering()) {
			take_one(h);
		} else if (h->count < HELD) {
			if (gr_stack_promise(&h->cache, CLASS) != 0) {
				gr_fetch_add_relaxed(&refused, 1);
				continue;
			}
			if (h->cache.allowance < h->cache.count)
				gr_fetch_add_relaxed(&broken_p2, 1);
			if (gr_random_below(&r, 4) == 0)
				gr_fetch_add_release(&wandering, 1);
			else
				take_one(h);
		}
	}
	while (h->count > 0)
		give_one(h);
	while (catch_wandering()) {
		take_one(h);
		if (h->count > 0)
			give_one(h);
	}
	gr_stack_cache_fini(&h->cache);
}

static void hammer_with_guards(size_t limit)
{
	static struct holder holders[THREADS];
	struct gr_os_thread t[THREADS];

	stop(NULL);
	start(NULL);
	gr_pool_guards(limit);
	refused = broken_promises = shared_stacks = broken_p2 = wandering = 0;
	for (int i = 0; i < THREADS; i++) {
		holders[i] = (struct holder){ .seed = (uint64_t)i };
		assert_int_equal(gr_os_thread_start(&t[i], "hammer", 0, hammer, &holders[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		gr_os_thread_join(&t[i]);
	assert_int_equal(broken_promises, 0);
	assert_int_equal(shared_stacks, 0);
	assert_int_equal(broken_p2, 0);
	assert_int_equal(wandering, 0);
	assert_int_equal(pools[CLASS].promised, 0);
	assert_int_equal(pools[CLASS].free, pools[CLASS].cursor.used);
	if (limit != SIZE_MAX)
		assert_true(pools[CLASS].covered <= limit);
	else
		assert_int_equal(refused, 0);
}

static void several_caches_under_threads_keep_every_promise(void **state)
{
	(void)state;
	hammer_with_guards(SIZE_MAX);
}

static void several_caches_under_threads_keep_every_promise_when_guards_are_short(void **state)
{
	(void)state;
	hammer_with_guards(LIMIT);
	hammer_with_guards(THREADS * 10);
	hammer_with_guards(3);
}

#define one_start(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		one_start(the_hot_path_never_takes_the_lock),
		one_start(an_empty_cache_and_another_class_have_nothing_hot),
		one_start(a_class_that_is_not_the_caches_goes_by_the_pool),
		one_start(a_cache_holds_so_many_and_no_more_of_stacks_and_promises),
		one_start(a_cache_that_runs_dry_is_filled_from_the_pool_with_warm_ones),
		one_start(when_guards_are_short_every_promise_made_is_kept),
		one_start(where_promises_were_refused_a_cache_takes_no_more_in),
		one_start(promise_and_stack_may_go_through_different_caches),
		one_start(several_caches_under_threads_keep_every_promise),
		one_start(several_caches_under_threads_keep_every_promise_when_guards_are_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
