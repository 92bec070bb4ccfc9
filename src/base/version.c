/* SPDX-License-Identifier: MIT */
/* version.c: the version as it was when the library was compiled. */
#include <goro/version.h>

#define TEXT(number)  TEXT_(number)
#define TEXT_(number) #number

const char *goro_version(void)
{
	return TEXT(GORO_VERSION_MAJOR) "." TEXT(GORO_VERSION_MINOR) "." TEXT(GORO_VERSION_PATCH);
}
