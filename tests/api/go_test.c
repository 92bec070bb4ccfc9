/* SPDX-License-Identifier: MIT */
/* go_test.c: go() and its arguments. */
#include <stdatomic.h>

#include "goro_test.h"

static atomic_int ran;

/* Arguments -------------------------------------------------------------------------------- */

static void take_nothing(void)
{
	atomic_fetch_add(&ran, 1);
}

static void take_narrow(int8_t a, uint8_t b, int16_t c, uint16_t d, bool e, char f)
{
	CHECK_EQ(a, -128);
	CHECK_EQ(b, 255);
	CHECK_EQ(c, -32768);
	CHECK_EQ(d, 65535);
	CHECK_EQ(e, true);
	CHECK_EQ(f, 'x');
	atomic_fetch_add(&ran, 1);
}

static void take_wide(int a, unsigned b, long c, unsigned long d, long long e, uint64_t f)
{
	CHECK_EQ(a, INT32_MIN);
	CHECK_EQ(b, UINT32_MAX);
	CHECK_EQ(c, -1L);
	CHECK_EQ(d, ~0UL);
	CHECK_EQ(e, INT64_MIN);
	CHECK_EQ(f, UINT64_MAX);
	atomic_fetch_add(&ran, 1);
}

static void take_doubles(double a, double b, double c, double d, double e, double f)
{
	CHECK_TRUE(a == 0.5 && b == -1e300 && c == 2.25 && d == -0.0 && e == 1e-300 && f == 6.0);
	atomic_fetch_add(&ran, 1);
}

static void take_floats(float a, float b, float c, float d, float e, float f)
{
	CHECK_TRUE(a == 0.5f && b == -1e30f && c == 2.25f && d == 4.0f && e == 1e-30f && f == 6.0f);
	atomic_fetch_add(&ran, 1);
}

static void take_mixed(int a, double b, const char *c, float d, uint8_t e, int64_t f)
{
	CHECK_EQ(a, -7);
	CHECK_TRUE(b == 2.5);
	CHECK_STR(c, "abc");
	CHECK_TRUE(d == -1.25f);
	CHECK_EQ(e, 200);
	CHECK_EQ(f, INT64_MIN);
	atomic_fetch_add(&ran, 1);
}

static void take_floats_first(double a, float b, int c, double d, void *e, float f)
{
	CHECK_TRUE(a == 1.0 && b == 2.0f && d == 4.0 && f == 6.0f);
	CHECK_EQ(c, 3);
	CHECK_TRUE(e == &ran);
	atomic_fetch_add(&ran, 1);
}

static void take_one(float f)
{
	CHECK_TRUE(f == 1.5f);
	atomic_fetch_add(&ran, 1);
}

static void take_five(short a, float b, short c, float d, short e)
{
	CHECK_TRUE(a == -1 && b == 2.0f && c == -3 && d == 4.0f && e == -5);
	atomic_fetch_add(&ran, 1);
}

GORO_TEST(arguments_arrive_as_they_were_given)
{
	int8_t a = INT8_MIN;
	uint8_t b = UINT8_MAX, small = 200;
	int16_t c = INT16_MIN;
	uint16_t d = UINT16_MAX;
	bool e = true;
	char f = 'x';
	short minus[] = { -1, -3, -5 };

	atomic_store(&ran, 0);
	CHECK_EQ(go(take_nothing), 0);
	CHECK_EQ(go(take_narrow, a, b, c, d, e, f), 0);
	CHECK_EQ(go(take_wide, INT32_MIN, UINT32_MAX, -1L, ~0UL, (long long)INT64_MIN,
			 (uint64_t)UINT64_MAX),
		0);
	CHECK_EQ(go(take_doubles, 0.5, -1e300, 2.25, -0.0, 1e-300, 6.0), 0);
	CHECK_EQ(go(take_floats, 0.5f, -1e30f, 2.25f, 4.0f, 1e-30f, 6.0f), 0);
	CHECK_EQ(go(take_mixed, -7, 2.5, "abc", -1.25f, small, (int64_t)INT64_MIN), 0);
	CHECK_EQ(go(take_floats_first, 1.0, 2.0f, 3, 4.0, (void *)&ran, 6.0f), 0);
	CHECK_EQ(go(take_one, 1.5f), 0);
	CHECK_EQ(go(take_five, minus[0], 2.0f, minus[1], 4.0f, minus[2]), 0);
	await_alive(1);
	CHECK_EQ(atomic_load(&ran), 9);
}

struct point {
	int x, y;
};

enum colour { RED, GREEN = 7 };

static void take_any_pointer(void *p)
{
	CHECK_EQ(((struct point *)p)->y, 2);
	atomic_fetch_add(&ran, 1);
}

static void take_null(void *p)
{
	CHECK_TRUE(p == NULL);
	atomic_fetch_add(&ran, 1);
}

static void take_pointers(const struct point *p, const int *array, int (*f)(int), char *const *argv)
{
	CHECK_EQ(p->x, 1);
	CHECK_EQ(array[2], 30);
	CHECK_EQ(f(4), 16);
	CHECK_STR(argv[0], "zero");
	atomic_fetch_add(&ran, 1);
}

static void take_enum(enum colour c, const volatile int *v)
{
	CHECK_EQ(c, GREEN);
	CHECK_EQ(*v, 5);
	atomic_fetch_add(&ran, 1);
}

static int square(int x)
{
	return x * x;
}

GORO_TEST(arrays_and_functions_decay_and_const_may_be_added)
{
	static struct point p = { 1, 2 };
	static int array[] = { 10, 20, 30 };
	static volatile int v = 5;
	static char zero[] = "zero";
	static char *argv[] = { zero, NULL };
	enum colour c = GREEN;

	atomic_store(&ran, 0);
	CHECK_EQ(go(take_any_pointer, &p), 0);
	CHECK_EQ(go(take_null, NULL), 0);
	CHECK_EQ(go(take_pointers, &p, array, square, argv), 0);
	CHECK_EQ(go(&take_enum, c, &v), 0);
	await_alive(1);
	CHECK_EQ(atomic_load(&ran), 4);
}

static void take_sum(int a, int b)
{
	atomic_fetch_add(&ran, 10 * a + b);
}

static void (*choose(int *times))(int, int)
{
	++*times;
	return take_sum;
}

GORO_TEST(function_and_arguments_are_evaluated_once)
{
	int i = 1, times = 0;

	atomic_store(&ran, 0);
	CHECK_EQ(times, 0);
	go(choose(&times), i++, 5);
	CHECK_EQ(i, 2);
	CHECK_EQ(times, 1);
	await_alive(1);
	CHECK_EQ(atomic_load(&ran), 15);
}

GORO_TEST(a_variable_may_be_called_go_or_chan)
{
	int go = 1, chan = 2;

	CHECK_EQ(go + chan, 3);
}

/* The plain functions ------------------------------------------------------------------------ */

static void add(void *arg)
{
	atomic_fetch_add(&ran, *(int *)arg);
}

GORO_TEST_OUTSIDE(the_plain_function_works_from_threads_and_refuses_what_is_wrong)
{
	struct goro_call none = { NULL, 0, 0, { 0 } };
	struct goro_call many = { (void (*)(void))take_nothing, 7, 0, { 0 } };
	struct goro_call mixed = { (void (*)(void))take_nothing, 4, 3, { 0 } };
	struct goro_call wraps = { (void (*)(void))take_nothing, UINT32_MAX, 2, { 0 } };
	int two = 2;

	atomic_store(&ran, 0);
	CHECK_EQ(goro_go(NULL, &two), -EINVAL);
	CHECK_EQ(goro_go(add, &two), -EPERM);
	CHECK_EQ(go(take_nothing), -EPERM);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(goro_go(NULL, NULL), -EINVAL);
		CHECK_EQ(goro_go_call(NULL), -EINVAL);
		CHECK_EQ(goro_go_call(&none), -EINVAL);
		CHECK_EQ(goro_go_call(&many), -EINVAL);
		CHECK_EQ(goro_go_call(&mixed), -EINVAL);
		CHECK_EQ(goro_go_call(&wraps), -EINVAL);
		if (i == 0)
			test_start();
	}
	CHECK_EQ(goro_go(add, &two), 0);
	CHECK_EQ(go(take_nothing), 0);
	AWAIT(atomic_load(&ran) == 3);
	test_stop();
	CHECK_EQ(goro_go(add, &two), -EPERM);
}

/* Conservation ------------------------------------------------------------------------------- */

static void spawn_tree(int depth, goro_waitgroup *out)
{
	for (int i = 0; i < 4 && depth > 0; i++)
		CHECK_EQ(go(spawn_tree, depth - 1, out), 0);
	atomic_fetch_add(&ran, 1);
	goro_waitgroup_done(out);
}

static void spawn_from_a_thread(void *out)
{
	for (size_t i = 0; i < test_scaled(5000); i++)
		CHECK_EQ(go(spawn_tree, 0, (goro_waitgroup *)out), 0);
}

GORO_TEST_OUTSIDE(every_coroutine_that_was_begun_runs_once)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;
	struct test_thread threads[2];
	int leaves = 1 + 4 + 16 + 64 + 256 + 1024 + 4096;
	int singles = 2 * (int)test_scaled(5000);

	atomic_store(&ran, 0);
	goro_waitgroup_add(&out, leaves + singles);
	test_start();
	for (int i = 0; i < 2; i++)
		test_thread_start(&threads[i], spawn_from_a_thread, &out);
	CHECK_EQ(go(spawn_tree, 6, &out), 0);
	CHECK_EQ(goro_waitgroup_wait(&out), 0);
	for (int i = 0; i < 2; i++)
		test_thread_join(&threads[i]);
	CHECK_EQ(atomic_load(&ran), leaves + singles);
	test_stop();
}
