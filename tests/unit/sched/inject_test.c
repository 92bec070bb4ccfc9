/* SPDX-License-Identifier: MIT */
/* inject_test.c: the global queue: a FIFO that many push to and many pop from. */
#include "../unit.h"

#include <pthread.h>
#include <sched.h>

#include "sched/inject.h"

#define PUSHERS 3
#define POPPERS 2
#define EACH    700u

static struct gr_coro coros[PUSHERS * EACH];

/* Links n coroutines from the one at `first` on, and pushes them in one piece. */
static void push(unsigned first, unsigned n)
{
	for (unsigned i = first; i + 1 < first + n; i++)
		coros[i].next = &coros[i + 1];
	gr_inject_push(&coros[first], &coros[first + n - 1], n);
}

static void empty_it_gives_nothing(void **state)
{
	unsigned count = 99;

	(void)state;
	assert_int_equal(gr_inject_len(), 0);
	assert_null(gr_inject_pop(5, &count));
	assert_int_equal(count, 0);
}

static void pieces_come_out_in_the_order_of_their_pushes(void **state)
{
	unsigned count, at = 0;

	(void)state;
	push(0, 1);
	push(1, 3);
	push(4, 2);
	assert_int_equal(gr_inject_len(), 6);
	for (unsigned max = 1; at < 6; max++) {
		struct gr_coro *co = gr_inject_pop(max, &count);
		unsigned linked = 0;

		for (; co != NULL; co = co->next, linked++)
			assert_ptr_equal(co, &coros[at++]);
		assert_int_equal(linked, count);
		assert_true(count == max || at == 6);
		assert_int_equal(gr_inject_len(), 6 - at);
	}
	assert_null(gr_inject_pop(1, &count));
}

static void whatever_the_last_one_pointed_to_is_cut_off(void **state)
{
	unsigned count;

	(void)state;
	coros[1].next = &coros[7];
	coros[0].next = &coros[1];
	gr_inject_push(&coros[0], &coros[1], 2);
	assert_ptr_equal(gr_inject_pop(9, &count), &coros[0]);
	assert_int_equal(count, 2);
	assert_null(coros[1].next);
	assert_int_equal(gr_inject_len(), 0);
}

static void emptied_it_can_be_filled_again(void **state)
{
	unsigned count;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		push(2 * i, 2);
		assert_ptr_equal(gr_inject_pop(2, &count), &coros[2 * i]);
		assert_int_equal(count, 2);
	}
	assert_int_equal(gr_inject_len(), 0);
}

/* At once: each one comes out once, and, for one popper, those of one pusher in order. */

static unsigned popped_by[PUSHERS * EACH]; /* popper + 1 */
static unsigned twice, disorder, total;

static void *push_all(void *arg)
{
	unsigned at = (unsigned)(uintptr_t)arg * EACH, end = at + EACH;

	for (unsigned n = 1; at < end; n = n % 7 + 1) {
		unsigned k = n < end - at ? n : end - at;

		push(at, k);
		at += k;
	}
	return NULL;
}

static void *pop_all(void *arg)
{
	unsigned last[PUSHERS] = { 0 }; /* its index in the pusher's row, plus one */

	while (gr_load_relaxed(&total) < PUSHERS * EACH) {
		unsigned count;
		struct gr_coro *co = gr_inject_pop(4, &count);

		for (; co != NULL; co = co->next) {
			unsigned i = (unsigned)(co - coros);

			if (gr_exchange_relaxed(&popped_by[i], (unsigned)(uintptr_t)arg + 1) != 0)
				gr_fetch_add_relaxed(&twice, 1u);
			if (i % EACH + 1 <= last[i / EACH])
				gr_fetch_add_relaxed(&disorder, 1u);
			last[i / EACH] = i % EACH + 1;
		}
		gr_fetch_add_relaxed(&total, count);
		sched_yield();
	}
	return NULL;
}

static void many_may_push_and_pop_at_once(void **state)
{
	pthread_t pushers[PUSHERS], poppers[POPPERS];

	(void)state;
	for (size_t turn = scaled(50); turn > 0; turn--) {
		memset(popped_by, 0, sizeof(popped_by));
		total = 0;
		for (uintptr_t i = 0; i < POPPERS; i++)
			assert_int_equal(pthread_create(&poppers[i], NULL, pop_all, (void *)i), 0);
		for (uintptr_t i = 0; i < PUSHERS; i++)
			assert_int_equal(pthread_create(&pushers[i], NULL, push_all, (void *)i), 0);
		for (int i = 0; i < PUSHERS; i++)
			pthread_join(pushers[i], NULL);
		for (int i = 0; i < POPPERS; i++)
			pthread_join(poppers[i], NULL);
		for (unsigned i = 0; i < PUSHERS * EACH; i++)
			assert_true(popped_by[i] != 0);
	}
	assert_int_equal(twice, 0);
	assert_int_equal(disorder, 0);
	assert_int_equal(gr_inject_len(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_it_gives_nothing),
		cmocka_unit_test(pieces_come_out_in_the_order_of_their_pushes),
		cmocka_unit_test(whatever_the_last_one_pointed_to_is_cut_off),
		cmocka_unit_test(emptied_it_can_be_filled_again),
		cmocka_unit_test(many_may_push_and_pop_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
