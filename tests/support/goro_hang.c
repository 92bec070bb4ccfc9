/* SPDX-License-Identifier: MIT */
#include "goro_hang.h"

#include "goro_test.h"

#include <string.h>
#include <unistd.h>

#define LIMIT_SECONDS 120

static const char *name;

/* goro_dump() takes neither memory nor a lock that the interrupted thread could hold. */
static void on_alarm(int signo)
{
	static const char text[] = ": hangs; its coroutines:\n";

	(void)signo;
	if (write(STDERR_FILENO, name, strlen(name)) > 0 &&
		write(STDERR_FILENO, text, sizeof(text) - 1) > 0)
		goro_dump(STDERR_FILENO);
	_exit(1);
}

void test_hang_begin(const char *test)
{
	struct sigaction action = { .sa_handler = on_alarm };

	name = test;
	sigaction(SIGALRM, &action, NULL);
	alarm(LIMIT_SECONDS);
}

void test_hang_end(void)
{
	alarm(0);
}
