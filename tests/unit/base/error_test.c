/* SPDX-License-Identifier: MIT */
/* error_test.c: codes in words (goro/error.h). */
#include "../unit.h"

#include <goro/error.h>

static const char *const unknown = "unknown error";

static void the_librarys_own_codes_have_a_text(void **state)
{
	static const int codes[] = { EAGAIN, EBADF, EBUSY, ECANCELED, EDEADLK, EFAULT, EINVAL,
		ENOMEM, ENOSYS, ENOTSUP, EPERM, EPIPE, ESRCH, ETIMEDOUT };

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		assert_string_not_equal(goro_strerror(-codes[i]), unknown);
	assert_non_null(strstr(goro_strerror(-ENOMEM), "vm.max_map_count"));
}

static void every_known_code_has_a_text_of_its_own(void **state)
{
	int known = 0;

	(void)state;
	for (int a = 0; a < 4096; a++) {
		const char *text = goro_strerror(-a);

		assert_non_null(text);
		assert_true(text[0] != '\0' && text[strlen(text) - 1] != '.');
		if (strcmp(text, unknown) == 0)
			continue;
		known++;
		for (int b = 0; b < a; b++)
			assert_string_not_equal(text, goro_strerror(-b));
	}
	assert_true(known > 40);
}

static void counts_and_zero_are_success(void **state)
{
	(void)state;
	assert_string_equal(goro_strerror(0), "success");
	assert_string_equal(goro_strerror(1), "success");
	assert_string_equal(goro_strerror(EINVAL), "success");
	assert_string_equal(goro_strerror(INT32_MAX), "success");
}

static void what_nobody_knows_has_a_text_too(void **state)
{
	(void)state;
	assert_string_equal(goro_strerror(-4000), unknown);
	assert_string_equal(goro_strerror(INT32_MIN), unknown);
	assert_string_equal(goro_strerror(INT32_MIN + 1), unknown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_librarys_own_codes_have_a_text),
		cmocka_unit_test(every_known_code_has_a_text_of_its_own),
		cmocka_unit_test(counts_and_zero_are_success),
		cmocka_unit_test(what_nobody_knows_has_a_text_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
