/* SPDX-License-Identifier: MIT */
/* select.h: wait for several channels, and do exactly one thing.
 *
 *     bool ok;
 *     switch (chan_select(chan_on_recv(a, &x), chan_on_send(b, 7), chan_on_recv(d, &y, &ok)))
 *     {
 *     case 0: …                                // x came from a
 *     case 1: …                                // b has the 7
 *     case 2: if (!ok) …                       // d is closed
 *     }
 *
 * Among the cases that are ready the choice is uniformly random. The same channel may stand in
 * several cases, on both sides; a select never pairs with itself. A closed channel is ready: `ok`
 * says so, if the case has one; without it a closed receive gives its index and a zeroed value,
 * and a closed send gives -EPIPE. A NULL channel is never ready.
 */
#ifndef GORO_SELECT_H
#define GORO_SELECT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "goro/attributes.h"
#include "goro/chan.h"
#include "goro/time.h"

GORO_BEGIN

#define GORO_CASE_RECV       UINT32_C(1)
#define GORO_CASE_SEND       UINT32_C(2) /* elem points to the value */
#define GORO_CASE_SEND_VALUE UINT32_C(3) /* the value is in the case */

/** One case. Make it with the functions and macros below; it may be copied until it is waited on.
 *  It holds all that the wait needs, so that a select allocates nothing. */
typedef struct goro_case {
	goro_chan *chan;
	void *elem;
	bool *ok;          /* NULL: nobody asks */
	uint32_t kind;     /* GORO_CASE_… */
	uint32_t size;     /* of the element; GORO_CASE_ANY_SIZE: whatever the channel says */
	uint64_t value[2]; /* GORO_CASE_SEND_VALUE: the element */
	uint64_t room[8];  /* the library's, while it waits */
} goro_case;

#define GORO_CASE_ANY_SIZE UINT32_MAX

/** A case that receives.
 *
 *  @param c     the channel. NULL: never ready.
 *  @param elem  where the element goes, if the case is chosen.
 *  @param ok    set if the case is chosen: true: received; false: closed. May be NULL.
 *
 *  @return the case; it keeps the pointers
 *
 *  Threads   any, with or without a runtime.
 */
GORO_API goro_case goro_case_recv(goro_chan *c, void *elem, bool *ok);

/** A case that sends.
 *
 *  @param c     the channel. NULL: never ready.
 *  @param elem  the element; read when the case is chosen.
 *  @param ok    set if the case is chosen: true: sent; false: closed. May be NULL.
 *
 *  @return the case; it keeps the pointers
 *
 *  Threads   any, with or without a runtime.
 */
GORO_API goro_case goro_case_send(goro_chan *c, const void *elem, bool *ok);

/** Waits until one of the cases can be done, and does it.
 *
 *  @param cases     n cases; may be NULL if n is 0. Used until the call returns.
 *  @param n         how many. 0: waits for the deadline.
 *  @param deadline  a point on goro_now(). In the past: does not wait. GORO_FOREVER: no limit.
 *
 *  @return 0 … n-1     the index of the case that was done
 *  @return -EPIPE      the chosen case sends, has no `ok`, and its channel is closed
 *  @return -ETIMEDOUT  the deadline passed first           ┐
 *  @return -ECANCELED  the calling coroutine is cancelled  │ nothing was
 *  @return -EINVAL     n < 0; cases is NULL; a case of no  │ done
 *                      kind, or of another size than its   │
 *                      channel's elements                  │
 *  @return -ENOMEM     an unbounded channel: no memory     │
 *  @return -EPERM      no runtime is running               ┘
 *
 *  Blocks    until a case is ready. Parks a coroutine; blocks the thread when called from
 *            outside one.
 *  Threads   any number of callers at once, each with cases of its own.
 *  Source    src/chan/select.c, examples/04_select.c.
 */
GORO_API int goro_select(goro_case *cases, int n, int64_t deadline);

/** Does one of the cases if that is possible without waiting.
 *
 *  @return 0 … n-1     the index of the case that was done
 *  @return -EAGAIN     none is ready
 *  @return -EPIPE, -EINVAL, -ENOMEM, -EPERM: as goro_select()
 *
 *  Blocks    never, and works in a cancelled coroutine.
 *  Threads   as goro_select().
 */
GORO_API int goro_try_select(goro_case *cases, int n);

GORO_END

#ifdef GORO_TYPED

/** chan_select(cases…): waits until one can be done, for ever if need be.
 *  @return as goro_select() */
#define GORO_CHAN_SELECT(...) __extension__ goro_select(GORO_CASES(__VA_ARGS__), GORO_FOREVER)

/** chan_select_until(deadline, cases…): at most until the deadline.
 *  @return as goro_select() */
#define GORO_CHAN_SELECT_UNTIL(...) \
	__extension__ goro_select(GORO_CASES(GORO_OTHERS(__VA_ARGS__, )), GORO_FIRST(__VA_ARGS__, ))

/** chan_try_select(cases…): without waiting.
 *  @return as goro_try_select() */
#define GORO_CHAN_TRY_SELECT(...) __extension__ goro_try_select(GORO_CASES(__VA_ARGS__))

/** chan_on_recv(c, &v) or chan_on_recv(c, &v, &ok): a goro_case; v has the channel's type. */
#define GORO_CHAN_ON_RECV(...) GORO_JOIN(GORO_ON_RECV_, GORO_COUNT(__VA_ARGS__))(__VA_ARGS__)

/** chan_on_send(c, v) or chan_on_send(c, v, &ok): a goro_case; v as for chan_send(), of at most 16
 *  bytes, which are copied into the case. A compound literal with a comma needs parentheses. */
#define GORO_CHAN_ON_SEND(...) GORO_JOIN(GORO_ON_SEND_, GORO_COUNT(__VA_ARGS__))(__VA_ARGS__)

/** chan_on_send_from(c, &v) or chan_on_send_from(c, &v, &ok): a goro_case that sends v, of any
 *  size, which must stay where it is until the select returns. */
#define GORO_CHAN_ON_SEND_FROM(...) \
	GORO_JOIN(GORO_ON_SEND_FROM_, GORO_COUNT(__VA_ARGS__))(__VA_ARGS__)

/* The rest of this file is how. An empty list of cases is a GNU extension; hence the
 * __extension__ above. */

#define GORO_CASES(...)               \
	(goro_case[]){ __VA_ARGS__ }, \
		(int)(sizeof((goro_case[]){ __VA_ARGS__ }) / sizeof(goro_case))

#define GORO_ON_RECV_2(c, to) GORO_ON_RECV_3(c, to, (bool *)0)
#define GORO_ON_RECV_3(c, to, ok_to)                   \
	(GORO_CHECK_RECV(c, to), GORO_CHECK_OK(ok_to), \
		goro_case_of(GORO_CASE_RECV, GORO_UNTYPED(c), sizeof(**(c)), (to), (ok_to)))

#define GORO_ON_SEND_2(c, v) GORO_ON_SEND_3(c, v, (bool *)0)
#define GORO_ON_SEND_3(c, v, ok_to)                                                                \
	(GORO_CHECK_SEND(c, v), GORO_CHECK_OK(ok_to),                                              \
		GORO_CHECK(GORO_REQUIRE(                                                           \
			goro_value_is_above_16_bytes_use_chan_on_send_from, sizeof(**(c)) <= 16)), \
		goro_case_of_value(GORO_UNTYPED(c), sizeof(**(c)), GORO_ELEMENT(c, v), (ok_to)))

#define GORO_ON_SEND_FROM_2(c, from) GORO_ON_SEND_FROM_3(c, from, (bool *)0)
#define GORO_ON_SEND_FROM_3(c, from, ok_to)                                  \
	(GORO_CHECK_SEND_FROM(c, from), GORO_CHECK_OK(ok_to),                \
		goro_case_of(GORO_CASE_SEND, GORO_UNTYPED(c), sizeof(**(c)), \
			(void *)(uintptr_t)(from), (ok_to)))

#define GORO_CHECK_OK(ok)                                      \
	GORO_CHECK(GORO_VALUE_TYPE(ok) goro_v,                 \
		GORO_REQUIRE(goro_ok_is_not_a_pointer_to_bool, \
			GORO_SAME(__typeof__(goro_v), bool *) || GORO_IS_NULL(ok)))

/* `room` is the library's and not set: it would be the dearest part of a case. `elem` is not const:
 * a compiler that sees where a receive puts its element knows that it is set then. A case that
 * sends only reads it. */
static inline goro_case goro_case_of(uint32_t kind, goro_chan *c, size_t size, void *elem, bool *ok)
{
	goro_case k;

	k.chan = c;
	k.elem = elem;
	k.ok = ok;
	k.kind = kind;
	k.size = (uint32_t)size;
	k.value[0] = 0;
	k.value[1] = 0;
	return k;
}

static inline goro_case goro_case_of_value(goro_chan *c, size_t size, const void *elem, bool *ok)
{
	goro_case k = goro_case_of(GORO_CASE_SEND_VALUE, c, size, NULL, ok);

	memcpy(k.value, elem, size);
	return k;
}

#endif
#endif
