/* SPDX-License-Identifier: MIT */
/* mutex_vs_deadline: lockers that give up as the lock is handed to them. One at a time holds it;
 * whoever waits gets it in the end; when all is done it is free.
 */
#include "stress.h"

static struct {
	goro_mutex m;
	uint64_t plain; /* guarded by m: no atomic, so that TSan and a lost update can tell */
	uint64_t locked;
	int inside;
	goro_waitgroup all;
} shared;

static void critical(uint64_t *random)
{
	CHECK_EQ(__atomic_fetch_add(&shared.inside, 1, __ATOMIC_RELAXED), 0);
	shared.plain++;
	stress_pause(random);
	CHECK_EQ(__atomic_fetch_sub(&shared.inside, 1, __ATOMIC_RELAXED), 1);
	goro_mutex_unlock(&shared.m);
}

static void hasty(uint64_t random, int n)
{
	while (n-- > 0) {
		int rc = stress_below(&random, 4) == 0 ?
			goro_mutex_try_lock(&shared.m) :
			goro_mutex_lock_until(&shared.m, stress_deadline(&random));

		if (rc == 0) {
			__atomic_fetch_add(&shared.locked, 1, __ATOMIC_RELAXED);
			critical(&random);
		} else {
			CHECK_TRUE(rc == -ETIMEDOUT || rc == -EBUSY);
			stress_pause(&random);
		}
	}
	goro_waitgroup_done(&shared.all);
}

static void patient(uint64_t random, int n)
{
	while (n-- > 0) {
		CHECK_EQ(goro_mutex_lock(&shared.m), 0);
		__atomic_fetch_add(&shared.locked, 1, __ATOMIC_RELAXED);
		critical(&random);
	}
	goro_waitgroup_done(&shared.all);
}

static void thread_patient(void *arg)
{
	patient(stress_seed(5, (size_t)(uintptr_t)arg), (int)stress_times(20000));
}

static void run(size_t round, int coroutines, int n)
{
	for (int i = 0; i < coroutines; i++) {
		goro_waitgroup_add(&shared.all, 2);
		CHECK_EQ(go(hasty, stress_seed(round, (size_t)i), n), 0);
		CHECK_EQ(go(patient, stress_seed(round, 100 + (size_t)i), n), 0);
	}
}

static void check_end(void)
{
	CHECK_EQ(goro_waitgroup_wait(&shared.all), 0);
	CHECK_EQ(shared.plain, shared.locked);
	CHECK_EQ(goro_mutex_try_lock(&shared.m), 0);
	goro_mutex_unlock(&shared.m);
}

GORO_TEST(a_deadline_neither_loses_nor_doubles_the_lock)
{
	for (size_t n = stress_times(600); n > 0; n--) {
		shared.m = GORO_MUTEX_INIT;
		shared.all = GORO_WAITGROUP_INIT;
		shared.plain = shared.locked = 0;
		run(n, 1 + (int)(n % 8), 100);
		check_end();
	}
}

GORO_TEST(threads_and_coroutines_share_the_lock)
{
	struct test_thread t[2];

	shared.m = GORO_MUTEX_INIT;
	shared.all = GORO_WAITGROUP_INIT;
	shared.plain = shared.locked = 0;
	goro_waitgroup_add(&shared.all, 2);
	for (size_t i = 0; i < 2; i++)
		test_thread_start(&t[i], thread_patient, (void *)(uintptr_t)i);
	run(1000, 4, (int)stress_times(20000));
	check_end();
	for (size_t i = 0; i < 2; i++)
		test_thread_join(&t[i]);
}
