/* SPDX-License-Identifier: MIT */
/* linux_poll_test.c: waiting for a set of descriptors, and bells in it. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "goro/time.h"
#include "os/os.h"

static int set, bell;

static int hang(void **state)
{
	struct epoll_event e = { .events = EPOLLIN };

	(void)state;
	set = epoll_create1(EPOLL_CLOEXEC);
	bell = gr_os_bell_make();
	assert_true(set >= 0 && bell >= 0);
	e.data.fd = bell;
	return epoll_ctl(set, EPOLL_CTL_ADD, bell, &e);
}

static int take_down(void **state)
{
	(void)state;
	return close(bell) | close(set);
}

/* It is the only one in the set, and the kernel is asked without waiting. */
static bool rings(void)
{
	struct gr_os_ready ready[2];
	int n = gr_os_await_set(set, INT64_MIN, ready, 2);

	assert_in_range(n, 0, 1);
	if (n == 1) {
		assert_int_equal(ready[0].fd, bell);
		assert_int_equal(ready[0].what, GR_OS_READABLE);
	}
	return n == 1;
}

static void a_bell_rings_until_it_is_silenced(void **state)
{
	(void)state;
	assert_false(rings());
	for (int n = 1; n < 100; n *= 3) {
		for (int i = 0; i < n; i++)
			gr_os_bell_ring(bell);
		assert_true(rings());
		assert_true(rings());
		gr_os_bell_silence(bell);
		assert_false(rings());
	}
}

static void a_bell_that_is_silent_can_be_silenced(void **state)
{
	(void)state;
	gr_os_bell_silence(bell);
	gr_os_bell_silence(bell);
	assert_false(rings());
	gr_os_bell_ring(bell);
	assert_true(rings());
}

static void a_bell_is_for_this_process(void **state)
{
	(void)state;
	assert_true(fcntl(bell, F_GETFD) & FD_CLOEXEC);
}

static void a_bell_that_cannot_be_had_is_told(void **state)
{
	struct rlimit before, none;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(gr_os_bell_make(), -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* Far ones in milliseconds, near ones precisely; neither comes back late for want of being asked again. */
static void a_wait_ends_with_its_deadline(void **state)
{
	struct gr_os_ready ready[1];

	(void)state;
	for (int64_t ns = 10 * GORO_MICROSECOND; ns < 30 * GORO_MILLISECOND; ns *= 3) {
		int64_t until = gr_os_now() + ns;

		while (gr_os_now() < until)
			assert_int_equal(gr_os_await_set(set, until, ready, 1), 0);
	}
}

#define HUNG(test) cmocka_unit_test_setup_teardown(test, hang, take_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUNG(a_bell_rings_until_it_is_silenced),
		HUNG(a_bell_that_is_silent_can_be_silenced),
		HUNG(a_bell_is_for_this_process),
		HUNG(a_bell_that_cannot_be_had_is_told),
		HUNG(a_wait_ends_with_its_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
