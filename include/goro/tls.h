/* SPDX-License-Identifier: MIT */
/* tls.h: TLS over a connection, by OpenSSL 3; a library of its own: -lgoro_tls, goro::tls.
 *
 *     goro_tls_context *ctx;                          once, at the beginning
 *     goro_tls_context_client(&ctx, NULL, &error);
 *
 *     goro_dial(&c, "tcp", "example.org:443", deadline);
 *     rc = goro_tls_client(&t, ctx, c, "example.org", deadline, &error);
 *     if (rc != 0) {
 *             fprintf(stderr, "%s: %s\n", goro_strerror(rc), error.message);
 *             goro_conn_close(c);
 *     }
 *     goro_tls_write(t, request, n, deadline);
 *     while ((got = goro_tls_read(t, buf, sizeof buf, deadline)) > 0)
 *             …
 *     goro_tls_shutdown(t, deadline);
 *     goro_tls_close(t);                              the connection, too
 *
 * TLS 1.2 and 1.3. A client checks the server's certificate and name unless it is told not to.
 *
 * A session is a handle, as a connection is (goro/net.h): use after close gives -EBADF, for ever, in any
 * thread; closing wakes whoever is parked in a call on it. All calls want a coroutine (-EPERM from a
 * plain thread), but closing works from anywhere. One reader and one writer may use it at once,
 * further ones wait for their turn. The errors that OpenSSL keeps for each thread are empty after each
 * call, and what was there before the call does not matter.
 *
 * The end of a session is said (close_notify). A connection that ends without it may have been cut by
 * somebody in between: reading gives -ECONNABORTED then, not 0.
 *
 * Errors
 *   -EKEYREJECTED  the peer's certificate is refused: not trusted, expired, another name, none
 *   -EPROTO        what came is no TLS, or the peer has refused us, or it takes no answers and goes on
 *                  asking for some; error.message says which
 *   -ECONNABORTED  the connection ended without the end being said
 * After these and after -ENOMEM from OpenSSL the session is broken: reading and writing say the same
 * again. A deadline that passes and a cancel break nothing, but for the handshake: a connection
 * whose handshake was given up is good for nothing but to be closed.
 */
#ifndef GORO_TLS_H
#define GORO_TLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "goro/attributes.h"
#include "goro/error.h"
#include "goro/net.h"

GORO_BEGIN

typedef struct goro_tls goro_tls;

/** What many sessions have in common. It is OpenSSL's SSL_CTX: what the options below don't have can be
 *  set by a cast and OpenSSL's functions, before the first handshake. */
typedef struct goro_tls_context goro_tls_context;

struct ssl_st; /* OpenSSL's SSL */

#define GORO_TLS_1_2 0x0303
#define GORO_TLS_1_3 0x0304

/** Begin with GORO_TLS_OPTIONS_INIT and change what you want different. Files are in PEM form. */
typedef struct goro_tls_options {
	size_t size; /* of this structure; set by GORO_TLS_OPTIONS_INIT */
	int verify;  /* client: check the server's certificate. server: clients must have one, if
			ca_file names who vouches for them. Default 1 */
	int min_version;       /* the oldest that is spoken. Default GORO_TLS_1_2 */
	const char *ca_file;   /* whom to trust. NULL: the system's authorities; server: no client
				  is asked for a certificate */
	const char *cert_file; /* one's own certificate and those between it and the authority, in
				  this order. A server has one */
	const char *key_file;  /* its key, not encrypted. NULL: it stands in cert_file */
	const char *alpn;      /* protocols, the preferred first: "h2,http/1.1". NULL: none */
} goro_tls_options;

#ifdef __cplusplus
#define GORO_TLS_OPTIONS_INIT                                                                 \
	{                                                                                     \
		sizeof(goro_tls_options), 1, GORO_TLS_1_2, nullptr, nullptr, nullptr, nullptr \
	}
#else
#define GORO_TLS_OPTIONS_INIT                                                              \
	{                                                                                  \
		.size = sizeof(goro_tls_options), .verify = 1, .min_version = GORO_TLS_1_2 \
	}
#endif

/** Makes a context for clients, or one for servers.
 *
 *  @param ctx      receives it.
 *  @param options  NULL: the defaults, which are enough for a client. A server names a certificate.
 *  @param error    receives the reason in words; NULL: nobody asks.
 *
 *  @return 0             made
 *  @return -EINVAL       ctx is NULL, a server without a certificate, options that make no sense
 *  @return -ENOENT, -EACCES, …
 *                        a file cannot be read
 *  @return -EKEYREJECTED a file does not hold what it should, or the key is not the certificate's
 *  @return -ENOMEM       no memory
 *
 *  Blocks    reads files, without parking: it belongs to the beginning of a program.
 *  Threads   any, with or without a runtime. The context may be used by any number at once.
 *  Owner     the caller; goro_tls_context_free() ends it.
 *  Source    src/tls/context.c.
 */
GORO_API int goro_tls_context_client(
	goro_tls_context **ctx, const goro_tls_options *options, goro_error *error);
GORO_API int goro_tls_context_server(
	goro_tls_context **ctx, const goro_tls_options *options, goro_error *error);

/** Gives it back; sessions that use it go on. NULL is fine. Any thread. */
GORO_API void goro_tls_context_free(goro_tls_context *ctx);

/** Begins a session on a connection: as the client, or as the server.
 *
 *  @param t         receives it.
 *  @param ctx       for this side.
 *  @param c         the connection. Nobody else may read or write it from now on; after 0 it belongs to
 *                   the session, and goro_tls_close() closes it. After an error it is still the
 *                   caller's, who can only close it.
 *  @param host      whom the client wants to talk to: its certificate has to have this name, or this
 *                   address, and the server is told the name (SNI). NULL: only with verify = 0.
 *  @param deadline  for the whole handshake.
 *  @param error     receives the reason in words; NULL: nobody asks.
 *
 *  @return 0              both sides know each other, as far as they asked
 *  @return -EINVAL        t, ctx or host is NULL, a context of the other side, no such host name
 *  @return -EBADF         c is closed, or was closed meanwhile
 *  @return -EKEYREJECTED  the peer's certificate is refused
 *  @return -EPROTO        the peer does not speak TLS, or no version or cipher of ours, or refused us
 *  @return -ECONNABORTED  the connection ended
 *  @return -ECONNRESET, -EPIPE, …
 *                         as goro_conn_read() and goro_conn_write()
 *  @return -ETIMEDOUT     the deadline passed first
 *  @return -ECANCELED     the coroutine is cancelled
 *  @return -EPERM         not in a coroutine
 *  @return -ENOMEM        no memory
 *
 *  A server of TLS 1.3 tells only after the client's handshake that it refuses the client's
 *  certificate: the client's first read has -EPROTO then.
 *
 *  Blocks    parks. A signature in between holds up the worker for up to some milliseconds.
 *  Source    src/tls/tls.c, examples/18_tls_echo.c.
 */
GORO_API int goro_tls_client(goro_tls **t, goro_tls_context *ctx, goro_conn *c, const char *host,
	int64_t deadline, goro_error *error);
GORO_API int goro_tls_server(
	goro_tls **t, goro_tls_context *ctx, goro_conn *c, int64_t deadline, goro_error *error);

/** Reads what is there, up to n bytes, and waits for the first until `deadline`.
 *
 *  @return > 0            so many bytes
 *  @return 0              the peer has said that this is the end; or n is 0
 *  @return -EINVAL        buf is NULL and n is not 0
 *  @return -EBADF         t is closed, or was closed meanwhile  ┐
 *  @return -ETIMEDOUT     the deadline passed first             │ no byte
 *  @return -ECANCELED     the coroutine is cancelled            │ is lost
 *  @return -EPERM         not in a coroutine                    ┘
 *  @return -ECONNABORTED  the connection ended, and the end was not said: something may be missing
 *  @return -EPROTO        forged or damaged data, or the peer has given up; goro_tls_failure() says
 *                         which
 *  @return                otherwise as goro_conn_read()
 *
 *  Blocks    parks.
 *  Threads   one reader and one writer at once; further ones wait for their turn.
 *  Source    src/tls/tls.c.
 */
GORO_API ssize_t goro_tls_read(goro_tls *t, void *buf, size_t n, int64_t deadline);

/** Writes all n bytes, and waits until `deadline` for room.
 *
 *  @return n              all of it is on its way
 *  @return >= 0, < n      the deadline passed or the coroutine was cancelled after so many bytes. What
 *                         was begun cannot be taken back: the last 8 KiB of these may still wait for
 *                         room, and are sent as soon as there is, by a coroutine of the session
 *  @return -ETIMEDOUT, -ECANCELED
 *                         the same before the first byte
 *  @return -EPIPE         goro_tls_shutdown() was called; or the peer is gone
 *  @return -EPROTO, -ECONNABORTED, …
 *                         the session is broken; some bytes may have been sent
 *  @return -EINVAL, -EBADF, -EPERM
 *                         as for goro_tls_read()
 *
 *  Blocks    parks.
 *  Threads   a write is whole: those of several coroutines do not mix.
 *  Source    src/tls/tls.c.
 */
GORO_API ssize_t goro_tls_write(goro_tls *t, const void *buf, size_t n, int64_t deadline);

/** Says the end: the peer reads all that was written and then gets 0. Reading goes on, and a peer that
 *  has something left to say may say it. Who says the end and closes at once, though the peer still
 *  sends, can make it lose what it has not read yet, as with any connection: read to the end first.
 *
 *  @return 0              said, now or before
 *  @return -ETIMEDOUT, -ECANCELED
 *                         it could not be sent so far; if it has begun it goes on by itself
 *  @return                otherwise as goro_tls_write()
 *
 *  Blocks    parks.
 *  Source    src/tls/tls.c.
 */
GORO_API int goro_tls_shutdown(goro_tls *t, int64_t deadline);

/** Closes the session and its connection, at once: nothing more is sent, so a peer to which
 *  goro_tls_shutdown() has not said the end takes it for cut off. Those parked in a call on it get
 *  -EBADF.
 *
 *  @return 0; -EBADF: closed already; -EPERM: in the child of a fork
 *  Threads   any, with or without a runtime; also in a cancelled coroutine. A stop of the runtime closes
 *            the connection, but the session's memory is given back only here. */
GORO_API int goro_tls_close(goro_tls *t);

/** The protocol that both sides agreed upon (ALPN), into buf; "" if there is none.
 *  @return its length; -EINVAL: buf is NULL; -ENOBUFS: no room for it and a zero byte; -EBADF; -EPERM */
GORO_API int goro_tls_alpn(goro_tls *t, char *buf, size_t n);

/** Why the session is broken, in words.
 *  @return 0: error->code is what reading says, error->message the reason; error->code 0: it is not
 *          broken. -EINVAL: error is NULL; -EBADF; -EPERM */
GORO_API int goro_tls_failure(goro_tls *t, goro_error *error);

/** Calls fn(ssl, arg) while nobody else uses the session's SSL, for what OpenSSL can tell about it:
 *  SSL_get_version(), SSL_get0_peer_certificate(), … fn must not wait, nor read or write.
 *  @return what fn returns; -EINVAL: fn is NULL; -EBADF; -EPERM */
GORO_API int goro_tls_inspect(goro_tls *t, int (*fn)(struct ssl_st *ssl, void *arg), void *arg);

GORO_END

#endif
