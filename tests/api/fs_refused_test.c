/* SPDX-License-Identifier: MIT */
/* fs_refused_test.c: files of which there may be no more, and those that are none of our business. Each in a
 * child, which cannot have back what it has given up.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "goro_test.h"

/* Files may not be larger than this; who tries gets SIGXFSZ, which is not for us to take. */
#define LARGEST 1000

static void write_too_much(void)
{
	struct rlimit all, small;
	char path[200], buf[600];
	int fd;

	snprintf(path, sizeof(path), "%s/goro-test-XXXXXX", test_tmp());
	fd = mkstemp(path);
	CHECK_LE(0, fd);
	CHECK_EQ(unlink(path), 0);
	signal(SIGXFSZ, SIG_IGN);
	CHECK_EQ(getrlimit(RLIMIT_FSIZE, &all), 0);
	small = all;
	small.rlim_cur = LARGEST;
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(goro_fs_write(fd, buf, sizeof(buf)), 600);
	CHECK_EQ(goro_fs_write(fd, buf, sizeof(buf)), 400); /* as much as there is room for */
	CHECK_EQ(goro_fs_write(fd, buf, sizeof(buf)), -EFBIG);
	CHECK_EQ(goro_fs_pread(fd, buf, sizeof(buf), 600), 400);
	CHECK_EQ(goro_fs_close(fd), 0);
	CHECK_EQ(setrlimit(RLIMIT_FSIZE, &all), 0); /* counts of coverage are files, too */
}

static void write_too_much_in_a_child(void *workers)
{
	test_run(*(int *)workers, write_too_much);
}

GORO_TEST_OUTSIDE(what_does_not_fit_is_told_after_what_does)
{
	int workers = test_workers();

	CHECK_CHILD_EXITS(write_too_much_in_a_child, &workers, 0, NULL);
}

static void go_where_nothing_is_allowed(void)
{
	goro_fs_entry *entries;
	struct stat s;

	CHECK_EQ(goro_fs_open("closed/file", O_RDONLY, 0), -EACCES);
	CHECK_EQ(goro_fs_stat("closed/file", &s), -EACCES);
	CHECK_EQ(goro_fs_readdir("closed", &entries), -EACCES);
	CHECK_EQ(goro_fs_open("file", O_RDWR, 0), -EACCES);
	CHECK_EQ(goro_fs_open("new", O_WRONLY | O_CREAT, 0600), -EACCES);
	CHECK_EQ(goro_fs_mkdir("new", 0700), -EACCES);
	CHECK_EQ(goro_fs_unlink("file"), -EACCES);
	CHECK_EQ(goro_fs_rename("file", "new"), -EACCES);
	CHECK_EQ(goro_fs_rmdir("closed"), -EACCES);
}

static void go_there_as_nobody(void *workers)
{
	/* The superuser may do everything. */
	if (geteuid() == 0)
		CHECK_EQ(setuid(65534), 0);
	test_run(*(int *)workers, go_where_nothing_is_allowed);
}

GORO_TEST_OUTSIDE(what_is_not_allowed_is_told)
{
	char folder[200];
	int workers = test_workers();
	int here = open(".", O_RDONLY | O_CLOEXEC), fd;

	snprintf(folder, sizeof(folder), "%s/goro-test-XXXXXX", test_tmp());
	CHECK_TRUE(mkdtemp(folder) != NULL);
	CHECK_EQ(chdir(folder), 0);
	fd = open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
	CHECK_LE(0, fd);
	close(fd);
	CHECK_EQ(mkdir("closed", 0), 0);
	CHECK_EQ(chmod(".", 0555), 0);
	CHECK_CHILD_EXITS(go_there_as_nobody, &workers, 0, NULL);
	CHECK_EQ(chmod(".", 0755), 0);
	CHECK_EQ(rmdir("closed"), 0);
	CHECK_EQ(unlink("file"), 0);
	CHECK_EQ(fchdir(here), 0);
	CHECK_EQ(rmdir(folder), 0);
	close(here);
}
