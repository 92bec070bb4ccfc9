/* SPDX-License-Identifier: MIT */
#include "goro_libc.h"

#include <dlfcn.h>

#include "goro_test.h"

void *test_libc(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	CHECK_TRUE(found != NULL);
	return found;
}
