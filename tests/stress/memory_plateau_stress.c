/* SPDX-License-Identifier: MIT */
/* memory_plateau: a program that does the same again and again comes to hold a certain amount of
 * memory, and no more: stacks, descriptors, channels and their blocks are used again or given back.
 */
#include <stdio.h>

#include "stress.h"

/* In pages; what is resident counts, not what is reserved. */
static size_t resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long size, pages = 0;

	CHECK_TRUE(file != NULL);
	CHECK_EQ(fscanf(file, "%lu %lu", &size, &pages), 2);
	fclose(file);
	return pages;
}

static void dig_and_wait(
	goro_waitgroup *there, goro_waitgroup *gate, goro_waitgroup *out, size_t depth)
{
	volatile char *p = __builtin_alloca(depth);

	for (size_t i = 0; i < depth; i += 1024)
		p[i] = 1;
	goro_waitgroup_done(there);
	CHECK_EQ(goro_waitgroup_wait(gate), 0);
	goro_waitgroup_done(out);
}

static void fill_and_drain(goro_waitgroup *out, size_t n)
{
	chan(uint64_t) c = chan_make(uint64_t, CHAN_UNBOUNDED);
	uint64_t v;

	for (size_t i = 0; i < n; i++)
		CHECK_EQ(chan_send(c, i), 0);
	for (size_t i = 0; i < n / 2; i++)
		CHECK_EQ(chan_recv(c, &v), 0);
	chan_free(c); /* with what is in it */
	goro_waitgroup_done(out);
}

static void sleep_with_others(
	goro_waitgroup *there, goro_waitgroup *gate, goro_waitgroup *out, int64_t ns)
{
	goro_waitgroup_done(there);
	CHECK_EQ(goro_waitgroup_wait(gate), 0);
	CHECK_EQ(goro_sleep(ns), 0);
	goro_waitgroup_done(out);
}

/* Always as much, but not always the same; and, whoever may run when, 400 stacks at once. */
static void live(uint64_t *random)
{
	goro_waitgroup there = GORO_WAITGROUP_INIT, gate = GORO_WAITGROUP_INIT;
	goro_waitgroup out = GORO_WAITGROUP_INIT;

	goro_waitgroup_add(&there, 400);
	goro_waitgroup_add(&gate, 1);
	goro_waitgroup_add(&out, 420);
	for (int i = 0; i < 200; i++) {
		size_t depth = stress_below(random, 60 << 10) + 1;
		int64_t ns = (int64_t)stress_below(random, 100000);

		CHECK_EQ(go(dig_and_wait, &there, &gate, &out, depth), 0);
		CHECK_EQ(go(sleep_with_others, &there, &gate, &out, ns), 0);
	}
	for (int i = 0; i < 20; i++)
		CHECK_EQ(go(fill_and_drain, &out, stress_below(random, 3000)), 0);
	CHECK_EQ(goro_waitgroup_wait(&there), 0);
	goro_waitgroup_done(&gate);
	CHECK_EQ(goro_waitgroup_wait(&out), 0);
	await_alive(1);
}

/* 64 bytes lost with each coroutine would be 7 pages a round, a page with each 420. What allocators
 * and caches come to hold, by and by, is less than half of what they hold after a third. */
#define PAGES_A_ROUND 5

GORO_TEST(what_is_done_again_and_again_needs_no_more_memory_each_time)
{
	size_t rounds = test_scaled(TEST_ASAN || TEST_TSAN ? 30 : 300), before, after;
	uint64_t random = stress_seed(0, 0);

	for (size_t i = 0; i < rounds / 3 + 5; i++)
		live(&random);
	before = resident();
	for (size_t i = 0; i < rounds; i++)
		live(&random);
	after = resident();
	if (!TEST_ASAN && !TEST_TSAN) /* which keep what is freed */
		CHECK_LE(after, before + before / 2 + rounds * PAGES_A_ROUND);
}
