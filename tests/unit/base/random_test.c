/* SPDX-License-Identifier: MIT */
/* random_test.c: random numbers (random.h). */
#include "../unit.h"

#include "base/random.h"

/* The numbers that SplitMix64's authors give for the seed 1234567. */
static void the_numbers_are_those_of_splitmix64(void **state)
{
	static const uint64_t known[] = { UINT64_C(6457827717110365317),
		UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
		UINT64_C(4593380528125082431), UINT64_C(16408922859458223821) };
	struct gr_random r;

	(void)state;
	gr_random_seed(&r, 1234567);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_true(gr_random_next(&r) == known[i]);
}

static void the_same_seed_gives_the_same_numbers_and_another_others(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct gr_random a, b, other;
		int same = 0;

		gr_random_seed(&a, seed);
		gr_random_seed(&b, seed);
		gr_random_seed(&other, seed + 1);
		for (int i = 0; i < 100; i++) {
			uint64_t x = gr_random_next(&a);

			assert_true(gr_random_next(&b) == x);
			same += gr_random_next(&other) == x;
			assert_int_equal(gr_random_below(&a, 1000), gr_random_below(&b, 1000));
			gr_random_next(&other);
		}
		assert_int_equal(same, 0);
	}
}

static void below_1_there_is_only_0(void **state)
{
	struct gr_random r = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(gr_random_below(&r, 1), 0);
}

/* Pearson's chi-squared over n cells has mean n-1 and variance 2(n-1): within five deviations. */
static void every_value_below_n_comes_equally_often(void **state)
{
	static const uint32_t bounds[] = { 2, 3, 5, 7, 10, 16, 61, 64, 100, 255 };

	(void)state;
	for (size_t k = 0; k < sizeof(bounds) / sizeof(bounds[0]); k++) {
		uint32_t n = bounds[k];
		double each = 2000, chi = 0;
		size_t count[256] = { 0 };
		struct gr_random r;

		gr_random_seed(&r, n);
		for (size_t i = 0; i < (size_t)(each * n); i++) {
			uint32_t x = gr_random_below(&r, n);

			assert_true(x < n);
			count[x]++;
		}
		for (uint32_t i = 0; i < n; i++)
			chi += ((double)count[i] - each) * ((double)count[i] - each) / each;
		chi -= n - 1;
		assert_true(chi * chi < 25.0 * 2 * (n - 1));
	}
}

/* With n = 3/4 of 2^32 a plain product would give every third value twice as often: those below
 * and above the middle of each triple differ by a factor that a few draws show. */
static void large_bounds_are_fair_too(void **state)
{
	static const uint32_t n = UINT32_C(3) << 30;
	size_t count[3] = { 0 };
	struct gr_random r;

	(void)state;
	gr_random_seed(&r, 9);
	for (int i = 0; i < 30000; i++) {
		uint32_t x = gr_random_below(&r, n);

		assert_true(x < n);
		count[x % 3]++;
	}
	for (int i = 0; i < 3; i++)
		assert_in_range(count[i], 9500, 10500);
	for (int i = 0; i < 1000; i++)
		assert_true(gr_random_below(&r, UINT32_MAX) < UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_numbers_are_those_of_splitmix64),
		cmocka_unit_test(the_same_seed_gives_the_same_numbers_and_another_others),
		cmocka_unit_test(below_1_there_is_only_0),
		cmocka_unit_test(every_value_below_n_comes_equally_often),
		cmocka_unit_test(large_bounds_are_fair_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
