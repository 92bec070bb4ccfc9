/* SPDX-License-Identifier: MIT */
/* init.h: values that can initialise and be assigned.
 *
 *     static goro_mutex m = GORO_MUTEX_INIT;
 *     p->m = GORO_MUTEX_INIT;
 *
 * A list in braces cannot be assigned. A compound literal can be both, but gcc -Wpedantic calls
 * it "not constant" where it initialises a static object. What gcc takes everywhere without a
 * word is a constant object; and, where the value depends on a number, the number cast to a
 * union (a GNU extension) whose member covers all of the object: else the rest would be left
 * unspecified. The widest number gcc has is a complex one of two times 128 bits.
 */
#ifndef GORO_INIT_H
#define GORO_INIT_H

#include <stddef.h>
#include <stdint.h>

#include "goro/attributes.h"

#if defined(__cplusplus)

#define GORO_ZERO_OBJECT(type)
#define GORO_ZERO(type) (type())

#elif defined(__clang__)

#define GORO_ZERO_OBJECT(type)
#define GORO_ZERO(type) ((type){ .word_ = 0 })

#else

#define GORO_ZERO_OBJECT(type) \
	static const type type##_zero __attribute__((unused)) = { .word_ = 0 };
#define GORO_ZERO(type) type##_zero

#endif

/* A union of 32 bytes: a struct of two words, which the numbers give, and two pointers, NULL.
 * GORO_BITS_256 is its other member. */
#if defined(__cplusplus)

#define GORO_BITS_256
#define GORO_TWO_WORDS(type, first, second) (type{ { (first), (second), nullptr, nullptr } })

#elif defined(__clang__)

#define GORO_BITS_256
#define GORO_TWO_WORDS(type, first, second) ((type){ { (first), (second), NULL, NULL } })

#else

#define GORO_BITS_256 \
	__extension__ _Complex unsigned __int128 bits_ __attribute__((packed, aligned(8)));
#define GORO_TWO_WORDS(type, first, second)               \
	(__extension__(type)(_Complex unsigned __int128)( \
		(unsigned __int128)(second) << 64 | (uint64_t)(first)))

#endif

#endif
