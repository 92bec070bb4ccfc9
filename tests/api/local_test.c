/* SPDX-License-Identifier: MIT */
/* local_test.c: goro_local through the public header. */
#include <stdatomic.h>
#include <string.h>

#include "goro_test.h"

#define KEYS_MAX 1024

static goro_local key;

GORO_TEST(a_coroutine_finds_null_and_then_what_it_has_set)
{
	int a, b;

	CHECK_EQ(goro_local_create(&key, NULL), 0);
	CHECK_TRUE(goro_local_get(key) == NULL);
	CHECK_EQ(goro_local_set(key, &a), 0);
	CHECK_TRUE(goro_local_get(key) == &a);
	CHECK_EQ(goro_local_set(key, &b), 0);
	CHECK_TRUE(goro_local_get(key) == &b);
	CHECK_EQ(goro_local_set(key, NULL), 0);
	CHECK_TRUE(goro_local_get(key) == NULL);
	CHECK_EQ(goro_local_free(key), 0);
}

static void keep_own_value(goro_waitgroup *out)
{
	int mine;

	CHECK_TRUE(goro_local_get(key) == NULL);
	CHECK_EQ(goro_local_set(key, &mine), 0);
	for (size_t i = 0; i < test_scaled(200); i++) {
		if (i % 16 == 0)
			CHECK_EQ(goro_sleep(1000), 0); /* and go on elsewhere */
		else
			goro_yield();
		CHECK_TRUE(goro_local_get(key) == &mine);
	}
	goro_waitgroup_done(out);
}

GORO_TEST(each_coroutine_has_its_own_value_wherever_it_runs)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;

	CHECK_EQ(goro_local_create(&key, NULL), 0);
	goro_waitgroup_add(&out, 32);
	for (int i = 0; i < 32; i++)
		CHECK_EQ(go(keep_own_value, &out), 0);
	CHECK_EQ(goro_waitgroup_wait(&out), 0);
	CHECK_TRUE(goro_local_get(key) == NULL);
	CHECK_EQ(goro_local_free(key), 0);
}

/* Destructors ------------------------------------------------------------------------------ */

static atomic_int destroyed;
static _Atomic uint64_t destroyed_in;

static void destroy(void *value)
{
	atomic_store(&destroyed_in, goro_id());
	CHECK_TRUE(goro_local_get(key) == NULL);
	goro_yield(); /* it may wait, on its own stack */
	CHECK_EQ(goro_sleep(1), 0);
	atomic_fetch_add(&destroyed, *(int *)value);
}

static void leave_a_value(int *value, _Atomic uint64_t *id)
{
	atomic_store(id, goro_id());
	CHECK_EQ(goro_local_set(key, value), 0);
}

GORO_TEST(the_destructor_gets_the_value_when_its_coroutine_ends)
{
	_Atomic uint64_t id = 0;
	int value = 5;

	atomic_store(&destroyed, 0);
	CHECK_EQ(goro_local_create(&key, destroy), 0);
	CHECK_EQ(go(leave_a_value, &value, &id), 0);
	await_alive(1);
	CHECK_EQ(atomic_load(&destroyed), 5);
	CHECK_EQ(atomic_load(&destroyed_in), atomic_load(&id));
	CHECK_EQ(goro_local_free(key), 0);
}

static void set_and_take_back(int *value)
{
	CHECK_EQ(goro_local_set(key, value), 0);
	CHECK_EQ(goro_local_set(key, NULL), 0);
}

static void replace(int *first, int *second)
{
	CHECK_EQ(goro_local_set(key, first), 0);
	CHECK_EQ(goro_local_set(key, second), 0);
}

GORO_TEST(it_is_not_called_for_null_nor_for_a_value_that_was_replaced)
{
	int first = 100, second = 1;

	atomic_store(&destroyed, 0);
	CHECK_EQ(goro_local_create(&key, destroy), 0);
	CHECK_EQ(go(set_and_take_back, &first), 0);
	CHECK_EQ(go(replace, &first, &second), 0);
	await_alive(1);
	CHECK_EQ(atomic_load(&destroyed), 1);
	CHECK_EQ(goro_local_free(key), 0);
}

static atomic_int rounds;

static void set_again(void *value)
{
	atomic_fetch_add(&rounds, 1);
	CHECK_EQ(goro_local_set(key, value), 0);
}

GORO_TEST(values_set_by_destructors_are_destroyed_too_in_at_most_four_rounds)
{
	_Atomic uint64_t id;
	int value;

	atomic_store(&rounds, 0);
	CHECK_EQ(goro_local_create(&key, set_again), 0);
	CHECK_EQ(go(leave_a_value, &value, &id), 0);
	await_alive(1);
	CHECK_EQ(atomic_load(&rounds), 4);
	CHECK_EQ(goro_local_free(key), 0);
}

GORO_TEST(a_new_coroutine_finds_nothing_of_the_one_before_it)
{
	_Atomic uint64_t id;
	goro_waitgroup out = GORO_WAITGROUP_INIT;
	int value;

	CHECK_EQ(goro_local_create(&key, NULL), 0);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(go(leave_a_value, &value, &id), 0);
	await_alive(1);
	goro_waitgroup_add(&out, 100);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(go(keep_own_value, &out), 0);
	CHECK_EQ(goro_waitgroup_wait(&out), 0);
	CHECK_EQ(goro_local_free(key), 0);
}

static void leave_values(const goro_local *keys, int *value)
{
	for (int i = 0; i < 3; i++)
		CHECK_EQ(goro_local_set(keys[i], value), 0);
}

static void count_destroyed(void *value)
{
	atomic_fetch_add(&destroyed, *(int *)value);
}

GORO_TEST(a_freed_key_forgets_its_values)
{
	goro_local keys[3], again;
	int value = 1;

	atomic_store(&destroyed, 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(goro_local_create(&keys[i], count_destroyed), 0);
	CHECK_EQ(goro_local_set(keys[1], &value), 0);
	CHECK_EQ(goro_local_free(keys[1]), 0);
	CHECK_EQ(goro_local_free(keys[1]), -EINVAL);
	CHECK_EQ(goro_local_set(keys[1], &value), -EINVAL);
	CHECK_TRUE(goro_local_get(keys[1]) == NULL);

	CHECK_EQ(goro_local_create(&again, count_destroyed), 0);
	CHECK_TRUE(goro_local_get(again) == NULL); /* not what the old one had */
	CHECK_EQ(goro_local_free(keys[1]), -EINVAL);

	keys[1] = again;
	CHECK_EQ(go(leave_values, keys, &value), 0);
	await_alive(1);
	CHECK_EQ(atomic_load(&destroyed), 3);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(goro_local_free(keys[i]), 0);
}

/* Bad input -------------------------------------------------------------------------------- */

GORO_TEST_OUTSIDE(what_is_no_key_is_refused_and_outside_a_coroutine_there_are_no_values)
{
	goro_local none, wild = { UINT64_MAX };
	int value;

	memset(&none, 0, sizeof(none));
	CHECK_EQ(goro_local_create(NULL, NULL), -EINVAL);
	CHECK_EQ(goro_local_create(&key, NULL), 0);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(goro_local_set(none, &value), -EINVAL);
		CHECK_EQ(goro_local_set(wild, &value), -EINVAL);
		CHECK_TRUE(goro_local_get(none) == NULL);
		CHECK_TRUE(goro_local_get(wild) == NULL);
		CHECK_EQ(goro_local_free(none), -EINVAL);
		CHECK_EQ(goro_local_free(wild), -EINVAL);
		CHECK_EQ(goro_local_set(key, &value), -EPERM);
		CHECK_TRUE(goro_local_get(key) == NULL);
		if (i == 0)
			test_start();
	}
	test_stop();
	CHECK_EQ(goro_local_free(key), 0);
}

GORO_TEST(there_are_so_many_keys_and_each_is_of_its_own)
{
	static goro_local keys[KEYS_MAX];
	static int values[KEYS_MAX];
	goro_local more;

	for (int i = 0; i < KEYS_MAX; i++)
		CHECK_EQ(goro_local_create(&keys[i], NULL), 0);
	CHECK_EQ(goro_local_create(&more, NULL), -ENOMEM);
	for (int i = 0; i < KEYS_MAX; i++)
		CHECK_EQ(goro_local_set(keys[i], &values[i]), 0);
	for (int i = 0; i < KEYS_MAX; i++)
		CHECK_TRUE(goro_local_get(keys[i]) == &values[i]);
	for (int i = 0; i < KEYS_MAX; i++)
		CHECK_EQ(goro_local_free(keys[i]), 0);
	CHECK_EQ(goro_local_create(&more, NULL), 0);
	CHECK_EQ(goro_local_free(more), 0);
}
