/* SPDX-License-Identifier: MIT */
/* rwmutex_test.c: goro_rwmutex through the public header. */
#include <stdatomic.h>

#include "goro_test.h"

GORO_TEST(readers_share_it_and_a_writer_has_it_alone)
{
	goro_rwmutex rw = GORO_RWMUTEX_INIT;

	CHECK_EQ(goro_rwmutex_rlock(&rw), 0);
	CHECK_EQ(goro_rwmutex_try_rlock(&rw), 0);
	CHECK_EQ(goro_rwmutex_rlock_until(&rw, INT64_MIN), 0);
	CHECK_EQ(goro_rwmutex_try_lock(&rw), -EBUSY);
	CHECK_EQ(goro_rwmutex_lock_until(&rw, INT64_MIN), -ETIMEDOUT);
	for (int i = 0; i < 3; i++)
		goro_rwmutex_runlock(&rw);

	CHECK_EQ(goro_rwmutex_lock(&rw), 0);
	CHECK_EQ(goro_rwmutex_try_rlock(&rw), -EBUSY);
	CHECK_EQ(goro_rwmutex_rlock_until(&rw, INT64_MIN), -ETIMEDOUT);
	CHECK_EQ(goro_rwmutex_try_lock(&rw), -EBUSY);
	CHECK_EQ(goro_rwmutex_lock_until(&rw, 0), -ETIMEDOUT);
	goro_rwmutex_unlock(&rw);
	CHECK_EQ(goro_rwmutex_try_lock(&rw), 0);
	goro_rwmutex_unlock(&rw);
	CHECK_EQ(goro_rwmutex_lock_until(&rw, INT64_MIN), 0);
	goro_rwmutex_unlock(&rw);
}

static void read_until_told(goro_rwmutex *rw, atomic_int *inside, atomic_int *leave)
{
	CHECK_EQ(goro_rwmutex_rlock(rw), 0);
	atomic_fetch_add(inside, 1);
	AWAIT(atomic_load(leave));
	atomic_fetch_sub(inside, 1);
	goro_rwmutex_runlock(rw);
}

GORO_TEST(all_readers_are_inside_at_once)
{
	goro_rwmutex rw = GORO_RWMUTEX_INIT;
	atomic_int inside = 0, leave = 0;

	for (int i = 0; i < 20; i++)
		CHECK_EQ(go(read_until_told, &rw, &inside, &leave), 0);
	AWAIT(atomic_load(&inside) == 20);
	CHECK_EQ(goro_rwmutex_try_lock(&rw), -EBUSY);
	atomic_store(&leave, 1);
	CHECK_EQ(goro_rwmutex_lock(&rw), 0);
	CHECK_EQ(atomic_load(&inside), 0);
	goro_rwmutex_unlock(&rw);
	await_alive(1);
}

static void write_once(goro_rwmutex *rw, atomic_int *order, int *place)
{
	CHECK_EQ(goro_rwmutex_lock(rw), 0);
	*place = atomic_fetch_add(order, 1);
	goro_rwmutex_unlock(rw);
}

static void read_once(goro_rwmutex *rw, atomic_int *order, int *place)
{
	CHECK_EQ(goro_rwmutex_rlock(rw), 0);
	*place = atomic_fetch_add(order, 1);
	goro_rwmutex_runlock(rw);
}

GORO_TEST(a_writer_that_waits_holds_new_readers_back)
{
	goro_rwmutex rw = GORO_RWMUTEX_INIT;
	atomic_int order = 0;
	int writer = -1, reader = -1;

	CHECK_EQ(goro_rwmutex_rlock(&rw), 0);
	CHECK_EQ(go(write_once, &rw, &order, &writer), 0);
	await_parked(1, "rwlock");
	CHECK_EQ(goro_rwmutex_try_rlock(&rw), -EBUSY);
	CHECK_EQ(goro_rwmutex_rlock_until(&rw, goro_after(GORO_MILLISECOND)), -ETIMEDOUT);
	CHECK_EQ(go(read_once, &rw, &order, &reader), 0);
	await_parked(1, "rlock");
	goro_rwmutex_runlock(&rw);
	await_alive(1);
	CHECK_EQ(writer, 0);
	CHECK_EQ(reader, 1);
}

static void fail_to_write(goro_rwmutex *rw, atomic_int *enough)
{
	do
		CHECK_EQ(
			goro_rwmutex_lock_until(rw, goro_after(20 * GORO_MILLISECOND)), -ETIMEDOUT);
	while (!atomic_load(enough));
}

GORO_TEST(when_the_writer_gives_up_the_readers_it_held_back_go_on)
{
	goro_rwmutex rw = GORO_RWMUTEX_INIT;
	atomic_int order = 0, enough = 0;
	int reader = -1;

	CHECK_EQ(goro_rwmutex_rlock(&rw), 0);
	CHECK_EQ(go(fail_to_write, &rw, &enough), 0);
	await_parked(1, "rwlock");
	CHECK_EQ(go(read_once, &rw, &order, &reader), 0);
	atomic_store(&enough, 1);
	await_alive(1); /* both are through, though this one reads on */
	CHECK_EQ(reader, 0);
	CHECK_EQ(goro_rwmutex_try_rlock(&rw), 0);
	goro_rwmutex_runlock(&rw);
	goro_rwmutex_runlock(&rw);
	CHECK_EQ(goro_rwmutex_try_lock(&rw), 0);
}

GORO_TEST(a_writer_that_leaves_lets_the_waiting_readers_in_before_the_next_writer)
{
	goro_rwmutex rw = GORO_RWMUTEX_INIT;
	atomic_int order = 0;
	int writer = -1, readers[3];

	CHECK_EQ(goro_rwmutex_lock(&rw), 0);
	CHECK_EQ(go(write_once, &rw, &order, &writer), 0);
	await_parked(1, "rwlock");
	for (int i = 0; i < 3; i++)
		CHECK_EQ(go(read_once, &rw, &order, &readers[i]), 0);
	await_parked(3, "rlock");
	goro_rwmutex_unlock(&rw);
	await_alive(1);
	CHECK_EQ(writer, 3);
}

/* Exclusion -------------------------------------------------------------------------------- */

struct pair {
	goro_rwmutex rw;
	long a, b; /* equal whenever nobody writes */
	size_t turns;
	goro_waitgroup out;
};

static void write_pairs(struct pair *p)
{
	for (size_t i = 0; i < p->turns; i++) {
		CHECK_EQ(goro_rwmutex_lock(&p->rw), 0);
		p->a++;
		if (i % 4 == 0)
			goro_yield();
		p->b++;
		goro_rwmutex_unlock(&p->rw);
	}
	goro_waitgroup_done(&p->out);
}

static void read_pairs(struct pair *p)
{
	for (size_t i = 0; i < p->turns; i++) {
		CHECK_EQ(goro_rwmutex_rlock(&p->rw), 0);
		if (i % 4 == 0)
			goro_yield();
		CHECK_EQ(p->a, p->b);
		goro_rwmutex_runlock(&p->rw);
	}
	goro_waitgroup_done(&p->out);
}

static void try_pairs(struct pair *p)
{
	for (size_t i = 0; i < p->turns; i++) {
		if (goro_rwmutex_lock_until(&p->rw, goro_after((int64_t)(i % 5) * 1000)) == 0) {
			p->a++;
			p->b++;
			goro_rwmutex_unlock(&p->rw);
		}
		if (goro_rwmutex_rlock_until(&p->rw, goro_after((int64_t)(i % 3) * 1000)) == 0) {
			CHECK_EQ(p->a, p->b);
			goro_rwmutex_runlock(&p->rw);
		}
	}
	goro_waitgroup_done(&p->out);
}

static void write_in_a_thread(void *arg)
{
	write_pairs(arg);
}

static void read_in_a_thread(void *arg)
{
	read_pairs(arg);
}

GORO_TEST_OUTSIDE(readers_see_what_writers_left_from_coroutines_and_threads)
{
	static struct pair p;
	struct test_thread threads[2];

	p = (struct pair){ .turns = test_scaled(1000) };
	test_start();
	goro_waitgroup_add(&p.out, 12);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(go(read_pairs, &p), 0);
		if (i < 3) {
			CHECK_EQ(go(write_pairs, &p), 0);
			CHECK_EQ(go(try_pairs, &p), 0);
		}
	}
	test_thread_start(&threads[0], write_in_a_thread, &p);
	test_thread_start(&threads[1], read_in_a_thread, &p);
	CHECK_EQ(goro_waitgroup_wait(&p.out), 0);
	for (int i = 0; i < 2; i++)
		test_thread_join(&threads[i]);
	CHECK_LE(4 * p.turns, p.a);
	CHECK_EQ(goro_rwmutex_try_lock(&p.rw), 0);
	test_stop();
}

/* Misuse ----------------------------------------------------------------------------------- */

GORO_TEST_OUTSIDE(null_is_refused_with_and_without_a_runtime)
{
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(goro_rwmutex_rlock(NULL), -EINVAL);
		CHECK_EQ(goro_rwmutex_rlock_until(NULL, 0), -EINVAL);
		CHECK_EQ(goro_rwmutex_try_rlock(NULL), -EINVAL);
		CHECK_EQ(goro_rwmutex_lock(NULL), -EINVAL);
		CHECK_EQ(goro_rwmutex_lock_until(NULL, 0), -EINVAL);
		CHECK_EQ(goro_rwmutex_try_lock(NULL), -EINVAL);
		if (i == 0)
			test_start();
	}
	test_stop();
}

GORO_TEST_OUTSIDE(without_a_runtime_it_can_only_be_unlocked)
{
	goro_rwmutex rw = GORO_RWMUTEX_INIT, reading, writing;

	reading = GORO_RWMUTEX_INIT;
	writing = GORO_RWMUTEX_INIT;
	CHECK_EQ(goro_rwmutex_rlock(&rw), -EPERM);
	CHECK_EQ(goro_rwmutex_rlock_until(&rw, 0), -EPERM);
	CHECK_EQ(goro_rwmutex_try_rlock(&rw), -EPERM);
	CHECK_EQ(goro_rwmutex_lock(&rw), -EPERM);
	CHECK_EQ(goro_rwmutex_lock_until(&rw, 0), -EPERM);
	CHECK_EQ(goro_rwmutex_try_lock(&rw), -EPERM);

	test_start();
	CHECK_EQ(goro_rwmutex_rlock(&reading), 0);
	CHECK_EQ(goro_rwmutex_lock(&writing), 0);
	test_stop();
	goro_rwmutex_runlock(&reading);
	goro_rwmutex_unlock(&writing);
	test_start();
	CHECK_EQ(goro_rwmutex_try_lock(&reading), 0);
	CHECK_EQ(goro_rwmutex_try_lock(&writing), 0);
	test_stop();
}

static void unlock_a_free_one(void *arg)
{
	goro_rwmutex rw = GORO_RWMUTEX_INIT;

	(void)arg;
	goro_rwmutex_unlock(&rw);
}

static void runlock_a_free_one(void *arg)
{
	goro_rwmutex rw = GORO_RWMUTEX_INIT;

	(void)arg;
	goro_rwmutex_runlock(&rw);
}

static void unlock_root(void *arg)
{
	goro_rwmutex rw = GORO_RWMUTEX_INIT;

	(void)arg;
	goro_rwmutex_rlock(&rw);
	goro_rwmutex_unlock(&rw);
}

static void runlock_root(void *arg)
{
	goro_rwmutex rw = GORO_RWMUTEX_INIT;

	(void)arg;
	goro_rwmutex_lock(&rw);
	goro_rwmutex_runlock(&rw);
}

static void unlock_a_reader(void *arg)
{
	(void)arg;
	goro_run(unlock_root, NULL);
}

static void runlock_a_writer(void *arg)
{
	(void)arg;
	goro_run(runlock_root, NULL);
}

static void unlock_null(void *arg)
{
	(void)arg;
	goro_rwmutex_unlock(NULL);
}

static void runlock_null(void *arg)
{
	(void)arg;
	goro_rwmutex_runlock(NULL);
}

GORO_TEST_PLAIN(to_unlock_what_one_does_not_have_is_told_and_aborts)
{
	static const char writer[] = "unlock of an rwmutex that no writer holds";
	static const char reader[] = "runlock of an rwmutex that no reader holds";

	CHECK_CHILD_DIES(unlock_a_free_one, NULL, SIGABRT, writer);
	CHECK_CHILD_DIES(unlock_a_reader, NULL, SIGABRT, writer);
	CHECK_CHILD_DIES(runlock_a_free_one, NULL, SIGABRT, reader);
	CHECK_CHILD_DIES(runlock_a_writer, NULL, SIGABRT, reader);
	CHECK_CHILD_DIES(unlock_null, NULL, SIGABRT, "unlock of a NULL rwmutex");
	CHECK_CHILD_DIES(runlock_null, NULL, SIGABRT, "runlock of a NULL rwmutex");
}
