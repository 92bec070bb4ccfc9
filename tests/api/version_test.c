/* SPDX-License-Identifier: MIT */
/* version_test.c: the version that is linked is the one of the headers. */
#include <stdio.h>

#include "goro_test.h"

GORO_TEST_PLAIN(the_library_says_the_version_of_its_headers)
{
	char text[32];

	snprintf(text, sizeof(text), "%d.%d.%d", GORO_VERSION_MAJOR, GORO_VERSION_MINOR,
		GORO_VERSION_PATCH);
	CHECK_STR(goro_version(), text);
}

GORO_TEST_PLAIN(the_version_number_orders_versions)
{
	CHECK_EQ(GORO_VERSION_NUM >> 16, GORO_VERSION_MAJOR);
	CHECK_EQ(GORO_VERSION_NUM >> 8 & 0xff, GORO_VERSION_MINOR);
	CHECK_EQ(GORO_VERSION_NUM & 0xff, GORO_VERSION_PATCH);
#if GORO_VERSION_NUM < 0x000100
#error "the preprocessor must be able to compare it"
#endif
}

GORO_TEST(the_version_can_be_asked_in_a_coroutine)
{
	CHECK_TRUE(goro_version() == goro_version());
	CHECK_TRUE(goro_version()[0] != '\0');
}
