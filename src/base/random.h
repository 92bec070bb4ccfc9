/* SPDX-License-Identifier: MIT */
/* random.h: fast random numbers for scheduling choices; not for secrets.
 *
 * SplitMix64: a counter with an odd increment, and a mixing function (Steele, Lea, Flood: "Fast
 * splittable pseudorandom number generators", OOPSLA 2014; the variant of S. Vigna). Every seed
 * is as good as another, 0 included; one word of state, one owner. The same seed gives the same
 * numbers: deterministic runs rest on that.
 */
#ifndef GR_BASE_RANDOM_H
#define GR_BASE_RANDOM_H

#include <stdint.h>

struct gr_random {
	uint64_t s;
};

static inline void gr_random_seed(struct gr_random *r, uint64_t seed)
{
	r->s = seed;
}

static inline uint64_t gr_random_next(struct gr_random *r)
{
	uint64_t z = r->s += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0 ... n-1, each equally likely; n > 0. The high half of a product, and a second draw in the few
 * cases that would be one too many for some value (D. Lemire, TOMACS 2019). */
static inline uint32_t gr_random_below(struct gr_random *r, uint32_t n)
{
	uint64_t product = (gr_random_next(r) >> 32) * n;

	if ((uint32_t)product < n) {
		uint32_t unfair = -n % n;

		while ((uint32_t)product < unfair)
			product = (gr_random_next(r) >> 32) * n;
	}
	return (uint32_t)(product >> 32);
}

#endif
