/* SPDX-License-Identifier: MIT */
/* go.h: begin a coroutine, and what it can ask about itself. */
#ifndef GORO_GO_H
#define GORO_GO_H

#include <stdint.h>

#include "goro/attributes.h"
#include "goro/types.h"

GORO_BEGIN

/** Begins a coroutine that nobody waits for: fn(arg).
 *
 *  @param fn   what it does. When it returns the coroutine ends. The thread it runs on is not its
 *              own: pthread_exit() in it, or pthread_cancel() of it, is told and aborts.
 *  @param arg  handed to fn; must live as long as fn uses it.
 *
 *  @return 0           it will run
 *  @return -EINVAL     fn is NULL
 *  @return -EPERM      no runtime is running
 *  @return -ENOMEM     no memory for it, or no address space or guard for its stack
 *
 *  Blocks    never. The new coroutine runs when a worker has time; on the caller's own worker
 *            not before the caller parks or ends.
 *  Threads   any. In a coroutine it works while the runtime stops, too, and what it begins is born
 *            cancelled.
 *  Memory    what the caller wrote before, fn sees.
 *  Source    src/task/go.c, examples/01_hello.c.
 */
GORO_API int goro_go(void (*fn)(void *), void *arg);

/** Lets the others that are ready run first. Outside a coroutine it does nothing.
 *
 *  Blocks    until its turn comes again; does not sleep.
 *  Threads   any, with or without a runtime.
 */
GORO_API void goro_yield(void);

/** Which coroutine is this?
 *
 *  @return a number never used twice in the life of the process; 0 outside a coroutine
 *
 *  Threads   any, with or without a runtime.
 */
GORO_API uint64_t goro_id(void);

/** Names the calling coroutine, for dumps and traces.
 *
 *  @param name  copied; cut after 15 bytes. "" takes the name away.
 *
 *  @return 0           named
 *  @return -EINVAL     name is NULL
 *  @return -EPERM      not called in a coroutine
 */
GORO_API int goro_set_name(const char *name);

/** Is the calling coroutine cancelled? A long computation looks now and then.
 *
 *  @return 1: yes, and it stays so; 0: no, or not called in a coroutine
 *
 *  Threads   any, with or without a runtime.
 */
GORO_API int goro_cancelled(void);

/** A call to be made: what the macro go() hands over. */
struct goro_call {
	void (*fn)(void); /* cast back to its own type before it is called */
	uint32_t nint;    /* integers and pointers: arg[0 .. nint) */
	uint32_t nfp;     /* float and double: arg[nint .. nint + nfp) */
	uint64_t arg[6];  /* integers extended as their type asks; the bits of a double; the bits
	                     of a float in the low 4 bytes */
};

/** Begins a coroutine that makes the call. Use the macro, which checks the types.
 *
 *  @param call  copied.
 *
 *  @return 0           it will run
 *  @return -EINVAL     call or its fn is NULL, or it counts more than 6 arguments
 *  @return -EPERM      no runtime is running
 *  @return -ENOMEM     no memory for it, or no address space or guard for its stack
 *
 *  Blocks, Threads, Memory: as goro_go().
 */
GORO_API int goro_go_call(const struct goro_call *call);

GORO_END

#ifdef GORO_TYPED

/** go(fn, a, b, …): begins a coroutine that nobody waits for, with 0 to 6 arguments.
 *
 *  The arguments travel in registers: nothing is allocated and nothing has to be freed. Each is
 *  evaluated once, before the call. fn returns void. After arrays and functions have decayed each
 *  argument must have its parameter's type, which is an integer of at most 64 bits, a pointer,
 *  float or double; const may be added to what a pointer points to; `void *` takes any pointer to
 *  an object when it is the only parameter. Anything else does not compile; a cast says what is
 *  meant: go(f, (size_t)5), go(f, (int *)NULL).
 *
 *  @return as goro_go()
 */
#define GORO_GO(...)                                    \
	(GORO_CALL_CHECK(void, __VA_ARGS__),            \
		goro_go_call(&(struct goro_call)GORO_CALL_PACK(__VA_ARGS__)))

/* The rest of this file is how. GORO_CALL_CHECK(result, fn, …) refuses a call that does not fit;
 * GORO_CALL_PACK(fn, …) is the initialiser of its struct goro_call. */

#define GORO_CALL_CHECK(result, ...) \
	GORO_JOIN(GORO_CHECK_, GORO_COUNT(__VA_ARGS__))(result, __VA_ARGS__)
#define GORO_CALL_PACK(...) GORO_JOIN(GORO_PACK_, GORO_COUNT(__VA_ARGS__))(__VA_ARGS__)

static inline uint64_t goro_bits_of_float(float f)
{
	union {
		float f;
		uint32_t bits;
	} u = { f };

	return u.bits;
}

static inline uint64_t goro_bits_of_double(double d)
{
	union {
		double d;
		uint64_t bits;
	} u = { d };

	return u.bits;
}

/* One argument as 64 bits. Only one of the four readings is compiled. */
#define GORO_BITS(a)                                                                          \
	__builtin_choose_expr(GORO_IS_DOUBLE(a),                                              \
		goro_bits_of_double(__builtin_choose_expr(GORO_IS_DOUBLE(a), a, 0.0)),        \
		__builtin_choose_expr(GORO_IS_FLOAT(a),                                       \
			goro_bits_of_float(__builtin_choose_expr(GORO_IS_FLOAT(a), a, 0.0f)), \
			__builtin_choose_expr(GORO_IS_POINTER(a), (uint64_t)(uintptr_t)(a),   \
				(uint64_t)(a))))

/* 1 if the argument travels in a floating-point register. */
#define GORO_FP(a) (GORO_IS_DOUBLE(a) || GORO_IS_FLOAT(a))

/* One element of arg[]: n floating-point arguments in all of m, `before` of them before this
 * one, which is the i-th. */
#define GORO_PUT(m, n, i, before, a) \
	[GORO_FP(a) ? (m) - (n) + (before) : (i) - (before)] = GORO_BITS(a)

#define GORO_FP_1(a)                GORO_FP(a)
#define GORO_FP_2(a, b)             (GORO_FP_1(a) + GORO_FP(b))
#define GORO_FP_3(a, b, c)          (GORO_FP_2(a, b) + GORO_FP(c))
#define GORO_FP_4(a, b, c, d)       (GORO_FP_3(a, b, c) + GORO_FP(d))
#define GORO_FP_5(a, b, c, d, e)    (GORO_FP_4(a, b, c, d) + GORO_FP(e))
#define GORO_FP_6(a, b, c, d, e, f) (GORO_FP_5(a, b, c, d, e) + GORO_FP(f))

#define GORO_PUT_1(m, n, a)    GORO_PUT(m, n, 0, 0, a)
#define GORO_PUT_2(m, n, a, b) GORO_PUT_1(m, n, a), GORO_PUT(m, n, 1, GORO_FP_1(a), b)
#define GORO_PUT_3(m, n, a, b, c) \
	GORO_PUT_2(m, n, a, b), GORO_PUT(m, n, 2, GORO_FP_2(a, b), c)
#define GORO_PUT_4(m, n, a, b, c, d) \
	GORO_PUT_3(m, n, a, b, c), GORO_PUT(m, n, 3, GORO_FP_3(a, b, c), d)
#define GORO_PUT_5(m, n, a, b, c, d, e) \
	GORO_PUT_4(m, n, a, b, c, d), GORO_PUT(m, n, 4, GORO_FP_4(a, b, c, d), e)
#define GORO_PUT_6(m, n, a, b, c, d, e, f) \
	GORO_PUT_5(m, n, a, b, c, d, e), GORO_PUT(m, n, 5, GORO_FP_5(a, b, c, d, e), f)

#define GORO_PACK_1(fn)                                   \
	{                                                 \
		(void (*)(void))(fn), 0, 0, { 0 }         \
	}
#define GORO_PACK_N(fn, m, ...)                                                             \
	{                                                                                   \
		(void (*)(void))(fn), (uint32_t)((m) - GORO_JOIN(GORO_FP_, m)(__VA_ARGS__)), \
			(uint32_t)GORO_JOIN(GORO_FP_, m)(__VA_ARGS__),                      \
		{                                                                           \
			GORO_JOIN(GORO_PUT_, m)                                             \
			(m, GORO_JOIN(GORO_FP_, m)(__VA_ARGS__), __VA_ARGS__)               \
		}                                                                           \
	}
#define GORO_PACK_2(fn, ...) GORO_PACK_N(fn, 1, __VA_ARGS__)
#define GORO_PACK_3(fn, ...) GORO_PACK_N(fn, 2, __VA_ARGS__)
#define GORO_PACK_4(fn, ...) GORO_PACK_N(fn, 3, __VA_ARGS__)
#define GORO_PACK_5(fn, ...) GORO_PACK_N(fn, 4, __VA_ARGS__)
#define GORO_PACK_6(fn, ...) GORO_PACK_N(fn, 5, __VA_ARGS__)
#define GORO_PACK_7(fn, ...) GORO_PACK_N(fn, 6, __VA_ARGS__)
#define GORO_PACK_MANY(...)  { 0, 0, 0, { 0 } }

/* The check, a parameter list (types.h): the function, then each argument twice, as it is and
 * with const added; at the end what is required. goro_f, goro_a1, goro_k1, … are names in that
 * list only. */
#define GORO_IN(i, a) \
	GORO_VALUE_TYPE(a) goro_a##i, GORO_CONST_ADDED(goro_a##i) goro_k##i

#define GORO_CAN_PASS(i)                                                        \
	((GORO_IS_INTEGER(goro_a##i) && sizeof(goro_a##i) <= sizeof(uint64_t)) || \
		GORO_IS_POINTER(goro_a##i) || GORO_FP(goro_a##i))

/* Declared as f(), which says nothing about parameters? */
#define GORO_UNPROTOTYPED(r)                              \
	(GORO_SAME(__typeof__(goro_f), r (*)(char *)) &&  \
		GORO_SAME(__typeof__(goro_f), r (*)(char *, char *)))

#define GORO_TAKES(r, ...) GORO_SAME(__typeof__(goro_f), r (*)(__VA_ARGS__))

#define GORO_A(i) __typeof__(goro_a##i)
#define GORO_K(i) __typeof__(goro_k##i)

/* Every choice between a and k: GORO_FIT_i has the first i parameters still to choose. */
#define GORO_FIT_0(r, ...) GORO_TAKES(r, __VA_ARGS__)
#define GORO_FIT_1(r, ...) \
	(GORO_TAKES(r, GORO_A(1), __VA_ARGS__) || GORO_TAKES(r, GORO_K(1), __VA_ARGS__))
#define GORO_FIT_2(r, ...) \
	(GORO_FIT_1(r, GORO_A(2), __VA_ARGS__) || GORO_FIT_1(r, GORO_K(2), __VA_ARGS__))
#define GORO_FIT_3(r, ...) \
	(GORO_FIT_2(r, GORO_A(3), __VA_ARGS__) || GORO_FIT_2(r, GORO_K(3), __VA_ARGS__))
#define GORO_FIT_4(r, ...) \
	(GORO_FIT_3(r, GORO_A(4), __VA_ARGS__) || GORO_FIT_3(r, GORO_K(4), __VA_ARGS__))
#define GORO_FIT_5(r, ...) \
	(GORO_FIT_4(r, GORO_A(5), __VA_ARGS__) || GORO_FIT_4(r, GORO_K(5), __VA_ARGS__))

/* The parameter `void *` (or const void *) before any pointer to an object. */
#define GORO_FIT_VOID(r)                                                               \
	(GORO_IS_OBJECT_POINTER(goro_a1) &&                                            \
		((GORO_TAKES(r, void *) && GORO_SAME(GORO_VOID_POINTER(goro_a1), void *)) || \
			(GORO_TAKES(r, const void *) &&                                \
				(GORO_SAME(GORO_VOID_POINTER(goro_a1), void *) ||      \
					GORO_SAME(GORO_VOID_POINTER(goro_a1), const void *)))))

#define GORO_REQUIRE_FIT(r, can_pass, fit)                                              \
	GORO_REQUIRE(goro_argument_is_neither_integer_nor_pointer_nor_double, can_pass), \
		GORO_REQUIRE(goro_types_differ_from_the_parameters_cast_the_arguments,  \
			!GORO_UNPROTOTYPED(r) && (fit))

#define GORO_CHECK_1(r, fn)          \
	GORO_CHECK(__typeof__(fn) goro_f, \
		GORO_REQUIRE(goro_types_differ_from_the_parameters_cast_the_arguments, \
			GORO_TAKES(r, void)))
#define GORO_CHECK_2(r, fn, a)                                       \
	GORO_CHECK(__typeof__(fn) goro_f, GORO_IN(1, a),             \
		GORO_REQUIRE_FIT(r, GORO_CAN_PASS(1),                \
			GORO_TAKES(r, GORO_A(1)) || GORO_TAKES(r, GORO_K(1)) || GORO_FIT_VOID(r)))
#define GORO_CHECK_3(r, fn, a, b)                                         \
	GORO_CHECK(__typeof__(fn) goro_f, GORO_IN(1, a), GORO_IN(2, b),   \
		GORO_REQUIRE_FIT(r, GORO_CAN_PASS(1) && GORO_CAN_PASS(2), \
			GORO_FIT_1(r, GORO_A(2)) || GORO_FIT_1(r, GORO_K(2))))
#define GORO_CHECK_4(r, fn, a, b, c)                                                     \
	GORO_CHECK(__typeof__(fn) goro_f, GORO_IN(1, a), GORO_IN(2, b), GORO_IN(3, c),   \
		GORO_REQUIRE_FIT(r, GORO_CAN_PASS(1) && GORO_CAN_PASS(2) && GORO_CAN_PASS(3), \
			GORO_FIT_2(r, GORO_A(3)) || GORO_FIT_2(r, GORO_K(3))))
#define GORO_CHECK_5(r, fn, a, b, c, d)                                                \
	GORO_CHECK(__typeof__(fn) goro_f, GORO_IN(1, a), GORO_IN(2, b), GORO_IN(3, c), \
		GORO_IN(4, d),                                                         \
		GORO_REQUIRE_FIT(r,                                                    \
			GORO_CAN_PASS(1) && GORO_CAN_PASS(2) && GORO_CAN_PASS(3) &&    \
				GORO_CAN_PASS(4),                                      \
			GORO_FIT_3(r, GORO_A(4)) || GORO_FIT_3(r, GORO_K(4))))
#define GORO_CHECK_6(r, fn, a, b, c, d, e)                                             \
	GORO_CHECK(__typeof__(fn) goro_f, GORO_IN(1, a), GORO_IN(2, b), GORO_IN(3, c), \
		GORO_IN(4, d), GORO_IN(5, e),                                          \
		GORO_REQUIRE_FIT(r,                                                    \
			GORO_CAN_PASS(1) && GORO_CAN_PASS(2) && GORO_CAN_PASS(3) &&    \
				GORO_CAN_PASS(4) && GORO_CAN_PASS(5),                  \
			GORO_FIT_4(r, GORO_A(5)) || GORO_FIT_4(r, GORO_K(5))))
#define GORO_CHECK_7(r, fn, a, b, c, d, e, f)                                          \
	GORO_CHECK(__typeof__(fn) goro_f, GORO_IN(1, a), GORO_IN(2, b), GORO_IN(3, c), \
		GORO_IN(4, d), GORO_IN(5, e), GORO_IN(6, f),                           \
		GORO_REQUIRE_FIT(r,                                                    \
			GORO_CAN_PASS(1) && GORO_CAN_PASS(2) && GORO_CAN_PASS(3) &&    \
				GORO_CAN_PASS(4) && GORO_CAN_PASS(5) && GORO_CAN_PASS(6), \
			GORO_FIT_5(r, GORO_A(6)) || GORO_FIT_5(r, GORO_K(6))))
#define GORO_CHECK_MANY(...) GORO_CHECK(GORO_REQUIRE(goro_takes_at_most_6_arguments, 0))

#endif
#endif
