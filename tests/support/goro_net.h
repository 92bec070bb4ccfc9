/* SPDX-License-Identifier: MIT */
/* goro_net.h: what the tests of connections share: networks to run them over, and pairs. */
#ifndef GORO_NET_TEST_H
#define GORO_NET_TEST_H

#include "goro_test.h"

/* A listener and where to dial it. */
struct test_listener {
	goro_listener *listener;
	const char *network;
	char address[128];
};

/* "tcp4", "tcp6" where there is IPv6, "unix". */
extern const char *const test_networks[];
size_t test_nnetworks(void);

#define EACH_NETWORK(network)                            \
	for (size_t i_ = 0; i_ < test_nnetworks(); i_++) \
		for (const char *network = test_networks[i_], *once_ = network; once_; once_ = NULL)

/* At a free port, or a new path. */
void test_listen(struct test_listener *l, const char *network);
void test_listen_with(
	struct test_listener *l, const char *network, const goro_net_options *options);
void test_listener_close(struct test_listener *l);

goro_conn *test_dial(const struct test_listener *l);
goro_conn *test_accept(const struct test_listener *l);

/* Two ends of one connection. */
void test_pair(const char *network, goro_conn *ends[2]);
void test_pair_close(goro_conn *ends[2]);

/* A blocking socket of the system's, connected to it, for peers that goro would not be. */
int test_raw_dial(const struct test_listener *l);

/* Writes all; reads exactly n bytes. */
void test_write(goro_conn *c, const void *buf, size_t n);
void test_read(goro_conn *c, void *buf, size_t n);

/* Sends back what comes, until the peer has said its end; then closes `c`. */
void test_echo(goro_conn *c);

/* Makes `c` unable to take more: writes until a write would wait. Returns how many bytes. */
size_t test_fill(goro_conn *c);

#endif
