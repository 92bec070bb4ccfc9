/* SPDX-License-Identifier: MIT */
/* linux_clock_test.c: the monotonic clock, naps, entropy (os.h). */
#include "../unit.h"

#include <time.h>

#include "os/os.h"

static void now_is_the_monotonic_clock_in_nanoseconds(void **state)
{
	struct timespec before, after;
	int64_t now;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &before);
	now = gr_os_now();
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true(now >= (int64_t)before.tv_sec * 1000000000 + before.tv_nsec);
	assert_true(now <= (int64_t)after.tv_sec * 1000000000 + after.tv_nsec);
}

static void now_never_goes_back(void **state)
{
	int64_t last = gr_os_now();

	(void)state;
	for (size_t i = 0; i < scaled(100000); i++) {
		int64_t now = gr_os_now();

		assert_true(now >= last);
		last = now;
	}
}

static void a_nap_lasts_as_long_as_asked_without_signals(void **state)
{
	int64_t lengths[] = { 1, 1000, 2000000 };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		int64_t start = gr_os_now();

		gr_os_nap(lengths[i]);
		assert_true(gr_os_now() - start >= lengths[i]);
	}
}

static void on_alarm(int signo)
{
	(void)signo;
}

/* The nap would take an hour; the timer goes on until it has hit it. */
static void a_signal_ends_a_nap_and_errno_stays(void **state)
{
	struct sigaction ours = { .sa_handler = on_alarm }, old;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct itimerspec every = { { 0, 5000000 }, { 0, 5000000 } };
	timer_t timer;

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &ours, &old), 0);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	assert_int_equal(timer_settime(timer, 0, &every, NULL), 0);
	errno = 4711;
	gr_os_nap(INT64_C(3600) * 1000000000);
	assert_int_equal(errno, 4711);
	timer_delete(timer);
	signal(SIGALRM, SIG_IGN); /* one may be on its way */
	sigaction(SIGALRM, &old, NULL);
}

static void entropy_differs_each_time_and_every_bit_moves(void **state)
{
	uint64_t first = gr_os_entropy(), last = first, moved = 0;

	(void)state;
	errno = 4711;
	for (int i = 0; i < 256; i++) {
		uint64_t next = gr_os_entropy();

		assert_true(next != last);
		moved |= next ^ first;
		last = next;
	}
	assert_int_equal(errno, 4711);
	assert_true(moved == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(now_is_the_monotonic_clock_in_nanoseconds),
		cmocka_unit_test(now_never_goes_back),
		cmocka_unit_test(a_nap_lasts_as_long_as_asked_without_signals),
		cmocka_unit_test(a_signal_ends_a_nap_and_errno_stays),
		cmocka_unit_test(entropy_differs_each_time_and_every_bit_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
