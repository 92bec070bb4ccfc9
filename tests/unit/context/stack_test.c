/* SPDX-License-Identifier: MIT */
/* stack_test.c: classes of stacks, guards, reuse, what is given back (stack.h). Caches have
 * stack_cache_test.c. */
#include "../unit.h"

#include <sys/mman.h>

#if UNIT_ASAN
#include <sanitizer/asan_interface.h>
#endif

#include "context/pool.h"
#include "context/stack.h"
#include "os/os.h"

enum { CLASSES = 33 };

static int start(void **state)
{
	(void)state;
	return gr_stack_start();
}

static int stop(void **state)
{
	(void)state;
	gr_stack_stop();
	return 0;
}

static void *get(int class)
{
	void *top;

	assert_int_equal(gr_stack_promise(NULL, class), 0);
	top = gr_stack_get(NULL, class);
	assert_non_null(top);
	return top;
}

static void put(int class, void *top)
{
	gr_stack_put(NULL, class, top);
	gr_stack_unpromise(NULL, class);
}

/* Classes ----------------------------------------------------------------------------------- */

static void classes_are_16_KiB_to_1_GiB_in_steps_of_a_half_at_most(void **state)
{
	(void)state;
	assert_int_equal(gr_stack_usable(0), 16 << 10);
	assert_int_equal(gr_stack_usable(CLASSES - 1), GR_STACK_MAX);
	for (int c = 1; c < CLASSES; c++) {
		size_t below = gr_stack_usable(c - 1), here = gr_stack_usable(c);

		assert_true(here > below && here <= below + below / 2);
		assert_int_equal(here % gr_os_page_size(), 0);
	}
}

/* At each boundary: the smallest class that holds so much. */
static void a_size_falls_into_the_smallest_class_that_holds_it(void **state)
{
	int least = gr_stack_class(1);

	(void)state;
	assert_true(least >= 0);
	assert_true(gr_stack_usable(least) >= 2 * gr_os_signal_frame());
	if (least > 0)
		assert_true(gr_stack_usable(least - 1) < 2 * gr_os_signal_frame());
	for (int c = least; c < CLASSES; c++) {
		size_t usable = gr_stack_usable(c);

		assert_int_equal(gr_stack_class(usable), c);
		assert_int_equal(gr_stack_class(usable - 1), c);
		assert_int_equal(gr_stack_class(usable + 1), c + 1 < CLASSES ? c + 1 : -EINVAL);
	}
	for (int c = 0; c < least; c++) /* too little for a signal */
		assert_int_equal(gr_stack_class(gr_stack_usable(c)), least);
}

static void no_size_is_the_default_and_more_than_1_GiB_is_refused(void **state)
{
	(void)state;
	assert_int_equal(gr_stack_class(0), gr_stack_class(GR_STACK_DEFAULT));
	assert_int_equal(gr_stack_usable(gr_stack_class(0)), (size_t)192 << 10);
	assert_int_equal(gr_stack_class(GR_STACK_MAX), CLASSES - 1);
	assert_int_equal(gr_stack_class(GR_STACK_MAX + 1), -EINVAL);
	assert_int_equal(gr_stack_class(SIZE_MAX), -EINVAL);
}

/* A stack ----------------------------------------------------------------------------------- */

static void check_a_stack_of(int class)
{
	size_t guard = gr_stack_usable(class) <= (size_t)64 << 10 ? 16 << 10 : 64 << 10;
	uintptr_t low, high, top = (uintptr_t)get(class), found_low, found_high;
	uintptr_t at[4];

	gr_stack_bounds(class, (void *)top, &low, &high);
	assert_int_equal(top % 64, 0);
	assert_true(top <= high && high - top <= 2048);
	assert_true(top - low >= gr_stack_usable(class));
	((volatile char *)top)[-1] = 1;
	((volatile char *)low)[0] = 1;
	if (!under_valgrind() || class % 8 == 0) { /* it takes a second to explain a fault */
		assert_true(faults_at((void *)(low - 1)));
		assert_true(faults_at((void *)(low - guard)));
	}

	at[0] = low - guard, at[1] = low - 1, at[2] = low, at[3] = high - 1;
	for (int i = 0; i < 4; i++) {
		bool in_guard = i >= 2;

		assert_true(gr_stack_find(at[i], &found_low, &found_high, &in_guard));
		assert_int_equal(found_low, low);
		assert_int_equal(found_high, high);
		assert_int_equal(in_guard, i < 2);
	}
	put(class, (void *)top);
}

static void stacks_of_every_class_are_usable_guarded_and_found(void **state)
{
	(void)state;
	for (int c = 0; c < CLASSES - 4; c++)
		check_a_stack_of(c);
}

static void no_other_memory_is_taken_for_a_stack(void **state)
{
	uintptr_t low, high;
	bool in_guard;
	int local;

	(void)state;
	get(0);
	assert_false(gr_stack_find(0, &low, &high, &in_guard));
	assert_false(gr_stack_find((uintptr_t)&local, &low, &high, &in_guard));
	assert_false(gr_stack_find((uintptr_t)stop, &low, &high, &in_guard));
}

static int by_value(const void *a, const void *b)
{
	uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

	return x < y ? -1 : x > y;
}

static void many_stacks_of_several_classes_do_not_overlap(void **state)
{
	static const int classes[] = { 0, 2, 7, 12 };
	size_t n = scaled(2000);
	uintptr_t(*bounds)[2] = calloc(n, sizeof(*bounds));

	(void)state;
	assert_non_null(bounds);
	for (size_t i = 0; i < n; i++) {
		int class = classes[i % 4];
		char *top = get(class);

		top[-1] = 1;
		gr_stack_bounds(class, top, &bounds[i][0], &bounds[i][1]);
	}
	qsort(bounds, n, sizeof(*bounds), by_value);
	for (size_t i = 1; i < n; i++) /* and a guard fits between */
		assert_true(bounds[i][0] >= bounds[i - 1][1] + ((size_t)16 << 10));
	free(bounds);
}

static void tops_differ_in_their_cache_sets(void **state)
{
	uintptr_t seen[32];

	(void)state;
	for (int i = 0; i < 32; i++) {
		seen[i] = (uintptr_t)get(7) % 4096;
		for (int k = 0; k < i; k++)
			assert_int_not_equal(seen[k], seen[i]);
	}
}

/* Reuse ------------------------------------------------------------------------------------- */

static void a_stack_given_back_is_the_next_one_and_nothing_was_written_into_it(void **state)
{
	char *top = get(7), *again;

	(void)state;
	memset(top - 4096, 0x5a, 4096);
	put(7, top);
	again = get(7);
	assert_ptr_equal(again, top);
	for (int i = 1; i <= 4096; i++)
		assert_int_equal(again[-i], 0x5a);
}

static void the_books_balance(void **state)
{
	size_t mapped, in_use, cached;
	void *top[10];

	(void)state;
	gr_stack_stats(&mapped, &in_use, &cached);
	assert_int_equal(mapped + in_use + cached, 0);
	assert_int_equal(gr_stack_reserved(), 0);
	for (int i = 0; i < 10; i++)
		top[i] = get(i % 3);
	gr_stack_stats(&mapped, &in_use, &cached);
	assert_int_equal(mapped, 10);
	assert_int_equal(in_use, 10);
	assert_int_equal(cached, 0);
	assert_true(gr_stack_reserved() >= 10 * ((size_t)32 << 10));
	for (int i = 0; i < 4; i++)
		put(i % 3, top[i]);
	gr_stack_stats(&mapped, &in_use, &cached);
	assert_int_equal(mapped, 10);
	assert_int_equal(in_use, 6);
	assert_int_equal(cached, 4);
}

static size_t resident_pages(int class, void *top)
{
	static unsigned char pages[1024];
	uintptr_t low, high;
	size_t n, count = 0;

	gr_stack_bounds(class, top, &low, &high);
	n = (high - low) / gr_os_page_size();
	assert_true(n <= sizeof(pages));
	assert_int_equal(mincore((void *)low, high - low, pages), 0);
	for (size_t i = 0; i < n; i++)
		count += pages[i] & 1;
	return count;
}

/* Some are kept warm, whatever their depth; what is over that goes back to the system. */
static void of_many_deep_stacks_given_back_most_memory_is_the_systems_again(void **state)
{
	enum { N = 3000, DEEP = 3 };
	size_t page = gr_os_page_size(), before = 0, after = 0;
	static char *top[N];

	(void)state;
	if (under_valgrind())
		skip(); /* it takes minutes over so many mappings; see pool_test.c */
	for (int i = 0; i < N; i++) {
		top[i] = get(3);
		for (size_t k = 0; k < DEEP; k++)
			top[i][-(ptrdiff_t)(k * page) - 1] = 1;
		before += resident_pages(3, top[i]);
	}
	assert_true(before >= (size_t)N * DEEP);
	for (int i = 0; i < N; i++)
		put(3, top[i]);
	for (unsigned i = 0; i < GR_POOL_LOOKS; i++)
		assert_true(gr_stack_tidy());
	for (int i = 0; i < N; i++) /* wanted since: they stay */
		top[i] = get(3);
	for (int i = 0; i < N; i++)
		put(3, top[i]);
	for (unsigned i = 0; i < GR_POOL_LOOKS; i++)
		assert_true(gr_stack_tidy());
	for (int i = 0; i < N; i++)
		after += resident_pages(3, top[i]);
	assert_true(after >= before);
	while (gr_stack_tidy())
		;
	after = 0;
	for (int i = 0; i < N; i++)
		after += resident_pages(3, top[i]);
	assert_true(after < before / 2);
	for (int i = 0; i < N; i++) { /* and they can be used as ever */
		char *again = get(3);

		again[-1] = 2;
		if (i % 1000 == 0) {
			uintptr_t low, high;

			gr_stack_bounds(3, again, &low, &high);
			assert_true(faults_at((void *)(low - 1)));
		}
	}
}

static void after_stop_it_starts_anew(void **state)
{
	size_t mapped, in_use, cached;

	for (int i = 0; i < 5; i++) {
		char *top = get(7);

		top[-1] = 1;
		put(7, top);
		stop(state);
		start(state);
		gr_stack_stats(&mapped, &in_use, &cached);
		assert_int_equal(mapped, 0);
		assert_int_equal(gr_stack_reserved(), 0);
	}
}

/* ASan marks frames in the shadow of their addresses; whoever gets these next must not meet them. */
static void after_stop_no_address_is_poisoned(void **state)
{
#if UNIT_ASAN
	char *top = get(7);

	(void)state;
	__asan_poison_memory_region(top - 640, 640);
	assert_non_null(__asan_region_is_poisoned(top - 640, 640));
	stop(NULL);
	assert_null(__asan_region_is_poisoned(top - 640, 640));
	start(NULL);
#else
	(void)state;
	skip();
#endif
}

/* Promises ---------------------------------------------------------------------------------- */

/* 1 GiB each: the address space ends before the patience. */
static void promises_beyond_the_address_space_are_ENOMEM(void **state)
{
	size_t made = 0;

	(void)state;
	if (address_space_costs_memory())
		skip();
	while (made < (size_t)1 << 18 && gr_stack_promise(NULL, CLASSES - 1) == 0)
		made++;
	if (made == (size_t)1 << 18)
		skip(); /* a processor with more than 2^48 bytes of it */
	assert_true(made > 0);
	assert_int_equal(gr_stack_promise(NULL, CLASSES - 1), -ENOMEM);
	gr_stack_unpromise(NULL, CLASSES - 1);
	assert_int_equal(gr_stack_promise(NULL, CLASSES - 1), 0); /* given back, it can be had */
	for (size_t i = 0; i < made; i++)
		gr_stack_unpromise(NULL, CLASSES - 1);
}

/* As many as fit under vm.max_map_count, and each of them is then kept. */
static void promises_beyond_the_guards_are_ENOMEM(void **state)
{
	size_t limit = gr_os_guard_limit(), made = 0;

	(void)state;
	if (gr_os_guard_is_marker() || limit > 100000)
		skip(); /* none is short */
	while (made <= limit && gr_stack_promise(NULL, made % 2 == 0 ? 0 : 3) == 0)
		made++;
	assert_int_equal(made, limit);
	for (size_t i = 0; i < made; i++)
		gr_stack_unpromise(NULL, i % 2 == 0 ? 0 : 3);
	assert_int_equal(gr_stack_promise(NULL, 0), 0);
}

#define one_start(test) cmocka_unit_test_setup_teardown(test, start, stop)

static int run_all(const char *name)
{
	const struct CMUnitTest tests[] = {
		one_start(classes_are_16_KiB_to_1_GiB_in_steps_of_a_half_at_most),
		one_start(a_size_falls_into_the_smallest_class_that_holds_it),
		one_start(no_size_is_the_default_and_more_than_1_GiB_is_refused),
		one_start(stacks_of_every_class_are_usable_guarded_and_found),
		one_start(no_other_memory_is_taken_for_a_stack),
		one_start(many_stacks_of_several_classes_do_not_overlap),
		one_start(tops_differ_in_their_cache_sets),
		one_start(a_stack_given_back_is_the_next_one_and_nothing_was_written_into_it),
		one_start(the_books_balance),
		one_start(of_many_deep_stacks_given_back_most_memory_is_the_systems_again),
		one_start(after_stop_it_starts_anew),
		one_start(after_stop_no_address_is_poisoned),
		one_start(promises_beyond_the_address_space_are_ENOMEM),
		one_start(promises_beyond_the_guards_are_ENOMEM),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int main(void)
{
	return run_with_both_guards(run_all);
}
