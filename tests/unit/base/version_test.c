/* SPDX-License-Identifier: MIT */
/* version_test.c: the library's version is that of its header (goro/version.h). */
#include "../unit.h"

#include <goro/version.h>

static void the_version_is_that_of_the_header(void **state)
{
	char text[64];

	(void)state;
	snprintf(text, sizeof(text), "%d.%d.%d", GORO_VERSION_MAJOR, GORO_VERSION_MINOR,
		GORO_VERSION_PATCH);
	assert_string_equal(goro_version(), text);
	assert_int_equal(GORO_VERSION_NUM,
		GORO_VERSION_MAJOR * 65536 + GORO_VERSION_MINOR * 256 + GORO_VERSION_PATCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_version_is_that_of_the_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
