/* SPDX-License-Identifier: MIT */
/* stats_test.c: each counter moves by what happened, each gauge says what is. */
#include <stdatomic.h>
#include <string.h>

#include "goro_test.h"

static goro_stats stats(void)
{
	goro_stats s = GORO_STATS_INIT;

	goro_stats_get(&s);
	return s;
}

static void wait_at(goro_sem *s)
{
	CHECK_EQ(goro_sem_acquire(s), 0);
}

GORO_TEST(coroutines_are_counted_when_they_begin_while_they_live_and_when_they_end)
{
	goro_stats before = stats(), now;
	goro_sem s = GORO_SEM_INIT(0);

	CHECK_EQ(before.alive, 1); /* this one */
	for (int i = 0; i < 10; i++)
		CHECK_EQ(go(wait_at, &s), 0);
	await_parked(10, "semaphore");
	now = stats();
	CHECK_EQ(now.spawned, before.spawned + 10);
	CHECK_EQ(now.ended, before.ended);
	CHECK_EQ(now.alive, 11);
	CHECK_LE(before.parks + 10, now.parks);
	CHECK_LE(before.switches + 10, now.switches);
	AWAIT(stats().stacks_in_use == 11); /* one may be on its way from pool to cache */
	for (int i = 0; i < 10; i++)
		goro_sem_release(&s);
	await_alive(1);
	now = stats();
	CHECK_EQ(now.spawned, before.spawned + 10);
	CHECK_EQ(now.ended, before.ended + 10);
	CHECK_EQ(now.alive, 1);
	AWAIT((now = stats(), now.stacks_in_use == 1 && now.stacks_cached >= 10));
	CHECK_LE((now.stacks_in_use + now.stacks_cached) * (192 << 10), now.stack_bytes);
}

static void nap(goro_waitgroup *out)
{
	for (int i = 0; i < 5; i++)
		CHECK_EQ(goro_sleep(GORO_MICROSECOND), 0);
	goro_waitgroup_done(out);
}

GORO_TEST(sleeps_are_counted_as_parks_and_as_timers)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;
	goro_stats before = stats(), now;

	goro_waitgroup_add(&out, 4);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(go(nap, &out), 0);
	CHECK_EQ(goro_waitgroup_wait(&out), 0);
	/* The worker that fires adds them up when it is through, and wakes the sleepers before. */
	AWAIT((now = stats(), now.timers_fired >= before.timers_fired + 20));
	CHECK_LE(before.parks + 20, now.parks);
}

GORO_TEST(yields_pass_scheduling_points_but_are_no_parks)
{
	goro_stats before = stats(), now;

	for (int i = 0; i < 1000; i++)
		goro_yield();
	now = stats();
	CHECK_LE(before.switches + 1000, now.switches);
	CHECK_EQ(now.parks, before.parks);
	CHECK_LE(1, now.workers_running);
	/* One after the other: a spare may begin or end between the two. */
	AWAIT((now = stats(), now.workers_running <= test_workers() + now.spares));
}

static void wait_in_a_thread(void *arg)
{
	CHECK_EQ(goro_sem_acquire(arg), 0);
}

GORO_TEST(threads_in_calls_of_the_library_are_counted)
{
	goro_sem s = GORO_SEM_INIT(0);
	struct test_thread threads[3];

	AWAIT(stats().foreign_callers == 0); /* the main thread still begins this coroutine */
	for (int i = 0; i < 3; i++)
		test_thread_start(&threads[i], wait_in_a_thread, &s);
	await_threads_parked(3);
	CHECK_EQ(stats().foreign_callers, 3);
	for (int i = 0; i < 3; i++)
		goro_sem_release(&s);
	for (int i = 0; i < 3; i++)
		test_thread_join(&threads[i]);
	CHECK_EQ(stats().foreign_callers, 0);
}

GORO_TEST_OUTSIDE(a_thread_that_asks_does_not_count_itself)
{
	test_start();
	CHECK_EQ(stats().foreign_callers, 0);
	CHECK_EQ(stats().alive, 0);
	test_stop();
}

static void hold_up(atomic_int *held, atomic_int *stop)
{
	atomic_fetch_add(held, 1);
	while (!atomic_load(stop))
		; /* passes no scheduling point */
}

static void come_to_it(atomic_int *done)
{
	atomic_fetch_add(done, 1);
}

/* Every worker is held up; what waits runs on a spare, which is then counted, and had to take it
 * from somebody or was woken for it. */
GORO_TEST_OUTSIDE(spares_are_counted_while_workers_are_held_up)
{
	atomic_int held = 0, stop = 0, done = 0;
	goro_stats now;

	test_start();
	for (int i = 0; i < test_workers(); i++)
		CHECK_EQ(go(hold_up, &held, &stop), 0);
	AWAIT(atomic_load(&held) == test_workers());
	CHECK_EQ(go(come_to_it, &done), 0);
	AWAIT(atomic_load(&done) == 1);
	now = stats();
	CHECK_LE(1, now.spares);
	CHECK_LE(now.spares, 16);
	atomic_store(&stop, 1);
	await_alive(0);
	test_stop();
}

/* From a thread, into the global queue: a worker that sleeps is woken for it; unless one has just
 * got up by itself. */
GORO_TEST_OUTSIDE(wakes_of_sleeping_workers_are_counted)
{
	atomic_int done = 0;
	uint64_t before;

	test_start();
	do {
		AWAIT(stats().workers_running == 0);
		before = stats().wakes;
		atomic_store(&done, 0);
		CHECK_EQ(go(come_to_it, &done), 0);
		AWAIT(atomic_load(&done) == 1);
	} while (stats().wakes == before);
	test_stop();
}

static void begin_others_and_hold_up(atomic_int *done)
{
	for (int i = 0; i < 10; i++)
		CHECK_EQ(go(come_to_it, done), 0);
	while (atomic_load(done) < 10)
		; /* they can only run where somebody takes them from this worker, … */
}

GORO_TEST(thefts_are_counted)
{
	uint64_t before = stats().steals;
	atomic_int done;

	do { /* … and that may be the monitor */
		atomic_store(&done, 0);
		begin_others_and_hold_up(&done);
		await_alive(1);
	} while (stats().steals == before);
}

GORO_TEST_OUTSIDE(a_structure_of_any_size_gets_what_it_has_room_for)
{
	struct {
		goro_stats s;
		uint64_t more[4];
	} longer;
	goro_stats shorter;

	test_start();
	memset(&longer, 0xaa, sizeof(longer));
	longer.s.size = sizeof(longer);
	goro_stats_get(&longer.s);
	CHECK_EQ(longer.s.size, sizeof(longer));
	for (int i = 0; i < 4; i++)
		CHECK_EQ(longer.more[i], 0); /* what this version does not know */

	memset(&shorter, 0xaa, sizeof(shorter));
	shorter.size = offsetof(goro_stats, alive);
	goro_stats_get(&shorter);
	CHECK_EQ(shorter.ended, 0);
	CHECK_EQ(shorter.alive, UINT64_C(0xaaaaaaaaaaaaaaaa)); /* not touched */

	shorter.size = 0;
	shorter.spawned = 7;
	goro_stats_get(&shorter);
	CHECK_EQ(shorter.spawned, 7);
	goro_stats_get(NULL);
	test_stop();
}

GORO_TEST_OUTSIDE(without_a_runtime_all_are_zero)
{
	goro_stats zero = { .size = sizeof(zero) }, s;
	atomic_int here = 0;

	memset(&s, 0xaa, sizeof(s));
	s.size = sizeof(s);
	goro_stats_get(&s);
	CHECK_EQ(memcmp(&s, &zero, sizeof(s)), 0);
	test_start();
	CHECK_EQ(go(come_to_it, &here), 0);
	await_alive(0);
	CHECK_LE(1, stats().spawned);
	test_stop();
	s = stats();
	CHECK_EQ(memcmp(&s, &zero, sizeof(s)), 0);
}
