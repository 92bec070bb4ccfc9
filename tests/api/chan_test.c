/* SPDX-License-Identifier: MIT */
/* chan_test.c: what a channel holds, and what it says. Nobody has to wait here; for that see
 * chan_wait_test.c.
 */
#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "goro_test.h"

/* Making ------------------------------------------------------------------------------------ */

GORO_TEST(a_capacity_that_is_negative_or_too_large_makes_no_channel)
{
	CHECK_EQ(chan_make(int, -1), NULL);
	CHECK_EQ(chan_make(int, INT_MIN), NULL);
	CHECK_EQ(chan_make(char, (size_t)PTRDIFF_MAX + 1), NULL);
	CHECK_EQ(chan_make(char, SIZE_MAX), NULL);
	CHECK_EQ(chan_make(int, SIZE_MAX / sizeof(int) + 1), NULL);
	CHECK_EQ(goro_chan_make(SIZE_MAX / 2 + 2, 2), NULL);
	CHECK_EQ(goro_chan_make(1, PTRDIFF_MAX), NULL);
	CHECK_EQ(goro_chan_make((size_t)PTRDIFF_MAX + 1, 0), NULL);
	CHECK_EQ(goro_chan_make(0, SIZE_MAX), NULL);
}

GORO_TEST(unbounded_is_no_negative_capacity)
{
	chan(int) c = chan_make(int, CHAN_UNBOUNDED);

	CHECK_NE(CHAN_UNBOUNDED, (size_t)-1);
	CHECK_NE(c, NULL);
	CHECK_EQ(chan_cap(c), CHAN_UNBOUNDED);
	CHECK_EQ(chan_len(c), 0);
	chan_free(c);
}

/* A buffer of nothing needs no memory, so its capacity is not bounded by it. */
GORO_TEST(elements_without_size_are_counted)
{
	goro_chan *c = goro_chan_make(0, 3);

	CHECK_EQ(goro_chan_send(c, NULL), 0);
	CHECK_EQ(goro_chan_try_send(c, NULL), 0);
	CHECK_EQ(goro_chan_send_many(c, NULL, 5), 1);
	CHECK_EQ(goro_chan_try_send(c, NULL), -EAGAIN);
	CHECK_EQ(goro_chan_len(c), 3);
	CHECK_EQ(goro_chan_recv(c, NULL), 0);
	CHECK_EQ(goro_chan_recv_many(c, NULL, 5), 2);
	CHECK_EQ(goro_chan_try_recv(c, NULL), -EAGAIN);
	CHECK_EQ(goro_chan_close(c), 0);
	CHECK_EQ(goro_chan_recv(c, NULL), -EPIPE);
	goro_chan_free(c);
	c = goro_chan_make(0, CHAN_UNBOUNDED);
	for (int i = 0; i < 10000; i++)
		CHECK_EQ(goro_chan_send(c, NULL), 0);
	CHECK_EQ(goro_chan_len(c), 10000);
	CHECK_EQ(goro_chan_recv_many(c, NULL, 10000), 10000);
	goro_chan_free(c);
}

struct large {
	uint32_t words[4096];
};

static void fill(struct large *l, uint32_t with)
{
	for (size_t i = 0; i < sizeof(l->words) / sizeof(*l->words); i++)
		l->words[i] = with + (uint32_t)i;
}

static void send_and_receive_large(size_t cap)
{
	chan(struct large) c = chan_make(struct large, cap);
	struct large *out = malloc(sizeof(*out)), *in = malloc(sizeof(*in));

	for (uint32_t i = 0; i < 3; i++) {
		fill(out, i);
		CHECK_EQ(goro_chan_send((goro_chan *)(void *)c, out), 0);
	}
	for (uint32_t i = 0; i < 3; i++) {
		fill(out, i);
		CHECK_EQ(chan_recv(c, in), 0);
		CHECK_EQ(memcmp(out, in, sizeof(*in)), 0);
	}
	chan_free(c);
	free(out);
	free(in);
}

GORO_TEST(large_elements_travel_whole)
{
	send_and_receive_large(3);
	send_and_receive_large(CHAN_UNBOUNDED);
}

/* Each size with bytes of its own: the copy of no size overlaps its neighbours. */
GORO_TEST(elements_of_every_size_keep_their_bytes)
{
	for (size_t size = 1; size <= 40; size++) {
		goro_chan *c = goro_chan_make(size, 3);
		unsigned char out[40], in[41];

		for (unsigned round = 0; round < 5; round++) {
			for (unsigned i = 0; i < 3; i++) {
				memset(out, (int)(size + i), sizeof(out));
				CHECK_EQ(goro_chan_send(c, out), 0);
			}
			for (unsigned i = 0; i < 3; i++) {
				memset(in, 0xee, sizeof(in));
				memset(out, (int)(size + i), sizeof(out));
				CHECK_EQ(goro_chan_recv(c, in), 0);
				CHECK_EQ(memcmp(in, out, size), 0);
				CHECK_EQ(in[size], 0xee);
			}
		}
		goro_chan_free(c);
	}
}

/* Buffers ----------------------------------------------------------------------------------- */

static void check_buffer_of(size_t cap)
{
	chan(int) c = chan_make(int, cap);
	int v, next_in = 0, next_out = 0;

	CHECK_EQ(chan_cap(c), cap);
	for (size_t fill_to = 0; fill_to <= cap; fill_to++) {
		while (chan_len(c) < fill_to)
			CHECK_EQ(chan_send(c, next_in++), 0);
		if (fill_to == cap) {
			CHECK_EQ(chan_try_send(c, 0), -EAGAIN);
			CHECK_EQ(chan_send_until(c, 0, 0), -ETIMEDOUT);
			CHECK_EQ(chan_send_until(c, 0, goro_after(1)), -ETIMEDOUT);
		}
		while (chan_len(c) > fill_to / 2) {
			CHECK_EQ(chan_recv(c, &v), 0);
			CHECK_EQ(v, next_out++);
		}
	}
	while (chan_try_recv(c, &v) == 0)
		CHECK_EQ(v, next_out++);
	CHECK_EQ(next_out, next_in);
	v = 77;
	CHECK_EQ(chan_try_recv(c, &v), -EAGAIN);
	CHECK_EQ(chan_recv_until(c, &v, INT64_MIN), -ETIMEDOUT);
	CHECK_EQ(v, 77); /* nothing was taken, nothing written */
	chan_free(c);
}

GORO_TEST(a_bounded_channel_holds_its_capacity_and_keeps_the_order)
{
	check_buffer_of(0);
	check_buffer_of(1);
	check_buffer_of(2);
	check_buffer_of(3);
	check_buffer_of(128);
}

GORO_TEST(an_unbounded_channel_takes_what_comes_and_keeps_the_order)
{
	int n = (int)test_scaled(300000), next_out = 0, v;
	chan(int) c = chan_make(int, CHAN_UNBOUNDED);

	for (int i = 0; i < n; i++) {
		CHECK_EQ(chan_send(c, i), 0);
		if (i % 3 == 0) {
			CHECK_EQ(chan_recv(c, &v), 0);
			CHECK_EQ(v, next_out++);
		}
	}
	CHECK_EQ(chan_len(c), n - next_out);
	while (chan_try_recv(c, &v) == 0)
		CHECK_EQ(v, next_out++);
	CHECK_EQ(next_out, n);
	CHECK_EQ(chan_len(c), 0);
	chan_free(c);
}

/* mallinfo2() is glibc's own allocator's count; a sanitizer has another. */
#if TEST_ASAN || TEST_TSAN
#define CAN_COUNT_MEMORY 0
#else
#define CAN_COUNT_MEMORY 1
#endif

GORO_TEST(an_unbounded_channel_gives_memory_back_when_drained)
{
	int n = (int)test_scaled(400000), v;
	chan(int) c = chan_make(int, CHAN_UNBOUNDED);
	size_t before = mallinfo2().uordblks, full, drained;

	for (int i = 0; i < n; i++)
		CHECK_EQ(chan_send(c, i), 0);
	full = mallinfo2().uordblks;
	for (int i = 0; i < n; i++)
		CHECK_EQ(chan_recv(c, &v), 0);
	drained = mallinfo2().uordblks;
	if (CAN_COUNT_MEMORY && n > 100000) {
		CHECK_LE(before + (size_t)n * sizeof(int), full);
		CHECK_LT(drained, before + 16384);
	}
	chan_free(c);
}

/* Closing ----------------------------------------------------------------------------------- */

static void check_drain(size_t cap)
{
	chan(int) c = chan_make(int, cap);
	int v = -1, two[2] = { 1, 2 };

	CHECK_EQ(chan_send_many(c, two, 2), 2);
	CHECK_EQ(chan_close(c), 0);
	CHECK_EQ(chan_close(c), -EPIPE);
	CHECK_EQ(chan_send(c, 3), -EPIPE);
	CHECK_EQ(chan_try_send(c, 3), -EPIPE);
	CHECK_EQ(chan_send_until(c, 3, 0), -EPIPE);
	CHECK_EQ(chan_send_many(c, two, 2), -EPIPE);
	CHECK_EQ(chan_len(c), 2);
	CHECK_EQ(chan_recv(c, &v), 0);
	CHECK_EQ(v, 1);
	CHECK_EQ(chan_recv_until(c, &v, 0), 0);
	CHECK_EQ(v, 2);
	CHECK_EQ(chan_recv(c, &v), -EPIPE);
	CHECK_EQ(v, 0);
	v = -1;
	CHECK_EQ(chan_try_recv(c, &v), -EPIPE);
	CHECK_EQ(v, 0);
	v = -1;
	CHECK_EQ(chan_recv_until(c, &v, INT64_MIN), -EPIPE);
	CHECK_EQ(v, 0);
	CHECK_EQ(chan_recv_many(c, two, 2), -EPIPE);
	CHECK_EQ(chan_close(c), -EPIPE);
	chan_free(c);
}

GORO_TEST(after_close_recv_drains_the_buffer_then_says_epipe_and_zeroes)
{
	check_drain(2);
	check_drain(128);
	check_drain(CHAN_UNBOUNDED);
}

GORO_TEST(a_closed_channel_zeroes_all_of_a_large_element)
{
	chan(struct large) c = chan_make(struct large, 1);
	struct large *v = malloc(sizeof(*v)), *zero = calloc(1, sizeof(*zero));

	memset(v, 0xff, sizeof(*v));
	chan_close(c);
	CHECK_EQ(chan_recv(c, v), -EPIPE);
	CHECK_EQ(memcmp(v, zero, sizeof(*v)), 0);
	chan_free(c);
	free(v);
	free(zero);
}

/* References -------------------------------------------------------------------------------- */

GORO_TEST(a_channel_lives_until_its_last_reference_is_freed)
{
	chan(int) c = chan_make(int, 1);
	int v = 0;

	for (int i = 0; i < 1000; i++)
		CHECK_EQ(chan_ref(c), c);
	CHECK_EQ(chan_send(c, 5), 0);
	for (int i = 0; i < 1000; i++)
		chan_free(c);
	CHECK_EQ(chan_recv(c, &v), 0);
	CHECK_EQ(v, 5);
	chan_free(c);
}

GORO_TEST(a_channel_ends_with_what_is_in_it)
{
	for (int i = 0; i < 3; i++) {
		chan(int) c = chan_make(int, i == 0 ? 4 : CHAN_UNBOUNDED);

		for (int n = 0; n < (i == 2 ? 5000 : 4); n++)
			CHECK_EQ(chan_send(c, n), 0);
		chan_free(c);
	}
}

/* Wrong arguments --------------------------------------------------------------------------- */

GORO_TEST(a_null_channel_is_an_error)
{
	chan(int) none = NULL;
	int v[2] = { 1, 2 };

	CHECK_EQ(chan_send(none, 1), -EINVAL);
	CHECK_EQ(chan_try_send(none, 1), -EINVAL);
	CHECK_EQ(chan_send_until(none, 1, GORO_FOREVER), -EINVAL);
	CHECK_EQ(chan_send_until(none, 1, 0), -EINVAL);
	CHECK_EQ(chan_send_many(none, v, 2), -EINVAL);
	CHECK_EQ(chan_recv(none, v), -EINVAL);
	CHECK_EQ(chan_try_recv(none, v), -EINVAL);
	CHECK_EQ(chan_recv_until(none, v, GORO_FOREVER), -EINVAL);
	CHECK_EQ(chan_recv_until(none, v, INT64_MIN), -EINVAL);
	CHECK_EQ(chan_recv_many(none, v, 2), -EINVAL);
	CHECK_EQ(chan_close(none), -EINVAL);
	CHECK_EQ(chan_len(none), 0);
	CHECK_EQ(chan_cap(none), 0);
	CHECK_EQ(chan_ref(none), NULL);
	CHECK_EQ(v[0], 1);
	chan_free(none);
	chan_free(NULL);
	goro_chan_free(NULL);
}

GORO_TEST(a_null_element_or_a_huge_number_of_them_is_an_error)
{
	chan(int) c = chan_make(int, 2);
	goro_chan *u = (goro_chan *)(void *)c;
	int v[2] = { 1, 2 };

	CHECK_EQ(goro_chan_send(u, NULL), -EINVAL);
	CHECK_EQ(goro_chan_try_send(u, NULL), -EINVAL);
	CHECK_EQ(goro_chan_send_until(u, NULL, 0), -EINVAL);
	CHECK_EQ(goro_chan_recv(u, NULL), -EINVAL);
	CHECK_EQ(goro_chan_try_recv(u, NULL), -EINVAL);
	CHECK_EQ(goro_chan_recv_until(u, NULL, 0), -EINVAL);
	CHECK_EQ(goro_chan_send_many(u, NULL, 1), -EINVAL);
	CHECK_EQ(goro_chan_recv_many(u, NULL, 1), -EINVAL);
	CHECK_EQ(chan_send_many(c, v, -1), -EINVAL);
	CHECK_EQ(chan_recv_many(c, v, -1), -EINVAL);
	CHECK_EQ(chan_send_many(c, v, SIZE_MAX), -EINVAL);
	CHECK_EQ(chan_recv_many(c, v, (size_t)INT_MAX + 1), -EINVAL);
	CHECK_EQ(chan_send_many(c, v, 0), 0);
	CHECK_EQ(chan_recv_many(c, v, 0), 0);
	chan_close(c); /* wrong arguments are told before that it is closed */
	CHECK_EQ(goro_chan_send(u, NULL), -EINVAL);
	CHECK_EQ(goro_chan_recv(u, NULL), -EINVAL);
	CHECK_EQ(chan_len(c), 0);
	chan_free(c);
}
