/* SPDX-License-Identifier: MIT */
/* linux_memory_output_test.c: gr_os_write_all() (os.h). */
#include "../unit.h"

#include <fcntl.h>

#include "os/os.h"

enum { MUCH = 1 << 20 }; /* more than a pipe holds */

static int reader;

static void read_and_compare(void *arg)
{
	const unsigned char *wanted = arg;
	unsigned char part[5000];
	size_t at = 0;
	ssize_t n;

	while ((n = read(reader, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || at + (size_t)n > MUCH || memcmp(part, wanted + at, (size_t)n) != 0)
			return;
		at += (size_t)n;
	}
	reader = at == MUCH ? -1 : -2;
}

static void on_alarm(int signo)
{
	(void)signo;
}

static void all_is_written_through_short_writes_and_interruptions(void **state)
{
	struct sigaction ours = { .sa_handler = on_alarm }, old;
	unsigned char *data = malloc(MUCH);
	struct gr_os_thread t;
	int fd[2], rc;

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < MUCH; i++)
		data[i] = (unsigned char)(i * 7 + i / 251);
	assert_int_equal(pipe(fd), 0);
	reader = fd[0];
	assert_int_equal(sigaction(SIGALRM, &ours, &old), 0);
	assert_int_equal(gr_os_thread_start(&t, "reader", 0, read_and_compare, data), 0);
	alarm_every(200);
	errno = 4711;
	rc = gr_os_write_all(fd[1], data, MUCH);
	assert_int_equal(errno, 4711);
	alarm_every(0);
	signal(SIGALRM, SIG_IGN); /* one may be on its way */
	sigaction(SIGALRM, &old, NULL);
	close(fd[1]);
	gr_os_thread_join(&t);
	close(fd[0]);
	free(data);
	assert_int_equal(rc, 0);
	assert_int_equal(reader, -1);
}

static void errors_are_returned_and_errno_stays(void **state)
{
	static char data[MUCH];
	int fd[2];

	(void)state;
	errno = 4711;
	assert_int_equal(gr_os_write_all(-1, "x", 1), -EBADF);
	assert_int_equal(gr_os_write_all(-1, "x", 0), 0);
	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	assert_int_equal(gr_os_write_all(fd[1], data, MUCH), -EAGAIN);
	close(fd[0]);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(gr_os_write_all(fd[1], data, MUCH), -EPIPE);
	signal(SIGPIPE, SIG_DFL);
	close(fd[1]);
	assert_int_equal(errno, 4711);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_written_through_short_writes_and_interruptions),
		cmocka_unit_test(errors_are_returned_and_errno_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
