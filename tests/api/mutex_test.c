/* SPDX-License-Identifier: MIT */
/* mutex_test.c: goro_mutex through the public header. */
#include <stdatomic.h>
#include <stdlib.h>

#include "goro_test.h"

GORO_TEST(a_mutex_is_free_until_it_is_locked_and_again_when_it_is_unlocked)
{
	goro_mutex m = GORO_MUTEX_INIT;

	CHECK_EQ(goro_mutex_lock(&m), 0);
	CHECK_EQ(goro_mutex_try_lock(&m), -EBUSY);
	CHECK_EQ(goro_mutex_lock_until(&m, INT64_MIN), -ETIMEDOUT);
	goro_mutex_unlock(&m);
	CHECK_EQ(goro_mutex_try_lock(&m), 0);
	goro_mutex_unlock(&m);
	CHECK_EQ(goro_mutex_lock_until(&m, INT64_MIN), 0);
	goro_mutex_unlock(&m);
}

GORO_TEST(memory_that_is_all_zero_is_a_free_mutex)
{
	goro_mutex *m = calloc(1, sizeof(*m));
	struct {
		int other;
		goro_mutex m;
	} assigned;

	CHECK_EQ(goro_mutex_lock(m), 0);
	CHECK_EQ(goro_mutex_try_lock(m), -EBUSY);
	goro_mutex_unlock(m);
	free(m);

	assigned.m = GORO_MUTEX_INIT;
	CHECK_EQ(goro_mutex_lock(&assigned.m), 0);
	goro_mutex_unlock(&assigned.m);
}

GORO_TEST(to_lock_it_twice_waits_like_anybody)
{
	goro_mutex m = GORO_MUTEX_INIT;
	int64_t deadline = goro_after(2 * GORO_MILLISECOND);

	CHECK_EQ(goro_mutex_lock(&m), 0);
	CHECK_EQ(goro_mutex_lock_until(&m, deadline), -ETIMEDOUT);
	CHECK_LE(deadline, goro_now());
	goro_mutex_unlock(&m);
}

static void unlock(goro_mutex *m)
{
	goro_mutex_unlock(m);
}

GORO_TEST(another_coroutine_may_unlock_it)
{
	goro_mutex m = GORO_MUTEX_INIT;

	CHECK_EQ(goro_mutex_lock(&m), 0);
	CHECK_EQ(go(unlock, &m), 0);
	CHECK_EQ(goro_mutex_lock(&m), 0);
	goro_mutex_unlock(&m);
	await_alive(1);
}

/* Exclusion -------------------------------------------------------------------------------- */

struct counter {
	goro_mutex m;
	long n; /* not atomic: the mutex guards it */
	size_t turns;
	goro_waitgroup out;
};

static void count(struct counter *c, int yields)
{
	for (size_t i = 0; i < c->turns; i++) {
		long seen;

		CHECK_EQ(goro_mutex_lock(&c->m), 0);
		seen = c->n;
		if (yields)
			goro_yield();
		c->n = seen + 1;
		goro_mutex_unlock(&c->m);
	}
	goro_waitgroup_done(&c->out);
}

GORO_TEST(only_one_is_inside_at_a_time)
{
	struct counter c = { .turns = test_scaled(2000) };

	for (int i = 0; i < 16; i++) {
		goro_waitgroup_add(&c.out, 1);
		CHECK_EQ(go(count, &c, i & 1), 0);
	}
	CHECK_EQ(goro_waitgroup_wait(&c.out), 0);
	CHECK_EQ(c.n, 16 * c.turns);
	CHECK_EQ(goro_mutex_try_lock(&c.m), 0);
}

static void count_in_a_thread(void *arg)
{
	count(arg, 0);
}

GORO_TEST_OUTSIDE(coroutines_and_threads_share_a_mutex)
{
	static struct counter c;
	struct test_thread threads[3];

	c = (struct counter){ .turns = test_scaled(2000) };
	test_start();
	goro_waitgroup_add(&c.out, 8 + 3);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(go(count, &c, i & 1), 0);
	for (int i = 0; i < 3; i++)
		test_thread_start(&threads[i], count_in_a_thread, &c);
	CHECK_EQ(goro_waitgroup_wait(&c.out), 0);
	for (int i = 0; i < 3; i++)
		test_thread_join(&threads[i]);
	CHECK_EQ(c.n, 11 * c.turns);
	test_stop();
}

static void lock_for_good(goro_mutex *m, atomic_int *locked)
{
	CHECK_EQ(goro_mutex_lock(m), 0);
	atomic_store(locked, 1);
	goro_mutex_unlock(m);
}

static void lock_again_and_again(void *arg)
{
	goro_mutex m = GORO_MUTEX_INIT;
	atomic_int locked = 0;

	(void)arg;
	CHECK_EQ(goro_mutex_lock(&m), 0);
	CHECK_EQ(go(lock_for_good, &m, &locked), 0);
	await_parked(1, "mutex");
	while (!atomic_load(&locked)) { /* whoever looks finds it locked */
		goro_yield();
		goro_mutex_unlock(&m);
		CHECK_EQ(goro_mutex_lock(&m), 0);
	}
	goro_mutex_unlock(&m);
	await_alive(1);
}

GORO_TEST(who_locks_again_and_again_does_not_keep_a_waiter_out)
{
	lock_again_and_again(NULL);
}

GORO_TEST_PLAIN(not_even_where_nobody_else_runs_in_the_moment_it_is_free)
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = 1;
	config.max_spares = 0;
	CHECK_EQ(goro_run_config(&config, lock_again_and_again, NULL), 0);
}

/* Giving up -------------------------------------------------------------------------------- */

static void give_up(goro_mutex *m, int64_t deadline, atomic_int *gave_up)
{
	CHECK_EQ(goro_mutex_lock_until(m, deadline), -ETIMEDOUT);
	CHECK_LE(deadline, goro_now());
	atomic_fetch_add(gave_up, 1);
}

GORO_TEST(a_waiter_that_gives_up_takes_nobodys_turn)
{
	goro_mutex m = GORO_MUTEX_INIT;
	atomic_int gave_up = 0, locked = 0;

	CHECK_EQ(goro_mutex_lock(&m), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(go(give_up, &m, goro_after(GORO_MILLISECOND), &gave_up), 0);
	CHECK_EQ(go(lock_for_good, &m, &locked), 0);
	AWAIT(atomic_load(&gave_up) == 4);
	await_parked(1, "mutex");
	goro_mutex_unlock(&m);
	AWAIT(atomic_load(&locked));
	await_alive(1);
}

static void lock_in_time_or_not(struct counter *c)
{
	for (size_t i = 0; i < c->turns; i++) {
		int rc = goro_mutex_lock_until(&c->m, goro_after((int64_t)(i % 7) * 1000));

		if (rc == 0) {
			c->n++;
			if (i % 3 == 0)
				goro_yield();
			goro_mutex_unlock(&c->m);
		} else {
			CHECK_EQ(rc, -ETIMEDOUT);
		}
	}
	goro_waitgroup_done(&c->out);
}

GORO_TEST(no_wake_up_is_lost_between_deadlines_and_unlocks)
{
	struct counter c = { .turns = test_scaled(1000) };

	goro_waitgroup_add(&c.out, 9);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(go(lock_in_time_or_not, &c), 0);
	CHECK_EQ(go(count, &c, 1), 0); /* has no deadline: a lost wake-up would hang it */
	CHECK_EQ(goro_waitgroup_wait(&c.out), 0);
	CHECK_LE(c.turns, c.n);
	CHECK_EQ(goro_mutex_try_lock(&c.m), 0);
}

/* Lifetime --------------------------------------------------------------------------------- */

struct shared {
	goro_mutex m;
	int users;
};

static void leave(struct shared *s, goro_waitgroup *out)
{
	bool last;

	CHECK_EQ(goro_mutex_lock(&s->m), 0);
	last = --s->users == 0;
	goro_mutex_unlock(&s->m);
	if (last)
		free(s);
	goro_waitgroup_done(out);
}

GORO_TEST(who_unlocks_it_last_may_free_it)
{
	for (size_t i = 0; i < test_scaled(2000); i++) {
		goro_waitgroup out = GORO_WAITGROUP_INIT;
		struct shared *s = malloc(sizeof(*s));

		*s = (struct shared){ .m = GORO_MUTEX_INIT, .users = 3 };
		goro_waitgroup_add(&out, 3);
		for (int u = 0; u < 3; u++)
			CHECK_EQ(go(leave, s, &out), 0);
		CHECK_EQ(goro_waitgroup_wait(&out), 0);
	}
}

/* Misuse ----------------------------------------------------------------------------------- */

GORO_TEST(null_is_refused_whatever_the_deadline)
{
	CHECK_EQ(goro_mutex_lock(NULL), -EINVAL);
	CHECK_EQ(goro_mutex_lock_until(NULL, INT64_MIN), -EINVAL);
	CHECK_EQ(goro_mutex_try_lock(NULL), -EINVAL);
}

GORO_TEST_OUTSIDE(without_a_runtime_it_cannot_be_locked_but_unlocked)
{
	static goro_mutex m;
	goro_mutex other = GORO_MUTEX_INIT;

	m = GORO_MUTEX_INIT;
	CHECK_EQ(goro_mutex_lock(NULL), -EINVAL);
	CHECK_EQ(goro_mutex_lock(&other), -EPERM);
	CHECK_EQ(goro_mutex_lock_until(&other, GORO_FOREVER), -EPERM);
	CHECK_EQ(goro_mutex_lock_until(&other, 0), -EPERM);
	CHECK_EQ(goro_mutex_try_lock(&other), -EPERM);

	test_start();
	CHECK_EQ(goro_mutex_lock(&m), 0);
	test_stop();
	CHECK_EQ(goro_mutex_try_lock(&m), -EPERM);
	goro_mutex_unlock(&m);
	test_start();
	CHECK_EQ(goro_mutex_try_lock(&m), 0);
	test_stop();
}

static void try_when_cancelled(goro_mutex *m, goro_mutex *locked, atomic_int *tried)
{
	CHECK_EQ(goro_sleep(GORO_FOREVER), -ECANCELED);
	CHECK_EQ(goro_mutex_try_lock(m), 0);
	CHECK_EQ(goro_mutex_try_lock(m), -EBUSY);
	CHECK_EQ(goro_mutex_try_lock(locked), -EBUSY);
	goro_mutex_unlock(m);
	atomic_store(tried, 1);
}

GORO_TEST_OUTSIDE(while_the_runtime_stops_coroutines_may_still_try)
{
	goro_mutex m = GORO_MUTEX_INIT, locked = GORO_MUTEX_INIT;
	atomic_int tried = 0;

	test_start();
	CHECK_EQ(goro_mutex_lock(&locked), 0);
	CHECK_EQ(go(try_when_cancelled, &m, &locked, &tried), 0);
	await_parked(1, "sleep");
	test_stop();
	CHECK_EQ(atomic_load(&tried), 1);
	goro_mutex_unlock(&locked);
}

static void unlock_a_free_one(void *arg)
{
	goro_mutex m = GORO_MUTEX_INIT;

	(void)arg;
	goro_mutex_unlock(&m);
}

static void unlock_null(void *arg)
{
	(void)arg;
	goro_mutex_unlock(NULL);
}

static void unlock_in_a_coroutine(void *arg)
{
	(void)arg;
	goro_run(unlock_a_free_one, NULL);
}

GORO_TEST_PLAIN(to_unlock_what_is_not_locked_is_told_and_aborts)
{
	CHECK_CHILD_DIES(unlock_a_free_one, NULL, SIGABRT, "unlock of a mutex that is not locked");
	CHECK_CHILD_DIES(unlock_null, NULL, SIGABRT, "unlock of a NULL mutex");
	CHECK_CHILD_DIES(
		unlock_in_a_coroutine, NULL, SIGABRT, "unlock of a mutex that is not locked");
}
