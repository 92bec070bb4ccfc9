/* SPDX-License-Identifier: MIT */
/* types.h: questions about types, answered while compiling. For the typed macros only; nothing
 * here is meant to be called by a program.
 *
 * A check is a type name that nobody uses: a function pointer whose parameters name the types in
 * question, and whose last one is a pointer to an array of 1 element, or of -1 when the types do
 * not fit. A negative size is an error everywhere, and its message shows the parameter's name, so
 * that name is the explanation. Within a parameter list __typeof__() of an earlier parameter is
 * short, arrays and functions have decayed and outer qualifiers do not count: just what is needed
 * to compare. (_Static_assert cannot stand in an expression; in a struct within sizeof, clang
 * does not take it beside a compound literal.)
 *
 * Nothing here evaluates its argument.
 */
#ifndef GORO_TYPES_H
#define GORO_TYPES_H

#include "goro/attributes.h"

#ifdef GORO_TYPED

#define GORO_SAME(a, b) __builtin_types_compatible_p(a, b)

/* The type of an expression used as a value. The second builtin has one use: it does not take
 * two expressions, so that an argument too many is an error and not a comma operator. */
#define GORO_VALUE_TYPE(...) __typeof__(((void)0, GORO_ONE_EXPRESSION(__VA_ARGS__)))

#define GORO_ONE_EXPRESSION(...) __builtin_choose_expr(1, __VA_ARGS__, 0)

/* A parameter called `name` that does not compile unless `ok`. */
#define GORO_REQUIRE(name, ok) char(*name)[__builtin_choose_expr((ok), 1, -1)]

/* The list of parameters as an expression without value. */
#define GORO_CHECK(...) ((void)sizeof(void (*)(__VA_ARGS__)))

/* Kinds of values, as gcc's typeclass.h numbers them. (gcc promotes the value first, so that each
 * integer is of class 1; clang does not: characters, enums and bool are classes 2 to 4.) */
#define GORO_IS_POINTER(p) (__builtin_classify_type(p) == 5)
#define GORO_IS_INTEGER(x) (__builtin_classify_type(x) >= 1 && __builtin_classify_type(x) <= 4)
#define GORO_IS_ARITHMETIC(x) \
	(GORO_IS_INTEGER(x) || __builtin_classify_type(x) == 8 || __builtin_classify_type(x) == 9)
#define GORO_IS_STRUCT(x) (__builtin_classify_type(x) == 12 || __builtin_classify_type(x) == 13)
#define GORO_IS_FLOAT(x)  GORO_SAME(__typeof__(x), float)
#define GORO_IS_DOUBLE(x) GORO_SAME(__typeof__(x), double)

/* `p` itself where it is a pointer, else some pointer: for asking of anything what only pointers
 * have. */
#define GORO_POINTER_OR_OTHER(p) __builtin_choose_expr(GORO_IS_POINTER(p), p, (char *)0)

/* Does q point to a function? What it points to then decays, as a parameter, to q's own type. */
#define GORO_TO_FUNCTION(q) GORO_SAME(void (*)(__typeof__(*(q))), void (*)(__typeof__(q)))

#define GORO_IS_OBJECT_POINTER(p) \
	(GORO_IS_POINTER(p) && !GORO_TO_FUNCTION(GORO_POINTER_OR_OTHER(p)))

#define GORO_OBJECT_POINTER_OR_OTHER(p) \
	__builtin_choose_expr(          \
		GORO_TO_FUNCTION(GORO_POINTER_OR_OTHER(p)), (char *)0, GORO_POINTER_OR_OTHER(p))

/* The type of p, with const added to what it points to if it points to an object. */
#define GORO_CONST_ADDED(p)                                         \
	__typeof__(__builtin_choose_expr(GORO_IS_OBJECT_POINTER(p), \
		(const __typeof__(*GORO_OBJECT_POINTER_OR_OTHER(p)) *)0, p))

/* The type `void *` with the qualifiers of what p points to. */
#define GORO_VOID_POINTER(p) __typeof__(1 ? GORO_OBJECT_POINTER_OR_OTHER(p) : (void *)1)

/* Is the expression NULL, written as a constant of type void *? */
#define GORO_IS_NULL(...)                                                                         \
	(GORO_SAME(GORO_VALUE_TYPE(__VA_ARGS__), void *) &&                                       \
		GORO_SAME(__typeof__(1 ? __builtin_choose_expr(                                   \
						 GORO_SAME(GORO_VALUE_TYPE(__VA_ARGS__), void *), \
						 GORO_ONE_EXPRESSION(__VA_ARGS__), (void *)1) :   \
					 (int *)0),                                               \
			int *))

/* How many arguments, 1 to 7; MANY up to 15. An empty list counts as one. */
#define GORO_COUNT(...)                                                                            \
	GORO_SIXTEENTH(__VA_ARGS__, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, 7, 6, 5, 4, 3, \
		2, 1, 0)
#define GORO_SIXTEENTH(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ...) p
#define GORO_JOIN(a, b)                                                     GORO_JOIN_(a, b)
#define GORO_JOIN_(a, b)                                                    a##b

/* The first, and the others with a comma behind them; both want a comma behind the list, which
 * may have one element. */
#define GORO_FIRST(first, ...)  first
#define GORO_OTHERS(first, ...) __VA_ARGS__

#endif
#endif
