/* SPDX-License-Identifier: MIT */
/* chan.h: channels: values move from coroutine to coroutine, or wait in a buffer.
 *
 *     chan(int) c = chan_make(int, 16);
 *     int v;
 *
 *     chan_send(c, 7);
 *     chan_recv(c, &v);
 *     chan_free(c);
 *
 * chan(T) is a pointer type, another one for each T: a scalar, a pointer to an object or a
 * struct. It counts references: who hands a channel to a coroutine that may outlive him hands it
 * chan_ref(c), and each holder ends with chan_free(). Values come out in the order they went in,
 * and waiters are served first come, first served.
 *
 * First the functions, which know sizes only; then the typed macros over them, with the same
 * names in capitals; goro/short.h makes them short.
 */
#ifndef GORO_CHAN_H
#define GORO_CHAN_H

#include <stddef.h>
#include <stdint.h>

#include "goro/attributes.h"
#include "goro/types.h"

GORO_BEGIN

typedef struct goro_chan goro_chan;

/** The capacity of a channel whose sends never wait. (Not -1: a negative capacity is an error.) */
#define GORO_CHAN_UNBOUNDED (SIZE_MAX - SIZE_MAX / 4)

/** Makes a channel, with one reference.
 *
 *  @param elem_size  bytes of an element; may be 0.
 *  @param cap        elements that wait in it. 0: a send waits until a receiver takes the value.
 *                    GORO_CHAN_UNBOUNDED: as many as memory holds.
 *
 *  @return the channel; NULL: no memory, or cap is above PTRDIFF_MAX (a negative number), or
 *          elem_size * cap does not fit
 *
 *  Threads   any, with or without a runtime.
 *  Owner     the caller: goro_chan_free() ends it.
 *  Source    src/chan/chan.c, examples/02_channel.c.
 */
GORO_API goro_chan *goro_chan_make(size_t elem_size, size_t cap);

/** Sends one element.
 *
 *  @param c     the channel.
 *  @param elem  one element, copied before the call returns. May be NULL if its size is 0.
 *
 *  @return 0           a receiver has the element, or the buffer has
 *  @return -EPIPE      the channel is closed               ┐
 *  @return -ECANCELED  the calling coroutine is cancelled  │ the element
 *  @return -EINVAL     c is NULL, or elem is               │ was not sent
 *  @return -ENOMEM     unbounded channels: no memory       │
 *  @return -EPERM      no runtime is running               ┘
 *
 *  Blocks    while the buffer is full (capacity 0: until a receiver takes the element).
 *            Parks a coroutine; blocks the thread when called from outside one.
 *  Threads   any number of callers at once.
 *  Order     first in, first out; waiting senders are served first come, first served.
 *  Memory    what the sender wrote before the call, the receiver sees after its receive.
 *  Owner     keeps neither `elem` nor a reference to `c`. Once the element is received the call
 *            does not touch the channel: the receiver may free it.
 *  Source    rendezvous and close as in the Go specification, "Send statements".
 *            src/chan/chan.c, examples/02_channel.c.
 */
GORO_API int goro_chan_send(goro_chan *c, const void *elem);

/** Receives one element.
 *
 *  @param c     the channel.
 *  @param elem  where to put it; zeroed if the channel is closed and drained. May be NULL if the
 *               size of an element is 0.
 *
 *  @return 0           received
 *  @return -EPIPE      the channel is closed and has no more elements
 *  @return -ECANCELED  the calling coroutine is cancelled; nothing was taken
 *  @return -EINVAL     c is NULL, or elem is
 *  @return -EPERM      no runtime is running
 *
 *  Blocks    until there is an element. Parks a coroutine; blocks the thread when called from
 *            outside one.
 *  Threads   any number of callers at once.
 *  Memory    what the sender wrote before its send, the receiver sees.
 *  Source    src/chan/chan.c, examples/02_channel.c.
 */
GORO_API int goro_chan_recv(goro_chan *c, void *elem);

/** Sends if that is possible without waiting.
 *
 *  @return 0           sent
 *  @return -EAGAIN     the buffer is full and nobody waits to receive; nothing was sent
 *  @return -EPIPE, -EINVAL, -ENOMEM, -EPERM: as goro_chan_send()
 *
 *  Blocks    never, and works in a cancelled coroutine.
 *  Threads   any number of callers at once.
 */
GORO_API int goro_chan_try_send(goro_chan *c, const void *elem);

/** Receives if that is possible without waiting.
 *
 *  @return 0           received
 *  @return -EAGAIN     it is empty and nobody waits to send
 *  @return -EPIPE, -EINVAL, -EPERM: as goro_chan_recv()
 *
 *  Blocks    never, and works in a cancelled coroutine.
 *  Threads   any number of callers at once.
 */
GORO_API int goro_chan_try_recv(goro_chan *c, void *elem);

/** As goro_chan_send(), and waits at most until `deadline`.
 *
 *  @param deadline  a point on goro_now(). In the past: does not wait. GORO_FOREVER: no limit.
 *
 *  @return as goro_chan_send(), and:
 *  @return -ETIMEDOUT  the deadline passed first; the element was not sent
 */
GORO_API int goro_chan_send_until(goro_chan *c, const void *elem, int64_t deadline);

/** As goro_chan_recv(), and waits at most until `deadline`.
 *
 *  @param deadline  a point on goro_now(). In the past: does not wait. GORO_FOREVER: no limit.
 *
 *  @return as goro_chan_recv(), and:
 *  @return -ETIMEDOUT  the deadline passed first; nothing was taken
 */
GORO_API int goro_chan_recv_until(goro_chan *c, void *elem, int64_t deadline);

/** Sends elements: waits to send the first, then sends those for which there is room.
 *
 *  @param elems  n elements one behind the other.
 *  @param n      how many; a huge one, such as a negative number, is an error.
 *
 *  @return 1 … n       so many were sent, the first ones
 *  @return 0           n is 0
 *  @return -EPIPE      the channel is closed               ┐
 *  @return -ECANCELED  the calling coroutine is cancelled  │
 *  @return -EINVAL     c or elems is NULL, or n is huge    │ none was sent
 *  @return -ENOMEM     unbounded channels: no memory       │
 *  @return -EPERM      no runtime is running               ┘
 *
 *  Blocks, Threads, Order, Memory: as goro_chan_send().
 *  Source    src/chan/many.c.
 */
GORO_API int goro_chan_send_many(goro_chan *c, const void *elems, size_t n);

/** Receives elements: waits for the first, then takes those that are there.
 *
 *  @param elems  room for n elements.
 *  @param n      how many at most; a huge one, such as a negative number, is an error.
 *
 *  @return 1 … n       so many were received; the rest of elems is untouched
 *  @return 0           n is 0
 *  @return -EPIPE      the channel is closed and has no more elements
 *  @return -ECANCELED  the calling coroutine is cancelled; nothing was taken
 *  @return -EINVAL     c or elems is NULL, or n is huge
 *  @return -EPERM      no runtime is running
 *
 *  Blocks, Threads, Memory: as goro_chan_recv().
 *  Source    src/chan/many.c.
 */
GORO_API int goro_chan_recv_many(goro_chan *c, void *elems, size_t n);

/** Closes the channel: nothing more can be sent; what is in it can still be received.
 *
 *  @return 0           closed now; all who wait are woken
 *  @return -EPIPE      it was closed before
 *  @return -EINVAL     c is NULL
 *
 *  Blocks    never, and works in a cancelled coroutine.
 *  Threads   any, with or without a runtime.
 */
GORO_API int goro_chan_close(goro_chan *c);

/** How many elements wait in the buffer. Old at once if others use the channel.
 *
 *  @return the number; 0 for NULL
 *
 *  Threads   any, with or without a runtime.
 */
GORO_API size_t goro_chan_len(goro_chan *c);

/** The capacity it was made with.
 *
 *  @return the number, or GORO_CHAN_UNBOUNDED; 0 for NULL
 *
 *  Threads   any, with or without a runtime.
 */
GORO_API size_t goro_chan_cap(goro_chan *c);

/** Counts one more holder.
 *
 *  @return c itself; NULL for NULL
 *
 *  Threads   any, with or without a runtime. The caller holds a reference.
 */
GORO_API goro_chan *goro_chan_ref(goro_chan *c);

/** Gives a reference back. The last one ends the channel, with what is in it.
 *
 *  @param c  NULL is fine. Not to be used by this holder afterwards.
 *
 *  Blocks    never, and works in a cancelled coroutine.
 *  Threads   any, with or without a runtime.
 */
GORO_API void goro_chan_free(goro_chan *c);

GORO_END

#ifdef GORO_TYPED

/** The type of a channel of T: a pointer that points nowhere a program could look. It may stand
 *  wherever a type may, declare several variables, and travel through void *. */
#define GORO_CHAN(...) __typeof__(__typeof__(__VA_ARGS__)(*)[1])

/** goro_chan_make(), typed: chan_make(T, cap). */
#define GORO_CHAN_MAKE(T, cap) ((GORO_CHAN(T))(void *)goro_chan_make(sizeof(__typeof__(T)), (cap)))

/** goro_chan_send(), typed: chan_send(c, v).
 *
 *  The value is taken as an assignment would take it between arithmetic types. Pointers must point
 *  to the same type (const may be added; NULL fits), structs must be the same. Anything else does
 *  not compile. A compound literal needs no parentheses: chan_send(c, (struct p){ 1, 2 }). */
#define GORO_CHAN_SEND(c, ...)            \
	(GORO_CHECK_SEND(c, __VA_ARGS__), \
		goro_chan_send(GORO_UNTYPED(c), GORO_ELEMENT(c, __VA_ARGS__)))

/** goro_chan_try_send(), typed: chan_try_send(c, v). */
#define GORO_CHAN_TRY_SEND(c, ...)        \
	(GORO_CHECK_SEND(c, __VA_ARGS__), \
		goro_chan_try_send(GORO_UNTYPED(c), GORO_ELEMENT(c, __VA_ARGS__)))

/** goro_chan_send_until(), typed: chan_send_until(c, v, deadline). Here a compound literal with a
 *  comma in it needs parentheses. */
#define GORO_CHAN_SEND_UNTIL(c, v, deadline) \
	(GORO_CHECK_SEND(c, v),              \
		goro_chan_send_until(GORO_UNTYPED(c), GORO_ELEMENT(c, v), (deadline)))

/** goro_chan_recv(), typed: chan_recv(c, &v), where v has the channel's type. */
#define GORO_CHAN_RECV(c, to) (GORO_CHECK_RECV(c, to), goro_chan_recv(GORO_UNTYPED(c), (to)))

/** goro_chan_try_recv(), typed: chan_try_recv(c, &v). */
#define GORO_CHAN_TRY_RECV(c, to) \
	(GORO_CHECK_RECV(c, to), goro_chan_try_recv(GORO_UNTYPED(c), (to)))

/** goro_chan_recv_until(), typed: chan_recv_until(c, &v, deadline). */
#define GORO_CHAN_RECV_UNTIL(c, to, deadline) \
	(GORO_CHECK_RECV(c, to), goro_chan_recv_until(GORO_UNTYPED(c), (to), (deadline)))

/** goro_chan_send_many(), typed: chan_send_many(c, array, n). */
#define GORO_CHAN_SEND_MANY(c, from, n) \
	(GORO_CHECK_SEND_FROM(c, from), goro_chan_send_many(GORO_UNTYPED(c), (from), (n)))

/** goro_chan_recv_many(), typed: chan_recv_many(c, array, n). */
#define GORO_CHAN_RECV_MANY(c, to, n) \
	(GORO_CHECK_RECV(c, to), goro_chan_recv_many(GORO_UNTYPED(c), (to), (n)))

/** goro_chan_close() and the like, for a channel of any type. */
#define GORO_CHAN_CLOSE(c) (GORO_CHECK_ANY(c), goro_chan_close(GORO_UNTYPED(c)))
#define GORO_CHAN_LEN(c)   (GORO_CHECK_ANY(c), goro_chan_len(GORO_UNTYPED(c)))
#define GORO_CHAN_CAP(c)   (GORO_CHECK_ANY(c), goro_chan_cap(GORO_UNTYPED(c)))
#define GORO_CHAN_FREE(c)  (GORO_CHECK_ANY(c), goro_chan_free(GORO_UNTYPED(c)))

/** goro_chan_ref(), typed: chan_ref(c) is a channel of the type of c. */
#define GORO_CHAN_REF(c)     \
	(GORO_CHECK_CHAN(c), \
		(GORO_CHAN(GORO_ELEMENT_TYPE(c)))(void *)goro_chan_ref(GORO_UNTYPED(c)))

/* The rest of this file is how; see types.h. */

#define GORO_UNTYPED(c)      ((goro_chan *)(void *)(c))
#define GORO_ELEMENT_TYPE(c) __typeof__(**(c))

/* The address of a copy, which lives as long as the enclosing block. */
#define GORO_ELEMENT(c, ...) ((GORO_ELEMENT_TYPE(c)[1]){ GORO_ONE_EXPRESSION(__VA_ARGS__) })

/* Begins a check: goro_c has the type of c, goro_t of its elements. */
#define GORO_CHAN_PARAMETERS(c)                                    \
	__typeof__(c) goro_c, __typeof__(**(goro_c)) goro_t,       \
		GORO_REQUIRE(goro_first_argument_is_not_a_channel, \
			GORO_SAME(__typeof__(goro_c), __typeof__(__typeof__(goro_t)(*)[1])))

#define GORO_CHECK_CHAN(c) GORO_CHECK(GORO_CHAN_PARAMETERS(c))

/* A channel of whatever type; NULL and void * too, since chan_free(NULL) is fine. */
#define GORO_CHECK_ANY(c)                      \
	GORO_CHECK_CHAN(__builtin_choose_expr( \
		GORO_SAME(GORO_VALUE_TYPE(c), void *), (GORO_CHAN(char))0, (c)))

#define GORO_CHECK_SEND(c, ...)                                                               \
	GORO_CHECK(GORO_CHAN_PARAMETERS(c), GORO_VALUE_TYPE(__VA_ARGS__) goro_v,              \
		GORO_CONST_ADDED(goro_v) goro_k,                                              \
		GORO_REQUIRE(goro_value_does_not_fit_the_type_of_the_channel,                 \
			GORO_SAME(__typeof__(goro_t), __typeof__(goro_v)) ||                  \
				GORO_SAME(__typeof__(goro_t), __typeof__(goro_k)) ||          \
				(GORO_IS_ARITHMETIC(goro_t) && GORO_IS_ARITHMETIC(goro_v)) || \
				(GORO_IS_POINTER(goro_t) && GORO_IS_NULL(__VA_ARGS__))))

#define GORO_CHECK_RECV(c, to)                                                   \
	GORO_CHECK(GORO_CHAN_PARAMETERS(c), GORO_VALUE_TYPE(to) goro_v,          \
		GORO_REQUIRE(goro_destination_is_not_of_the_type_of_the_channel, \
			GORO_SAME(__typeof__(goro_v), __typeof__(goro_t) *)))

#define GORO_CHECK_SEND_FROM(c, from)                                          \
	GORO_CHECK(GORO_CHAN_PARAMETERS(c), GORO_VALUE_TYPE(from) goro_v,      \
		GORO_REQUIRE(goro_source_is_not_of_the_type_of_the_channel,    \
			GORO_SAME(__typeof__(goro_v), __typeof__(goro_t) *) || \
				GORO_SAME(__typeof__(goro_v), const __typeof__(goro_t) *)))

#endif
#endif
