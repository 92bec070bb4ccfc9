/* SPDX-License-Identifier: MIT */
/* recv_then_free: who received the last value frees the channel at once, though its sender, or
 * the one who woke it, has not returned. ASan sees a touch that comes late; without it the freed
 * memory is written over.
 */
#include <stdlib.h>
#include <string.h>

#include "stress.h"

struct pass {
	chan(uint64_t) c;
	int form;
	goro_waitgroup *all;
};

static void sender(chan(uint64_t) c, int form, uint64_t v, goro_waitgroup *all)
{
	int rc;

	switch (form) {
	case 0:
		rc = chan_send(c, v);
		break;
	case 1:
		rc = chan_select(chan_on_send(c, v), chan_on_send(c, v));
		rc = rc > 0 ? 0 : rc;
		break;
	case 2:
		rc = chan_send_many(c, &v, 1) - 1;
		break;
	case 3:
		rc = chan_send_until(c, v, GORO_FOREVER - 1);
		break;
	default:
		while ((rc = chan_try_send(c, v)) == -EAGAIN)
			goro_yield();
	}
	CHECK_EQ(rc, 0);
	goro_waitgroup_done(all);
}

static void thread_sender(void *arg)
{
	struct pass *p = arg;

	sender(p->c, p->form, 7, p->all);
}

/* The last form wants a buffer, for two that only try never meet. */
static uint64_t recv_somehow(chan(uint64_t) c, uint64_t *random)
{
	size_t form = stress_below(random, chan_cap(c) == 0 ? 3 : 4);
	uint64_t v = 0;

	switch (form) {
	case 0:
		CHECK_EQ(chan_recv(c, &v), 0);
		break;
	case 1:
		CHECK_LE(0, chan_select(chan_on_recv(c, &v), chan_on_recv(c, &v)));
		break;
	case 2:
		CHECK_EQ(chan_recv_many(c, &v, 1), 1);
		break;
	default:
		while (chan_try_recv(c, &v) == -EAGAIN)
			goro_yield();
	}
	return v;
}

/* Takes the place of what was freed, with something that is no channel. */
static void write_over(void)
{
	char *p = malloc(192);

	memset(p, 0xdb, 192);
	__asm__ volatile("" : : "r"(p) : "memory");
	free(p);
}

GORO_TEST(the_channel_may_end_with_its_last_value)
{
	goro_waitgroup all = GORO_WAITGROUP_INIT;
	uint64_t random = stress_seed(0, 0);

	for (size_t n = stress_times(100000); n > 0; n--) {
		chan(uint64_t) c = chan_make(uint64_t, stress_cap(&random));

		goro_waitgroup_add(&all, 1);
		CHECK_EQ(go(sender, c, (int)stress_below(&random, 5), (uint64_t)n, &all), 0);
		stress_pause(&random);
		CHECK_EQ(recv_somehow(c, &random), n);
		chan_free(c);
		write_over();
	}
	CHECK_EQ(goro_waitgroup_wait(&all), 0);
}

GORO_TEST(a_threads_channel_may_end_with_its_last_value)
{
	goro_waitgroup all = GORO_WAITGROUP_INIT;
	uint64_t random = stress_seed(1, 0);

	for (size_t n = stress_times(1500); n > 0; n--) {
		struct pass p = { chan_make(uint64_t, stress_cap(&random)),
			(int)stress_below(&random, 4), &all };
		struct test_thread t;

		goro_waitgroup_add(&all, 1);
		test_thread_start(&t, thread_sender, &p);
		CHECK_EQ(recv_somehow(p.c, &random), 7);
		chan_free(p.c);
		write_over();
		test_thread_join(&t);
	}
	CHECK_EQ(goro_waitgroup_wait(&all), 0);
}

/* A waitgroup on the stack of the one that waits ends with that frame. */
static void done(goro_waitgroup *w)
{
	goro_waitgroup_done(w);
}

static void __attribute__((noinline)) wait_on_the_stack(size_t n)
{
	goro_waitgroup w = GORO_WAITGROUP_INIT;

	goro_waitgroup_add(&w, (int64_t)n);
	for (size_t i = 0; i < n; i++)
		CHECK_EQ(go(done, &w), 0);
	CHECK_EQ(goro_waitgroup_wait(&w), 0);
	memset(&w, 0xdb, sizeof(w));
	__asm__ volatile("" : : "r"(&w) : "memory");
}

GORO_TEST(a_waitgroup_may_end_with_its_frame)
{
	for (size_t n = stress_times(50000); n > 0; n--)
		wait_on_the_stack(1 + n % 4);
}
