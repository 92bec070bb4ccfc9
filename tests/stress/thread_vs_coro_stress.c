/* SPDX-License-Identifier: MIT */
/* thread_vs_coro: plain threads and coroutines, senders and receivers, on one channel. A thread
 * sleeps in the kernel and a coroutine does not; the value does not care.
 */
#include "stress.h"

#define THREADS 2

static struct {
	chan(uint64_t) c;
	struct tally sent, received;
	goro_waitgroup senders, receivers;
	uint64_t next;
	size_t n;
} shared;

static void send_all(uint64_t random)
{
	for (size_t i = 0; i < shared.n;) {
		uint64_t v = __atomic_add_fetch(&shared.next, 1, __ATOMIC_RELAXED);
		int rc;

		switch (stress_below(&random, 4)) {
		case 0:
			rc = chan_send_until(shared.c, v, stress_deadline(&random));
			break;
		case 1:
			rc = chan_select(
				chan_on_send(shared.c, v), chan_on_send((chan(uint64_t))NULL, v));
			break;
		default:
			rc = chan_send(shared.c, v);
		}
		if (rc == 0)
			tally_add(&shared.sent, v), i++;
		else
			CHECK_EQ(rc, -ETIMEDOUT);
	}
	goro_waitgroup_done(&shared.senders);
}

static void receive_all(uint64_t random)
{
	for (;;) {
		uint64_t v = 0;
		bool ok = true;
		int rc;

		switch (stress_below(&random, 3)) {
		case 0:
			rc = chan_recv_until(shared.c, &v, stress_deadline(&random));
			break;
		case 1:
			rc = chan_select(chan_on_recv(shared.c, &v, &ok));
			break;
		default:
			rc = chan_recv(shared.c, &v);
		}
		if (rc == -EPIPE || !ok)
			break;
		if (rc == 0)
			tally_add(&shared.received, v);
		else
			CHECK_EQ(rc, -ETIMEDOUT);
	}
	goro_waitgroup_done(&shared.receivers);
}

static void thread_sends(void *arg)
{
	send_all(stress_seed(7, (size_t)(uintptr_t)arg));
}

static void thread_receives(void *arg)
{
	receive_all(stress_seed(8, (size_t)(uintptr_t)arg));
}

static void run(size_t cap)
{
	struct test_thread t[2 * THREADS];

	shared.c = chan_make(uint64_t, cap);
	shared.sent = shared.received = (struct tally){ 0, 0 };
	shared.senders = shared.receivers = GORO_WAITGROUP_INIT;
	shared.n = stress_times(10000);
	goro_waitgroup_add(&shared.senders, 2 * THREADS);
	goro_waitgroup_add(&shared.receivers, 2 * THREADS);
	for (size_t i = 0; i < THREADS; i++) {
		void *arg = (void *)(uintptr_t)i;

		test_thread_start(&t[2 * i], thread_sends, arg);
		test_thread_start(&t[2 * i + 1], thread_receives, arg);
		CHECK_EQ(go(send_all, stress_seed(9, i)), 0);
		CHECK_EQ(go(receive_all, stress_seed(10, i)), 0);
	}
	CHECK_EQ(goro_waitgroup_wait(&shared.senders), 0);
	CHECK_EQ(chan_close(shared.c), 0);
	CHECK_EQ(goro_waitgroup_wait(&shared.receivers), 0);
	for (size_t i = 0; i < 2 * THREADS; i++)
		test_thread_join(&t[i]);
	tally_check(&shared.sent, &shared.received);
	CHECK_EQ(shared.sent.count, 2 * THREADS * shared.n);
	chan_free(shared.c);
}

GORO_TEST(threads_and_coroutines_share_a_channel)
{
	run(0);
	run(1);
	run(64);
	run(GORO_CHAN_UNBOUNDED);
}

/* The same, while the main thread is no coroutine either. */
GORO_TEST_OUTSIDE(and_so_from_outside)
{
	test_start();
	run(0);
	run(2);
	test_stop();
}
