/* SPDX-License-Identifier: MIT */
/* dial_accept_vs_end: dials and accepts are ended by deadlines, cancels and the close of the listener, at every
 * moment. Each says what happened to it; no connection is there that nobody was told of, and each has a
 * peer of its own: who dials and who accepts tell each other a number, which comes once.
 */
#include <string.h>

#include "ends.h"
#include "goro_net.h"

#define DIALLERS  6
#define ACCEPTORS 3

static struct test_listener listener;

static struct person {
	uint64_t id; /* atomic */
	uint64_t random;
} diallers[DIALLERS], acceptors[ACCEPTORS];

static goro_waitgroup over;
static uint64_t tokens;
static struct tally said, heard;

static int64_t some_deadline(uint64_t *random)
{
	return stress_below(random, 3) ? GORO_FOREVER : stress_deadline(random);
}

/* The token's way back is what says that it was heard: then it counts on both sides. */
static void talk(goro_conn *c, struct tally *t, uint64_t token)
{
	uint64_t back = 0;

	if (goro_conn_write(c, &token, sizeof(token), GORO_FOREVER) != sizeof(token))
		return;
	if (goro_conn_read(c, &back, sizeof(back), GORO_FOREVER) != sizeof(back))
		return;
	CHECK_EQ(back, ~token);
	tally_add(t, token);
}

static void listen_to(goro_conn *c)
{
	uint64_t token = 0;

	if (goro_conn_read(c, &token, sizeof(token), GORO_FOREVER) != sizeof(token))
		return;
	CHECK_TRUE(token != 0 && token <= __atomic_load_n(&tokens, __ATOMIC_RELAXED));
	tally_add(&heard, token);
	token = ~token;
	goro_conn_write(c, &token, sizeof(token), GORO_FOREVER);
}

static void accept_on(struct person *me)
{
	goro_conn *c;
	int rc;

	__atomic_store_n(&me->id, goro_id(), __ATOMIC_RELEASE);
	do {
		c = NULL;
		rc = goro_accept(listener.listener, &c, some_deadline(&me->random));
		CHECK_EQ(rc == 0, c != NULL);
		if (rc == 0) {
			listen_to(c);
			CHECK_EQ(goro_conn_close(c), 0);
		}
		stress_pause(&me->random);
	} while (rc == 0 || rc == -ETIMEDOUT);
	CHECK_TRUE(rc == -EBADF || rc == -ECANCELED);
	if (rc == -ECANCELED)
		CHECK_EQ(go(accept_on, me), 0); /* a successor */
	else
		goro_waitgroup_done(&over);
}

static void dial_on(struct person *me)
{
	goro_conn *c;
	int rc;

	__atomic_store_n(&me->id, goro_id(), __ATOMIC_RELEASE);
	do {
		c = NULL;
		rc = goro_dial(&c, listener.network, listener.address, some_deadline(&me->random));
		CHECK_EQ(rc == 0, c != NULL);
		if (rc == 0) {
			talk(c, &said, __atomic_add_fetch(&tokens, 1, __ATOMIC_RELAXED));
			CHECK_EQ(goro_conn_close(c), 0);
		}
		stress_pause(&me->random);
	} while (rc == 0 || rc == -ETIMEDOUT || rc == -ECONNRESET);
	CHECK_TRUE(
		rc == -ECONNREFUSED || rc == -ENOENT || rc == -EADDRNOTAVAIL || rc == -ECANCELED);
	if (rc == -ECANCELED)
		CHECK_EQ(go(dial_on, me), 0);
	else
		goro_waitgroup_done(&over);
}

static void cancel_person(void *arg)
{
	test_cancel(__atomic_load_n(&((struct person *)arg)->id, __ATOMIC_ACQUIRE));
}

static void close_listener(void *arg)
{
	CHECK_EQ(goro_listener_close(arg), 0);
	CHECK_EQ(goro_listener_close(arg), -EBADF);
}

static void begin(struct person *p, size_t n, void (*fn)(struct person *), uint64_t *random)
{
	for (size_t i = 0; i < n; i++) {
		p[i].random = test_random(random);
		CHECK_EQ(go(fn, &p[i]), 0);
	}
}

static void play(void)
{
	uint64_t random = stress_seed(1, 0);

	tokens = 0;
	said = heard = (struct tally){ 0, 0 };
	for (size_t round = stress_times(60); round > 0; round--) {
		test_listen(&listener, round % 2 ? "unix" : "tcp4");
		goro_waitgroup_add(&over, DIALLERS + ACCEPTORS);
		begin(acceptors, ACCEPTORS, accept_on, &random);
		begin(diallers, DIALLERS, dial_on, &random);
		for (size_t n = stress_below(&random, 10); n > 0; n--)
			stress_end(&random, cancel_person,
				stress_below(&random, 2) ?
					&diallers[stress_below(&random, DIALLERS)] :
					&acceptors[stress_below(&random, ACCEPTORS)]);
		stress_end(&random, close_listener, listener.listener);
		CHECK_EQ(goro_waitgroup_wait(&over), 0);
	}
	CHECK_LE(said.count, heard.count);
}

/* The descriptors of each run: those that libuv keeps from the first one on. */
GORO_TEST_OUTSIDE(a_dial_and_an_accept_end_as_they_say_and_hold_nothing_else)
{
	unsigned before;

	test_run(test_workers(), play);
	before = test_count_fds();
	test_run(test_workers(), play);
	CHECK_EQ(test_count_fds(), before);
}
