/* SPDX-License-Identifier: MIT */
/* fs_test.c: goro_fs_…: files that park only the coroutine. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "goro_test.h"

#define THREADS 4 /* of libuv's pool */

__attribute__((constructor)) static void set_pool(void)
{
	setenv("UV_THREADPOOL_SIZE", "4", 1);
}

/* A directory for the test, and names in it. */
static char folder[128];

static void begin_folder(void)
{
	snprintf(folder, sizeof(folder), "%s/goro-test-XXXXXX", test_tmp());
	CHECK_TRUE(mkdtemp(folder) != NULL);
}

static void end_folder(void)
{
	CHECK_EQ(rmdir(folder), 0); /* empty: the test has tidied up */
}

struct path {
	char text[400];
};

static struct path in_folder(const char *name)
{
	struct path p;

	snprintf(p.text, sizeof(p.text), "%s/%s", folder, name);
	return p;
}

#define IN(name) in_folder(name).text

GORO_TEST(what_is_written_is_read)
{
	char buf[16] = "";
	struct stat s;
	int fd;

	begin_folder();
	fd = goro_fs_open(IN("a"), O_RDWR | O_CREAT | O_EXCL, 0640);
	CHECK_LE(0, fd);
	CHECK_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CHECK_EQ(goro_fs_write(fd, "hello", 5), 5);
	CHECK_EQ(goro_fs_write(fd, " world", 6), 6);
	CHECK_EQ(goro_fs_read(fd, buf, 16), 0); /* the end */
	CHECK_EQ(goro_fs_pread(fd, buf, 5, 6), 5);
	CHECK_STR(buf, "world");
	CHECK_EQ(goro_fs_pwrite(fd, "J", 1, 0), 1);
	CHECK_EQ(goro_fs_fsync(fd), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(goro_fs_read(fd, buf, 16), 11);
	CHECK_STR(buf, "Jello world");
	CHECK_EQ(goro_fs_read(fd, NULL, 0), 0);
	CHECK_EQ(goro_fs_write(fd, NULL, 0), 0);
	CHECK_EQ(goro_fs_fstat(fd, &s), 0);
	CHECK_EQ(s.st_size, 11);
	CHECK_EQ(goro_fs_close(fd), 0);
	CHECK_EQ(goro_fs_close(fd), -EBADF);
	CHECK_EQ(goro_fs_unlink(IN("a")), 0);
	end_folder();
}

GORO_TEST(stat_says_what_stat_says)
{
	struct stat got, real;

	begin_folder();
	CHECK_EQ(symlink("nowhere", IN("link")), 0);
	CHECK_EQ(goro_fs_stat(folder, &got), 0);
	CHECK_EQ(stat(folder, &real), 0);
	CHECK_EQ(got.st_dev, real.st_dev);
	CHECK_EQ(got.st_ino, real.st_ino);
	CHECK_EQ(got.st_mode, real.st_mode);
	CHECK_EQ(got.st_nlink, real.st_nlink);
	CHECK_EQ(got.st_uid, real.st_uid);
	CHECK_EQ(got.st_gid, real.st_gid);
	CHECK_EQ(got.st_size, real.st_size);
	CHECK_EQ(got.st_blocks, real.st_blocks);
	CHECK_EQ(got.st_mtim.tv_sec, real.st_mtim.tv_sec);
	CHECK_EQ(got.st_mtim.tv_nsec, real.st_mtim.tv_nsec);
	CHECK_EQ(got.st_ctim.tv_nsec, real.st_ctim.tv_nsec);
	CHECK_EQ(goro_fs_stat("/dev/null", &got), 0);
	CHECK_EQ(stat("/dev/null", &real), 0);
	CHECK_EQ(got.st_rdev, real.st_rdev);
	CHECK_EQ(goro_fs_lstat(IN("link"), &got), 0);
	CHECK_TRUE(S_ISLNK(got.st_mode));
	CHECK_EQ(goro_fs_stat(IN("link"), &got), -ENOENT);
	CHECK_EQ(goro_fs_unlink(IN("link")), 0);
	end_folder();
}

GORO_TEST(directories_are_made_renamed_and_removed)
{
	struct stat s;

	begin_folder();
	CHECK_EQ(goro_fs_mkdir(IN("one"), 0700), 0);
	CHECK_EQ(goro_fs_mkdir(IN("one"), 0700), -EEXIST);
	CHECK_EQ(goro_fs_stat(IN("one"), &s), 0);
	CHECK_EQ(s.st_mode & 0777, 0700);
	CHECK_EQ(goro_fs_rename(IN("one"), IN("two")), 0);
	CHECK_EQ(goro_fs_rename(IN("one"), IN("two")), -ENOENT);
	CHECK_EQ(goro_fs_rmdir(IN("one")), -ENOENT);
	CHECK_EQ(goro_fs_rmdir(IN("two")), 0);
	end_folder();
}

GORO_TEST(readdir_lists_every_name_once)
{
	goro_fs_entry *entries;
	bool seen[300] = { false };
	struct path p;
	int n;

	begin_folder();
	CHECK_EQ(goro_fs_readdir(folder, &entries), 0);
	free(entries);
	for (int i = 0; i < 300; i++) {
		char name[256];

		memset(name, 'x', 255);
		snprintf(name, sizeof(name), "%03d", i);
		name[3] = i % 3 == 0 ? 'x' : '\0'; /* short names and the longest */
		name[255] = '\0';
		p = in_folder(name);
		CHECK_EQ(mkdir(p.text, 0700), 0);
	}
	CHECK_EQ(symlink("x", IN("link")), 0);
	n = goro_fs_readdir(folder, &entries);
	CHECK_EQ(n, 301);
	for (int i = 0; i < n; i++) {
		p = in_folder(entries[i].name);
		if (strcmp(entries[i].name, "link") == 0) {
			CHECK_TRUE(entries[i].type == DT_LNK || entries[i].type == DT_UNKNOWN);
			CHECK_EQ(unlink(p.text), 0);
			continue;
		}
		CHECK_TRUE(entries[i].type == DT_DIR || entries[i].type == DT_UNKNOWN);
		CHECK_TRUE(!seen[atoi(entries[i].name)]);
		seen[atoi(entries[i].name)] = true;
		CHECK_EQ(rmdir(p.text), 0);
	}
	free(entries);
	end_folder();
	CHECK_EQ(goro_fs_readdir(folder, &entries), -ENOENT);
	CHECK_TRUE(entries == NULL);
}

/* Errors --------------------------------------------------------------------------------------- */

/* They are told whoever calls, and whatever else there is to say. */
static void check_wrong_arguments(void)
{
	static const int bad[] = { -1, INT_MIN, INT_MAX, 99999 };
	goro_fs_entry *entries;
	struct stat s;
	char c = 0;

	CHECK_EQ(goro_fs_open(NULL, O_RDONLY, 0), -EINVAL);
	CHECK_EQ(goro_fs_stat(NULL, &s), -EINVAL);
	CHECK_EQ(goro_fs_stat("/", NULL), -EINVAL);
	CHECK_EQ(goro_fs_lstat(NULL, &s), -EINVAL);
	CHECK_EQ(goro_fs_lstat("/", NULL), -EINVAL);
	CHECK_EQ(goro_fs_fstat(0, NULL), -EINVAL);
	CHECK_EQ(goro_fs_mkdir(NULL, 0), -EINVAL);
	CHECK_EQ(goro_fs_rmdir(NULL), -EINVAL);
	CHECK_EQ(goro_fs_unlink(NULL), -EINVAL);
	CHECK_EQ(goro_fs_rename(NULL, "x"), -EINVAL);
	CHECK_EQ(goro_fs_rename("x", NULL), -EINVAL);
	CHECK_EQ(goro_fs_readdir(NULL, &entries), -EINVAL);
	CHECK_EQ(goro_fs_readdir("/", NULL), -EINVAL);
	CHECK_EQ(goro_fs_read(0, NULL, 1), -EINVAL);
	CHECK_EQ(goro_fs_write(0, NULL, 1), -EINVAL);
	CHECK_EQ(goro_fs_read(0, &c, SIZE_MAX), -EINVAL);
	CHECK_EQ(goro_fs_pread(0, &c, 1, -1), -EINVAL);
	CHECK_EQ(goro_fs_pwrite(0, &c, 1, INT64_MIN), -EINVAL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CHECK_EQ(goro_fs_close(bad[i]), -EBADF);
		CHECK_EQ(goro_fs_read(bad[i], &c, 1), -EBADF);
		CHECK_EQ(goro_fs_write(bad[i], &c, 1), -EBADF);
		CHECK_EQ(goro_fs_pread(bad[i], &c, 1, 0), -EBADF);
		CHECK_EQ(goro_fs_pwrite(bad[i], &c, 1, 0), -EBADF);
		CHECK_EQ(goro_fs_fsync(bad[i]), -EBADF);
		CHECK_EQ(goro_fs_fstat(bad[i], &s), -EBADF);
	}
}

/* What is right, but not for this caller. */
static void check_refused(int error)
{
	goro_fs_entry *entries;
	struct stat s;
	char c = 0;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	CHECK_EQ(goro_fs_open("/dev/null", O_RDONLY, 0), error);
	CHECK_EQ(goro_fs_read(fd, &c, 1), error);
	CHECK_EQ(goro_fs_pwrite(fd, &c, 1, 0), error);
	CHECK_EQ(goro_fs_fsync(fd), error);
	CHECK_EQ(goro_fs_stat("/", &s), error);
	CHECK_EQ(goro_fs_fstat(fd, &s), error);
	CHECK_EQ(goro_fs_mkdir("/dev/null", 0), error);
	CHECK_EQ(goro_fs_readdir("/", &entries), error);
	CHECK_EQ(goro_fs_close(fd), error == -EPERM ? -EPERM : 0);
	if (error == -EPERM)
		CHECK_EQ(close(fd), 0);
}

GORO_TEST(wrong_arguments_are_told)
{
	check_wrong_arguments();
}

GORO_TEST_OUTSIDE(a_plain_thread_is_refused)
{
	check_wrong_arguments();
	check_refused(-EPERM);
	test_start();
	check_wrong_arguments();
	check_refused(-EPERM);
	test_stop();
}

GORO_TEST(the_errors_of_the_system_are_told)
{
	goro_fs_entry *entries;
	struct stat s;
	char c = 0;
	int fd;

	CHECK_EQ(goro_fs_open("/no/such/path", O_RDONLY, 0), -ENOENT);
	CHECK_EQ(goro_fs_open("", O_RDONLY, 0), -ENOENT);
	CHECK_EQ(goro_fs_open("/dev/null/x", O_RDONLY, 0), -ENOTDIR);
	CHECK_EQ(goro_fs_open("/", O_WRONLY, 0), -EISDIR);
	CHECK_EQ(goro_fs_stat("/no/such/path", &s), -ENOENT);
	CHECK_EQ(goro_fs_rmdir("/dev/null"), -ENOTDIR);
	CHECK_EQ(goro_fs_readdir("/dev/null", &entries), -ENOTDIR);
	fd = goro_fs_open("/dev/full", O_WRONLY, 0);
	CHECK_LE(0, fd);
	CHECK_EQ(goro_fs_write(fd, "x", 1), -ENOSPC);
	CHECK_EQ(goro_fs_read(fd, &c, 1), -EBADF); /* not open for that */
	CHECK_EQ(goro_fs_close(fd), 0);
	fd = goro_fs_open("/", O_RDONLY | O_DIRECTORY, 0);
	CHECK_EQ(goro_fs_read(fd, &c, 1), -EISDIR);
	CHECK_EQ(goro_fs_close(fd), 0);
}

/* Many ----------------------------------------------------------------------------------------- */

static void write_and_read(int fd, int i)
{
	unsigned char out[1000], in[1000];

	memset(out, i, sizeof(out));
	CHECK_EQ(goro_fs_pwrite(fd, out, sizeof(out), i * 1000), 1000);
	CHECK_EQ(goro_fs_pread(fd, in, sizeof(in), i * 1000), 1000);
	CHECK_EQ(memcmp(in, out, sizeof(in)), 0);
}

GORO_TEST(many_coroutines_share_one_file)
{
	int fd;

	begin_folder();
	fd = goro_fs_open(IN("shared"), O_RDWR | O_CREAT, 0600);
	for (int i = 0; i < 200; i++)
		CHECK_EQ(go(write_and_read, fd, i), 0);
	await_alive(1);
	CHECK_EQ(goro_fs_close(fd), 0);
	CHECK_EQ(goro_fs_unlink(IN("shared")), 0);
	end_folder();
}

/* Cancelled: a pipe keeps whoever writes more than it holds until somebody reads. ------------ */

#define MUCH 200000

static int pipes[THREADS][2];
static atomic_int written, called_off;

static void write_much(int i)
{
	static const char much[MUCH];

	/* It ran, so it was waited for, and its result is not lost. */
	CHECK_EQ(goro_fs_write(pipes[i][1], much, MUCH), MUCH);
	CHECK_EQ(goro_fs_close(pipes[i][1]), 0);
	atomic_fetch_add(&written, 1);
}

static void drain(int i)
{
	char buf[4096];

	while (read(pipes[i][0], buf, sizeof(buf)) > 0)
		continue;
}

static void wait_behind(void)
{
	CHECK_EQ(goro_fs_unlink(IN("nothing")), -ECANCELED);
	atomic_fetch_add(&called_off, 1);
	while (atomic_load(&written) < THREADS) {
		for (int i = 0; i < THREADS; i++)
			drain(i);
		test_relax();
	}
	check_refused(-ECANCELED);
	check_wrong_arguments();
}

static bool is_written_to(int i)
{
	int bytes = 0;

	return ioctl(pipes[i][0], FIONREAD, &bytes) == 0 && bytes > 0;
}

static void leave_them_waiting(void)
{
	for (int i = 0; i < THREADS; i++) {
		CHECK_EQ(go(write_much, i), 0);
		AWAIT(is_written_to(i));
	}
	CHECK_EQ(go(wait_behind), 0);
	await_parked(THREADS + 1, "file");
}

GORO_TEST_OUTSIDE(a_cancel_calls_off_what_waits_and_waits_for_what_runs)
{
	for (int round = 0; round < 3; round++) {
		unsigned fds = test_count_fds();

		atomic_store(&written, 0);
		atomic_store(&called_off, 0);
		for (int i = 0; i < THREADS; i++) {
			CHECK_EQ(pipe2(pipes[i], O_CLOEXEC), 0);
			CHECK_EQ(fcntl(pipes[i][0], F_SETFL, O_NONBLOCK), 0);
		}
		test_run(test_workers(), leave_them_waiting);
		CHECK_EQ(atomic_load(&written), THREADS);
		CHECK_EQ(atomic_load(&called_off), 1);
		for (int i = 0; i < THREADS; i++)
			CHECK_EQ(close(pipes[i][0]), 0);
		CHECK_EQ(test_count_fds(), fds);
	}
}
