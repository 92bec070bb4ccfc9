/* SPDX-License-Identifier: MIT */
/* engine.h: one session of OpenSSL between two buffers in memory: what came from the network and what is
 * to go there.
 *
 *          read ◄── ┌─────┐ ◄── in  ◄── feed          nothing here parks for the network, nor
 *         write ──► │ SSL │ ──► out ──► peek, take     knows that there is one
 *                   └─────┘
 *
 * Invariants
 *  E1  `lock` is held around every use of the SSL and both buffers, and never while its holder waits for
 *      anything but the processor. So a reader and a writer may be at it at once.
 *  E2  Nothing but 0, bytes, the peer's end and "more input" is gone over: any other answer of
 *      OpenSSL's breaks the session, and `broken` is what all calls say from then on.
 *  E3  What has been encrypted stays in `out`, in its order, until it is taken: by one at a time, who has
 *      sent it. So whoever was cut short has lost nothing.
 *  E4  `out` holds at most one record of a writer's, if he sends each before the next, and
 *      GR_ENGINE_ANSWERS of what a reader has made besides, and what comes of one more reading: a peer that
 *      makes us answer and takes no answer breaks the session.
 *  Errors of the thread: reason.h R1.
 */
#ifndef GR_TLS_ENGINE_H
#define GR_TLS_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <openssl/ssl.h>

#include "goro/mutex.h"
#include "tls/reason.h"

/* How much is encrypted at once, and room for what becomes of it. */
#define GR_ENGINE_RECORD 8192
#define GR_ENGINE_WIRE   (GR_ENGINE_RECORD + 512)

/* Six hundred answers to new keys. */
#define GR_ENGINE_ANSWERS 16384

struct gr_engine {
	goro_mutex lock;
	SSL *ssl; /* owns both buffers */
	BIO *in;
	BIO *out;
	struct gr_reason broken;
};

/* All zero before. `host` is the client's, NULL: none. 0; -ENOMEM; after an error fini has to follow,
 * too. */
int gr_engine_init(struct gr_engine *e, SSL_CTX *ctx, bool server, const char *host);
void gr_engine_fini(struct gr_engine *e); /* nobody else is at it */

/* 0: done; -EAGAIN: it needs more input; else broken. */
int gr_engine_handshake(struct gr_engine *e);

/* > 0; 0: the peer has said the end; -EAGAIN: it needs more input; else broken. */
ssize_t gr_engine_read(struct gr_engine *e, void *buf, size_t n);

/* All of it, at most GR_ENGINE_RECORD. 0; -EPIPE: the end was said; -EAGAIN: it needs more input, and has
 * taken nothing; else broken. */
int gr_engine_write(struct gr_engine *e, const void *buf, size_t n);

/* Says the end, once. 0; -EAGAIN: it needs more input; else broken. */
int gr_engine_end(struct gr_engine *e);

/* What came from the network, and that no more will come. 0, else broken. */
int gr_engine_feed(struct gr_engine *e, const void *buf, size_t n);
int gr_engine_cut(struct gr_engine *e);

/* Copies what is to go out, as far as there is room, and leaves it there (E3). How many bytes. */
size_t gr_engine_peek(struct gr_engine *e, void *buf, size_t room);
/* The first n bytes of it have gone. */
void gr_engine_take(struct gr_engine *e, size_t n);
bool gr_engine_pending(struct gr_engine *e);

int gr_engine_inspect(struct gr_engine *e, int (*fn)(SSL *ssl, void *arg), void *arg);
void gr_engine_failure(struct gr_engine *e, struct gr_reason *r);

#endif
