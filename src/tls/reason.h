/* SPDX-License-Identifier: MIT */
/* reason.h: what OpenSSL complains of, as a code and in words.
 *
 * OpenSSL keeps its errors for each thread, and a coroutine may go on in another one. So:
 *
 *  R1  Before a call into OpenSSL the thread's errors are cleared, and after it they are taken or cleared,
 *      with no place to park in between. What somebody else left there is not taken for ours, and
 *      nobody finds what we left.
 */
#ifndef GR_TLS_REASON_H
#define GR_TLS_REASON_H

#include <openssl/ssl.h>

#include "goro/error.h"

struct gr_reason {
	int code; /* 0: none */
	char text[GORO_ERROR_MESSAGE];
};

/* Takes the thread's errors. `ssl` is the session they are of, `what` stands in front of the words; each
 * may be NULL. A refusal with no known reason is `code`. */
void gr_reason_take(struct gr_reason *r, const SSL *ssl, const char *what, int code);

/* For what is none of OpenSSL's errors. */
void gr_reason_set(struct gr_reason *r, int code, const char *text);

/* For the user. `error` may be NULL; without a reason the code's own words. */
void gr_reason_tell(const struct gr_reason *r, int code, goro_error *error);

#endif
