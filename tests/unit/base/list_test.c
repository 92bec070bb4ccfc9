/* SPDX-License-Identifier: MIT */
/* list_test.c: the doubly linked list (list.h), against an array: every list of up to five. */
#include "../unit.h"

#include "base/list.h"

enum { MOST = 5 };

struct item {
	int value;
	struct gr_list link;
};

static struct item items[2 * MOST];

/* values[0..n) from front to back, read in both directions and by every function that looks. */
static void assert_holds(struct gr_list *list, const int *values, int n)
{
	struct gr_list *last = gr_list_last(list);
	int i = 0;

	assert_int_equal(gr_list_empty(list), n == 0);
	gr_list_each(link, list)
	{
		assert_true(i < n);
		assert_true(gr_list_linked(link));
		assert_ptr_equal(link->next->prev, link);
		assert_int_equal(gr_list_entry(link, struct item, link)->value, values[i++]);
	}
	assert_int_equal(i, n);
	assert_ptr_equal(list->prev->next, list);
	if (n == 0) {
		assert_null(gr_list_first(list));
		assert_null(last);
		return;
	}
	assert_int_equal(gr_list_entry(gr_list_first(list), struct item, link)->value, values[0]);
	for (; last != list; last = last->prev)
		assert_int_equal(gr_list_entry(last, struct item, link)->value, values[--i]);
	assert_int_equal(i, 0);
}

static void fill(struct gr_list *list, int *values, int from, int n)
{
	gr_list_init(list);
	for (int i = 0; i < n; i++) {
		items[from + i].value = values[i] = from + i;
		gr_list_init(&items[from + i].link);
		gr_list_push_back(list, &items[from + i].link);
	}
}

static void an_initialiser_and_init_make_the_same_empty_list(void **state)
{
	struct gr_list made = GR_LIST_INIT(made), initialised;

	(void)state;
	gr_list_init(&initialised);
	assert_holds(&made, NULL, 0);
	assert_holds(&initialised, NULL, 0);
	assert_null(gr_list_pop_front(&made));
	assert_false(gr_list_linked(&initialised));
}

/* Each of the n bits of `ways` says at which end. */
static void elements_pushed_at_either_end_stand_there(void **state)
{
	(void)state;
	for (int n = 0; n <= MOST; n++) {
		for (int ways = 0; ways < 1 << n; ways++) {
			int values[2 * MOST], front = MOST, back = MOST;
			struct gr_list list;

			gr_list_init(&list);
			for (int i = 0; i < n; i++) {
				items[i].value = i;
				if (ways >> i & 1) {
					gr_list_push_front(&list, &items[i].link);
					values[--front] = i;
				} else {
					gr_list_push_back(&list, &items[i].link);
					values[back++] = i;
				}
				assert_holds(&list, values + front, back - front);
			}
			while (front < back) {
				struct gr_list *link = gr_list_pop_front(&list);

				assert_ptr_equal(link, &items[values[front++]].link);
				assert_false(gr_list_linked(link));
				assert_holds(&list, values + front, back - front);
			}
		}
	}
}

static void an_element_goes_in_after_any_other(void **state)
{
	(void)state;
	for (int n = 1; n < MOST; n++) {
		for (int at = 0; at < n; at++) {
			int values[MOST];
			struct gr_list list;

			fill(&list, values, 0, n);
			items[n].value = 99;
			gr_list_insert_after(&items[at].link, &items[n].link);
			memmove(values + at + 2, values + at + 1,
				sizeof(int) * (size_t)(n - at - 1));
			values[at + 1] = 99;
			assert_holds(&list, values, n + 1);
		}
	}
}

/* Every subset in either order, each element twice: the second time does nothing. */
static void any_elements_can_be_removed_and_again(void **state)
{
	(void)state;
	for (int n = 0; n <= MOST; n++) {
		for (int gone = 0; gone < 1 << n; gone++) {
			for (int backwards = 0; backwards < 2; backwards++) {
				int values[MOST], kept = 0;
				struct gr_list list;

				fill(&list, values, 0, n);
				for (int k = 0; k < n; k++) {
					int i = backwards ? n - 1 - k : k;

					if (!(gone >> i & 1))
						continue;
					gr_list_remove(&items[i].link);
					assert_false(gr_list_linked(&items[i].link));
					gr_list_remove(&items[i].link);
				}
				for (int i = 0; i < n; i++)
					if (!(gone >> i & 1))
						values[kept++] = i;
				assert_holds(&list, values, kept);
			}
		}
	}
}

static void what_is_visited_safely_may_be_removed(void **state)
{
	(void)state;
	for (int gone = 0; gone < 1 << MOST; gone++) {
		int values[MOST], kept = 0, visited = 0;
		struct gr_list list;

		fill(&list, values, 0, MOST);
		gr_list_each_safe(link, &list)
		{
			int i = gr_list_entry(link, struct item, link)->value;

			assert_int_equal(i, visited++);
			if (gone >> i & 1)
				gr_list_remove(link);
		}
		assert_int_equal(visited, MOST);
		for (int i = 0; i < MOST; i++)
			if (!(gone >> i & 1))
				values[kept++] = i;
		assert_holds(&list, values, kept);
	}
}

static void a_spliced_list_stands_behind_and_leaves_nothing(void **state)
{
	(void)state;
	for (int n = 0; n <= MOST; n++) {
		for (int m = 0; m <= MOST; m++) {
			int values[2 * MOST];
			struct gr_list to, from;

			fill(&to, values, 0, n);
			fill(&from, values + n, MOST, m);
			gr_list_splice(&to, &from);
			assert_holds(&to, values, n + m);
			assert_holds(&from, NULL, 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_initialiser_and_init_make_the_same_empty_list),
		cmocka_unit_test(elements_pushed_at_either_end_stand_there),
		cmocka_unit_test(an_element_goes_in_after_any_other),
		cmocka_unit_test(any_elements_can_be_removed_and_again),
		cmocka_unit_test(what_is_visited_safely_may_be_removed),
		cmocka_unit_test(a_spliced_list_stands_behind_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
