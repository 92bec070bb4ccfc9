/* SPDX-License-Identifier: MIT */
/* runq_steps_test.c: two parties at one ring, step by step: the second comes in before each single
 * load and compare-exchange of the first. The real source, with a door before each of them, and a
 * ring of eight.
 */
#define GR_RUNQ_SIZE 8u

#include "../unit.h"

#include "sched/coro.h"

#include "doors.h"
#include "sched/runq.c"
#include "small_ring.h"

static struct gr_runq ring, mine, other; /* the owner's, and two thieves' */
static unsigned seen[4 * N];
static unsigned pushed;

static void begin_with(unsigned n, uint32_t begin)
{
	make(&ring, begin);
	make(&mine, 0);
	make(&other, UINT32_MAX);
	memset(seen, 0, sizeof(seen));
	for (pushed = 0; pushed < n; pushed++)
		assert_true(gr_runq_push(&ring, &coros[pushed]));
}

static void see(const struct gr_coro *co)
{
	assert_true(co >= coros && co < coros + 4 * N);
	seen[co - coros]++;
}

static void see_all(struct gr_runq *q)
{
	struct gr_coro *co;

	while ((co = gr_runq_next(q)) != NULL)
		see(co);
}

static void steal_into(struct gr_runq *into)
{
	struct gr_coro *co = gr_runq_steal(into, &ring);

	if (co != NULL)
		see(co);
	see_all(into);
}

static void another_steals(void)
{
	steal_into(&other);
}

static void thief_steals(void)
{
	steal_into(&mine);
}

static void owner_pops(void)
{
	struct gr_coro *co = gr_runq_pop(&ring);

	if (co != NULL)
		see(co);
}

static void owner_sheds(void)
{
	struct gr_coro *last;
	unsigned count;

	for (struct gr_coro *co = gr_runq_shed(&ring, &last, &count); co != NULL; co = co->next)
		see(co);
}

/* Every cell is written anew while the thief believes to know it. */
static void owner_goes_once_around(void)
{
	see_all(&ring);
	for (unsigned i = 0; i < N; i++)
		assert_true(gr_runq_push(&ring, &coros[pushed++]));
}

static void owner_pushes(void)
{
	if (gr_runq_push(&ring, &coros[pushed]))
		pushed++;
}

static void slot_is_taken(void)
{
	struct gr_coro *co = gr_runq_take_slot(&ring);

	if (co != NULL)
		see(co);
}

static void slot_is_filled_anew(void)
{
	slot_is_taken();
	gr_runq_fill_slot(&ring, &coros[pushed++]);
}

static void slot_is_put(void)
{
	struct gr_coro *old = gr_runq_put_slot(&ring, &coros[pushed++]);

	if (old != NULL)
		see(old);
}

static void owner_goes_on(void)
{
	struct gr_coro *co = gr_runq_next(&ring);

	if (co != NULL)
		see(co);
	else
		assert_int_equal(gr_runq_len(&ring), 0); /* it has looked there too */
}

/* Returns whether the intruder found his door. */
static bool act_with_intruder(void (*act)(void), void (*comes_in)(void), unsigned at)
{
	bool came_in;

	intruder = comes_in;
	doors = at;
	act();
	came_in = intruder == NULL;
	intruder = NULL;
	see_all(&ring);
	for (unsigned i = 0; i < 4 * N; i++)
		assert_int_equal(seen[i], i < pushed ? 1 : 0);
	return came_in;
}

static void nothing_is_lost_or_seen_twice(void (*act)(void), void (*comes_in)(void))
{
	for (unsigned b = 0; b < BEGINS; b++)
		for (unsigned n = 0; n <= N; n++) {
			unsigned at = 0;

			do
				begin_with(n, begins_at(b));
			while (act_with_intruder(act, comes_in, at++));
			assert_true(at > 1);
		}
}

static void a_thief_throws_away_what_it_copied_if_the_head_has_moved(void **state)
{
	(void)state;
	nothing_is_lost_or_seen_twice(thief_steals, another_steals);
	nothing_is_lost_or_seen_twice(thief_steals, owner_pops);
	nothing_is_lost_or_seen_twice(thief_steals, owner_sheds);
	nothing_is_lost_or_seen_twice(thief_steals, owner_goes_once_around);
	nothing_is_lost_or_seen_twice(thief_steals, owner_pushes);
}

static void the_owner_looks_again_if_a_thief_was_faster(void **state)
{
	(void)state;
	nothing_is_lost_or_seen_twice(owner_pops, another_steals);
	nothing_is_lost_or_seen_twice(owner_sheds, another_steals);
	nothing_is_lost_or_seen_twice(owner_pushes, another_steals);
	nothing_is_lost_or_seen_twice(owner_goes_on, another_steals);
}

static void what_lies_in_the_slot_is_taken_by_one(void **state)
{
	static const struct {
		void (*act)(void), (*comes_in)(void);
	} pairs[] = {
		{ slot_is_taken, slot_is_taken },
		{ slot_is_taken, slot_is_filled_anew },
		{ slot_is_taken, owner_goes_on },
		{ slot_is_put, slot_is_taken },
		{ owner_goes_on, slot_is_taken },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		for (unsigned n = 0; n <= 2; n++) {
			unsigned at = 0;

			do {
				begin_with(n, 0);
				gr_runq_fill_slot(&ring, &coros[pushed++]);
			} while (act_with_intruder(pairs[i].act, pairs[i].comes_in, at++));
			assert_true(at > 1);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thief_throws_away_what_it_copied_if_the_head_has_moved),
		cmocka_unit_test(the_owner_looks_again_if_a_thief_was_faster),
		cmocka_unit_test(what_lies_in_the_slot_is_taken_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
