/* SPDX-License-Identifier: MIT */
/* atomic.h: every atomic operation of the library, named by operation and ordering.
 *
 * The objects are plain integers and pointers; the name of the operation says the ordering, and a
 * comment at its use says which other operation it pairs with. No other file knows a memory
 * order, so the real sources can be compiled against a checking version of this header.
 *
 *   relaxed   the object alone: no torn or invented values, nothing about other memory
 *   acquire   what comes after it is not done before it ...
 *   release   ... what came before it is done before it. A load-acquire that reads what a
 *             store-release wrote sees all that the storing thread had done before the store.
 *   acq_rel   both, for a read-modify-write
 *   seq_cst   also one total order of all seq_cst operations: for "I store mine, then look at
 *             yours" on both sides, where at least one must see the other's store
 *
 * A compare-exchange is strong: it fails only because the value differs, and then puts the value
 * found into *expected, with the ordering of a load: acq_rel, acquire -> acquire, release ->
 * relaxed, seq_cst -> seq_cst.
 *
 * The asymmetric pair, for the same "store mine, look at yours" when one side is hot and the
 * other rare:
 *
 *      hot:  store mine; gr_fence_light(); load yours
 *      rare: store mine; gr_fence_heavy(); load yours         at least one load sees a store
 *
 * light pairs with heavy, never light with light. With the kernel's help light is only a barrier
 * for the compiler, since heavy makes every running thread pass a full one (membarrier(2)).
 * Without it, and always under ThreadSanitizer and in checked builds, both are full fences.
 */
#ifndef GR_BASE_ATOMIC_H
#define GR_BASE_ATOMIC_H

#include <stdbool.h>

#include "base/chaos.h"
#include "base/compiler.h"

/* The object p points to, at this place in the source: the chaos build comes in before. */
#if defined(GORO_CHAOS) && !defined(GR_ATOMIC_UNDISTURBED)
#define GR_AT(p) (GR_CHAOS_AT(), (p))
#else
#define GR_AT(p) (p)
#endif

#define gr_load_relaxed(p) __atomic_load_n(GR_AT(p), __ATOMIC_RELAXED)
#define gr_load_acquire(p) __atomic_load_n(GR_AT(p), __ATOMIC_ACQUIRE)
#define gr_load_seq_cst(p) __atomic_load_n(GR_AT(p), __ATOMIC_SEQ_CST)

#define gr_store_relaxed(p, v) __atomic_store_n(GR_AT(p), (v), __ATOMIC_RELAXED)
#define gr_store_release(p, v) __atomic_store_n(GR_AT(p), (v), __ATOMIC_RELEASE)
#define gr_store_seq_cst(p, v) __atomic_store_n(GR_AT(p), (v), __ATOMIC_SEQ_CST)

#define gr_exchange_relaxed(p, v) __atomic_exchange_n(GR_AT(p), (v), __ATOMIC_RELAXED)
#define gr_exchange_acquire(p, v) __atomic_exchange_n(GR_AT(p), (v), __ATOMIC_ACQUIRE)
#define gr_exchange_release(p, v) __atomic_exchange_n(GR_AT(p), (v), __ATOMIC_RELEASE)
#define gr_exchange_acq_rel(p, v) __atomic_exchange_n(GR_AT(p), (v), __ATOMIC_ACQ_REL)
#define gr_exchange_seq_cst(p, v) __atomic_exchange_n(GR_AT(p), (v), __ATOMIC_SEQ_CST)

#define gr_cas_relaxed(p, expected, v) \
	__atomic_compare_exchange_n(   \
		GR_AT(p), (expected), (v), 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)
#define gr_cas_acquire(p, expected, v) \
	__atomic_compare_exchange_n(   \
		GR_AT(p), (expected), (v), 0, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)
#define gr_cas_release(p, expected, v) \
	__atomic_compare_exchange_n(   \
		GR_AT(p), (expected), (v), 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED)
#define gr_cas_acq_rel(p, expected, v) \
	__atomic_compare_exchange_n(   \
		GR_AT(p), (expected), (v), 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)
#define gr_cas_seq_cst(p, expected, v) \
	__atomic_compare_exchange_n(   \
		GR_AT(p), (expected), (v), 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

/* All return the value before. */
#define gr_fetch_add_relaxed(p, v) __atomic_fetch_add(GR_AT(p), (v), __ATOMIC_RELAXED)
#define gr_fetch_add_acquire(p, v) __atomic_fetch_add(GR_AT(p), (v), __ATOMIC_ACQUIRE)
#define gr_fetch_add_release(p, v) __atomic_fetch_add(GR_AT(p), (v), __ATOMIC_RELEASE)
#define gr_fetch_add_acq_rel(p, v) __atomic_fetch_add(GR_AT(p), (v), __ATOMIC_ACQ_REL)
#define gr_fetch_add_seq_cst(p, v) __atomic_fetch_add(GR_AT(p), (v), __ATOMIC_SEQ_CST)

#define gr_fetch_sub_relaxed(p, v) __atomic_fetch_sub(GR_AT(p), (v), __ATOMIC_RELAXED)
#define gr_fetch_sub_acquire(p, v) __atomic_fetch_sub(GR_AT(p), (v), __ATOMIC_ACQUIRE)
#define gr_fetch_sub_release(p, v) __atomic_fetch_sub(GR_AT(p), (v), __ATOMIC_RELEASE)
#define gr_fetch_sub_acq_rel(p, v) __atomic_fetch_sub(GR_AT(p), (v), __ATOMIC_ACQ_REL)
#define gr_fetch_sub_seq_cst(p, v) __atomic_fetch_sub(GR_AT(p), (v), __ATOMIC_SEQ_CST)

#define gr_fetch_or_relaxed(p, v) __atomic_fetch_or(GR_AT(p), (v), __ATOMIC_RELAXED)
#define gr_fetch_or_acquire(p, v) __atomic_fetch_or(GR_AT(p), (v), __ATOMIC_ACQUIRE)
#define gr_fetch_or_release(p, v) __atomic_fetch_or(GR_AT(p), (v), __ATOMIC_RELEASE)
#define gr_fetch_or_acq_rel(p, v) __atomic_fetch_or(GR_AT(p), (v), __ATOMIC_ACQ_REL)
#define gr_fetch_or_seq_cst(p, v) __atomic_fetch_or(GR_AT(p), (v), __ATOMIC_SEQ_CST)

#define gr_fetch_and_relaxed(p, v) __atomic_fetch_and(GR_AT(p), (v), __ATOMIC_RELAXED)
#define gr_fetch_and_acquire(p, v) __atomic_fetch_and(GR_AT(p), (v), __ATOMIC_ACQUIRE)
#define gr_fetch_and_release(p, v) __atomic_fetch_and(GR_AT(p), (v), __ATOMIC_RELEASE)
#define gr_fetch_and_acq_rel(p, v) __atomic_fetch_and(GR_AT(p), (v), __ATOMIC_ACQ_REL)
#define gr_fetch_and_seq_cst(p, v) __atomic_fetch_and(GR_AT(p), (v), __ATOMIC_SEQ_CST)

#define gr_fence_acquire() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define gr_fence_release() __atomic_thread_fence(__ATOMIC_RELEASE)
#define gr_fence_seq_cst() __atomic_thread_fence(__ATOMIC_SEQ_CST)

#if GR_TSAN || defined(GORO_CHECKED)
#define GR_ATOMIC_ASYMMETRIC 0
#else
#define GR_ATOMIC_ASYMMETRIC 1
#endif

/* Written by gr_atomic_start() alone. */
extern GR_HIDDEN bool gr_atomic_asymmetric;
extern void (*gr_atomic_heavy)(void);

/* Lets heavy() stand for gr_fence_heavy() and makes gr_fence_light() free; NULL: both are full
 * fences. Only while no other thread uses either fence: before the first worker starts, or after
 * the last one has been joined. */
void gr_atomic_start(void (*heavy)(void));

static inline void gr_fence_light(void)
{
#if GR_ATOMIC_ASYMMETRIC
	if (gr_likely(gr_atomic_asymmetric)) {
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		return;
	}
#endif
	gr_fence_seq_cst();
}

static inline void gr_fence_heavy(void)
{
	gr_fence_seq_cst();
#if GR_ATOMIC_ASYMMETRIC
	if (gr_atomic_asymmetric)
		gr_atomic_heavy();
#endif
}

#endif
