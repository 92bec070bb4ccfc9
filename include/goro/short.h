/* SPDX-License-Identifier: MIT */
/* short.h: the short names.
 *
 * All are function-like macros: the name is replaced only before a parenthesis, so a variable
 * called `go` or `chan` still works. Define GORO_NO_SHORT_NAMES before the include to do without.
 * Reference: goro/go.h, goro/chan.h, goro/select.h.
 */
#ifndef GORO_SHORT_H
#define GORO_SHORT_H

#include "goro/chan.h"
#include "goro/go.h"
#include "goro/select.h"

#if defined(GORO_TYPED) && !defined(GORO_NO_SHORT_NAMES)

#define CHAN_UNBOUNDED GORO_CHAN_UNBOUNDED

#define go(...) GORO_GO(__VA_ARGS__)

#define chan(...)            GORO_CHAN(__VA_ARGS__)
#define chan_make(...)       GORO_CHAN_MAKE(__VA_ARGS__)
#define chan_send(...)       GORO_CHAN_SEND(__VA_ARGS__)
#define chan_recv(...)       GORO_CHAN_RECV(__VA_ARGS__)
#define chan_try_send(...)   GORO_CHAN_TRY_SEND(__VA_ARGS__)
#define chan_try_recv(...)   GORO_CHAN_TRY_RECV(__VA_ARGS__)
#define chan_send_until(...) GORO_CHAN_SEND_UNTIL(__VA_ARGS__)
#define chan_recv_until(...) GORO_CHAN_RECV_UNTIL(__VA_ARGS__)
#define chan_send_many(...)  GORO_CHAN_SEND_MANY(__VA_ARGS__)
#define chan_recv_many(...)  GORO_CHAN_RECV_MANY(__VA_ARGS__)
#define chan_close(...)      GORO_CHAN_CLOSE(__VA_ARGS__)
#define chan_len(...)        GORO_CHAN_LEN(__VA_ARGS__)
#define chan_cap(...)        GORO_CHAN_CAP(__VA_ARGS__)
#define chan_ref(...)        GORO_CHAN_REF(__VA_ARGS__)
#define chan_free(...)       GORO_CHAN_FREE(__VA_ARGS__)

#define chan_select(...)       GORO_CHAN_SELECT(__VA_ARGS__)
#define chan_select_until(...) GORO_CHAN_SELECT_UNTIL(__VA_ARGS__)
#define chan_try_select(...)   GORO_CHAN_TRY_SELECT(__VA_ARGS__)
#define chan_on_recv(...)      GORO_CHAN_ON_RECV(__VA_ARGS__)
#define chan_on_send(...)      GORO_CHAN_ON_SEND(__VA_ARGS__)
#define chan_on_send_from(...) GORO_CHAN_ON_SEND_FROM(__VA_ARGS__)

#endif
#endif
