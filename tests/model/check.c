/* SPDX-License-Identifier: MIT */
/* check.c: a broken invariant of the real source (base/check.h) ends the execution. */
#include "base/check.h"

#include <stdio.h>

#include "engine.h"

void gr_check_broken(const char *file, int line, const char *cond)
{
	engine_fail(FAIL_CHECK, "%s:%d: %s", file, line, cond);
}

void gr_check_fail(const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	engine_fail(FAIL_CHECK, "%s", text);
}
