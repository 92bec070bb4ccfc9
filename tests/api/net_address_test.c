/* SPDX-License-Identifier: MIT */
/* net_address_test.c: networks and addresses: what they may look like, and where they lead. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "goro_net.h"

static const char *const good_networks[] = { "tcp", "tcp4", "tcp6" };

static const char *const malformed[] = {
	"",
	":",
	"localhost",
	"localhost:",
	"127.0.0.1",
	"127.0.0.1:65536",
	"127.0.0.1:-1",
	"127.0.0.1:+80",
	"127.0.0.1:0x50",
	"127.0.0.1:80 ",
	"127.0.0.1: 80",
	"127.0.0.1:http",
	"127.0.0.1:99999999999999999999999",
	"::1",
	"::1:80",
	"[::1]",
	"[::1]80",
	"[::1:80",
	"::1]:80",
	"[]:80",
	"[localhost]:80",
	"[127.0.0.1]:80",
	"[[::1]]:80",
	"[::g]:80",
	"a b:80",
	"http://localhost:80",
	"user@localhost:80",
	"a/b:80",
	"local\nhost:80",
	"\x01:80",
};

GORO_TEST(a_malformed_address_is_told)
{
	goro_listener *l;
	goro_conn *c;

	for (size_t n = 0; n < sizeof(good_networks) / sizeof(*good_networks); n++)
		for (size_t i = 0; i < sizeof(malformed) / sizeof(*malformed); i++) {
			CHECK_EQ(goro_listen(&l, good_networks[n], malformed[i]), -EINVAL);
			CHECK_EQ(goro_dial(&c, good_networks[n], malformed[i], GORO_FOREVER),
				-EINVAL);
		}
}

GORO_TEST(an_unknown_network_is_told)
{
	static const char *const networks[] = { "", "TCP", "tcp5", "udp", "tcp ", "unixgram",
		"ip" };
	goro_listener *l;
	goro_conn *c;

	for (size_t i = 0; i < sizeof(networks) / sizeof(*networks); i++) {
		CHECK_EQ(goro_listen(&l, networks[i], "127.0.0.1:0"), -EINVAL);
		CHECK_EQ(goro_dial(&c, networks[i], "127.0.0.1:1", INT64_MIN), -EINVAL);
	}
	CHECK_EQ(goro_listen(NULL, "tcp", ":0"), -EINVAL);
	CHECK_EQ(goro_listen(&l, NULL, ":0"), -EINVAL);
	CHECK_EQ(goro_listen(&l, "tcp", NULL), -EINVAL);
	CHECK_EQ(goro_dial(NULL, "tcp", ":1", GORO_FOREVER), -EINVAL);
	CHECK_EQ(goro_dial(&c, NULL, ":1", GORO_FOREVER), -EINVAL);
	CHECK_EQ(goro_dial(&c, "tcp", NULL, GORO_FOREVER), -EINVAL);
}

GORO_TEST(a_family_and_an_address_of_the_other_do_not_fit)
{
	goro_conn *c;

	CHECK_EQ(goro_dial(&c, "tcp4", "[::1]:80", GORO_FOREVER), -EINVAL);
	CHECK_EQ(goro_dial(&c, "tcp6", "127.0.0.1:80", GORO_FOREVER), -EINVAL);
}

GORO_TEST(a_path_must_fit_and_be_free)
{
	char path[200];
	goro_listener *l, *again;
	goro_conn *c;

	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[108] = '\0';
	CHECK_EQ(goro_listen(&l, "unix", path), -EINVAL);
	CHECK_EQ(goro_listen(&l, "unix", ""), -EINVAL);
	CHECK_EQ(goro_listen(&l, "unix", "/no/such/directory/socket"), -ENOENT);
	CHECK_EQ(goro_dial(&c, "unix", "/no/such/socket", GORO_FOREVER), -ENOENT);
	snprintf(path, sizeof(path), "%s/goro-test-path-%llu", test_tmp(),
		(unsigned long long)test_seed());
	CHECK_EQ(goro_listen(&l, "unix", path), 0);
	CHECK_EQ(goro_listen(&again, "unix", path), -EADDRINUSE);
	CHECK_EQ(goro_listener_close(l), 0);
	CHECK_EQ(goro_dial(&c, "unix", path, GORO_FOREVER), -ENOENT); /* the close removed it */
}

GORO_TEST(a_name_of_the_abstract_namespace_needs_no_file)
{
	char name[64];
	goro_listener *l;
	goro_conn *c, *s;

	snprintf(name, sizeof(name), "@goro-test-%llu", (unsigned long long)test_seed());
	CHECK_EQ(goro_listen(&l, "unix", name), 0);
	CHECK_EQ(goro_dial(&c, "unix", name, GORO_FOREVER), 0);
	CHECK_EQ(goro_accept(l, &s, GORO_FOREVER), 0);
	CHECK_EQ(goro_conn_close(c), 0);
	CHECK_EQ(goro_conn_close(s), 0);
	CHECK_EQ(goro_listener_close(l), 0);
	CHECK_EQ(goro_dial(&c, "unix", name, GORO_FOREVER), -ECONNREFUSED);
}

static void check_reachable(
	const char *network, const char *at, const char *dial_network, const char *host)
{
	char address[64];
	goro_listener *l;
	goro_conn *c, *s;

	CHECK_EQ(goro_listen(&l, network, at), 0);
	snprintf(address, sizeof(address), "%s:%d", host, goro_listener_port(l));
	CHECK_EQ(goro_dial(&c, dial_network, address, GORO_FOREVER), 0);
	CHECK_EQ(goro_accept(l, &s, GORO_FOREVER), 0);
	CHECK_EQ(goro_conn_close(c), 0);
	CHECK_EQ(goro_conn_close(s), 0);
	CHECK_EQ(goro_listener_close(l), 0);
	CHECK_EQ(goro_dial(&c, dial_network, address, GORO_FOREVER), -ECONNREFUSED);
}

GORO_TEST(no_host_is_every_address_or_this_machine)
{
	check_reachable("tcp", ":0", "tcp", "");
	check_reachable("tcp", ":0", "tcp", "127.0.0.1");
	check_reachable("tcp", ":0", "tcp4", "");
	check_reachable("tcp4", ":0", "tcp4", "");
	check_reachable("tcp4", ":0", "tcp", "");
	check_reachable("tcp4", "0.0.0.0:0", "tcp", "127.0.0.1");
	if (test_nnetworks() < 3)
		return; /* no IPv6 here */
	check_reachable("tcp", ":0", "tcp6", "[::1]");
	check_reachable("tcp6", ":0", "tcp6", "");
	check_reachable("tcp6", ":0", "tcp", "");
	check_reachable("tcp6", "[::]:0", "tcp6", "[::1]");
}

GORO_TEST(a_name_is_looked_up_and_its_addresses_tried_in_turn)
{
	goro_conn *c;

	/* It has two addresses, where there is IPv6; one of them listens. */
	check_reachable("tcp4", "127.0.0.1:0", "tcp", "localhost");
	check_reachable("tcp4", "localhost:0", "tcp4", "localhost");
	CHECK_LT(goro_dial(&c, "tcp", "no-such-host.invalid:80", GORO_FOREVER), 0);
	CHECK_EQ(goro_dial(&c, "tcp", "localhost:80", INT64_MIN), -ETIMEDOUT);
}

/* Options -------------------------------------------------------------------------------------- */

GORO_TEST(several_listeners_share_a_port_if_they_all_want_to)
{
	goro_net_options o = GORO_NET_OPTIONS_INIT;
	char address[64];
	goro_listener *l[3], *other;

	o.reuse_port = 1;
	CHECK_EQ(goro_listen_with(&l[0], "tcp4", "127.0.0.1:0", &o), 0);
	snprintf(address, sizeof(address), "127.0.0.1:%d", goro_listener_port(l[0]));
	CHECK_EQ(goro_listen_with(&l[1], "tcp4", address, &o), 0);
	CHECK_EQ(goro_listen_with(&l[2], "tcp4", address, &o), 0);
	CHECK_EQ(goro_listen(&other, "tcp4", address), -EADDRINUSE);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(goro_listener_close(l[i]), 0);
}

GORO_TEST(options_that_make_no_sense_are_told)
{
	goro_net_options o = GORO_NET_OPTIONS_INIT;
	goro_listener *l;
	goro_conn *c;

	o.backlog = -1;
	CHECK_EQ(goro_listen_with(&l, "tcp", ":0", &o), -EINVAL);
	o.backlog = 0;
	o.keep_alive = -1;
	CHECK_EQ(goro_dial_with(&c, "tcp", ":1", &o, INT64_MIN), -EINVAL);
	o.keep_alive = 40000;
	CHECK_EQ(goro_dial_with(&c, "tcp", ":1", &o, INT64_MIN), -EINVAL);
	o = (goro_net_options){ .size = 1 };
	CHECK_EQ(goro_listen_with(&l, "tcp", ":0", &o), -EINVAL);
	/* Compiled when there was no field but the first. */
	o = (goro_net_options){ .size = sizeof(o.size), .backlog = -1, .keep_alive = -1 };
	CHECK_EQ(goro_listen_with(&l, "tcp", ":0", &o), 0);
	CHECK_EQ(goro_listener_close(l), 0);
}

GORO_TEST(a_listener_takes_no_more_than_its_backlog)
{
	goro_net_options o = GORO_NET_OPTIONS_INIT;
	struct test_listener l;
	goro_conn *c[8];
	int n = 0, rc = 0;

	o.backlog = 1;
	test_listen_with(&l, "unix", &o);
	while (rc == 0 && n < 8) {
		rc = goro_dial(&c[n], "unix", l.address, goro_after(5 * GORO_MILLISECOND));
		n += rc == 0;
	}
	CHECK_EQ(rc, -ETIMEDOUT);
	CHECK_LE(1, n);
	for (int i = 0; i < n; i++) {
		goro_conn *s = test_accept(&l);

		CHECK_EQ(goro_conn_close(s), 0);
		CHECK_EQ(goro_conn_close(c[i]), 0);
	}
	c[0] = test_dial(&l); /* there is room again */
	CHECK_EQ(goro_conn_close(c[0]), 0);
	test_listener_close(&l);
}
