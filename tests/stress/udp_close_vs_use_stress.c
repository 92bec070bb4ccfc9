/* SPDX-License-Identifier: MIT */
/* udp_close_vs_use: a socket for datagrams is closed, or its users are cancelled, while they send, receive
 * and wait in line, in every state of those calls. Each call ends as its header says; numbers are used again at
 * once, and yet no datagram comes twice, or to a socket that it was not sent to, and what a call
 * says it received it was sent.
 */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "ends.h"

#define SOCKETS 4
#define READERS 2 /* of one socket */
#define WRITERS 2
#define MOST    1024 /* datagrams that one writer sends */

/* Whom it is for, and what it is. */
struct letter {
	uint64_t to;
	uint64_t number;
	uint64_t sum;
};

struct mailbox {
	uint64_t key;
	goro_udp *socket;
	struct sockaddr_storage address;
	uint8_t seen[WRITERS][MOST]; /* atomic */
	unsigned sent[WRITERS];
	uint64_t ids[READERS + WRITERS]; /* atomic */
	uint64_t random;
	goro_waitgroup over;
};

static uint64_t sum_of(const struct letter *l)
{
	uint64_t state = l->to ^ l->number;

	return test_random(&state);
}

static int64_t some_deadline(uint64_t *random)
{
	return stress_below(random, 3) ? GORO_FOREVER : stress_deadline(random);
}

static void check_letter(struct mailbox *m, const struct letter *l, ssize_t n)
{
	CHECK_EQ(n, sizeof(*l));
	CHECK_EQ(l->sum, sum_of(l));
	CHECK_EQ(l->to, m->key);
	CHECK_LT(l->number, WRITERS * MOST);
	CHECK_EQ(__atomic_exchange_n(
			 &m->seen[l->number / MOST][l->number % MOST], 1, __ATOMIC_RELAXED),
		0);
}

static void end_user(
	struct mailbox *m, ssize_t rc, void (*again)(struct mailbox *, size_t), size_t i)
{
	if (rc == -ECANCELED) {
		CHECK_EQ(go(again, m, i), 0);
		return;
	}
	CHECK_EQ(rc, -EBADF);
	goro_waitgroup_done(&m->over);
}

static void receive_on(struct mailbox *m, size_t i)
{
	uint64_t random = m->random ^ i;
	ssize_t n;

	__atomic_store_n(&m->ids[i], goro_id(), __ATOMIC_RELEASE);
	do {
		struct letter l;
		struct sockaddr_storage from;

		n = goro_udp_recvfrom(m->socket, &l, sizeof(l), &from, some_deadline(&random));
		if (n >= 0)
			check_letter(m, &l, n);
		stress_pause(&random);
	} while (n > 0 || n == -ETIMEDOUT);
	end_user(m, n, receive_on, i);
}

/* To itself: so who it is for and who has the number are the same while it is open. */
static void send_on(struct mailbox *m, size_t i)
{
	uint64_t random = m->random ^ i ^ 0x100;
	ssize_t n;

	__atomic_store_n(&m->ids[READERS + i], goro_id(), __ATOMIC_RELEASE);
	do {
		struct letter l = { .to = m->key, .number = i * MOST + m->sent[i] };

		l.sum = sum_of(&l);
		if (m->sent[i] == MOST) {
			struct sockaddr_storage from;

			n = goro_udp_recvfrom(m->socket, &l, sizeof(l), &from, GORO_FOREVER);
			if (n >= 0)
				check_letter(m, &l, n);
			continue;
		}
		n = goro_udp_sendto(m->socket, &l, sizeof(l), &m->address, some_deadline(&random));
		if (n >= 0)
			m->sent[i]++;
		stress_pause(&random);
	} while (n > 0 || n == -ETIMEDOUT);
	end_user(m, n, send_on, i);
}

static void open_mailbox(struct mailbox *m, uint64_t *random)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&m->address;

	memset(m, 0, sizeof(*m));
	m->key = test_random(random);
	m->random = test_random(random);
	m->over = GORO_WAITGROUP_INIT;
	CHECK_EQ(goro_udp_bind(&m->socket, "udp4", "127.0.0.1:0"), 0);
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in->sin_port = htons((uint16_t)goro_udp_port(m->socket));
	goro_waitgroup_add(&m->over, READERS + WRITERS);
	for (size_t i = 0; i < READERS; i++)
		CHECK_EQ(go(receive_on, m, i), 0);
	for (size_t i = 0; i < WRITERS; i++)
		CHECK_EQ(go(send_on, m, i), 0);
}

static void close_socket(void *arg)
{
	CHECK_EQ(goro_udp_close(arg), 0);
	CHECK_EQ(goro_udp_close(arg), -EBADF);
}

static void cancel_user(void *arg)
{
	test_cancel(__atomic_load_n((uint64_t *)arg, __ATOMIC_ACQUIRE));
}

/* What came was sent. */
static void check_mailbox(const struct mailbox *m)
{
	for (size_t i = 0; i < WRITERS; i++)
		for (size_t k = m->sent[i] + 1; k < MOST; k++)
			CHECK_EQ(m->seen[i][k], 0);
}

static void meet_again_and_again(int actor)
{
	static struct mailbox mailboxes[SOCKETS];
	struct mailbox *m = &mailboxes[actor];
	uint64_t random = stress_seed(1, (size_t)actor);

	for (size_t round = stress_times(150); round > 0; round--) {
		open_mailbox(m, &random);
		for (size_t n = stress_below(&random, 5); n > 0; n--)
			stress_end(&random, cancel_user,
				&m->ids[stress_below(&random, READERS + WRITERS)]);
		stress_end(&random, close_socket, m->socket);
		CHECK_EQ(goro_waitgroup_wait(&m->over), 0);
		check_mailbox(m);
	}
}

static void meet(void)
{
	for (int i = 0; i < SOCKETS; i++)
		CHECK_EQ(go(meet_again_and_again, i), 0);
	await_alive(1);
}

GORO_TEST_OUTSIDE(a_datagram_comes_once_where_it_was_sent_whatever_ends_the_calls)
{
	unsigned before;

	test_run(test_workers(), meet);
	before = test_count_fds();
	test_run(test_workers(), meet);
	CHECK_EQ(test_count_fds(), before);
}
