/* SPDX-License-Identifier: MIT */
#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/chaos.h"
#include "os/os.h"

static void say_seed(void)
{
#ifdef GORO_CHAOS
	char text[256] = "goro: ";
	size_t n = strlen(text);

	gr_os_write_all(2, text, n + gr_chaos_describe(text + n, sizeof(text) - n));
#endif
}

/* One write for the whole line, so that lines of several threads do not mix. */
static GR_NORETURN void say_and_abort(char *text, size_t size, int length)
{
	size_t n = length < 0 ? 0 : (size_t)length;

	if (n > size - 2)
		n = size - 2;
	text[n++] = '\n';
	gr_os_write_all(2, text, n);
	say_seed();
	abort();
}

/* "base/heap.c", wherever the project lies: that may be below another src. */
static const char *below_src(const char *file)
{
	for (const char *p = file; (p = strstr(p, "src/")) != NULL;)
		file = p += 4;
	return file;
}

void gr_check_broken(const char *file, int line, const char *cond)
{
	char text[512];

	say_and_abort(text, sizeof(text),
		snprintf(text, sizeof(text), "goro: %s:%d: %s", below_src(file), line, cond));
}

void gr_check_fail(const char *format, ...)
{
	char message[400];
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	say_and_abort(text, sizeof(text), snprintf(text, sizeof(text), "goro: %s", message));
}
