/* SPDX-License-Identifier: MIT */
/* heap_test.c: the min-heap (heap.h): every order of up to seven keys, and large ones by chance. */
#include "../unit.h"

#include "base/heap.h"
#include "base/random.h"

enum { MOST = 7 };

static void push(struct gr_heap *h, int64_t key, uint64_t tag)
{
	struct gr_heap_entry e = { .key = key, .target = (void *)(uintptr_t)(tag + 1), .tag = tag };

	assert_int_equal(gr_heap_push(h, e), 0);
}

/* Pops them all: keys never fall, and each tag in `wanted` comes once, with its own target. */
static void assert_drains(struct gr_heap *h, const int64_t *keys, unsigned wanted)
{
	int64_t last = INT64_MIN;
	unsigned seen = 0;

	assert_int_equal(gr_heap_size(h), __builtin_popcount(wanted));
	while (gr_heap_size(h) > 0) {
		const struct gr_heap_entry *top = gr_heap_top(h);

		assert_true(top->key >= last);
		assert_true(wanted >> top->tag & 1);
		assert_false(seen >> top->tag & 1);
		assert_int_equal(top->key, keys[top->tag]);
		assert_ptr_equal(top->target, (void *)(uintptr_t)(top->tag + 1));
		seen |= 1u << top->tag;
		last = top->key;
		gr_heap_pop(h);
	}
	assert_null(gr_heap_top(h));
	assert_int_equal(seen, wanted);
}

/* The next order of keys[0..n), by the lexical order; false after the last one. */
static bool permute(int64_t *keys, int n)
{
	int i = n - 2, k = n - 1;
	int64_t t;

	while (i >= 0 && keys[i] >= keys[i + 1])
		i--;
	if (i < 0)
		return false;
	while (keys[k] <= keys[i])
		k--;
	t = keys[i], keys[i] = keys[k], keys[k] = t;
	for (int a = i + 1, b = n - 1; a < b; a++, b--)
		t = keys[a], keys[a] = keys[b], keys[b] = t;
	return true;
}

static void an_empty_heap_has_no_top(void **state)
{
	struct gr_heap zero = { 0 }, initialised;

	(void)state;
	gr_heap_init(&initialised);
	assert_null(gr_heap_top(&zero));
	assert_null(gr_heap_top(&initialised));
	assert_int_equal(gr_heap_size(&zero), 0);
	push(&zero, 1, 0);
	assert_int_equal(gr_heap_top(&zero)->key, 1);
	gr_heap_fini(&zero);
	gr_heap_fini(&initialised);
	gr_heap_fini(&initialised); /* like a new one */
	push(&initialised, 2, 0);
	assert_int_equal(gr_heap_top(&initialised)->key, 2);
	gr_heap_fini(&initialised);
}

static void every_order_of_up_to_seven_keys_comes_out_sorted(void **state)
{
	static const int64_t sets[][MOST] = {
		{ 1, 2, 3, 4, 5, 6, 7 },
		{ 1, 1, 2, 2, 2, 3, 3 }, /* equal ones */
		{ INT64_MIN, INT64_MIN, -1, 0, 1, INT64_MAX, INT64_MAX },
	};

	(void)state;
	for (size_t set = 0; set < sizeof(sets) / sizeof(sets[0]); set++) {
		for (int n = 1; n <= MOST; n++) {
			int64_t keys[MOST];

			memcpy(keys, sets[set], sizeof(keys));
			do {
				struct gr_heap h = { 0 };

				for (int i = 0; i < n; i++)
					push(&h, keys[i], (uint64_t)i);
				assert_drains(&h, keys, (1u << n) - 1);
				gr_heap_fini(&h);
			} while (permute(keys, n));
		}
	}
}

static bool is_wanted(const struct gr_heap_entry *e, void *arg)
{
	return *(unsigned *)arg >> e->tag & 1;
}

static void a_filter_keeps_every_subset_of_every_order(void **state)
{
	(void)state;
	for (int n = 0; n <= 6; n++) {
		int64_t keys[MOST] = { 1, 2, 2, 3, 4, 5, 6 };

		do {
			for (unsigned wanted = 0; wanted < 1u << n; wanted++) {
				struct gr_heap h = { 0 };

				for (int i = 0; i < n; i++)
					push(&h, keys[i], (uint64_t)i);
				gr_heap_filter(&h, is_wanted, &wanted);
				assert_drains(&h, keys, wanted);
				gr_heap_fini(&h);
			}
		} while (permute(keys, n));
	}
}

/* Compared with counts of each key. */
static void a_large_heap_by_chance_stays_sorted_between_pushes_and_pops(void **state)
{
	enum { KEYS = 64 };
	size_t count[KEYS] = { 0 }, size = 0;
	struct gr_heap h = { 0 };
	struct gr_random r;

	(void)state;
	gr_random_seed(&r, 1);
	for (size_t i = 0; i < scaled(100000); i++) {
		bool grow = i / 5000 % 2 == 0;

		if (size == 0 || gr_random_below(&r, 3) < (grow ? 2 : 1)) {
			uint32_t key = gr_random_below(&r, KEYS);

			push(&h, key, i);
			count[key]++;
			size++;
		} else {
			int64_t least = 0;

			while (count[least] == 0)
				least++;
			assert_int_equal(gr_heap_top(&h)->key, least);
			gr_heap_pop(&h);
			count[least]--;
			size--;
		}
		assert_int_equal(gr_heap_size(&h), size);
	}
	gr_heap_fini(&h);
}

static bool is_large(const struct gr_heap_entry *e, void *arg)
{
	return e->key >= *(int64_t *)arg;
}

static void a_filter_that_leaves_little_gives_memory_back(void **state)
{
	enum { MANY = 10000 };
	struct gr_heap h = { 0 };
	int64_t least = MANY - 3;
	size_t before;

	(void)state;
	for (int i = 0; i < MANY; i++)
		push(&h, (i * 7919) % MANY, (uint64_t)i);
	before = h.capacity;
	gr_heap_filter(&h, is_large, &(int64_t){ 0 }); /* keeps all, and the room for them */
	assert_int_equal(h.capacity, before);
	gr_heap_filter(&h, is_large, &least);
	assert_true(h.capacity < 100);
	assert_int_equal(gr_heap_size(&h), 3);
	for (int i = 0; i < MANY; i++)
		push(&h, MANY + i, 0); /* and grows again */
	for (int64_t key = least; key < 2 * MANY; key++) {
		assert_int_equal(gr_heap_top(&h)->key, key);
		gr_heap_pop(&h);
	}
	gr_heap_fini(&h);
}

static void pop_from_nothing(void *arg)
{
	struct gr_heap h = { 0 };

	(void)arg;
	gr_heap_pop(&h);
}

static void a_pop_from_an_empty_heap_aborts(void **state)
{
	struct child c;

	(void)state;
	c = child_run(pop_from_nothing, NULL);
	assert_child_died_of(c, SIGABRT);
	assert_non_null(strstr(c.said, "goro: base/heap.c:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_heap_has_no_top),
		cmocka_unit_test(every_order_of_up_to_seven_keys_comes_out_sorted),
		cmocka_unit_test(a_filter_keeps_every_subset_of_every_order),
		cmocka_unit_test(a_large_heap_by_chance_stays_sorted_between_pushes_and_pops),
		cmocka_unit_test(a_filter_that_leaves_little_gives_memory_back),
		cmocka_unit_test(a_pop_from_an_empty_heap_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
