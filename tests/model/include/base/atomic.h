/* SPDX-License-Identifier: MIT */
/* atomic.h for models: the names of src/base/atomic.h, each a question to the engine. */
#ifndef GR_BASE_ATOMIC_H
#define GR_BASE_ATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

enum model_order {
	MODEL_RELAXED,
	MODEL_ACQUIRE,
	MODEL_RELEASE,
	MODEL_ACQ_REL,
	MODEL_SEQ_CST,
};

enum model_rmw { MODEL_EXCHANGE, MODEL_ADD, MODEL_SUB, MODEL_OR, MODEL_AND };

enum model_fence { MODEL_LIGHT = MODEL_SEQ_CST + 1, MODEL_HEAVY };

uint64_t model_load(const volatile void *p, size_t size, enum model_order order, const char *site);
void model_store(
	volatile void *p, size_t size, uint64_t value, enum model_order order, const char *site);
uint64_t model_rmw(volatile void *p, size_t size, enum model_rmw operation, uint64_t operand,
	enum model_order order, const char *site);
bool model_cas(volatile void *p, size_t size, void *expected, uint64_t value,
	enum model_order order, const char *site);
void model_fence(int kind, const char *site);

#define MODEL_TEXT_(x)   #x
#define MODEL_TEXT(x)    MODEL_TEXT_(x)
#define MODEL_SITE(what) __FILE__ ":" MODEL_TEXT(__LINE__) ": " what

/* As the object's type, and from there to a plain number. */
#define MODEL_BITS(p, v) ((uint64_t)(__typeof__(*(p)))(v))

#define MODEL_LOAD(p, order, what) \
	((__typeof__(*(p)))model_load((p), sizeof(*(p)), (order), MODEL_SITE(what)))
#define MODEL_STORE(p, v, order, what) \
	model_store((p), sizeof(*(p)), MODEL_BITS(p, v), (order), MODEL_SITE(what))
#define MODEL_RMW(p, operation, v, order, what) \
	((__typeof__(*(p)))model_rmw(           \
		(p), sizeof(*(p)), (operation), MODEL_BITS(p, v), (order), MODEL_SITE(what)))
#define MODEL_CAS(p, expected, v, order, what) \
	model_cas((p), sizeof(*(p)), (expected), MODEL_BITS(p, v), (order), MODEL_SITE(what))

#define gr_load_relaxed(p) MODEL_LOAD(p, MODEL_RELAXED, "load relaxed " #p)
#define gr_load_acquire(p) MODEL_LOAD(p, MODEL_ACQUIRE, "load acquire " #p)
#define gr_load_seq_cst(p) MODEL_LOAD(p, MODEL_SEQ_CST, "load seq_cst " #p)

#define gr_store_relaxed(p, v) MODEL_STORE(p, v, MODEL_RELAXED, "store relaxed " #p)
#define gr_store_release(p, v) MODEL_STORE(p, v, MODEL_RELEASE, "store release " #p)
#define gr_store_seq_cst(p, v) MODEL_STORE(p, v, MODEL_SEQ_CST, "store seq_cst " #p)

#define gr_exchange_relaxed(p, v) \
	MODEL_RMW(p, MODEL_EXCHANGE, v, MODEL_RELAXED, "exchange relaxed " #p)
#define gr_exchange_acquire(p, v) \
	MODEL_RMW(p, MODEL_EXCHANGE, v, MODEL_ACQUIRE, "exchange acquire " #p)
#define gr_exchange_release(p, v) \
	MODEL_RMW(p, MODEL_EXCHANGE, v, MODEL_RELEASE, "exchange release " #p)
#define gr_exchange_acq_rel(p, v) \
	MODEL_RMW(p, MODEL_EXCHANGE, v, MODEL_ACQ_REL, "exchange acq_rel " #p)
#define gr_exchange_seq_cst(p, v) \
	MODEL_RMW(p, MODEL_EXCHANGE, v, MODEL_SEQ_CST, "exchange seq_cst " #p)

#define gr_fetch_add_relaxed(p, v) \
	MODEL_RMW(p, MODEL_ADD, v, MODEL_RELAXED, "fetch_add relaxed " #p)
#define gr_fetch_add_acquire(p, v) \
	MODEL_RMW(p, MODEL_ADD, v, MODEL_ACQUIRE, "fetch_add acquire " #p)
#define gr_fetch_add_release(p, v) \
	MODEL_RMW(p, MODEL_ADD, v, MODEL_RELEASE, "fetch_add release " #p)
#define gr_fetch_add_acq_rel(p, v) \
	MODEL_RMW(p, MODEL_ADD, v, MODEL_ACQ_REL, "fetch_add acq_rel " #p)
#define gr_fetch_add_seq_cst(p, v) \
	MODEL_RMW(p, MODEL_ADD, v, MODEL_SEQ_CST, "fetch_add seq_cst " #p)

#define gr_fetch_sub_relaxed(p, v) \
	MODEL_RMW(p, MODEL_SUB, v, MODEL_RELAXED, "fetch_sub relaxed " #p)
#define gr_fetch_sub_acquire(p, v) \
	MODEL_RMW(p, MODEL_SUB, v, MODEL_ACQUIRE, "fetch_sub acquire " #p)
#define gr_fetch_sub_release(p, v) \
	MODEL_RMW(p, MODEL_SUB, v, MODEL_RELEASE, "fetch_sub release " #p)
#define gr_fetch_sub_acq_rel(p, v) \
	MODEL_RMW(p, MODEL_SUB, v, MODEL_ACQ_REL, "fetch_sub acq_rel " #p)
#define gr_fetch_sub_seq_cst(p, v) \
	MODEL_RMW(p, MODEL_SUB, v, MODEL_SEQ_CST, "fetch_sub seq_cst " #p)

#define gr_fetch_or_relaxed(p, v) MODEL_RMW(p, MODEL_OR, v, MODEL_RELAXED, "fetch_or relaxed " #p)
#define gr_fetch_or_acquire(p, v) MODEL_RMW(p, MODEL_OR, v, MODEL_ACQUIRE, "fetch_or acquire " #p)
#define gr_fetch_or_release(p, v) MODEL_RMW(p, MODEL_OR, v, MODEL_RELEASE, "fetch_or release " #p)
#define gr_fetch_or_acq_rel(p, v) MODEL_RMW(p, MODEL_OR, v, MODEL_ACQ_REL, "fetch_or acq_rel " #p)
#define gr_fetch_or_seq_cst(p, v) MODEL_RMW(p, MODEL_OR, v, MODEL_SEQ_CST, "fetch_or seq_cst " #p)

#define gr_fetch_and_relaxed(p, v) \
	MODEL_RMW(p, MODEL_AND, v, MODEL_RELAXED, "fetch_and relaxed " #p)
#define gr_fetch_and_acquire(p, v) \
	MODEL_RMW(p, MODEL_AND, v, MODEL_ACQUIRE, "fetch_and acquire " #p)
#define gr_fetch_and_release(p, v) \
	MODEL_RMW(p, MODEL_AND, v, MODEL_RELEASE, "fetch_and release " #p)
#define gr_fetch_and_acq_rel(p, v) \
	MODEL_RMW(p, MODEL_AND, v, MODEL_ACQ_REL, "fetch_and acq_rel " #p)
#define gr_fetch_and_seq_cst(p, v) \
	MODEL_RMW(p, MODEL_AND, v, MODEL_SEQ_CST, "fetch_and seq_cst " #p)

#define gr_cas_relaxed(p, expected, v) MODEL_CAS(p, expected, v, MODEL_RELAXED, "cas relaxed " #p)
#define gr_cas_acquire(p, expected, v) MODEL_CAS(p, expected, v, MODEL_ACQUIRE, "cas acquire " #p)
#define gr_cas_release(p, expected, v) MODEL_CAS(p, expected, v, MODEL_RELEASE, "cas release " #p)
#define gr_cas_acq_rel(p, expected, v) MODEL_CAS(p, expected, v, MODEL_ACQ_REL, "cas acq_rel " #p)
#define gr_cas_seq_cst(p, expected, v) MODEL_CAS(p, expected, v, MODEL_SEQ_CST, "cas seq_cst " #p)

#define gr_fence_acquire() model_fence(MODEL_ACQUIRE, MODEL_SITE("fence acquire"))
#define gr_fence_release() model_fence(MODEL_RELEASE, MODEL_SITE("fence release"))
#define gr_fence_seq_cst() model_fence(MODEL_SEQ_CST, MODEL_SITE("fence seq_cst"))
#define gr_fence_light()   model_fence(MODEL_LIGHT, MODEL_SITE("fence light"))
#define gr_fence_heavy()   model_fence(MODEL_HEAVY, MODEL_SITE("fence heavy"))

static inline void gr_atomic_start(void (*heavy)(void))
{
	(void)heavy; /* the engine has both fences */
}

#endif
