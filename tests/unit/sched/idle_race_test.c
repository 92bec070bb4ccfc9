/* SPDX-License-Identifier: MIT */
/* idle_race_test.c: threads that go to sleep by the protocol of idle.h, and one that has work for
 * them now and then: a wake-up that got lost would make the test hang. */
#include "../unit.h"

#include <pthread.h>

#include "base/atomic.h"
#include "os/os.h"

#include "seats.h"

/* Nobody is counted any more: half of the seats may search. */
static void nobody_sleeps_or_searches(void)
{
	assert_int_equal(gr_idle_sleeping(), 0);
	assert_true(gr_idle_search_begin() && gr_idle_search_begin());
	assert_false(gr_idle_search_begin());
	assert_false(gr_idle_search_end());
	assert_true(gr_idle_search_end());
}

static unsigned work, found, quit;

static bool take_work(void)
{
	unsigned n = gr_load_relaxed(&work);

	while (n > 0)
		if (gr_cas_acquire(&work, &n, n - 1))
			return true;
	return false;
}

/* A worker, reduced to what concerns sleep. */
static void *work_and_sleep(void *arg)
{
	unsigned seat = (unsigned)(uintptr_t)arg;
	bool searching = false;

	while (!gr_load_acquire(&quit)) {
		if (take_work()) {
			if (searching && gr_idle_search_end())
				gr_idle_notify();
			searching = false;
			gr_fetch_add_release(&found, 1u);
			continue;
		}
		if (!searching && (searching = gr_idle_search_begin()))
			continue;
		if (gr_idle_lie_down(seat, searching) && gr_load_relaxed(&work) != 0)
			gr_idle_notify();
		searching = gr_load_acquire(&quit) ? gr_idle_get_up(seat) :
						     gr_idle_sleep(seat, never, NULL);
	}
	if (searching)
		gr_idle_search_end();
	return NULL;
}

static void work_through(size_t rounds)
{
	pthread_t threads[SEATS];
	unsigned given = 0;

	work = found = quit = 0;
	for (uintptr_t i = 0; i < SEATS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work_and_sleep, (void *)i), 0);
	for (size_t i = 0; i < rounds; i++) {
		unsigned n = (unsigned)(i % 3) + 1;

		gr_fetch_add_release(&work, n);
		gr_idle_notify();
		given += n;
		while (gr_load_acquire(&found) != given) /* a wake-up lost would end here */
			gr_cpu_relax();
	}
	gr_store_release(&quit, 1u);
	gr_idle_wake_all();
	for (unsigned i = 0; i < SEATS; i++)
		pthread_join(threads[i], NULL);
}

static void no_work_is_overslept(void **state)
{
	(void)state;
	work_through(scaled(2000));
	nobody_sleeps_or_searches();
}

static void no_work_is_overslept_with_the_light_fence(void **state)
{
	(void)state;
	if (!gr_os_membarrier_start())
		skip();
	gr_atomic_start(gr_os_membarrier);
	work_through(scaled(2000));
	gr_atomic_start(NULL);
	nobody_sleeps_or_searches();
}

#define SEATED(test) cmocka_unit_test_setup_teardown(test, sit_down, leave_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SEATED(no_work_is_overslept),
		SEATED(no_work_is_overslept_with_the_light_fence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
