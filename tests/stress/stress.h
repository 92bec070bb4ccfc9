/* SPDX-License-Identifier: MIT */
/* stress.h: what the stress tests share: counting what must not get lost, and disorder.
 *
 * A race is looked for by doing the same again and again in ever different ways. All that is
 * random follows from GORO_TEST_SEED, which a failure prints; how the threads interleave does
 * not, so a seed narrows a failure down but need not repeat it (the chaos build does more).
 */
#ifndef GORO_STRESS_H
#define GORO_STRESS_H

#include "goro_test.h"

/* Everything sent, or everything received, as two numbers: how many, and the sum of what each value
 * is scrambled to. If two tallies are equal, nothing was lost and nothing came twice. */
struct tally {
	uint64_t count, sum;
};

static inline void tally_add(struct tally *t, uint64_t value)
{
	uint64_t state = value;

	__atomic_fetch_add(&t->count, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&t->sum, test_random(&state), __ATOMIC_RELAXED);
}

static inline void tally_check(const struct tally *sent, const struct tally *received)
{
	CHECK_EQ(sent->count, received->count);
	CHECK_EQ(sent->sum, received->sum);
}

/* How often: a quarter under a sanitizer, where all is slower, and a stack's shadow is written anew
 * for each coroutine. */
static inline size_t stress_times(size_t n)
{
	return test_scaled(TEST_ASAN || TEST_TSAN ? (n + 3) / 4 : n);
}

/* What is random about the i-th actor of a round. */
static inline uint64_t stress_seed(size_t round, size_t i)
{
	uint64_t state = test_seed() ^ (uint64_t)round << 32 ^ i;

	return test_random(&state);
}

static inline size_t stress_below(uint64_t *random, size_t n)
{
	return (size_t)(test_random(random) % n);
}

/* Nothing, mostly; or a yield; or up to a few microseconds. */
static inline void stress_pause(uint64_t *random)
{
	size_t choice = stress_below(random, 8);

	if (choice == 0)
		goro_yield();
	else if (choice == 1)
		for (volatile size_t spin = stress_below(random, 2000); spin > 0; spin--)
			;
}

/* A capacity of each kind. */
static inline size_t stress_cap(uint64_t *random)
{
	static const size_t caps[] = { 0, 0, 1, 2, 3, 128, GORO_CHAN_UNBOUNDED };

	return caps[stress_below(random, sizeof(caps) / sizeof(*caps))];
}

/* A deadline that has passed, passes now, or will pass soon. */
static inline int64_t stress_deadline(uint64_t *random)
{
	return goro_after(
		(int64_t)stress_below(random, 100) * GORO_MICROSECOND - 10 * GORO_MICROSECOND);
}

#endif
