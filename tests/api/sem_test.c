/* SPDX-License-Identifier: MIT */
/* sem_test.c: goro_sem through the public header. */
#include <stdatomic.h>

#include "goro_test.h"

#define MOST ((INT64_C(1) << 55) - 1)

GORO_TEST(there_are_as_many_units_as_it_was_made_with)
{
	goro_sem s = GORO_SEM_INIT(3);

	for (int round = 0; round < 2; round++) {
		CHECK_EQ(goro_sem_acquire(&s), 0);
		CHECK_EQ(goro_sem_try_acquire(&s), 0);
		CHECK_EQ(goro_sem_acquire_until(&s, INT64_MIN), 0);
		CHECK_EQ(goro_sem_try_acquire(&s), -EAGAIN);
		CHECK_EQ(goro_sem_acquire_until(&s, INT64_MIN), -ETIMEDOUT);
		for (int i = 0; i < 3; i++)
			goro_sem_release(&s);
	}
}

GORO_TEST(a_unit_can_be_given_that_was_never_taken)
{
	static goro_sem s = GORO_SEM_INIT(0);

	s = GORO_SEM_INIT(0);
	CHECK_EQ(goro_sem_try_acquire(&s), -EAGAIN);
	goro_sem_release(&s);
	goro_sem_release(&s);
	CHECK_EQ(goro_sem_acquire(&s), 0);
	CHECK_EQ(goro_sem_acquire(&s), 0);
	CHECK_EQ(goro_sem_try_acquire(&s), -EAGAIN);
}

static void acquire(goro_sem *s, atomic_int *order, int *place)
{
	CHECK_EQ(goro_sem_acquire(s), 0);
	*place = atomic_fetch_add(order, 1);
}

GORO_TEST(units_go_to_the_waiters_in_their_order)
{
	goro_sem s = GORO_SEM_INIT(0);
	atomic_int order = 0;
	int places[6];

	for (int i = 0; i < 6; i++) {
		CHECK_EQ(go(acquire, &s, &order, &places[i]), 0);
		await_parked((unsigned)i + 1, "semaphore");
	}
	for (int i = 0; i < 6; i++) {
		goro_sem_release(&s);
		await_alive(1 + 5 - (unsigned)i);
		CHECK_EQ(places[i], i);
	}
}

GORO_TEST(nobody_overtakes_a_waiter)
{
	goro_sem s = GORO_SEM_INIT(0);
	atomic_int order = 0;
	int place = -1;

	CHECK_EQ(go(acquire, &s, &order, &place), 0);
	await_parked(1, "semaphore");
	goro_sem_release(&s);
	CHECK_EQ(goro_sem_try_acquire(&s), -EAGAIN); /* it is his, though he may not run yet */
	CHECK_EQ(goro_sem_acquire_until(&s, goro_after(GORO_MILLISECOND)), -ETIMEDOUT);
	await_alive(1);
	CHECK_EQ(place, 0);
}

/* Limits ----------------------------------------------------------------------------------- */

struct room {
	goro_sem s;
	atomic_int inside, most;
	size_t turns;
	goro_waitgroup out;
};

static void use(struct room *r)
{
	int inside = atomic_fetch_add(&r->inside, 1) + 1;
	int most = atomic_load(&r->most);

	while (inside > most && !atomic_compare_exchange_weak(&r->most, &most, inside))
		;
	goro_yield();
	atomic_fetch_sub(&r->inside, 1);
	goro_sem_release(&r->s);
}

static void come_and_go(struct room *r)
{
	for (size_t i = 0; i < r->turns; i++) {
		CHECK_EQ(goro_sem_acquire(&r->s), 0);
		use(r);
	}
	goro_waitgroup_done(&r->out);
}

static void come_in_time_or_not(struct room *r)
{
	for (size_t i = 0; i < r->turns; i++) {
		int rc = goro_sem_acquire_until(&r->s, goro_after((int64_t)(i % 7) * 1000));

		if (rc == 0)
			use(r);
		else
			CHECK_EQ(rc, -ETIMEDOUT);
	}
	goro_waitgroup_done(&r->out);
}

static void come_as_a_thread(void *arg)
{
	come_and_go(arg);
}

GORO_TEST_OUTSIDE(no_more_are_inside_than_there_are_units_and_none_is_lost)
{
	static struct room r;
	struct test_thread threads[3];

	r = (struct room){ .s = GORO_SEM_INIT(3), .turns = test_scaled(500) };
	test_start();
	goro_waitgroup_add(&r.out, 8 + 8 + 3);
	for (int i = 0; i < 8; i++) {
		CHECK_EQ(go(come_and_go, &r), 0);
		CHECK_EQ(go(come_in_time_or_not, &r), 0);
	}
	for (int i = 0; i < 3; i++)
		test_thread_start(&threads[i], come_as_a_thread, &r);
	CHECK_EQ(goro_waitgroup_wait(&r.out), 0);
	for (int i = 0; i < 3; i++)
		test_thread_join(&threads[i]);
	CHECK_LE(atomic_load(&r.most), 3);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(goro_sem_try_acquire(&r.s), 0);
	CHECK_EQ(goro_sem_try_acquire(&r.s), -EAGAIN);
	test_stop();
}

static void release(goro_sem *s)
{
	goro_sem_release(s);
}

GORO_TEST(it_may_end_with_the_frame_of_who_was_let_go)
{
	for (size_t i = 0; i < test_scaled(5000); i++) {
		goro_sem s = GORO_SEM_INIT(0);

		CHECK_EQ(go(release, &s), 0);
		CHECK_EQ(goro_sem_acquire(&s), 0);
		s = GORO_SEM_INIT(-1); /* whoever still touches it finds it broken */
	}
}

/* Misuse ----------------------------------------------------------------------------------- */

GORO_TEST_OUTSIDE(null_and_negative_ones_are_refused_with_and_without_a_runtime)
{
	goro_sem negative = GORO_SEM_INIT(-1), lowest = GORO_SEM_INIT(INT64_MIN >> 8);

	for (int i = 0; i < 2; i++) {
		CHECK_EQ(goro_sem_acquire(NULL), -EINVAL);
		CHECK_EQ(goro_sem_acquire_until(NULL, 0), -EINVAL);
		CHECK_EQ(goro_sem_try_acquire(NULL), -EINVAL);
		CHECK_EQ(goro_sem_acquire(&negative), -EINVAL);
		CHECK_EQ(goro_sem_acquire_until(&negative, INT64_MIN), -EINVAL);
		CHECK_EQ(goro_sem_try_acquire(&negative), -EINVAL);
		CHECK_EQ(goro_sem_acquire(&lowest), -EINVAL);
		if (i == 0)
			test_start();
	}
	test_stop();
}

GORO_TEST_OUTSIDE(without_a_runtime_units_can_only_be_given)
{
	goro_sem s = GORO_SEM_INIT(1);

	CHECK_EQ(goro_sem_acquire(&s), -EPERM);
	CHECK_EQ(goro_sem_acquire_until(&s, 0), -EPERM);
	CHECK_EQ(goro_sem_try_acquire(&s), -EPERM);
	goro_sem_release(&s);
	test_start();
	CHECK_EQ(goro_sem_try_acquire(&s), 0);
	CHECK_EQ(goro_sem_try_acquire(&s), 0);
	CHECK_EQ(goro_sem_try_acquire(&s), -EAGAIN);
	test_stop();
	CHECK_EQ(goro_sem_try_acquire(&s), -EPERM);
}

GORO_TEST(the_greatest_number_of_units_is_taken)
{
	goro_sem s = GORO_SEM_INIT(MOST);

	CHECK_EQ(goro_sem_acquire(&s), 0);
	goro_sem_release(&s);
}

static void release_null(void *arg)
{
	(void)arg;
	goro_sem_release(NULL);
}

static void release_negative(void *arg)
{
	goro_sem s = GORO_SEM_INIT(-5);

	(void)arg;
	goro_sem_release(&s);
}

static void release_too_many(void *arg)
{
	goro_sem s = GORO_SEM_INIT(MOST);

	(void)arg;
	goro_sem_release(&s);
}

GORO_TEST_PLAIN(misuse_is_told_and_aborts)
{
	CHECK_CHILD_DIES(release_null, NULL, SIGABRT, "release of a semaphore that is NULL");
	CHECK_CHILD_DIES(release_negative, NULL, SIGABRT, "negative count");
	CHECK_CHILD_DIES(release_too_many, NULL, SIGABRT, "a semaphore has more than");
}
