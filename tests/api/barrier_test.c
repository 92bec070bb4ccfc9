/* SPDX-License-Identifier: MIT */
/* barrier_test.c: goro_barrier through the public header. */
#include <stdatomic.h>
#include <string.h>

#include "goro_test.h"

GORO_TEST(one_meets_itself_at_once)
{
	goro_barrier b = GORO_BARRIER_INIT(1);

	for (int i = 0; i < 3; i++) {
		CHECK_EQ(goro_barrier_wait(&b), 1);
		CHECK_EQ(goro_barrier_wait_until(&b, INT64_MIN), 1);
	}
}

struct meeting {
	goro_barrier b;
	int parties;
	size_t rounds;
	atomic_int arrived, last;
	goro_waitgroup out;
};

static void meet(struct meeting *m)
{
	for (size_t round = 1; round <= m->rounds; round++) {
		int rc;

		atomic_fetch_add(&m->arrived, 1);
		rc = goro_barrier_wait(&m->b);
		CHECK_TRUE(rc == 0 || rc == 1);
		CHECK_LE((int)round * m->parties, atomic_load(&m->arrived)); /* all have come */
		atomic_fetch_add(&m->last, rc);
	}
	goro_waitgroup_done(&m->out);
}

static void meet_in_a_thread(void *arg)
{
	meet(arg);
}

GORO_TEST_OUTSIDE(in_each_round_all_wait_for_the_last_and_exactly_one_is_it)
{
	static struct meeting m;
	struct test_thread threads[2];

	m = (struct meeting){ .b = GORO_BARRIER_INIT(9), .parties = 9, .rounds = test_scaled(300) };
	test_start();
	goro_waitgroup_add(&m.out, 9);
	for (int i = 0; i < 7; i++)
		CHECK_EQ(go(meet, &m), 0);
	for (int i = 0; i < 2; i++)
		test_thread_start(&threads[i], meet_in_a_thread, &m);
	for (int i = 0; i < 2; i++)
		test_thread_join(&threads[i]);
	CHECK_EQ(goro_waitgroup_wait(&m.out), 0);
	CHECK_EQ(atomic_load(&m.last), m.rounds);
	CHECK_EQ(atomic_load(&m.arrived), 9 * m.rounds);
	test_stop();
}

static void come(goro_barrier *b, atomic_int *through)
{
	CHECK_EQ(goro_barrier_wait(b), 0);
	atomic_fetch_add(through, 1);
}

GORO_TEST(who_gives_up_has_not_come)
{
	goro_barrier b = GORO_BARRIER_INIT(3);
	atomic_int through = 0;
	int64_t deadline = goro_after(GORO_MILLISECOND);

	CHECK_EQ(goro_barrier_wait_until(&b, INT64_MIN), -ETIMEDOUT);
	CHECK_EQ(goro_barrier_wait_until(&b, deadline), -ETIMEDOUT);
	CHECK_LE(deadline, goro_now());
	CHECK_EQ(go(come, &b, &through), 0);
	await_parked(1, "barrier");
	CHECK_EQ(goro_barrier_wait_until(&b, 0), -ETIMEDOUT);
	CHECK_EQ(go(come, &b, &through), 0);
	await_parked(2, "barrier");
	CHECK_EQ(atomic_load(&through), 0);
	CHECK_EQ(goro_barrier_wait_until(&b, INT64_MIN), 1); /* need not wait: it is the last */
	await_alive(1);
	CHECK_EQ(atomic_load(&through), 2);
}

static void come_in_time_or_not(struct meeting *m, int i)
{
	while ((size_t)atomic_load(&m->arrived) < m->rounds) {
		int rc = goro_barrier_wait_until(&m->b, goro_after(1000 * (int64_t)i));

		if (rc >= 0) {
			atomic_fetch_add(&m->last, rc);
			atomic_fetch_add(&m->arrived, 1);
		} else {
			CHECK_EQ(rc, -ETIMEDOUT);
			goro_yield();
		}
	}
	goro_waitgroup_done(&m->out);
}

GORO_TEST(of_each_round_all_succeed_or_nobody_whatever_the_deadlines)
{
	struct meeting m = { .b = GORO_BARRIER_INIT(3), .parties = 3, .rounds = test_scaled(600) };

	goro_waitgroup_add(&m.out, 5);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(go(come_in_time_or_not, &m, 2 + i * 5), 0);
	CHECK_EQ(goro_waitgroup_wait(&m.out), 0);
	CHECK_EQ(atomic_load(&m.arrived), 3 * atomic_load(&m.last));
}

static void arrive(goro_barrier *b, goro_waitgroup *out)
{
	CHECK_LE(0, goro_barrier_wait(b));
	goro_waitgroup_done(out);
}

GORO_TEST(it_may_end_when_all_have_left)
{
	for (size_t i = 0; i < test_scaled(2000); i++) {
		goro_barrier b = GORO_BARRIER_INIT(3);
		goro_waitgroup out = GORO_WAITGROUP_INIT;

		goro_waitgroup_add(&out, 2);
		CHECK_EQ(go(arrive, &b, &out), 0);
		CHECK_EQ(go(arrive, &b, &out), 0);
		CHECK_LE(0, goro_barrier_wait(&b));
		CHECK_EQ(goro_waitgroup_wait(&out), 0);
		memset(&b, 0xff, sizeof(b));
	}
}

GORO_TEST_OUTSIDE(null_and_one_for_nobody_are_refused_with_and_without_a_runtime)
{
	static goro_barrier nobody = GORO_BARRIER_INIT(0);
	goro_barrier negative = GORO_BARRIER_INIT(-3), lowest = GORO_BARRIER_INIT(INT64_MIN);
	goro_barrier zero, good = GORO_BARRIER_INIT(2);

	memset(&zero, 0, sizeof(zero));
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(goro_barrier_wait(NULL), -EINVAL);
		CHECK_EQ(goro_barrier_wait_until(NULL, 0), -EINVAL);
		CHECK_EQ(goro_barrier_wait(&nobody), -EINVAL);
		CHECK_EQ(goro_barrier_wait(&negative), -EINVAL);
		CHECK_EQ(goro_barrier_wait(&zero), -EINVAL);
		CHECK_EQ(goro_barrier_wait_until(&lowest, INT64_MIN), -EINVAL);
		CHECK_EQ(goro_barrier_wait_until(&good, 0), i == 0 ? -EPERM : -ETIMEDOUT);
		if (i == 0)
			test_start();
	}
	test_stop();
	CHECK_EQ(goro_barrier_wait(&good), -EPERM);
}
