/* SPDX-License-Identifier: MIT */
/* runq_race_test.c: an owner and thieves at once, with a ring of eight whose indices wrap. The
 * order of single steps is runq_steps_test.c's matter; here it is memory that must keep up. */
#define GR_RUNQ_SIZE   8u
#define GR_FETCH_AHEAD 0 /* the elements are no coroutines */

#include "../unit.h"

#include <pthread.h>
#include <sched.h>

#include "sched/runq.c"

#define THIEVES 2

/* Elements are numbers here: nobody looks behind them. Each is seen once, by somebody. */
static struct gr_runq shared;
static unsigned char *taken;
static bool finished;

static void begin_at(struct gr_runq *q, uint32_t at)
{
	gr_runq_init(q);
	q->head = q->tail = at;
}

static void take(const struct gr_coro *co)
{
	gr_fetch_add_relaxed(&taken[(uintptr_t)co], 1);
}

static void *steal_until_finished(void *arg)
{
	struct gr_runq mine;
	bool last;

	begin_at(&mine, (uint32_t)(uintptr_t)arg);
	do {
		struct gr_coro *co, *slot;

		last = gr_load_acquire(&finished);
		co = gr_runq_steal(&mine, &shared);
		slot = gr_runq_take_slot(&shared);
		if (slot != NULL)
			take(slot);
		else if (co == NULL)
			sched_yield();
		for (; co != NULL; co = gr_runq_pop(&mine))
			take(co);
	} while (!last);
	return NULL;
}

static void take_one(void)
{
	struct gr_coro *co = gr_runq_next(&shared);

	if (co != NULL)
		take(co);
}

/* Full: every other time it lets the thieves make room, so that there are some at work. */
static void push_all(size_t n)
{
	for (uintptr_t i = 1; i <= n; i++) {
		struct gr_coro *co = (struct gr_coro *)i;

		if (i % 3 == 0)
			co = gr_runq_put_slot(&shared, co);
		for (unsigned turn = 0; co != NULL && !gr_runq_push(&shared, co); turn++)
			if ((i + turn) % 2 == 0)
				take_one();
			else
				sched_yield();
		if (i % 4 == 0)
			take_one();
	}
	while (gr_runq_len(&shared) != 0 || gr_load_relaxed(&shared.slot) != NULL)
		take_one();
}

static void owner_and_thieves_at_once_see_each_element_once(void **state)
{
	static const uintptr_t begins[THIEVES] = { 0, UINT32_MAX - 5 };
	size_t n = scaled(400000), wrong = 0;
	pthread_t threads[THIEVES];

	(void)state;
	taken = calloc(n + 1, 1);
	assert_non_null(taken);
	begin_at(&shared, UINT32_MAX - 1000);
	gr_store_relaxed(&finished, false);
	for (int i = 0; i < THIEVES; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, steal_until_finished, (void *)begins[i]),
			0);
	push_all(n);
	gr_store_release(&finished, true);
	for (int i = 0; i < THIEVES; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 1; i <= n; i++)
		wrong += taken[i] != 1;
	free(taken);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owner_and_thieves_at_once_see_each_element_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
