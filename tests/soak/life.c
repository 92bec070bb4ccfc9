/* SPDX-License-Identifier: MIT */
/* life.c: coroutines that begin and end, sleep, go deep, are held up in C, look around. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core.h"

#define SLEEPERS 20

static goro_local key;
static uint64_t set, destroyed;
static int null_fd;

/* Many that do nothing ---------------------------------------------------------------------- */

struct brood {
	goro_waitgroup gone;
	size_t left;
};

static void leaf(struct brood *b)
{
	goro_waitgroup_done(&b->gone);
	__atomic_fetch_sub(&b->left, 1, __ATOMIC_RELEASE); /* the last access */
}

static void breed(size_t i, uint64_t random)
{
	int rc;

	(void)i;
	do {
		size_t n = 1 + stress_below(&random, 300);
		struct brood b = { GORO_WAITGROUP_INIT, n };

		goro_waitgroup_add(&b.gone, (int64_t)n);
		for (size_t k = 0; k < n; k++)
			CHECK_EQ(go(leaf, &b), 0);
		rc = goro_waitgroup_wait(&b.gone);
		while (__atomic_load_n(&b.left, __ATOMIC_ACQUIRE) > 0)
			goro_yield(); /* cancelled, it may not leave its frame either */
		soak_count(SOAK_GO, n);
	} while (!soak_over(rc));
}

/* Time -------------------------------------------------------------------------------------- */

static int64_t leak_time(void)
{
	return soak.leak == SOAK_LEAK_TIME ? (int64_t)(soak.phase * soak.phase) * GORO_MILLISECOND :
					     0;
}

static void oversleep(size_t i, uint64_t random)
{
	int rc;

	(void)i;
	do {
		int64_t until = goro_after((int64_t)stress_below(&random, 5000) * GORO_MICROSECOND);

		rc = goro_sleep(until - goro_now() + leak_time());
		if (rc == 0) {
			soak_watch_late(goro_now() - until);
			soak_count(SOAK_SLEEP, 1);
		}
	} while (!soak_over(rc));
}

static void use_timers(size_t i, uint64_t random)
{
	int rc;

	(void)i;
	do {
		int64_t ns = (int64_t)stress_below(&random, 500) * GORO_MICROSECOND, told;
		chan(int64_t) t = stress_below(&random, 2) ? goro_timer(ns) : goro_ticker(ns + 1);

		CHECK_TRUE(t != NULL || goro_cancelled());
		rc = t == NULL ? -ECANCELED :
				 chan_recv_until(t, &told,
					 goro_after(2 * (int64_t)stress_below(&random, 500) *
						 GORO_MICROSECOND));
		soak_count(SOAK_TIMER, rc == 0);
		chan_free(t);
	} while (!soak_over(rc));
}

/* Stacks and C ------------------------------------------------------------------------------ */

/* A frame of a KiB at each step; on its way back it finds what it wrote. */
static __attribute__((noinline)) int descend(int depth, uint64_t random)
{
	volatile unsigned char frame[1024];
	int rc;

	for (size_t i = 0; i < sizeof(frame); i += 64)
		frame[i] = (unsigned char)(random + (uint64_t)depth + i);
	if (depth == 0) {
		rc = goro_sleep(50 * GORO_MICROSECOND);
	} else {
		rc = descend(depth - 1, random);
		if (depth % 32 == 0)
			goro_yield();
	}
	for (size_t i = 0; i < sizeof(frame); i += 64)
		CHECK_EQ(frame[i], (unsigned char)(random + (uint64_t)depth + i));
	return rc;
}

static void go_deep(size_t i, uint64_t random)
{
	int rc;

	(void)i;
	do {
		rc = descend((int)stress_below(&random, 120), test_random(&random));
		soak_count(SOAK_DEEP, 1);
	} while (!soak_over(rc));
}

/* In C, which knows nothing of the runtime: another worker has to step in. */
static void be_held_up(size_t i, uint64_t random)
{
	int rc;

	(void)i;
	do {
		struct timespec t = { 0, (long)(10 + stress_below(&random, 20)) * 1000000 };

		nanosleep(&t, NULL);
		soak_count(SOAK_HELD_UP, 1);
		rc = goro_sleep((int64_t)stress_below(&random, 100) * GORO_MILLISECOND);
	} while (!soak_over(rc));
}

/* Names, locals, looking around ------------------------------------------------------------- */

static void destroy(void *value)
{
	CHECK_EQ(*(uint64_t *)value, goro_id());
	free(value);
	__atomic_fetch_add(&destroyed, 1, __ATOMIC_RELAXED);
}

static void own_something(struct brood *b)
{
	uint64_t *value = malloc(sizeof(*value));

	CHECK_NE(value, NULL);
	*value = goro_id();
	CHECK_EQ(goro_set_name("owner"), 0);
	CHECK_EQ(goro_local_set(key, value), 0);
	__atomic_fetch_add(&set, 1, __ATOMIC_RELAXED);
	goro_yield();
	CHECK_EQ(goro_local_get(key), value);
	leaf(b);
}

static void use_locals(size_t i, uint64_t random)
{
	int rc;

	(void)i;
	do {
		size_t n = 1 + stress_below(&random, 8);
		struct brood b = { GORO_WAITGROUP_INIT, n };

		goro_waitgroup_add(&b.gone, (int64_t)n);
		for (size_t k = 0; k < n; k++)
			CHECK_EQ(go(own_something, &b), 0);
		rc = goro_waitgroup_wait(&b.gone);
		while (__atomic_load_n(&b.left, __ATOMIC_ACQUIRE) > 0)
			goro_yield();
		soak_count(SOAK_LOCAL, n);
	} while (!soak_over(rc));
}

static void look_around(size_t i, uint64_t random)
{
	int rc;

	(void)i;
	do {
		goro_stats stats = GORO_STATS_INIT;

		CHECK_EQ(goro_dump(null_fd), 0);
		goro_stats_get(&stats);
		CHECK_LE(1, stats.alive);
		CHECK_EQ(stats.alive, stats.spawned - stats.ended);
		soak_count(SOAK_LOOK, 1);
		rc = goro_sleep((int64_t)stress_below(&random, 50) * GORO_MILLISECOND);
	} while (!soak_over(rc));
}

static const struct {
	void (*fn)(size_t, uint64_t);
	enum soak_kind kind;
	size_t actors;
} loads[] = {
	{ breed, SOAK_GO, 2 },
	{ oversleep, SOAK_SLEEP, SLEEPERS },
	{ use_timers, SOAK_TIMER, 4 },
	{ go_deep, SOAK_DEEP, 4 },
	{ be_held_up, SOAK_HELD_UP, 1 },
	{ use_locals, SOAK_LOCAL, 1 },
	{ look_around, SOAK_LOOK, 1 },
};

void soak_life_begin(void)
{
	CHECK_EQ(goro_local_create(&key, destroy), 0);
	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	CHECK_LE(0, null_fd);
	for (size_t k = 0; k < sizeof(loads) / sizeof(loads[0]); k++)
		for (size_t i = 0; i < loads[k].actors; i++)
			soak_begin(loads[k].fn, loads[k].kind, i);
}

void soak_life_end(void)
{
	CHECK_EQ(set, destroyed);
	CHECK_EQ(goro_local_free(key), 0);
	close(null_fd);
}
