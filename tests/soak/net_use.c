/* SPDX-License-Identifier: MIT */
/* net_use.c: who dials. Each connection is used in one of several ways, drawn by lot. */
#include <string.h>

#include "net.h"

struct user {
	goro_conn *c;
	uint64_t key;
	uint64_t random;
	uint64_t sent, got; /* bytes */
	bool patient;       /* the server */
};

#define WHOLE 1 /* of what a use returns: it went as it should; 0: it was cut off */

/* N2. */
static int cut(const struct user *u, ssize_t rc)
{
	if (rc == -ECANCELED || goro_cancelled())
		return -ECANCELED;
	CHECK_TRUE(!u->patient);
	return 0;
}

static int64_t some_deadline(struct user *u)
{
	return stress_below(&u->random, 4) ?
		GORO_FOREVER :
		goro_after((int64_t)stress_below(&u->random, 500) * GORO_MICROSECOND);
}

/* What came counts, until a deadline passed or not. */
static ssize_t read_some(struct user *u)
{
	unsigned char buf[NET_CHUNK];
	ssize_t n;

	do
		n = net_expect(NET_CALL_READ,
			goro_conn_read(u->c, buf, 1 + stress_below(&u->random, sizeof(buf)),
				some_deadline(u)));
	while (n == -ETIMEDOUT);
	if (n > 0) {
		net_check(u->key, u->got, buf, (size_t)n);
		u->got += (uint64_t)n;
	}
	return n;
}

static ssize_t write_some(struct user *u)
{
	unsigned char buf[NET_CHUNK];
	size_t size = 1 + stress_below(&u->random, sizeof(buf));
	struct iovec v[2] = { { buf, size / 2 }, { buf + size / 2, size - size / 2 } };
	ssize_t n;

	net_fill(u->key, u->sent, buf, size);
	n = net_expect(NET_CALL_WRITE,
		stress_below(&u->random, 2) ? goro_conn_write(u->c, buf, size, some_deadline(u)) :
					      goro_conn_writev(u->c, v, 2, some_deadline(u)));
	u->sent += n > 0 ? (uint64_t)n : 0;
	return n == -ETIMEDOUT ? 0 : n;
}

static ssize_t read_up_to(struct user *u, uint64_t bytes)
{
	ssize_t n = 1;

	while (n > 0 && u->got < bytes)
		n = read_some(u);
	return n;
}

/* Ways of use ---------------------------------------------------------------------------------- */

/* To and fro. */
static int talk(struct user *u)
{
	for (size_t i = 1 + stress_below(&u->random, 10); i > 0; i--) {
		ssize_t n = write_some(u);

		if (n >= 0)
			n = read_up_to(u, u->sent);
		if (u->got < u->sent)
			return cut(u, n);
	}
	soak_count(NET_TALK, 1);
	return WHOLE;
}

/* All that is said first, and then the end of it, which the answer outlives. */
static int end_one_side(struct user *u)
{
	uint64_t most = 1 + stress_below(&u->random, 20000);
	ssize_t n = 0;

	while (n >= 0 && u->sent < most)
		n = write_some(u);
	if (n >= 0)
		n = net_expect(NET_CALL_SHUTDOWN, goro_conn_shutdown(u->c));
	if (n >= 0)
		do
			n = read_some(u);
		while (n > 0);
	if (n != 0 || u->got != u->sent)
		return cut(u, n);
	soak_count(NET_HALF, 1);
	return WHOLE;
}

/* The server has much to say, and we take our time. */
static int read_slowly(struct user *u, uint32_t bytes)
{
	ssize_t n;

	do {
		n = goro_sleep((int64_t)stress_below(&u->random, 3) * GORO_MILLISECOND);
		if (n == 0)
			n = read_up_to(u, u->got + bytes / 8 + 1);
	} while (n > 0);
	if (n != 0 || u->got != bytes)
		return cut(u, n);
	soak_count(NET_SLOW, 1);
	return WHOLE;
}

/* A reader of ours, which is cancelled or finds the connection closed. */
struct reader {
	struct user *u;
	uint64_t id; /* atomic */
	ssize_t said;
	int left; /* atomic */
};

static void read_on(struct reader *r)
{
	__atomic_store_n(&r->id, goro_id(), __ATOMIC_RELEASE);
	do
		r->said = read_some(r->u);
	while (r->said > 0);
	__atomic_store_n(&r->left, 0, __ATOMIC_RELEASE); /* the last access */
}

static void begin_reader(struct reader *r)
{
	CHECK_EQ(go(read_on, r), 0);
	for (size_t n = stress_below(&r->u->random, 10); n > 0; n--)
		goro_yield();
}

static void await_reader(struct reader *r)
{
	while (__atomic_load_n(&r->left, __ATOMIC_ACQUIRE) != 0)
		goro_yield(); /* cancelled or not: it uses our frame */
}

/* What the one who was cancelled had not read is there for the next. */
static int cancel_reader(struct user *u)
{
	struct reader r = { .u = u, .left = 1 };
	ssize_t n = write_some(u);

	if (n < 0)
		return cut(u, n);
	begin_reader(&r);
	while (__atomic_load_n(&r.left, __ATOMIC_ACQUIRE) != 0) {
		test_cancel(__atomic_load_n(&r.id, __ATOMIC_ACQUIRE));
		goro_yield();
	}
	if (r.said == -ECANCELED)
		n = read_up_to(u, u->sent);
	if (u->got < u->sent)
		return cut(u, r.said == -ECANCELED ? n : r.said);
	soak_count(NET_CANCEL, r.said == -ECANCELED);
	return WHOLE;
}

/* Under a reader: nothing is said of what had not come. */
static int close_under_reader(struct user *u)
{
	struct reader r = { .u = u, .left = 1 };

	begin_reader(&r);
	CHECK_EQ(goro_conn_close(u->c), 0);
	await_reader(&r);
	CHECK_TRUE(
		r.said == -EBADF || r.said == 0 || r.said == -ECONNRESET || r.said == -ECANCELED);
	soak_count(NET_CLOSE, 1);
	return 0;
}

/* Closes though there is something to be read: over tcp that is a reset. */
static int be_rude(struct user *u)
{
	for (size_t n = stress_below(&u->random, 4); n > 0; n--)
		if (write_some(u) < 0)
			break;
	soak_count(NET_RUDE, 1);
	return 0;
}

/* Dials ---------------------------------------------------------------------------------------- */

/* N1. False: there is nobody, or no more. */
static bool say_hello(struct user *u, const struct net_wish *wish)
{
	unsigned char hello = 0;

	if (net_expect(NET_CALL_WRITE, goro_conn_write(u->c, wish, sizeof(*wish), GORO_FOREVER)) !=
			sizeof(*wish) ||
		net_expect(NET_CALL_READ, goro_conn_read(u->c, &hello, 1, GORO_FOREVER)) != 1)
		return false;
	CHECK_TRUE(hello == NET_PATIENT || hello == NET_IMPATIENT);
	u->patient = hello == NET_PATIENT;
	return true;
}

static void use(struct user *u)
{
	size_t how = stress_below(&u->random, 12);
	struct net_wish wish = { .key = u->key, .want = how < 2 ? NET_FLOOD : NET_ECHO };

	wish.bytes = (uint32_t)(1 + stress_below(&u->random, how == 0 ? 300000 : 10000));
	if (!say_hello(u, &wish))
		return;
	if (how < 2)
		read_slowly(u, wish.bytes);
	else if (how < 4)
		end_one_side(u);
	else if (how < 6)
		cancel_reader(u);
	else if (how == 6)
		close_under_reader(u);
	else if (how == 7)
		be_rude(u);
	else
		talk(u);
}

void net_use(size_t i, uint64_t random)
{
	int rc = 0;

	while (!net_over(rc)) {
		struct net_place *p = &net_places[(i + stress_below(&random, 4)) % NET_PLACES];
		struct user u = { .key = test_random(&random), .random = test_random(&random) };
		int rest;

		rc = (int)net_expect(
			NET_CALL_DIAL, goro_dial(&u.c, p->network, p->address, some_deadline(&u)));
		soak_count(NET_DIAL, rc == 0);
		if (rc == 0) {
			use(&u);
			rest = goro_conn_close(u.c);
			CHECK_TRUE(rest == 0 || rest == -EBADF);
		}
		if (rc != -ECANCELED)
			rc = goro_sleep((int64_t)stress_below(&random, 30) * GORO_MILLISECOND);
	}
}
