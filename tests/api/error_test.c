/* SPDX-License-Identifier: MIT */
/* error_test.c: goro_strerror through the public header. */
#include <limits.h>
#include <string.h>

#include "goro_test.h"

/* The codes that goro/error.h says the library returns, and some of the system's. */
static const int codes[] = { EAGAIN, EBADF, EBUSY, ECANCELED, EDEADLK, EFAULT, EINVAL, ENOMEM,
	ENOTSUP, EPERM, EPIPE, ESRCH, ETIMEDOUT, ECONNREFUSED, ENOENT, EINTR };

#define NCODES (sizeof(codes) / sizeof(codes[0]))

GORO_TEST_PLAIN(each_code_has_a_text_of_its_own_without_a_full_stop)
{
	for (size_t i = 0; i < NCODES; i++) {
		const char *text = goro_strerror(-codes[i]);

		CHECK_LT(0, strlen(text));
		CHECK_NE(text[strlen(text) - 1], '.');
		CHECK_NE(strcmp(text, goro_strerror(0)), 0);
		CHECK_NE(strcmp(text, goro_strerror(-99999)), 0);
		for (size_t j = 0; j < i; j++)
			CHECK_NE(strcmp(text, goro_strerror(-codes[j])), 0);
	}
}

GORO_TEST_PLAIN(zero_and_counts_are_success)
{
	CHECK_STR(goro_strerror(0), "success");
	CHECK_STR(goro_strerror(1), "success");
	CHECK_STR(goro_strerror(INT_MAX), "success");
}

GORO_TEST_PLAIN(a_code_that_nobody_knows_has_a_text_too)
{
	static const int unknown[] = { -99999, -4096, INT_MIN, INT_MIN + 1 };

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		CHECK_LT(0, strlen(goro_strerror(unknown[i])));
}

GORO_TEST_PLAIN(every_code_there_could_be_has_a_text)
{
	for (int code = -200; code <= 200; code++)
		CHECK_LT(0, strlen(goro_strerror(code)));
}

GORO_TEST(it_keeps_its_hands_off_errno)
{
	errno = ENOENT;
	CHECK_TRUE(goro_strerror(-EPIPE) == goro_strerror(-EPIPE));
	CHECK_EQ(errno, ENOENT);
}
