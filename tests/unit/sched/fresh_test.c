/* SPDX-License-Identifier: MIT */
/* fresh_test.c: the order in which those begin that have not, and that each does so once. */
#include <pthread.h>
#include <string.h>

#include "../unit.h"

#include "sched/fresh.h"

#define MANY 2000u

static struct gr_coro coros[MANY];
static unsigned seen[MANY];

static unsigned number(const struct gr_coro *co)
{
	assert_true(co >= coros && co < coros + MANY);
	return (unsigned)(co - coros);
}

static void fill(struct gr_fresh *f, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		assert_true(gr_fresh_push(f, &coros[i]));
}

static void the_newest_begins_first_and_now_and_then_the_oldest(void **state)
{
	struct gr_fresh f = { .takes = 0 };
	unsigned newest = 99, oldest = 0;

	(void)state;
	fill(&f, 0, 100);
	for (unsigned i = 1; i <= 100; i++) {
		unsigned n = number(gr_fresh_pop(&f));

		assert_int_equal(n, i % GR_FRESH_OLDEST == 0 ? oldest++ : newest--);
	}
	assert_null(gr_fresh_pop(&f));
	gr_fresh_fini(&f);
}

static void it_grows_and_keeps_the_order_wherever_it_begins(void **state)
{
	(void)state;
	for (unsigned gone = 0; gone < 300; gone += 37) {
		struct gr_fresh f = { .takes = 0 };
		struct gr_coro *co;
		unsigned next = gone;

		fill(&f, 0, gone);
		for (unsigned left = gone; left > 0;) /* take all of them from the old end */
			for (co = gr_fresh_steal(&f, 1); co != NULL; co = co->next, left--)
				;
		fill(&f, gone, MANY);
		while ((co = gr_fresh_steal(&f, 7)) != NULL)
			for (; co != NULL; co = co->next)
				assert_int_equal(number(co), next++);
		assert_int_equal(next, MANY);
		gr_fresh_fini(&f);
	}
}

static void a_thief_takes_the_older_half_and_no_more_than_he_asks_for(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 20; n++)
		for (unsigned most = 1; most <= 20; most++) {
			struct gr_fresh f = { .takes = 0 };
			unsigned half = (n + 1) / 2, taken = 0;

			fill(&f, 0, n);
			for (struct gr_coro *co = gr_fresh_steal(&f, most); co != NULL;
				co = co->next)
				assert_int_equal(number(co), taken++);
			assert_int_equal(taken, half < most ? half : most);
			assert_int_equal(f.newest - f.oldest, n - taken);
			gr_fresh_fini(&f);
		}
}

static void a_thief_who_finds_the_owner_at_it_goes_away(void **state)
{
	struct gr_fresh f = { .takes = 0 };

	(void)state;
	assert_null(gr_fresh_steal(&f, 1));
	fill(&f, 0, 2);
	gr_lock_acquire(&f.lock);
	assert_null(gr_fresh_steal(&f, 1));
	gr_lock_release(&f.lock);
	assert_non_null(gr_fresh_steal(&f, 1));
	gr_fresh_fini(&f);
}

/* An owner that adds and takes, and thieves meanwhile. */
static struct gr_fresh shared;
static uint32_t over;

static void see(struct gr_coro *co)
{
	__atomic_fetch_add(&seen[co - coros], 1, __ATOMIC_RELEASE);
}

static void *steal(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE))
		for (struct gr_coro *co = gr_fresh_steal(&shared, 3), *next; co != NULL;
			co = next) {
			next = co->next;
			see(co);
		}
	return NULL;
}

static void each_begins_once_whoever_takes_it(void **state)
{
	pthread_t thieves[3];
	size_t rounds = scaled(200);

	(void)state;
	memset(seen, 0, sizeof(seen));
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&thieves[i], NULL, steal, NULL), 0);
	for (size_t r = 0; r < rounds; r++) {
		struct gr_coro *co;

		for (unsigned i = 0; i < MANY; i++) {
			assert_true(gr_fresh_push(&shared, &coros[i]));
			if (i % 3 == 0 && (co = gr_fresh_pop(&shared)) != NULL)
				see(co);
		}
		while ((co = gr_fresh_pop(&shared)) != NULL)
			see(co);
		for (unsigned i = 0; i < MANY; i++) /* thieves may still hold some */
			while (__atomic_load_n(&seen[i], __ATOMIC_ACQUIRE) != r + 1)
				assert_true(__atomic_load_n(&seen[i], __ATOMIC_ACQUIRE) <= r + 1);
	}
	__atomic_store_n(&over, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < 3; i++)
		pthread_join(thieves[i], NULL);
	gr_fresh_fini(&shared);
}

#ifdef GORO_CHAOS
#define SLOW true /* one passage in 64 may sleep */
#else
#define SLOW false
#endif

/* As in fresh.c. Sixteen millions wait to begin: then the ring has to take the next ones. */
#define MOST (UINT32_C(1) << 24)

static void it_takes_so_many_and_no_more(void **state)
{
	struct gr_fresh f = { .takes = 0 };

	(void)state;
	if (under_valgrind() || SLOW)
		skip(); /* for minutes */
	for (uint32_t i = 0; i < MOST; i++)
		if (!gr_fresh_push(&f, &coros[i % MANY]))
			fail();
	assert_false(gr_fresh_push(&f, &coros[0]));
	assert_int_equal(f.newest - f.oldest, MOST);
	assert_non_null(gr_fresh_pop(&f));
	assert_true(gr_fresh_push(&f, &coros[0]));
	gr_fresh_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_begins_first_and_now_and_then_the_oldest),
		cmocka_unit_test(it_grows_and_keeps_the_order_wherever_it_begins),
		cmocka_unit_test(a_thief_takes_the_older_half_and_no_more_than_he_asks_for),
		cmocka_unit_test(a_thief_who_finds_the_owner_at_it_goes_away),
		cmocka_unit_test(it_takes_so_many_and_no_more),
		cmocka_unit_test(each_begins_once_whoever_takes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
