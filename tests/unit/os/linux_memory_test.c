/* SPDX-License-Identifier: MIT */
/* linux_memory_test.c: memory reserved, guarded, discarded (os.h). What sort of guards there is
 * is found out once in a process: so everything runs twice, at first in a child that was told
 * to do without markers. */
#include "../unit.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "os/os.h"

static char *reserve(size_t bytes)
{
	void *p = NULL;

	assert_int_equal(gr_os_reserve(bytes, 0, &p), 0);
	assert_non_null(p);
	return p;
}

static size_t resident(void *addr, size_t bytes)
{
	static unsigned char pages[4096];
	size_t n = bytes / gr_os_page_size(), count = 0;

	assert_true(n <= sizeof(pages));
	assert_int_equal(mincore(addr, bytes, pages), 0);
	for (size_t i = 0; i < n; i++)
		count += pages[i] & 1;
	return count;
}

static void a_page_is_a_power_of_two(void **state)
{
	size_t page = gr_os_page_size();

	(void)state;
	assert_true(page >= 4096);
	assert_int_equal(page & (page - 1), 0);
}

static void reserved_memory_is_zero_aligned_and_apart(void **state)
{
	size_t page = gr_os_page_size();
	char *p[12];

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		size_t align = page << i, bytes = (i % 3 + 1) * page;
		void *out;

		assert_int_equal(gr_os_reserve(bytes, i == 0 ? 0 : align, &out), 0);
		p[i] = out;
		assert_int_equal((uintptr_t)out % align, 0);
		for (size_t k = 0; k < bytes; k++)
			assert_int_equal(p[i][k], 0);
		memset(out, (int)i + 1, bytes);
	}
	for (size_t i = 0; i < 12; i++) {
		for (size_t k = 0; k < (i % 3 + 1) * page; k++)
			assert_int_equal(p[i][k], i + 1);
		gr_os_release(p[i], (i % 3 + 1) * page);
	}
}

static size_t address_space(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	size_t pages = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%zu", &pages), 1);
	fclose(f);
	return pages * gr_os_page_size();
}

static void what_alignment_cut_off_and_what_was_released_is_gone(void **state)
{
	size_t before = address_space(), align = (size_t)64 << 20;

	(void)state;
	for (int i = 0; i < 32; i++) {
		void *p;

		assert_int_equal(gr_os_reserve(gr_os_page_size(), align, &p), 0);
		gr_os_release(p, gr_os_page_size());
	}
	assert_true(address_space() < before + align);
}

static void what_cannot_be_reserved_is_ENOMEM(void **state)
{
	size_t page = gr_os_page_size(), half = (SIZE_MAX >> 1) + 1;
	void *p;

	(void)state;
	assert_int_equal(gr_os_reserve(0 - page, 0, &p), -ENOMEM);
	assert_int_equal(gr_os_reserve(half, 0, &p), -ENOMEM);
	assert_int_equal(gr_os_reserve(half, half, &p), -ENOMEM); /* the sum is 0 */
	assert_int_equal(gr_os_reserve(half, 2 * page, &p), -ENOMEM);
}

static void no_page_is_there_before_it_is_touched_and_then_a_small_one(void **state)
{
	size_t bytes = (size_t)4 << 20;
	char *p = reserve(bytes);

	(void)state;
	assert_int_equal(resident(p, bytes), 0);
	p[bytes / 2] = 1;
	assert_int_equal(resident(p, bytes), 1);
	gr_os_release(p, bytes);
}

static void discard(void *addr, size_t bytes)
{
	gr_os_discard_all(&(struct gr_os_range){ addr, bytes }, 1);
}

static void discarded_pages_read_as_zero_and_occupy_nothing(void **state)
{
	size_t page = gr_os_page_size();
	char *p = reserve(8 * page);

	(void)state;
	memset(p, 1, 8 * page);
	assert_int_equal(resident(p, 8 * page), 8);
	errno = 4711;
	discard(p + page, 6 * page);
	assert_int_equal(errno, 4711);
	assert_int_equal(resident(p, 8 * page), 2);
	assert_int_equal(p[0], 1);
	assert_int_equal(p[7 * page], 1);
	for (size_t i = page; i < 7 * page; i++)
		assert_int_equal(p[i], 0);
	gr_os_release(p, 8 * page);
}

static void many_ranges_are_discarded_and_nothing_between_them(void **state)
{
	enum { N = 130 }; /* more than two calls of the kernel's */
	static const size_t numbers[] = { 0, 1, 2, 64, 65, N };
	size_t page = gr_os_page_size();

	(void)state;
	for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++) {
		size_t n = numbers[k], all = 2 * n + 1;
		char *p = reserve(all * page);
		struct gr_os_range at[N];

		memset(p, 7, all * page);
		for (size_t i = 0; i < n; i++)
			at[i] = (struct gr_os_range){ p + (2 * i + 1) * page, page };
		errno = 4711;
		gr_os_discard_all(at, n);
		assert_int_equal(errno, 4711);
		assert_int_equal(resident(p, all * page), n + 1);
		for (size_t i = 0; i < all; i++)
			assert_int_equal(p[i * page], i % 2 == 0 ? 7 : 0);
		gr_os_release(p, all * page);
	}
}

static void of_ranges_one_of_which_is_gone_the_others_are_discarded(void **state)
{
	size_t page = gr_os_page_size();
	char *p = reserve(2 * page), *gone = reserve(page);
	struct gr_os_range at[3] = { { p, page }, { gone, page }, { p + page, page } };

	(void)state;
	memset(p, 7, 2 * page);
	gr_os_release(gone, page);
	gr_os_discard_all(at, 3);
	assert_int_equal(resident(p, 2 * page), 0);
	gr_os_release(p, 2 * page);
}

static void every_byte_of_a_guard_faults_and_none_beside_it(void **state)
{
	size_t page = gr_os_page_size();
	char *p = reserve(4 * page);

	(void)state;
	memset(p, 7, 4 * page);
	assert_int_equal(gr_os_guard(p + page, 2 * page), 0);
	assert_true(faults_at(p + page));
	assert_true(faults_at(p + 2 * page - 1));
	assert_true(faults_at(p + 2 * page));
	assert_true(faults_at(p + 3 * page - 1));
	assert_false(faults_at(p + page - 1));
	assert_false(faults_at(p + 3 * page));
	assert_int_equal(p[page - 1], 7);
	assert_int_equal(p[3 * page], 7);
	assert_int_equal(gr_os_guard(p + page, 2 * page), 0); /* again: stays */
	assert_true(faults_at(p + page));
	gr_os_release(p, 4 * page);
}

static void many_guards_are_made_at_once_and_none_between_them(void **state)
{
	enum { N = 65 }; /* more than the kernel is asked for in one call */
	static const size_t numbers[] = { 1, 2, N };
	size_t page = gr_os_page_size();

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		size_t n = numbers[k];
		char *p = reserve((2 * n + 1) * page);
		struct gr_os_range at[N];

		memset(p, 7, (2 * n + 1) * page);
		for (size_t i = 0; i < n; i++)
			at[i] = (struct gr_os_range){ p + (2 * i + 1) * page, page };
		assert_int_equal(gr_os_guard_all(at, n), 0);
		for (size_t i = 0; i < n; i++) {
			assert_true(faults_at(p + (2 * i + 1) * page));
			assert_int_equal(p[2 * i * page], 7);
		}
		assert_int_equal(p[2 * n * page], 7);
		gr_os_release(p, (2 * n + 1) * page);
	}
	assert_int_equal(gr_os_guard_all(NULL, 0), 0);
}

static void guards_of_which_one_is_refused_are_refused(void **state)
{
	size_t page = gr_os_page_size();
	char *p = reserve(page), *gone = reserve(page);
	struct gr_os_range at[2] = { { p, page }, { gone, page } };

	(void)state;
	gr_os_release(gone, page);
	assert_int_equal(gr_os_guard_all(at, 2), -ENOMEM);
	gr_os_release(p, page);
}

static void a_guard_bears_that_what_is_around_it_is_discarded(void **state)
{
	size_t page = gr_os_page_size();
	char *p = reserve(3 * page);

	(void)state;
	memset(p, 1, 3 * page);
	assert_int_equal(gr_os_guard(p + page, page), 0);
	if (gr_os_guard_is_marker()) {
		discard(p, 3 * page);
	} else {
		discard(p, page);
		discard(p + 2 * page, page);
	}
	assert_int_equal(p[0], 0);
	assert_int_equal(p[2 * page], 0);
	assert_true(faults_at(p + page));
	gr_os_release(p, 3 * page);
}

static void locked_memory_is_guarded_too(void **state)
{
	size_t page = gr_os_page_size();
	char *p = reserve(page);

	(void)state;
	if (mlock(p, page) != 0) {
		gr_os_release(p, page);
		skip(); /* not allowed here */
	}
	assert_int_equal(gr_os_guard(p, page), 0);
	assert_true(faults_at(p));
	gr_os_release(p, page);
}

static void memory_that_is_not_there_cannot_be_guarded(void **state)
{
	size_t page = gr_os_page_size();
	char *p = reserve(page);

	(void)state;
	gr_os_release(p, page);
	assert_int_equal(gr_os_guard(p, page), -ENOMEM);
}

static size_t max_map_count(void)
{
	FILE *f = fopen("/proc/sys/vm/max_map_count", "r");
	size_t n = 65530;

	if (f != NULL) {
		assert_int_equal(fscanf(f, "%zu", &n), 1);
		fclose(f);
	}
	return n;
}

static void guards_are_limited_by_mappings_only_when_they_are_mappings(void **state)
{
	size_t limit = gr_os_guard_limit();

	(void)state;
	if (gr_os_guard_is_marker()) {
		assert_true(limit == SIZE_MAX);
	} else {
		assert_true(limit > 0);
		assert_true(2 * limit < max_map_count()); /* two each, and some for the program */
		assert_true(3 * limit > max_map_count()); /* not needlessly few */
	}
}

/* The case that the limit is about: guards between used pages, many more than a few. */
static void many_guards_between_other_pages_hold(void **state)
{
	size_t page = gr_os_page_size(), n = scaled(5000);
	char *p;

	(void)state;
	if (n > gr_os_guard_limit() / 2)
		n = gr_os_guard_limit() / 2;
	p = reserve(2 * n * page);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(gr_os_guard(p + 2 * i * page, page), 0);
	for (size_t i = 0; i < n; i++)
		p[(2 * i + 1) * page] = 1;
	assert_true(faults_at(p));
	assert_true(faults_at(p + 2 * (n / 2) * page));
	assert_true(faults_at(p + 2 * (n - 1) * page));
	gr_os_release(p, 2 * n * page);
}

static void the_environment_can_forbid_markers(void **state)
{
	(void)state;
	if (told_to_use_mprotect())
		assert_false(gr_os_guard_is_marker());
	else if (!gr_os_guard_is_marker())
		skip(); /* a kernel before 6.13, or an emulator */
}

static int run_all(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_a_power_of_two),
		cmocka_unit_test(reserved_memory_is_zero_aligned_and_apart),
		cmocka_unit_test(what_alignment_cut_off_and_what_was_released_is_gone),
		cmocka_unit_test(what_cannot_be_reserved_is_ENOMEM),
		cmocka_unit_test(no_page_is_there_before_it_is_touched_and_then_a_small_one),
		cmocka_unit_test(discarded_pages_read_as_zero_and_occupy_nothing),
		cmocka_unit_test(many_ranges_are_discarded_and_nothing_between_them),
		cmocka_unit_test(of_ranges_one_of_which_is_gone_the_others_are_discarded),
		cmocka_unit_test(every_byte_of_a_guard_faults_and_none_beside_it),
		cmocka_unit_test(many_guards_are_made_at_once_and_none_between_them),
		cmocka_unit_test(guards_of_which_one_is_refused_are_refused),
		cmocka_unit_test(a_guard_bears_that_what_is_around_it_is_discarded),
		cmocka_unit_test(locked_memory_is_guarded_too),
		cmocka_unit_test(memory_that_is_not_there_cannot_be_guarded),
		cmocka_unit_test(guards_are_limited_by_mappings_only_when_they_are_mappings),
		cmocka_unit_test(many_guards_between_other_pages_hold),
		cmocka_unit_test(the_environment_can_forbid_markers),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int main(void)
{
	return run_with_both_guards(run_all);
}
