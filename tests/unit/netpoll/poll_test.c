/* SPDX-License-Identifier: MIT */
/* poll_test.c: events of numbers that nobody has asked for. */
#include "../unit.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netpoll/loop.h"
#include "netpoll/poll.h"
#include "os/os.h"

static int ends[2];

static int open_all(void **state)
{
	(void)state;
	return gr_loop_open() | socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
}

static int close_all(void **state)
{
	(void)state;
	gr_loop_stop();
	gr_poll_stop();
	return close(ends[1]);
}

/* The number may be one of libuv's own descriptors, and have been one of ours before. */
static void an_event_of_what_is_not_armed_is_for_libuv(void **state)
{
	struct gr_poll *p;

	(void)state;
	assert_false(gr_poll_ready(-1, GR_OS_READABLE));
	assert_false(gr_poll_ready(ends[0], GR_OS_READABLE));
	p = gr_poll_open(ends[0]);
	assert_non_null(p);
	for (int i = 0; i < 3; i++) {
		assert_false(gr_poll_ready(ends[0], GR_OS_READABLE));
		assert_false(gr_poll_ready(ends[0], GR_OS_WRITABLE));
		assert_false(gr_poll_ready(ends[0], GR_OS_FAILED));
	}
	gr_poll_close(p); /* by who calls, since nothing is armed */
	assert_int_equal(fcntl(ends[0], F_GETFD), -1);
	assert_false(gr_poll_ready(ends[0], GR_OS_READABLE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			an_event_of_what_is_not_armed_is_for_libuv, open_all, close_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
