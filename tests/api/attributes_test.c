/* SPDX-License-Identifier: MIT */
/* attributes_test.c: what the headers ask of the compiler leaves no trace in a C program. */
#include <string.h>

#include "goro_test.h"

#if GORO_TYPED != 1
#error "the typed macros are there in C"
#endif

#define TEXT(...)  TEXT_(__VA_ARGS__)
#define TEXT_(...) #__VA_ARGS__

GORO_TEST_PLAIN(a_c_program_gets_no_linkage_specification)
{
	CHECK_EQ(strlen(TEXT(GORO_BEGIN GORO_END)), 0);
}

/* A program may see the declarations again: they agree with those in the headers. */
GORO_API int goro_run(void (*fn)(void *), void *arg);
GORO_API int64_t goro_now(void);

GORO_TEST(what_is_declared_is_what_is_linked)
{
	int64_t (*now)(void) = goro_now;
	int64_t before = now();

	CHECK_LE(before, goro_now());
}
