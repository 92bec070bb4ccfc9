/* SPDX-License-Identifier: MIT */
/* net.h: the loads of the program soak_net: a thousand coroutines open, use, cancel, reset and close
 * connections at random, over tcp and unix sockets, while now and then there are no descriptors and a
 * listener goes away and comes back.
 *
 *   net.c         listeners, what each call may say, the phases
 *   net_serve.c   who accepts, and serves
 *   net_use.c     who dials: talks, ends one side, reads slowly, is cancelled, closes under a reader
 *   net_raw.c     who dials with sockets of the system's and goro_fd_wait(), and resets
 *
 *  N1  The client's first bytes say what it wants (struct net_wish); the server answers with a byte that says
 *      whether it is patient. The bytes of each direction follow from the wish's key, and whoever
 *      reads checks each of them.
 *  N2  Each side may see its connection end early, since the other is rude, impatient or gone; but a polite client
 *      of a patient server, in a phase that goes on, gets all.
 *  N3  Each call says what net_expect() allows it to say, and nothing else; all of it is counted.
 */
#ifndef GORO_SOAK_NET_H
#define GORO_SOAK_NET_H

#include "soak.h"

enum net_kind {
	NET_ACCEPT,
	NET_DIAL,
	NET_TALK,
	NET_HALF,
	NET_SLOW,
	NET_CANCEL,
	NET_CLOSE,
	NET_RUDE,
	NET_RESET,
	NET_LIMIT,
	NET_MOVE,
	NET_KINDS
};

enum net_call {
	NET_CALL_ACCEPT,
	NET_CALL_DIAL,
	NET_CALL_READ,
	NET_CALL_WRITE,
	NET_CALL_SHUTDOWN,
	NET_CALL_WAIT,
	NET_CALLS
};

/* N3: what a call returned; it is handed on. */
ssize_t net_expect(enum net_call call, ssize_t rc);

enum net_want { NET_ECHO, NET_FLOOD };

struct net_wish {
	uint64_t key;
	uint32_t want;
	uint32_t bytes; /* NET_FLOOD: so many from the server */
};

#define NET_PATIENT   'p'
#define NET_IMPATIENT 'i'

#define NET_CHUNK 3000 /* bytes a call at most, on the stack */

/* The n-th byte of what this key stands for. */
static inline unsigned char net_byte(uint64_t key, uint64_t n)
{
	return (unsigned char)(key >> n % 8 * 8) ^ (unsigned char)(n / 8);
}

void net_fill(uint64_t key, uint64_t from, unsigned char *buf, size_t n);
void net_check(uint64_t key, uint64_t from, const unsigned char *buf, size_t n);

#define NET_PLACES 6 /* half of them tcp */

struct net_place {
	const char *network;
	char address[64];
	int port;
	goro_listener *listener; /* atomic */
};

extern struct net_place net_places[NET_PLACES];

/* A coroutine of this load more; it counts as one until it ends. */
void net_begin(void (*fn)(void *), void *arg);

/* Has the phase come to its end, for a coroutine that has just been told `rc`? */
static inline bool net_over(ssize_t rc)
{
	return soak_quiet() || rc == -ECANCELED;
}

void net_serve(size_t i, uint64_t random); /* accepts at place i */
void net_use(size_t i, uint64_t random);
void net_use_raw(size_t i, uint64_t random);

#endif
