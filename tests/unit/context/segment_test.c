/* SPDX-License-Identifier: MIT */
/* segment_test.c: slots cut from reserved memory, and which slot an address is in (segment.h). */
#include "../unit.h"

#include "context/segment.h"
#include "os/os.h"

static struct gr_slot_shape shape_of(size_t guard_pages, size_t usable_pages)
{
	size_t page = gr_os_page_size();

	return (struct gr_slot_shape){ guard_pages * page, usable_pages * page, page };
}

static int start(void **state)
{
	(void)state;
	gr_segment_start();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	gr_segment_stop();
	return 0;
}

static void nothing_is_cut_or_found_before_a_segment_is_added(void **state)
{
	struct gr_segment_cursor c = { .class = 3, .shape = shape_of(1, 2) };
	uintptr_t low, high;
	bool in_guard;

	(void)state;
	assert_null(gr_segment_cut(&c));
	assert_int_equal(gr_segment_reserved(), 0);
	assert_false(gr_segment_find(0, &low, &high, &in_guard));
	assert_false(gr_segment_find((uintptr_t)&c, &low, &high, &in_guard));
	assert_false(gr_segment_find(UINTPTR_MAX, &low, &high, &in_guard));
}

/* Every byte that is first or last in something. */
static void assert_found(uintptr_t start_of_slot, const struct gr_slot_shape *shape)
{
	uintptr_t stack = start_of_slot + shape->guard, end = start_of_slot + gr_slot_bytes(shape);
	uintptr_t at[] = { start_of_slot, stack - 1, stack, end - 1 };

	for (int i = 0; i < 4; i++) {
		uintptr_t low = 0, high = 0;
		bool in_guard = i >= 2;

		assert_true(gr_segment_find(at[i], &low, &high, &in_guard));
		assert_int_equal(low, stack);
		assert_int_equal(high, end);
		assert_int_equal(in_guard, i < 2);
	}
}

static void slots_are_cut_from_low_to_high_and_found_once_they_are(void **state)
{
	struct gr_segment_cursor c = { .class = 3, .shape = shape_of(2, 5) };
	size_t slot = gr_slot_bytes(&c.shape), page = c.shape.page;
	uintptr_t low, high, base = 0;
	bool in_guard;

	(void)state;
	assert_int_equal(gr_segment_add(&c, 40), 0);
	assert_int_equal(c.slots, 40);
	assert_int_equal(gr_segment_reserved(), 40 * slot);
	for (size_t i = 0; i < 40; i++) {
		uintptr_t top = (uintptr_t)gr_segment_cut(&c);
		uintptr_t end = (top + page - 1) & ~(uintptr_t)(page - 1);

		assert_int_equal(c.used, i + 1);
		assert_int_equal(top % 64, 0);
		assert_true(end - top <= 2048);
		if (i == 0)
			base = end - slot;
		assert_int_equal(end, base + (i + 1) * slot);
		assert_found(base + i * slot, &c.shape);
		assert_false(gr_segment_find(end, &low, &high, &in_guard)); /* not used yet */
	}
	assert_null(gr_segment_cut(&c));
	assert_false(gr_segment_find(base - 1, &low, &high, &in_guard));
}

static void tops_differ_in_their_cache_sets_from_slot_to_slot(void **state)
{
	struct gr_segment_cursor c = { .class = 0, .shape = shape_of(1, 4) };
	uint32_t seen[64];

	(void)state;
	assert_int_equal(gr_segment_add(&c, 64), 0);
	for (int i = 0; i < 64; i++) {
		seen[i] = (uint32_t)((uintptr_t)gr_segment_cut(&c) % c.shape.page / 64);
		for (int k = i > 31 ? i - 31 : 0; k < i; k++)
			assert_int_not_equal(seen[k], seen[i]); /* none like the 31 before it */
	}
}

static void segments_of_several_classes_mix_and_each_cursor_sees_its_own(void **state)
{
	struct gr_segment_cursor c[3];
	size_t cut[3] = { 0 };

	(void)state;
	for (int k = 0; k < 3; k++)
		c[k] = (struct gr_segment_cursor){ .class = k,
			.shape = shape_of(1, 1 + (size_t)k) };
	for (int round = 0; round < 4; round++) {
		for (int k = 0; k < 3; k++)
			assert_int_equal(gr_segment_add(&c[k], 3 + (size_t)k), 0);
		for (int i = 0; i < 6; i++) { /* some are left over, and come first next time */
			for (int k = 0; k < 3; k++) {
				uintptr_t low, high, top = (uintptr_t)gr_segment_cut(&c[k]);
				bool in_guard;

				if (top == 0) {
					assert_int_equal(c[k].used, c[k].slots);
					continue;
				}
				cut[k]++;
				assert_true(gr_segment_find(top - 1, &low, &high, &in_guard));
				assert_int_equal(high - low, c[k].shape.usable + c[k].shape.page);
				assert_false(in_guard);
			}
		}
		for (int k = 0; k < 3; k++) {
			assert_int_equal(c[k].used, cut[k]);
			assert_int_equal(c[k].slots, (size_t)(round + 1) * (3 + (size_t)k));
		}
	}
}

static void what_cannot_be_reserved_is_ENOMEM_and_changes_nothing(void **state)
{
	struct gr_segment_cursor c = { .class = 0, .shape = shape_of(1, 1) };

	(void)state;
	assert_int_equal(gr_segment_add(&c, SIZE_MAX / 2), -ENOMEM); /* the product overflows */
	assert_int_equal(gr_segment_add(&c, ((size_t)1 << 62) / gr_slot_bytes(&c.shape)), -ENOMEM);
	assert_int_equal(c.slots, 0);
	assert_int_equal(gr_segment_reserved(), 0);
	assert_null(gr_segment_cut(&c));
	assert_int_equal(gr_segment_add(&c, 1), 0);
	assert_non_null(gr_segment_cut(&c));
}

static void a_full_table_is_ENOMEM(void **state)
{
	struct gr_segment_cursor c = { .class = 0, .shape = shape_of(1, 1) };
	int rc;

	(void)state;
	do
		rc = gr_segment_add(&c, 1);
	while (rc == 0);
	assert_int_equal(rc, -ENOMEM);
	assert_in_range(c.slots, 1000, 100000);
	for (size_t i = 0; i < c.slots; i++)
		assert_non_null(gr_segment_cut(&c));
	assert_null(gr_segment_cut(&c));
}

static void after_stop_the_memory_is_gone_and_it_starts_anew(void **state)
{
	struct gr_segment_cursor c = { .class = 0, .shape = shape_of(1, 1) };
	uintptr_t low, high;
	bool in_guard;
	char *top;

	(void)state;
	assert_int_equal(gr_segment_add(&c, 1), 0);
	top = gr_segment_cut(&c);
	top[-1] = 1;
	gr_segment_stop();
	assert_false(gr_segment_find((uintptr_t)top - 1, &low, &high, &in_guard));
	assert_true(faults_at(top - 1));
	gr_segment_start();
	assert_int_equal(gr_segment_reserved(), 0);
}

#define one_start(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		one_start(nothing_is_cut_or_found_before_a_segment_is_added),
		one_start(slots_are_cut_from_low_to_high_and_found_once_they_are),
		one_start(tops_differ_in_their_cache_sets_from_slot_to_slot),
		one_start(segments_of_several_classes_mix_and_each_cursor_sees_its_own),
		one_start(what_cannot_be_reserved_is_ENOMEM_and_changes_nothing),
		one_start(a_full_table_is_ENOMEM),
		one_start(after_stop_the_memory_is_gone_and_it_starts_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
