/* SPDX-License-Identifier: MIT */
/* runtime_rescue_test.c: what a held-up worker holds, and what is due, gets its turn though all
 * others have work of their own and no spare may come (sched/monitor.h M3).
 */
#include <pthread.h>
#include <stdatomic.h>

#include "goro_test.h"

#define WORKERS 2

static void start_without_spares(int workers)
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = workers;
	config.max_spares = 0;
	CHECK_EQ(goro_start(&config), 0);
}

struct scene {
	goro_sem gate; /* somebody waits here, who goes into the next-slot of who opens it */
	atomic_int hogging, yielders, others_busy, begun, woken, stop;
	pthread_t hog;
};

static void keep_yielding(struct scene *s)
{
	atomic_fetch_add(&s->yielders, 1);
	while (!atomic_load(&s->stop))
		goro_yield();
}

static void come_new(struct scene *s)
{
	CHECK_TRUE(!pthread_equal(pthread_self(), s->hog));
	atomic_fetch_add(&s->begun, 1);
}

static void come_woken(struct scene *s)
{
	CHECK_EQ(goro_sem_acquire(&s->gate), 0);
	CHECK_TRUE(!pthread_equal(pthread_self(), s->hog));
	atomic_fetch_add(&s->woken, 1);
}

/* Holds its worker from beginning to end. What it makes runnable lies in its worker's queue of those
 * that have not begun, in its ring and in its next-slot. */
static void hog(struct scene *s)
{
	s->hog = pthread_self();
	atomic_store(&s->hogging, 1);
	while (!atomic_load(&s->others_busy))
		; /* passes no scheduling point, here and below */
	for (int i = 0; i < 3; i++)
		CHECK_EQ(go(come_new, s), 0);
	for (int i = 0; i < 3; i++)
		goro_sem_release(&s->gate);
	while (atomic_load(&s->begun) < 3 || atomic_load(&s->woken) < 3)
		;
}

static void occupy_all_workers(struct scene *s)
{
	for (int i = 0; i < 3; i++)
		CHECK_EQ(go(come_woken, s), 0);
	await_parked(3, "semaphore");
	CHECK_EQ(go(hog, s), 0);
	AWAIT(atomic_load(&s->hogging));
	/* The only other worker finds two to run, for ever; so it never looks for more. */
	for (int i = 0; i < 2; i++)
		CHECK_EQ(go(keep_yielding, s), 0);
	AWAIT(atomic_load(&s->yielders) == 2);
	atomic_store(&s->others_busy, 1);
}

GORO_TEST_PLAIN(what_a_held_up_worker_holds_is_handed_on_when_all_others_have_work_of_their_own)
{
	struct scene s = { .gate = GORO_SEM_INIT(0) };

	start_without_spares(WORKERS);
	occupy_all_workers(&s);
	AWAIT(atomic_load(&s.begun) == 3 && atomic_load(&s.woken) == 3); /* else it hangs */
	atomic_store(&s.stop, 1);
	await_alive(0);
	CHECK_EQ(goro_stop(), 0);
}

/* A busy worker looks at the timers at every 64th scheduling point, and at the next one when the
 * monitor urges it: a sleeper whose time has come waits for no more of them. */
#define POINTS_AT_MOST 200

struct late {
	atomic_int awake;
	int64_t due;
	int points; /* of the busy one, after the sleeper was due and before it ran */
};

static void sleep_shortly(struct late *l)
{
	l->due = goro_after(100 * GORO_MICROSECOND);
	CHECK_EQ(goro_select(NULL, 0, l->due), -ETIMEDOUT);
	atomic_store(&l->awake, 1);
}

static void be_busy(struct late *l)
{
	while (!atomic_load(&l->awake)) {
		l->points += goro_now() > l->due;
		goro_yield();
	}
}

GORO_TEST_PLAIN(a_short_sleep_ends_in_time_where_the_only_worker_is_busy)
{
	start_without_spares(1);
	for (size_t i = 0; i < test_scaled(200); i++) {
		struct late l = { .due = GORO_FOREVER };

		CHECK_EQ(go(sleep_shortly, &l), 0);
		CHECK_EQ(go(be_busy, &l), 0);
		await_alive(0);
		CHECK_LE(l.points, POINTS_AT_MOST);
	}
	CHECK_EQ(goro_stop(), 0);
}
