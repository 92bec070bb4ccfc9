/* SPDX-License-Identifier: MIT */
/* clock_test.c: points in time that cannot overflow (clock.h). */
#include "../unit.h"

#include <goro/time.h>

#include "base/clock.h"
#include "os/os.h"

static void after_is_the_sum_held_between_the_ends(void **state)
{
	static const int64_t points[] = { INT64_MIN, INT64_MIN + 1, INT64_MIN / 2 - 1,
		INT64_MIN / 2, INT64_MIN / 2 + 1, -2, -1, 0, 1, 2, INT64_MAX / 2 - 1, INT64_MAX / 2,
		INT64_MAX / 2 + 1, INT64_MAX - 1, INT64_MAX };
	size_t n = sizeof(points) / sizeof(points[0]);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < n; k++) {
			__extension__ typedef __int128 wide;
			wide sum = (wide)points[i] + points[k];
			int64_t held = sum < INT64_MIN ? INT64_MIN :
				sum > INT64_MAX        ? INT64_MAX :
							 (int64_t)sum;

			assert_true(gr_clock_after(points[i], points[k]) == held);
		}
	}
}

static void now_is_the_systems_and_the_programs(void **state)
{
	int64_t a = gr_os_now(), b = gr_now(), c = goro_now(), d = gr_os_now();

	(void)state;
	assert_true(a <= b && b <= c && c <= d);
}

static void after_counts_from_now_and_ends_at_never(void **state)
{
	int64_t before = gr_now(), soon = goro_after(GORO_SECOND), later = gr_now();

	(void)state;
	assert_true(soon >= before + GORO_SECOND && soon <= later + GORO_SECOND);
	assert_true(goro_after(0) >= before);
	assert_true(goro_after(-1) <= gr_now());
	assert_true(goro_after(INT64_MAX) == INT64_MAX);
	assert_true(goro_after(INT64_MIN) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_is_the_sum_held_between_the_ends),
		cmocka_unit_test(now_is_the_systems_and_the_programs),
		cmocka_unit_test(after_counts_from_now_and_ends_at_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
