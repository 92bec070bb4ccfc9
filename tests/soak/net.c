/* SPDX-License-Identifier: MIT */
/* net.c: the program soak_net: its listeners, what its calls may say, its phases. See net.h. */
#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define USERS     750
#define RAW_USERS 250
#define SERVERS   3 /* that accept, at each place */

const char *const soak_name = "soak_net";
const char *const soak_kinds[] = { "accept", "dial", "talk", "half", "slow", "cancel", "close",
	"rude", "reset", "limit", "move" };
const unsigned soak_nkinds = NET_KINDS;
const double soak_fds_factor = 1.5;

struct net_place net_places[NET_PLACES];

/* What calls say (N3) -------------------------------------------------------------------------- */

static const struct {
	const char *name;
	int allowed[10]; /* up to 0 */
} calls[NET_CALLS] = {
	[NET_CALL_ACCEPT] = { "accept", { ETIMEDOUT, ECANCELED, EBADF, EMFILE } },
	[NET_CALL_DIAL] = { "dial",
		{ ETIMEDOUT, ECANCELED, EMFILE, ECONNREFUSED, ECONNRESET, ENOENT, EADDRNOTAVAIL } },
	[NET_CALL_READ] = { "read", { ETIMEDOUT, ECANCELED, EBADF, ECONNRESET } },
	[NET_CALL_WRITE] = { "write", { ETIMEDOUT, ECANCELED, EBADF, ECONNRESET, EPIPE } },
	[NET_CALL_SHUTDOWN] = { "shutdown", { ENOTCONN } },
	[NET_CALL_WAIT] = { "fd_wait", { ETIMEDOUT, ECANCELED, EMFILE } },
};

static uint64_t said[NET_CALLS][10]; /* as `allowed` */

ssize_t net_expect(enum net_call call, ssize_t rc)
{
	const int *allowed = calls[call].allowed;

	if (rc >= 0)
		return rc;
	for (size_t i = 0; allowed[i] != 0; i++)
		if (rc == -allowed[i]) {
			__atomic_fetch_add(&said[call][i], 1, __ATOMIC_RELAXED);
			return rc;
		}
	CHECK_FAIL("%s says %s", calls[call].name, goro_strerror((int)rc));
}

void soak_program_say(void)
{
	for (size_t call = 0; call < NET_CALLS; call++) {
		printf("soak_net: %s:", calls[call].name);
		for (size_t i = 0; calls[call].allowed[i] != 0; i++)
			printf(" %s %llu;", strerror(calls[call].allowed[i]),
				(unsigned long long)said[call][i]);
		printf("\n");
	}
}

/* Bytes ---------------------------------------------------------------------------------------- */

void net_fill(uint64_t key, uint64_t from, unsigned char *buf, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf[i] = net_byte(key, from + i);
	if (soak.leak == SOAK_LEAK_VALUE && from % 7 == 3)
		buf[0]++;
}

void net_check(uint64_t key, uint64_t from, const unsigned char *buf, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (buf[i] != net_byte(key, from + i))
			CHECK_FAIL("byte %llu is another's", (unsigned long long)(from + i));
}

/* Coroutines that come and go ------------------------------------------------------------------ */

struct guest {
	void (*fn)(void *);
	void *arg;
};

static void run_guest(void (*fn)(void *), void *arg)
{
	fn(arg);
	goro_waitgroup_done(&soak.loads);
}

void net_begin(void (*fn)(void *), void *arg)
{
	goro_waitgroup_add(&soak.loads, 1);
	CHECK_EQ(go(run_guest, fn, arg), 0);
}

/* Places --------------------------------------------------------------------------------------- */

static goro_listener *open_place(struct net_place *p)
{
	goro_listener *l = NULL;
	int rc = goro_listen(&l, p->network, p->address);

	CHECK_TRUE(rc == 0 || rc == -ECANCELED || rc == -EMFILE || rc == -EADDRINUSE);
	return rc == 0 ? l : NULL;
}

/* The port is chosen once; later ones take the same. */
static void choose_places(void)
{
	for (int i = 0; i < NET_PLACES; i++) {
		struct net_place *p = &net_places[i];

		if (p->network == NULL) {
			p->network = i % 2 ? "unix" : "tcp4";
			if (i % 2)
				snprintf(p->address, sizeof(p->address), "/tmp/goro-soak-%d-%d",
					(int)getpid(), i);
			else
				snprintf(p->address, sizeof(p->address), "127.0.0.1:0");
		}
		p->listener = open_place(p);
		CHECK_NE(p->listener, NULL);
		p->port = goro_listener_port(p->listener);
		if (p->port != 0)
			snprintf(p->address, sizeof(p->address), "127.0.0.1:%d", p->port);
	}
}

static void close_place(struct net_place *p)
{
	goro_listener *l = __atomic_exchange_n(&p->listener, NULL, __ATOMIC_ACQ_REL);

	if (l != NULL)
		CHECK_EQ(goro_listener_close(l), 0);
}

/* Closes a listener under those who accept and dial, and opens another at the same place. */
static void move_place(size_t i, uint64_t random)
{
	int rc = 0;

	(void)i;
	while (!net_over(rc)) {
		struct net_place *p = &net_places[stress_below(&random, NET_PLACES)];
		goro_listener *l;

		close_place(p);
		rc = goro_sleep((int64_t)stress_below(&random, 3) * GORO_MILLISECOND);
		while ((l = open_place(p)) == NULL && rc == 0)
			rc = goro_sleep(GORO_MILLISECOND);
		__atomic_store_n(&p->listener, l, __ATOMIC_RELEASE);
		soak_count(NET_MOVE, l != NULL);
		if (soak_quiet())
			close_place(p); /* behind soak_program_close(), perhaps */
		else if (rc == 0)
			rc = goro_sleep(
				(int64_t)(20 + stress_below(&random, 50)) * GORO_MILLISECOND);
	}
}

/* No descriptors ------------------------------------------------------------------------------- */

static struct rlimit limit;
static int descriptors; /* atomic: 0, or somebody has them */

void soak_descriptors_lock(void)
{
	int nobody = 0;

	while (!__atomic_compare_exchange_n(
		&descriptors, &nobody, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		nobody = 0;
		usleep(1000); /* a plain thread */
	}
}

void soak_descriptors_unlock(void)
{
	__atomic_store_n(&descriptors, 0, __ATOMIC_RELEASE);
}

/* All numbers that a limit so low allows are in use. */
static void limit_descriptors(size_t i, uint64_t random)
{
	int rc = 0;

	(void)i;
	while (!net_over(rc)) {
		struct rlimit none = { 3, limit.rlim_max };
		int nobody = 0;

		if (__atomic_compare_exchange_n(
			    &descriptors, &nobody, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
			CHECK_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
			rc = goro_sleep((int64_t)stress_below(&random, 15) * GORO_MILLISECOND);
			CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
			soak_descriptors_unlock();
			soak_count(NET_LIMIT, 1);
		}
		if (rc == 0)
			rc = goro_sleep(
				(int64_t)(50 + stress_below(&random, 100)) * GORO_MILLISECOND);
	}
}

static __attribute__((constructor)) void allow_descriptors(void)
{
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max > 65536 ? 65536 : limit.rlim_max;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Phases --------------------------------------------------------------------------------------- */

static unsigned open_at_rest; /* the loop's among them */
static goro_waitgroup opened;

static void open_places(void)
{
	choose_places();
	open_at_rest = test_count_fds() - NET_PLACES;
	goro_waitgroup_done(&opened);
}

void soak_program_begin(void)
{
	static const struct {
		void (*fn)(size_t, uint64_t);
		unsigned kind;
		size_t actors;
	} loads[] = {
		{ net_serve, NET_ACCEPT, (size_t)SERVERS * NET_PLACES },
		{ net_use, NET_DIAL, USERS },
		{ net_use_raw, NET_RESET, RAW_USERS },
		{ move_place, NET_MOVE, 1 },
		{ limit_descriptors, NET_LIMIT, 1 },
	};

	opened = GORO_WAITGROUP_INIT;
	goro_waitgroup_add(&opened, 1);
	CHECK_EQ(go(open_places), 0);
	CHECK_EQ(goro_waitgroup_wait(&opened), 0);
	for (size_t k = 0; k < sizeof(loads) / sizeof(loads[0]); k++)
		for (size_t i = 0; i < loads[k].actors; i++)
			soak_begin(loads[k].fn, loads[k].kind, i);
}

void soak_program_close(void)
{
	for (int i = 0; i < NET_PLACES; i++)
		close_place(&net_places[i]);
}

/* All have ended, of themselves: so everything is closed, or will be when the loop gets to it. */
void soak_program_ended(void)
{
	int64_t patience = goro_after(10 * GORO_SECOND);

	while (test_count_fds() != open_at_rest && goro_now() < patience)
		usleep(1000);
	CHECK_EQ(test_count_fds(), open_at_rest);
}

void soak_program_settle(void)
{
	for (int i = 0; i < NET_PLACES; i++)
		net_places[i].listener = NULL;
}
