/* SPDX-License-Identifier: MIT */
/* net_shared_test.c: descriptors that other programs have too: inherited ones, and ours in their hands. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "goro_libc.h"
#include "goro_net.h"

/* A file that blocks, and is to go on doing so: it is not ours alone. */
static atomic_ulong blocking;
static atomic_int unblocked;

static bool is_shared(int fd)
{
	struct stat s;

	return fstat(fd, &s) == 0 && s.st_ino == atomic_load(&blocking);
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*real)(int, unsigned long, void *);
	va_list list;
	void *arg;

	va_start(list, request);
	arg = va_arg(list, void *);
	va_end(list);
	if (request == FIONBIO && is_shared(fd) && *(int *)arg)
		atomic_fetch_add(&unblocked, 1);
	*(void **)&real = test_libc("ioctl");
	return real(fd, request, arg);
}

static atomic_uint polls;

int epoll_pwait(int ep, struct epoll_event *e, int n, int timeout, const sigset_t *set)
{
	int (*real)(int, struct epoll_event *, int, int, const sigset_t *);

	*(void **)&real = test_libc("epoll_pwait");
	atomic_fetch_add(&polls, 1);
	return real(ep, e, n, timeout, set);
}

int epoll_wait(int ep, struct epoll_event *e, int n, int timeout)
{
	int (*real)(int, struct epoll_event *, int, int);

	*(void **)&real = test_libc("epoll_wait");
	atomic_fetch_add(&polls, 1);
	return real(ep, e, n, timeout);
}

/* What others have ----------------------------------------------------------------------------- */

static atomic_int result;

static void wait_for(int fd)
{
	int rc = goro_fd_wait(fd, GORO_READ, GORO_FOREVER);

	CHECK_LT(0, rc); /* else nobody would be found asleep */
	atomic_store(&result, rc);
}

GORO_TEST(a_file_that_blocks_for_others_never_stops_doing_so)
{
	struct stat s;
	int fds[2];

	CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
	CHECK_EQ(fstat(fds[0], &s), 0);
	atomic_store(&blocking, s.st_ino);
	atomic_store(&unblocked, 0);
	for (int i = 0; i < 5; i++) {
		int more = dup(fds[0]); /* so that each copy has another number */

		atomic_store(&result, INT_MIN);
		CHECK_EQ(go(wait_for, fds[0]), 0);
		await_parked(1, "fd wait");
		CHECK_EQ(write(fds[1], "x", 1), 1);
		AWAIT(atomic_load(&result) != INT_MIN);
		CHECK_EQ(atomic_load(&result), GORO_READ);
		CHECK_EQ(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
		CHECK_EQ(read(fds[0], (char[1]){ 0 }, 1), 1);
		CHECK_LE(0, more);
		if (i > 0)
			CHECK_EQ(close(more), 0);
	}
	CHECK_EQ(atomic_load(&unblocked), 0);
	CHECK_EQ(close(fds[0]), 0);
	CHECK_EQ(close(fds[1]), 0);
}

/* What others get ------------------------------------------------------------------------------ */

/* One bit a number. */
static uint64_t open_before;

static void each_number(void (*fn)(int fd))
{
	DIR *dir = opendir("/proc/self/fd");

	CHECK_TRUE(dir != NULL);
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		if (e->d_name[0] != '.' && atoi(e->d_name) != dirfd(dir) && atoi(e->d_name) < 64)
			fn(atoi(e->d_name));
	closedir(dir);
}

static void remember(int fd)
{
	open_before |= UINT64_C(1) << fd;
}

static void check_closed_on_exec(int fd)
{
	if (!(open_before >> fd & 1))
		CHECK_EQ(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

static void open_all_sorts(void)
{
	char *argv[] = { "cat", NULL };
	goro_process_options o = GORO_PROCESS_OPTIONS_INIT;
	goro_conn *tcp[2], *local[2], *pipes[3];
	goro_signal_chan signals;
	int fds[2];
	goro_process *p;
	goro_udp *u;
	int file;

	CHECK_EQ(goro_signal(&signals, SIGUSR2), 0);
	test_pair("tcp4", tcp);
	test_pair("unix", local);
	CHECK_EQ(goro_udp_bind(&u, "udp4", "127.0.0.1:0"), 0);
	file = goro_fs_open("/dev/null", O_RDONLY, 0);
	CHECK_LE(0, file);
	o.pipes = GORO_PROCESS_STDIN | GORO_PROCESS_STDOUT;
	CHECK_EQ(goro_process_spawn(&p, argv, pipes, &o), 0);
	CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
	CHECK_EQ(go(wait_for, fds[0]), 0);
	await_parked(1, "fd wait");
	each_number(check_closed_on_exec);
	CHECK_EQ(close(fds[1]), 0);
	await_alive(1);
	CHECK_EQ(close(fds[0]), 0);
	CHECK_EQ(goro_conn_close(pipes[0]), 0);
	CHECK_EQ(goro_process_wait(p, NULL, GORO_FOREVER), 0);
	CHECK_EQ(goro_conn_close(pipes[1]), 0);
	CHECK_EQ(goro_fs_close(file), 0);
	CHECK_EQ(goro_udp_close(u), 0);
	test_pair_close(tcp);
	test_pair_close(local);
	chan_free(signals);
}

GORO_TEST_OUTSIDE(no_program_that_is_begun_inherits_a_descriptor)
{
	open_before = 0;
	each_number(remember);
	test_run(test_workers(), open_all_sorts);
}

/* Copies --------------------------------------------------------------------------------------- */

static goro_conn *ends[2];

static void read_until_closed(void)
{
	char c;

	CHECK_EQ(goro_conn_read(ends[0], &c, 1, GORO_FOREVER), -EBADF);
}

/* Holds a copy of all descriptors until the pipe ends. */
static pid_t hold_copies(const int fds[2])
{
	pid_t pid = fork();
	char c;

	CHECK_LE(0, pid);
	if (pid == 0) {
		close(fds[1]);
		while (read(fds[0], &c, 1) < 0 && errno == EINTR)
			continue;
		_exit(0);
	}
	return pid;
}

/* Only a busy loop comes near it in that time. */
#define POLLS_MOST 200

GORO_TEST(a_closed_connection_that_a_child_still_has_keeps_nobody_busy)
{
	if (getenv("GORO_TEST_STORM") != NULL)
		return; /* each signal ends a poll */
	EACH_NETWORK(network)
	{
		int fds[2], status;
		pid_t pid;

		CHECK_EQ(pipe(fds), 0);
		test_pair(network, ends);
		CHECK_EQ(go(read_until_closed), 0); /* it is watched */
		await_parked(1, "conn read");
		pid = hold_copies(fds);
		CHECK_EQ(goro_conn_close(ends[0]), 0);
		CHECK_EQ(goro_conn_close(ends[1]), 0);
		await_alive(1);
		atomic_store(&polls, 0);
		CHECK_EQ(goro_sleep(50 * GORO_MILLISECOND), 0);
		CHECK_LT(atomic_load(&polls), POLLS_MOST);
		close(fds[0]);
		close(fds[1]);
		while (waitpid(pid, &status, 0) < 0)
			CHECK_EQ(errno, EINTR);
		CHECK_EQ(status, 0);
	}
}

/* Waits of the idle ---------------------------------------------------------------------------- */

static goro_conn *idle[100][2];

static void read_to_the_end(int i)
{
	char c;

	CHECK_EQ(goro_conn_read(idle[i][0], &c, 1, GORO_FOREVER), 0);
	CHECK_EQ(goro_conn_close(idle[i][0]), 0);
}

GORO_TEST(connections_that_say_nothing_ask_for_nothing)
{
	if (getenv("GORO_TEST_STORM") != NULL)
		return;
	for (int i = 0; i < 100; i++) {
		test_pair("unix", idle[i]);
		CHECK_EQ(go(read_to_the_end, i), 0);
	}
	await_parked(100, "conn read");
	atomic_store(&polls, 0);
	CHECK_EQ(goro_sleep(50 * GORO_MILLISECOND), 0);
	CHECK_LT(atomic_load(&polls), POLLS_MOST);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(goro_conn_close(idle[i][1]), 0);
	await_alive(1);
}
