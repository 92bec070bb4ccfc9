/* SPDX-License-Identifier: MIT */
#include <goro.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int failed = 1;

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Each of these is called here for the first time, on the smallest stack there is. */
static void call_all(void *arg)
{
	int numbers[] = { 3, 1, 2 };
	struct timespec now;
	char text[64];
	struct tm tm;
	time_t t = 0;

	(void)arg;
	snprintf(text, sizeof(text), "%d %s %.3f", 42, "text", 1.5);
	qsort(numbers, 3, sizeof(numbers[0]), compare);
	failed = strcmp(text, "42 text 1.500") != 0 || numbers[0] != 1 ||
		strtod("2.5", NULL) != 2.5 || gmtime_r(&t, &tm) == NULL ||
		clock_gettime(CLOCK_MONOTONIC, &now) != 0 || strtol("7", NULL, 10) != 7;
	free(malloc(1000));
}

/* And the hungriest on the default one. */
static void look_up(void *arg)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_flags = AI_NUMERICHOST };
	struct addrinfo *found = NULL;

	(void)arg;
	failed += getaddrinfo("127.0.0.1", "http", &hints, &found) != 0 &&
		getaddrinfo("127.0.0.1", "80", &hints, &found) != 0;
	if (found != NULL)
		freeaddrinfo(found);
	hints.ai_flags = 0;
	found = NULL;
	getaddrinfo("localhost", NULL, &hints, &found); /* whatever it says */
	if (found != NULL)
		freeaddrinfo(found);
}

int main(void)
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = 2;
	config.stack_size = 1;
	if (goro_run_config(&config, call_all, NULL) != 0)
		return 2;
	config.stack_size = 0;
	if (goro_run_config(&config, look_up, NULL) != 0)
		return 3;
	return failed;
}
