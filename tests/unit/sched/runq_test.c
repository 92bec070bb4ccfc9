/* SPDX-License-Identifier: MIT */
/* runq_test.c: the ring and the next-slot, one thread playing all parts. The real source, compiled
 * with a ring of eight. */
#define GR_RUNQ_SIZE 8u

#include "../unit.h"

#include "sched/runq.c"

#include "small_ring.h"

static void fill(struct gr_runq *q, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		assert_true(gr_runq_push(q, &coros[i]));
}

/* Each of the first n was seen exactly once. */
static void see(unsigned *seen, const struct gr_coro *co)
{
	assert_true(co >= coros && co < coros + 4 * N);
	seen[co - coros]++;
}

static void all_seen_once(const unsigned *seen, unsigned n)
{
	for (unsigned i = 0; i < 4 * N; i++)
		assert_int_equal(seen[i], i < n ? 1 : 0);
}

static void it_is_first_in_first_out_from_every_place_at_every_fill(void **state)
{
	struct gr_runq q;

	(void)state;
	for (unsigned b = 0; b < BEGINS; b++)
		for (unsigned n = 0; n <= N; n++) {
			make(&q, begins_at(b));
			fill(&q, n);
			assert_int_equal(gr_runq_len(&q), n);
			for (unsigned i = 0; i < n; i++) {
				assert_ptr_equal(gr_runq_pop(&q), &coros[i]);
				assert_int_equal(gr_runq_len(&q), n - i - 1);
			}
			assert_null(gr_runq_pop(&q));
		}
}

static void a_full_ring_takes_no_more_until_one_is_taken(void **state)
{
	struct gr_runq q;

	(void)state;
	for (unsigned b = 0; b < BEGINS; b++) {
		make(&q, begins_at(b));
		fill(&q, N);
		assert_false(gr_runq_push(&q, &coros[N]));
		assert_int_equal(gr_runq_len(&q), N);
		assert_ptr_equal(gr_runq_pop(&q), &coros[0]);
		assert_true(gr_runq_push(&q, &coros[N]));
		assert_false(gr_runq_push(&q, &coros[N + 1]));
		for (unsigned i = 1; i <= N; i++)
			assert_ptr_equal(gr_runq_pop(&q), &coros[i]);
	}
}

/* The owner takes `popped`, a thief steals, the owner takes the rest. */
static void split(uint32_t begin, uint32_t thiefs_begin, unsigned n, unsigned popped)
{
	unsigned left = n - popped, half = left - left / 2;
	unsigned seen[4 * N] = { 0 };
	struct gr_runq owner, thief;
	struct gr_coro *co;

	make(&owner, begin);
	make(&thief, thiefs_begin);
	fill(&owner, n);
	for (unsigned i = 0; i < popped; i++)
		see(seen, gr_runq_pop(&owner));
	co = gr_runq_steal(&thief, &owner);
	assert_true((co != NULL) == (left != 0));
	assert_int_equal(gr_runq_len(&owner), left - half);
	assert_int_equal(gr_runq_len(&thief), half == 0 ? 0 : half - 1);
	if (co != NULL)
		assert_ptr_equal(co, &coros[popped]); /* the oldest */
	for (; co != NULL; co = gr_runq_pop(&thief))
		see(seen, co);
	while ((co = gr_runq_pop(&owner)) != NULL)
		see(seen, co);
	all_seen_once(seen, n);
}

static void a_thief_takes_half_rounded_up_and_the_oldest_of_every_fill(void **state)
{
	(void)state;
	for (unsigned b = 0; b < BEGINS; b++)
		for (unsigned t = 0; t < BEGINS; t++)
			for (unsigned n = 0; n <= N; n++)
				for (unsigned popped = 0; popped <= n; popped++)
					split(begins_at(b), begins_at(t), n, popped);
}

static void what_is_stolen_keeps_its_order(void **state)
{
	struct gr_runq owner, thief;

	(void)state;
	make(&owner, 3);
	make(&thief, UINT32_MAX);
	fill(&owner, N);
	assert_ptr_equal(gr_runq_steal(&thief, &owner), &coros[0]);
	for (unsigned i = 1; i < N / 2; i++)
		assert_ptr_equal(gr_runq_pop(&thief), &coros[i]);
	for (unsigned i = N / 2; i < N; i++)
		assert_ptr_equal(gr_runq_pop(&owner), &coros[i]);
}

static void several_thieves_leave_nothing_and_take_nothing_twice(void **state)
{
	(void)state;
	for (unsigned b = 0; b < BEGINS; b++)
		for (unsigned n = 0; n <= N; n++) {
			unsigned seen[4 * N] = { 0 };
			struct gr_runq owner, thief;
			struct gr_coro *co;

			make(&owner, begins_at(b));
			fill(&owner, n);
			while (make(&thief, begins_at(b)),
				(co = gr_runq_steal(&thief, &owner)) != NULL)
				for (; co != NULL; co = gr_runq_pop(&thief))
					see(seen, co);
			assert_int_equal(gr_runq_len(&owner), 0);
			all_seen_once(seen, n);
		}
}

static void the_older_half_is_shed_as_a_list(void **state)
{
	(void)state;
	for (unsigned b = 0; b < BEGINS; b++)
		for (unsigned n = 0; n <= N; n++) {
			struct gr_coro *last = NULL, *co;
			unsigned count = 99, i = 0;
			struct gr_runq q;

			make(&q, begins_at(b));
			fill(&q, n);
			co = gr_runq_shed(&q, &last, &count);
			assert_int_equal(count, n - n / 2);
			for (; co != NULL; co = co->next, i++) {
				assert_ptr_equal(co, &coros[i]);
				if (co->next == NULL)
					assert_ptr_equal(co, last);
			}
			assert_int_equal(i, count);
			for (; i < n; i++)
				assert_ptr_equal(gr_runq_pop(&q), &coros[i]);
			assert_null(gr_runq_pop(&q));
		}
}

/* The slot ------------------------------------------------------------------------------------ */

static void the_slot_holds_one_and_says_whom_it_displaced(void **state)
{
	struct gr_runq q;

	(void)state;
	make(&q, 0);
	assert_null(gr_runq_take_slot(&q));
	assert_null(gr_runq_put_slot(&q, &coros[0]));
	assert_ptr_equal(gr_runq_put_slot(&q, &coros[1]), &coros[0]);
	assert_ptr_equal(gr_runq_take_slot(&q), &coros[1]);
	assert_null(gr_runq_take_slot(&q));
}

static void the_slot_is_not_in_the_ring_for_thieves_or_for_the_length(void **state)
{
	struct gr_runq q, thief;

	(void)state;
	make(&q, 0);
	make(&thief, 0);
	gr_runq_put_slot(&q, &coros[0]);
	assert_int_equal(gr_runq_len(&q), 0);
	assert_null(gr_runq_steal(&thief, &q));
	assert_null(gr_runq_pop(&q));
	assert_ptr_equal(gr_runq_next(&q), &coros[0]);
	assert_null(gr_runq_next(&q));
}

/* One that is woken again each time it runs, against one in the ring. */
static void the_slot_comes_first_but_not_for_ever(void **state)
{
	struct gr_runq q;
	unsigned turns = 0;

	(void)state;
	make(&q, 0);
	gr_runq_push(&q, &coros[1]);
	for (;;) {
		gr_runq_put_slot(&q, &coros[0]);
		if (gr_runq_next(&q) == &coros[1])
			break;
		assert_true(++turns <= GR_RUNQ_SLOT_RUNS);
	}
	assert_int_equal(turns, GR_RUNQ_SLOT_RUNS);
	assert_ptr_equal(gr_runq_next(&q), &coros[0]); /* it was only passed over */
	assert_null(gr_runq_next(&q));
}

static void alone_the_slot_may_run_for_ever(void **state)
{
	struct gr_runq q;

	(void)state;
	make(&q, 5);
	for (unsigned i = 0; i < 4 * GR_RUNQ_SLOT_RUNS; i++) {
		gr_runq_put_slot(&q, &coros[i % 2]);
		assert_ptr_equal(gr_runq_next(&q), &coros[i % 2]);
	}
}

static void each_of_many_in_the_ring_gets_its_turn_beside_a_busy_slot(void **state)
{
	unsigned seen[4 * N] = { 0 };
	struct gr_runq q;

	(void)state;
	make(&q, UINT32_MAX - 2);
	for (unsigned i = 1; i <= N; i++)
		gr_runq_push(&q, &coros[i]);
	for (unsigned i = 0; i < (N + 1) * (GR_RUNQ_SLOT_RUNS + 1); i++) {
		struct gr_coro *co;

		gr_runq_put_slot(&q, &coros[0]);
		co = gr_runq_next(&q);
		if (co != &coros[0])
			see(seen, co);
	}
	seen[0] = 1;
	all_seen_once(seen, N + 1);
}

/* Head and tail are two loads. Between them thieves may take, and the owner go on. */
static void a_torn_pair_of_head_and_tail_is_taken_for_empty_or_read_again(void **state)
{
	struct gr_runq q;
	struct gr_coro *last;
	uint32_t head;
	unsigned count;

	(void)state;
	make(&q, 100);
	fill(&q, 3);
	head = 100 - GR_RUNQ_MOST; /* read long ago */
	assert_int_equal(share(&q, &head), 2);
	assert_int_equal(head, 100);
	q.head = 104; /* a tail read before the head: less than nothing is there */
	assert_int_equal(gr_runq_len(&q), 0);
	q.head = 103;
	assert_null(gr_runq_shed(&q, &last, &count));
	gr_runq_fini(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_first_in_first_out_from_every_place_at_every_fill),
		cmocka_unit_test(a_full_ring_takes_no_more_until_one_is_taken),
		cmocka_unit_test(a_thief_takes_half_rounded_up_and_the_oldest_of_every_fill),
		cmocka_unit_test(what_is_stolen_keeps_its_order),
		cmocka_unit_test(several_thieves_leave_nothing_and_take_nothing_twice),
		cmocka_unit_test(the_older_half_is_shed_as_a_list),
		cmocka_unit_test(a_torn_pair_of_head_and_tail_is_taken_for_empty_or_read_again),
		cmocka_unit_test(the_slot_holds_one_and_says_whom_it_displaced),
		cmocka_unit_test(the_slot_is_not_in_the_ring_for_thieves_or_for_the_length),
		cmocka_unit_test(the_slot_comes_first_but_not_for_ever),
		cmocka_unit_test(alone_the_slot_may_run_for_ever),
		cmocka_unit_test(each_of_many_in_the_ring_gets_its_turn_beside_a_busy_slot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
