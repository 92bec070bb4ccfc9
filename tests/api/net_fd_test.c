/* SPDX-License-Identifier: MIT */
/* net_fd_test.c: goro_fd_wait(), for descriptors that are not goro's. */
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "goro_test.h"

static int fds[2];
static atomic_int result;

static void wait_for(int fd, int events)
{
	int rc = goro_fd_wait(fd, events, GORO_FOREVER);

	CHECK_LT(0, rc); /* else nobody would be found asleep */
	atomic_store(&result, rc);
}

static void begin_wait(int fd, int events)
{
	atomic_store(&result, INT_MIN);
	CHECK_EQ(go(wait_for, fd, events), 0);
	await_parked(1, "fd wait");
}

static int end_wait(void)
{
	AWAIT(atomic_load(&result) != INT_MIN);
	return atomic_load(&result);
}

static void close_both(void)
{
	CHECK_EQ(close(fds[0]), 0);
	CHECK_EQ(close(fds[1]), 0);
}

GORO_TEST(what_is_ready_is_told_at_once)
{
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	CHECK_EQ(goro_fd_wait(fds[0], GORO_WRITE, INT64_MIN), GORO_WRITE);
	CHECK_EQ(goro_fd_wait(fds[0], GORO_READ | GORO_WRITE, GORO_FOREVER), GORO_WRITE);
	CHECK_EQ(goro_fd_wait(fds[0], GORO_READ, INT64_MIN), -ETIMEDOUT);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(goro_fd_wait(fds[0], GORO_READ, GORO_FOREVER), GORO_READ);
	CHECK_EQ(goro_fd_wait(fds[0], GORO_READ | GORO_WRITE, 0), GORO_READ | GORO_WRITE);
	close_both();
}

GORO_TEST(what_becomes_ready_wakes_who_waits)
{
	char c;

	CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
	for (int i = 0; i < 50; i++) {
		begin_wait(fds[0], GORO_READ);
		CHECK_EQ(write(fds[1], "x", 1), 1);
		CHECK_EQ(end_wait(), GORO_READ);
		CHECK_EQ(read(fds[0], &c, 1), 1);
	}
	begin_wait(fds[0], GORO_READ);
	CHECK_EQ(close(fds[1]), 0);
	CHECK_EQ(end_wait(), GORO_READ); /* the end is something to read */
	CHECK_EQ(close(fds[0]), 0);
}

GORO_TEST(who_waits_for_both_is_told_of_the_first)
{
	char c;

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
	while (write(fds[0], "0123456789abcdef", 16) > 0)
		continue;
	for (int i = 0; i < 20; i++) {
		begin_wait(fds[0], GORO_READ | GORO_WRITE);
		CHECK_EQ(write(fds[1], "x", 1), 1);
		CHECK_EQ(end_wait(), GORO_READ);
		CHECK_EQ(read(fds[0], &c, 1), 1);
	}
	begin_wait(fds[0], GORO_READ | GORO_WRITE);
	while (read(fds[1], (char[65536]){ 0 }, 65536) > 0)
		continue;
	CHECK_EQ(end_wait(), GORO_WRITE);
	close_both();
}

GORO_TEST(a_wait_ends_at_its_deadline_and_leaves_nothing_behind)
{
	unsigned before;

	CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
	CHECK_EQ(goro_fd_wait(fds[0], GORO_READ, goro_after(GORO_MILLISECOND)), -ETIMEDOUT);
	before = test_count_fds();
	for (int i = 0; i < 50; i++)
		CHECK_EQ(goro_fd_wait(fds[0], GORO_READ, goro_after(1000 * i)), -ETIMEDOUT);
	AWAIT(test_count_fds() <= before); /* the first wait's may have been open still */
	close_both();
}

GORO_TEST(wrong_arguments_are_told)
{
	static const int bad_events[] = { 0, 4, -1, GORO_READ | 8, INT_MIN, INT_MAX };
	static const int bad_fds[] = { -1, -2, INT_MIN, INT_MAX, 99999 };

	for (size_t i = 0; i < sizeof(bad_events) / sizeof(*bad_events); i++)
		CHECK_EQ(goro_fd_wait(0, bad_events[i], GORO_FOREVER), -EINVAL);
	for (size_t i = 0; i < sizeof(bad_fds) / sizeof(*bad_fds); i++) {
		CHECK_EQ(goro_fd_wait(bad_fds[i], GORO_READ, GORO_FOREVER), -EBADF);
		CHECK_EQ(goro_fd_wait(bad_fds[i], GORO_WRITE, INT64_MIN), -EBADF);
	}
	CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
	close_both();
	CHECK_EQ(goro_fd_wait(fds[0], GORO_READ, GORO_FOREVER), -EBADF);
}

GORO_TEST(what_epoll_refuses_is_always_ready)
{
	static const char *const paths[] = { "/dev/null", "/dev/zero", "/", "/proc/self/stat" };
	FILE *file = tmpfile();

	CHECK_NE(file, NULL);
	CHECK_EQ(goro_fd_wait(fileno(file), GORO_READ | GORO_WRITE, GORO_FOREVER),
		GORO_READ | GORO_WRITE);
	CHECK_EQ(fclose(file), 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		int fd = open(paths[i], O_RDONLY | O_CLOEXEC);

		CHECK_LE(0, fd);
		CHECK_EQ(goro_fd_wait(fd, GORO_READ, GORO_FOREVER), GORO_READ);
		CHECK_EQ(goro_fd_wait(fd, GORO_READ, INT64_MIN), GORO_READ);
		CHECK_EQ(close(fd), 0);
	}
}

GORO_TEST(the_flags_of_the_descriptor_stay_as_they_are)
{
	CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
	for (int i = 0; i < 5; i++) {
		begin_wait(fds[0], GORO_READ);
		CHECK_EQ(write(fds[1], "x", 1), 1);
		CHECK_EQ(end_wait(), GORO_READ);
		CHECK_EQ(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
		CHECK_EQ(read(fds[0], (char[1]){ 0 }, 1), 1);
	}
	close_both();
}

/* Numbers that are used again ------------------------------------------------------------------ */

/* A pipe whose reading end has this number. The loop's owner may have it for a moment, while it registers
 * what is waited for. */
static void pipe_at(int number)
{
	CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
	while (fds[0] != number) {
		close_both();
		goro_yield();
		CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
	}
}

GORO_TEST(a_number_that_comes_again_brings_no_event_of_its_former_owner)
{
	for (int i = 0; i < 50; i++) {
		int old[2], number;

		CHECK_EQ(pipe2(old, O_CLOEXEC), 0);
		number = old[0];
		begin_wait(number, GORO_READ);
		CHECK_EQ(write(old[1], "x", 1), 1);
		CHECK_EQ(end_wait(), GORO_READ); /* and what was written is not read */
		CHECK_EQ(close(number), 0);
		pipe_at(number);
		CHECK_EQ(goro_fd_wait(number, GORO_READ, INT64_MIN), -ETIMEDOUT);
		begin_wait(number, GORO_READ);
		CHECK_EQ(close(old[1]), 0);
		CHECK_EQ(atomic_load(&result), INT_MIN);
		CHECK_EQ(write(fds[1], "y", 1), 1);
		CHECK_EQ(end_wait(), GORO_READ);
		close_both();
	}
}

static atomic_int first_result;

static void wait_first(int fd)
{
	int rc = goro_fd_wait(fd, GORO_READ, GORO_FOREVER);

	CHECK_LT(0, rc);
	atomic_store(&first_result, rc);
}

GORO_TEST(a_number_closed_while_somebody_waits_for_it_serves_its_next_owner)
{
	for (int i = 0; i < 20; i++) {
		int old[2];

		atomic_store(&first_result, INT_MIN);
		CHECK_EQ(pipe2(old, O_CLOEXEC), 0);
		CHECK_EQ(go(wait_first, old[0]), 0);
		await_parked(1, "fd wait");
		CHECK_EQ(close(old[0]), 0);
		pipe_at(old[0]);
		atomic_store(&result, INT_MIN);
		CHECK_EQ(go(wait_for, fds[0], GORO_READ), 0);
		await_parked(2, "fd wait");
		CHECK_EQ(write(fds[1], "y", 1), 1);
		CHECK_EQ(end_wait(), GORO_READ);
		CHECK_EQ(atomic_load(&first_result), INT_MIN);
		CHECK_EQ(close(old[1]), 0); /* it has not been forgotten either */
		AWAIT(atomic_load(&first_result) != INT_MIN);
		CHECK_EQ(atomic_load(&first_result), GORO_READ);
		close_both();
	}
}

GORO_TEST(many_may_wait_for_one_descriptor)
{
	CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
	for (int i = 0; i < 20; i++)
		CHECK_EQ(go(wait_for, fds[0], GORO_READ), 0);
	await_parked(20, "fd wait");
	CHECK_EQ(write(fds[1], "x", 1), 1);
	await_alive(1);
	close_both();
}

GORO_TEST(a_nested_epoll_can_be_waited_for)
{
	struct epoll_event e = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &e), 0);
	begin_wait(ep, GORO_READ);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(end_wait(), GORO_READ);
	CHECK_EQ(close(ep), 0);
	close_both();
}
