/* SPDX-License-Identifier: MIT */
/* consumer.c: somebody's program, as small as it can be and still run a coroutine. */
#include <stdio.h>
#include <string.h>

#include <goro.h>

static void set_to_seven(void *arg)
{
	*(int *)arg = 7;
}

int main(void)
{
	char expected[32];
	int value = 0;
	int rc = goro_run(set_to_seven, &value);

	snprintf(expected, sizeof(expected), "%d.%d.%d", GORO_VERSION_MAJOR, GORO_VERSION_MINOR,
		GORO_VERSION_PATCH);
	if (rc != 0 || value != 7 || strcmp(goro_version(), expected) != 0) {
		fprintf(stderr, "goro_run: %d, value %d, version %s\n", rc, value, goro_version());
		return 1;
	}
	puts("a coroutine ran");
	return 0;
}
