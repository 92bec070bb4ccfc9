/* SPDX-License-Identifier: MIT */
/* fs_vs_stop_stress.c: cancels that come while requests for files wait, run, and end. */
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "goro_test.h"

static atomic_size_t opened, closed, cancelled;

/* What was opened is closed, and what was read is in the frame, whenever the cancel comes. */
static void open_read_close(void)
{
	for (;;) {
		char buf[64] = "";
		int fd = goro_fs_open("/dev/zero", O_RDONLY, 0);
		ssize_t n;

		if (fd == -ECANCELED)
			break;
		CHECK_LE(0, fd);
		atomic_fetch_add(&opened, 1);
		memset(buf, 'x', sizeof(buf));
		n = goro_fs_read(fd, buf, sizeof(buf));
		CHECK_TRUE(n == (ssize_t)sizeof(buf) || n == -ECANCELED);
		CHECK_EQ(buf[sizeof(buf) - 1], n == -ECANCELED ? 'x' : 0);
		CHECK_EQ(goro_fs_close(fd), 0);
		atomic_fetch_add(&closed, 1);
	}
	atomic_fetch_add(&cancelled, 1);
}

static void begin(void)
{
	for (int i = 0; i < 50; i++)
		CHECK_EQ(go(open_read_close), 0);
	AWAIT(atomic_load(&closed) > 20);
}

GORO_TEST_OUTSIDE(no_descriptor_is_lost_when_files_are_cancelled)
{
	unsigned fds = 0;

	for (size_t i = 0; i < test_scaled(20); i++) {
		atomic_store(&opened, 0);
		atomic_store(&closed, 0);
		atomic_store(&cancelled, 0);
		test_run(test_workers(), begin);
		CHECK_EQ(atomic_load(&opened), atomic_load(&closed));
		CHECK_EQ(atomic_load(&cancelled), 50);
		if (i == 0)
			fds = test_count_fds(); /* libuv has two for all its time */
		CHECK_EQ(test_count_fds(), fds);
	}
}
