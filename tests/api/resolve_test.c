/* SPDX-License-Identifier: MIT */
/* resolve_test.c: goro_resolve(). Names that end in ".slow" stand at a gate in getaddrinfo(), which this
 * program has put before the system's: each test at another, since one that nobody waits for any more
 * may come late. Names that end in ".bad" begin with what it says of them, ".strange" has an answer
 * of no use.
 */
#include <arpa/inet.h>
#include <limits.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "goro_libc.h"
#include "goro_test.h"

__attribute__((constructor)) static void set_pool(void)
{
	setenv("UV_THREADPOOL_SIZE", "4", 1);
}

#define GATES 256

static struct gate {
	atomic_int asked, passed, opened;
} gates[GATES], *gate = gates;

static char slow[32]; /* an address at `gate` */

typedef int getaddrinfo_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static getaddrinfo_fn *real_getaddrinfo(void)
{
	getaddrinfo_fn *real;

	*(void **)&real = test_libc("getaddrinfo");
	return real;
}

int getaddrinfo(
	const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	struct gate *g;

	if (strstr(host, ".bad") != NULL)
		return -atoi(host);
	if (strstr(host, ".strange") != NULL) {
		int rc = real_getaddrinfo()("127.0.0.1", service, hints, out);

		if (rc == 0)
			(*out)->ai_addr->sa_family = AF_UNIX;
		return rc;
	}
	if (strstr(host, ".slow") == NULL)
		return real_getaddrinfo()(host, service, hints, out);
	g = &gates[atoi(host)];
	atomic_fetch_add(&g->asked, 1);
	AWAIT(atomic_load(&g->opened));
	atomic_fetch_add(&g->passed, 1);
	return real_getaddrinfo()("127.0.0.3", service, hints, out);
}

static void close_gate(void)
{
	gate++;
	CHECK_LT(gate - gates, GATES);
	snprintf(slow, sizeof(slow), "%d.slow:1", (int)(gate - gates));
}

static void open_gate(void)
{
	atomic_store(&gate->opened, 1);
	AWAIT(atomic_load(&gate->passed) == atomic_load(&gate->asked));
}

/* "host|port host|port". */
static void describe(const struct sockaddr_storage *found, int n, char *text, size_t room)
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < n; i++) {
		char host[INET6_ADDRSTRLEN];
		const struct sockaddr_in *in = (const void *)&found[i];
		const struct sockaddr_in6 *in6 = (const void *)&found[i];
		bool four = found[i].ss_family == AF_INET;

		CHECK_TRUE(inet_ntop(found[i].ss_family,
				   four ? (const void *)&in->sin_addr : &in6->sin6_addr, host,
				   sizeof(host)) != NULL);
		used += (size_t)snprintf(text + used, room - used, "%s%s|%d", i > 0 ? " " : "",
			host, ntohs(four ? in->sin_port : in6->sin6_port));
	}
}

GORO_TEST(numbers_and_no_host_are_not_looked_up)
{
	static const struct {
		const char *network, *address, *found;
	} cases[] = {
		{ "tcp", "127.0.0.1:80", "127.0.0.1|80" },
		{ "udp", "127.0.0.1:53", "127.0.0.1|53" },
		{ "udp4", "10.1.2.3:65535", "10.1.2.3|65535" },
		{ "tcp6", "[::1]:0", "::1|0" },
		{ "udp", "[fe80::1]:9", "fe80::1|9" },
		{ "tcp", ":80", "127.0.0.1|80 ::1|80" },
		{ "udp4", ":80", "127.0.0.1|80" },
		{ "udp6", ":80", "::1|80" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sockaddr_storage found[16];
		char text[200];
		int n = goro_resolve(cases[i].network, cases[i].address, found, 16, INT64_MIN);

		CHECK_LT(0, n);
		describe(found, n, text, sizeof(text));
		CHECK_STR(text, cases[i].found);
		CHECK_EQ(goro_resolve(cases[i].network, cases[i].address, found, 1, 0), 1);
	}
}

static void check_wrong_arguments(void)
{
	static const char *const bad[][2] = { { NULL, ":1" }, { "tcp", NULL }, { "", ":1" },
		{ "unix", "/tmp/x" }, { "udp5", ":1" }, { "tcp", "" }, { "tcp", "host" },
		{ "udp", "host:65536" }, { "udp", "host:-1" }, { "udp", "a b:1" },
		{ "udp4", "[::1]:1" }, { "udp6", "127.0.0.1:1" } };
	struct sockaddr_storage found[1];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_EQ(goro_resolve(bad[i][0], bad[i][1], found, 1, GORO_FOREVER), -EINVAL);
	CHECK_EQ(goro_resolve("tcp", ":1", NULL, 1, GORO_FOREVER), -EINVAL);
	CHECK_EQ(goro_resolve("tcp", ":1", found, 0, GORO_FOREVER), -EINVAL);
	CHECK_EQ(goro_resolve("tcp", ":1", found, INT_MIN, GORO_FOREVER), -EINVAL);
}

GORO_TEST(wrong_arguments_are_told)
{
	check_wrong_arguments();
}

GORO_TEST_OUTSIDE(a_plain_thread_is_refused)
{
	struct sockaddr_storage found[1];

	check_wrong_arguments();
	CHECK_EQ(goro_resolve("tcp", ":1", found, 1, 0), -EPERM);
	test_start();
	check_wrong_arguments();
	CHECK_EQ(goro_resolve("tcp", ":1", found, 1, 0), -EPERM);
	test_stop();
}

GORO_TEST(a_name_is_looked_up)
{
	struct sockaddr_storage found[4];
	char text[200];

	CHECK_LT(0, goro_resolve("udp4", "localhost:7", found, 4, GORO_FOREVER));
	describe(found, 1, text, sizeof(text));
	CHECK_STR(text, "127.0.0.1|7");
	CHECK_EQ(goro_resolve("udp4", "localhost:7", found, 4, 0), -ETIMEDOUT);
}

/* Such names cannot be had of the system wherever this runs. */
GORO_TEST(why_a_name_was_not_found_is_told)
{
	static const struct {
		int says, rc;
	} cases[] = {
		{ EAI_NONAME, -ENXIO },
		{ EAI_NODATA, -ENXIO },
		{ EAI_ADDRFAMILY, -ENXIO },
		{ EAI_FAMILY, -ENXIO },
		{ EAI_SERVICE, -ENXIO },
		{ EAI_AGAIN, -EHOSTUNREACH }, /* no server answered in time */
		{ EAI_FAIL, -EHOSTUNREACH },
		{ EAI_MEMORY, -ENOMEM },
		{ EAI_CANCELED, -ECANCELED },
		{ EAI_SOCKTYPE, -EIO },
	};
	struct sockaddr_storage found[4];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char name[32];
		goro_conn *c;

		snprintf(name, sizeof(name), "%d.bad:1", -cases[i].says);
		CHECK_EQ(goro_resolve("tcp", name, found, 4, GORO_FOREVER), cases[i].rc);
		CHECK_EQ(goro_dial(&c, "tcp", name, GORO_FOREVER), cases[i].rc);
	}
	CHECK_EQ(goro_resolve("tcp", "x.strange:1", found, 4, GORO_FOREVER), -ENXIO);
	CHECK_EQ(goro_cancelled(), 0);
}

GORO_TEST(a_dial_ends_at_its_deadline_though_the_name_is_not_found_yet)
{
	goro_conn *c;

	close_gate();
	CHECK_EQ(goro_dial(&c, "tcp", slow, goro_after(GORO_MILLISECOND)), -ETIMEDOUT);
	CHECK_EQ(atomic_load(&gate->passed), 0);
	open_gate();
}

GORO_TEST(a_deadline_returns_at_once_and_the_late_answer_is_dropped)
{
	struct sockaddr_storage found[4];

	close_gate();
	CHECK_EQ(goro_resolve("tcp", slow, found, 4, goro_after(GORO_MILLISECOND)), -ETIMEDOUT);
	CHECK_EQ(atomic_load(&gate->passed), 0);
	open_gate();
	CHECK_EQ(goro_resolve("tcp", slow, found, 4, GORO_FOREVER), 1);
}

static void look_up(void)
{
	struct sockaddr_storage found[4];
	char text[200];

	CHECK_EQ(goro_resolve("tcp", slow, found, 4, GORO_FOREVER), 1);
	describe(found, 1, text, sizeof(text));
	CHECK_STR(text, "127.0.0.3|1");
}

GORO_TEST(slow_names_hold_up_no_files)
{
	struct stat s;

	close_gate();
	for (int i = 0; i < 20; i++)
		CHECK_EQ(go(look_up), 0);
	await_parked(20, "resolve");
	AWAIT(atomic_load(&gate->asked) > 0);
	for (int i = 0; i < 50; i++)
		CHECK_EQ(goro_fs_stat("/", &s), 0);
	CHECK_LE(atomic_load(&gate->asked), 2); /* of four threads */
	atomic_store(&gate->opened, 1);
	await_alive(1);
	CHECK_EQ(atomic_load(&gate->passed), 20);
}

static void look_up_in_vain(void)
{
	struct sockaddr_storage found[4];

	CHECK_EQ(goro_resolve("tcp", slow, found, 4, GORO_FOREVER), -ECANCELED);
	CHECK_EQ(goro_resolve("tcp", ":1", found, 4, 0), -ECANCELED);
	check_wrong_arguments();
}

static void leave_them_looking(void)
{
	for (int i = 0; i < 10; i++)
		CHECK_EQ(go(look_up_in_vain), 0);
	await_parked(10, "resolve");
	AWAIT(atomic_load(&gate->asked) > 0);
}

GORO_TEST_OUTSIDE(a_stop_does_not_wait_for_names)
{
	for (int i = 0; i < 3; i++) {
		close_gate();
		test_run(test_workers(), leave_them_looking);
		CHECK_EQ(atomic_load(&gate->passed), 0);
		open_gate();
		test_run(test_workers(), look_up);
	}
}
