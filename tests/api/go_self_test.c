/* SPDX-License-Identifier: MIT */
/* go_self_test.c: what a coroutine has for itself: its id, its errno, its name. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "goro_test.h"

/* Ids ---------------------------------------------------------------------------------------- */

#define NIDS 2000

static uint64_t ids[NIDS];
static atomic_int nids;

static void note_id(void)
{
	uint64_t id = goro_id();

	ids[atomic_fetch_add(&nids, 1)] = id;
	goro_yield();
	CHECK_EQ(goro_id(), id);
	CHECK_EQ(goro_sleep(1), 0);
	CHECK_EQ(goro_id(), id);
}

static int compare_ids(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

GORO_TEST_OUTSIDE(no_id_is_used_twice_not_even_by_another_runtime)
{
	atomic_store(&nids, 0);
	CHECK_EQ(goro_id(), 0);
	for (int run = 0; run < 4; run++) {
		test_start();
		for (int i = 0; i < NIDS / 4; i++)
			CHECK_EQ(go(note_id), 0);
		await_alive(0);
		CHECK_EQ(goro_id(), 0); /* a thread has none */
		test_stop();
	}
	qsort(ids, NIDS, sizeof(ids[0]), compare_ids);
	CHECK_LT(0, ids[0]);
	for (int i = 1; i < NIDS; i++)
		CHECK_LT(ids[i - 1], ids[i]);
}

/* errno: each coroutine has its own. Its address may be kept over a call by the compiler, so it is
 * asked for in a function of its own. */
static __attribute__((noinline)) int get_errno(void)
{
	return errno;
}

static __attribute__((noinline)) void set_errno(int value)
{
	errno = value;
}

static void keep_errno(int value, goro_waitgroup *out)
{
	set_errno(value);
	for (size_t i = 0; i < test_scaled(500); i++) {
		if (i % 32 == 0)
			CHECK_EQ(goro_sleep(1000), 0);
		else
			goro_yield();
		CHECK_EQ(get_errno(), value);
	}
	goro_waitgroup_done(out);
}

GORO_TEST(errno_goes_with_the_coroutine)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;

	goro_waitgroup_add(&out, 16);
	for (int i = 0; i < 16; i++)
		CHECK_EQ(go(keep_errno, 100 + i, &out), 0);
	CHECK_EQ(goro_waitgroup_wait(&out), 0);
}

GORO_TEST_OUTSIDE(to_yield_outside_a_coroutine_does_nothing)
{
	goro_yield();
	test_start();
	goro_yield();
	test_stop();
	goro_yield();
}

/* Names -------------------------------------------------------------------------------------- */

static const char *dump(void)
{
	static char text[65536];
	FILE *file = tmpfile();
	size_t n;

	CHECK_EQ(goro_dump(fileno(file)), 0);
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	return text;
}

static void sleep_named(const char *name)
{
	CHECK_EQ(goro_set_name(name), 0);
	goro_sleep(GORO_FOREVER);
}

GORO_TEST(a_name_is_shown_in_the_dump_and_cut_after_15_bytes)
{
	char name[] = "parser";

	CHECK_EQ(go(sleep_named, name), 0);
	await_parked(1, "sleep");
	name[0] = 'x'; /* it was copied */
	CHECK_HAS(dump(), "\"parser\"");
	CHECK_EQ(go(sleep_named, "123456789012345678"), 0);
	await_parked(2, "sleep");
	CHECK_HAS(dump(), "\"123456789012345\"");

	CHECK_EQ(goro_set_name("root"), 0);
	CHECK_HAS(dump(), "\"root\"");
	CHECK_EQ(goro_set_name(""), 0);
	CHECK_TRUE(strstr(dump(), "\"root\"") == NULL);
	CHECK_EQ(goro_set_name(NULL), -EINVAL);
}

GORO_TEST_OUTSIDE(only_a_coroutine_has_a_name)
{
	CHECK_EQ(goro_set_name("x"), -EPERM);
	CHECK_EQ(goro_set_name(NULL), -EINVAL);
	test_start();
	CHECK_EQ(goro_set_name("x"), -EPERM);
	CHECK_EQ(goro_set_name(NULL), -EINVAL);
	test_stop();
}
