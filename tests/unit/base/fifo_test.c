/* SPDX-License-Identifier: MIT */
/* fifo_test.c: the singly linked queue (fifo.h), against an array. */
#include "../unit.h"

#include "base/fifo.h"

enum { STEPS = 7 };

static struct gr_fifo_node nodes[2 * STEPS];

static void assert_pops(struct gr_fifo *q, const int *values, int n)
{
	for (int i = 0; i < n; i++) {
		assert_false(gr_fifo_empty(q));
		assert_ptr_equal(gr_fifo_pop(q), &nodes[values[i]]);
	}
	assert_true(gr_fifo_empty(q));
	assert_null(gr_fifo_pop(q));
}

static void all_zero_is_an_empty_queue(void **state)
{
	struct gr_fifo zero = { 0 }, initialised;
	int one = 1;

	(void)state;
	gr_fifo_init(&initialised);
	assert_pops(&zero, NULL, 0);
	assert_pops(&initialised, NULL, 0);
	gr_fifo_push(&zero, &nodes[1]);
	assert_pops(&zero, &one, 1);
}

/* Each step pushes behind, pushes in front or pops: all 3^7 programs, so that the queue also
 * runs empty and fills again in every way. */
static void every_short_program_of_pushes_and_pops_keeps_the_order(void **state)
{
	int programs = 1;

	(void)state;
	for (int i = 0; i < STEPS; i++)
		programs *= 3;
	for (int program = 0; program < programs; program++) {
		int values[2 * STEPS + 1], front = STEPS, back = STEPS;
		struct gr_fifo q = { 0 };

		for (int i = 0, rest = program; i < STEPS; i++, rest /= 3) {
			if (rest % 3 == 0) {
				gr_fifo_push(&q, &nodes[i]);
				values[back++] = i;
			} else if (rest % 3 == 1) {
				gr_fifo_push_front(&q, &nodes[i]);
				values[--front] = i;
			} else if (front < back) {
				assert_ptr_equal(gr_fifo_pop(&q), &nodes[values[front++]]);
			} else {
				assert_null(gr_fifo_pop(&q));
			}
			assert_int_equal(gr_fifo_empty(&q), front == back);
		}
		assert_pops(&q, values + front, back - front);
	}
}

static void a_spliced_queue_stands_behind_and_leaves_nothing(void **state)
{
	(void)state;
	for (int n = 0; n <= 3; n++) {
		for (int m = 0; m <= 3; m++) {
			int values[2 * STEPS];
			struct gr_fifo to = { 0 }, from = { 0 };

			for (int i = 0; i < n + m; i++) {
				values[i] = i;
				gr_fifo_push(i < n ? &to : &from, &nodes[i]);
			}
			gr_fifo_splice(&to, &from);
			assert_pops(&from, NULL, 0);
			values[n + m] = n + m; /* and it goes on from there */
			gr_fifo_push(&to, &nodes[n + m]);
			assert_pops(&to, values, n + m + 1);
			gr_fifo_push(&from, &nodes[0]);
			assert_pops(&from, values, 1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_zero_is_an_empty_queue),
		cmocka_unit_test(every_short_program_of_pushes_and_pops_keeps_the_order),
		cmocka_unit_test(a_spliced_queue_stands_behind_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
