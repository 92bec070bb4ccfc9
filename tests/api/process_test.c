/* SPDX-License-Identifier: MIT */
/* process_test.c: goro_process_…: other programs. */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "goro_test.h"

#define ALL (GORO_PROCESS_STDIN | GORO_PROCESS_STDOUT | GORO_PROCESS_STDERR)

/* Descriptors that this program was begun with, and which its children get. */
static int inherited;

__attribute__((constructor)) static void count_inherited(void)
{
	for (int fd = 0; fd < 1024; fd++) {
		int flags = fcntl(fd, F_GETFD);

		inherited += flags >= 0 && !(flags & FD_CLOEXEC);
	}
}

static goro_process *begin(const char *script, int pipes, goro_conn *ends[3])
{
	char *argv[] = { "sh", "-c", (char *)(uintptr_t)script, NULL };
	goro_process_options o = GORO_PROCESS_OPTIONS_INIT;
	goro_process *p = NULL;

	o.pipes = pipes;
	CHECK_EQ(goro_process_spawn(&p, argv, ends, &o), 0);
	CHECK_TRUE(p != NULL);
	return p;
}

static int end(goro_process *p)
{
	int status = -1;

	CHECK_EQ(goro_process_wait(p, &status, GORO_FOREVER), 0);
	CHECK_EQ(goro_process_wait(p, &status, GORO_FOREVER), -EBADF);
	CHECK_EQ(goro_process_kill(p, SIGKILL), -EBADF);
	CHECK_EQ(goro_process_pid(p), -EBADF);
	CHECK_EQ(goro_process_close(p), -EBADF);
	return status;
}

/* waitpid(2) itself, for a child that is not goro's; through interruptions. */
static int reap(pid_t pid)
{
	pid_t got;
	int status = -1;

	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	CHECK_EQ(got, pid);
	return status;
}

/* All that comes until the end, as text. */
static void read_all(goro_conn *c, char *text, size_t room)
{
	size_t used = 0;
	ssize_t n;

	while ((n = goro_conn_read(c, text + used, room - 1 - used, GORO_FOREVER)) > 0)
		used += (size_t)n;
	CHECK_EQ(n, 0);
	text[used] = '\0';
	CHECK_EQ(goro_conn_close(c), 0);
}

GORO_TEST(the_end_of_a_program_is_told_as_waitpid_does)
{
	int status;

	CHECK_EQ(end(begin("exit 0", 0, NULL)), 0);
	status = end(begin("exit 7", 0, NULL));
	CHECK_TRUE(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 7);
	status = end(begin("kill -9 $$", 0, NULL));
	CHECK_TRUE(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGKILL);
	CHECK_EQ(goro_process_wait(begin("exit 0", 0, NULL), NULL, GORO_FOREVER), 0);
}

GORO_TEST(its_pipes_are_connections)
{
	goro_conn *ends[3];
	goro_process *p = begin("cat; echo done >&2", ALL, ends);
	char text[100];

	CHECK_EQ(goro_conn_write(ends[0], "hello", 5, GORO_FOREVER), 5);
	CHECK_EQ(goro_conn_read(ends[1], text, 5, GORO_FOREVER), 5);
	CHECK_EQ(memcmp(text, "hello", 5), 0);
	CHECK_EQ(goro_conn_write(ends[0], " again", 6, GORO_FOREVER), 6);
	CHECK_EQ(goro_conn_close(ends[0]), 0);
	read_all(ends[1], text, sizeof(text));
	CHECK_STR(text, " again");
	read_all(ends[2], text, sizeof(text));
	CHECK_STR(text, "done\n");
	CHECK_EQ(end(p), 0);
}

GORO_TEST(only_the_pipes_asked_for_are_made)
{
	goro_conn *ends[3] = { (void *)1, (void *)1, (void *)1 };
	goro_process *p = begin("echo here", GORO_PROCESS_STDOUT, ends);
	char text[100];

	CHECK_TRUE(ends[0] == NULL);
	CHECK_TRUE(ends[2] == NULL);
	read_all(ends[1], text, sizeof(text));
	CHECK_STR(text, "here\n");
	CHECK_EQ(end(p), 0);
}

GORO_TEST(it_begins_with_what_the_options_say_and_nothing_else)
{
	static char *const env[] = { "PATH=/usr/bin:/bin", "WORD=blue", NULL };
	char *argv[] = { "sh", "-c",
		"pwd; echo $WORD; grep -E '^Sig(Blk|Ign)' /proc/self/status; ls /proc/self/fd | wc "
		"-l",
		NULL };
	goro_process_options o = GORO_PROCESS_OPTIONS_INIT;
	goro_conn *ends[3];
	goro_process *p;
	char text[500], count[20];

	snprintf(count, sizeof(count), "\n%d\n", inherited + 1); /* and ls's own */
	o.env = env;
	o.cwd = "/usr";
	o.pipes = GORO_PROCESS_STDOUT;
	CHECK_EQ(goro_process_spawn(&p, argv, ends, &o), 0);
	read_all(ends[1], text, sizeof(text));
	CHECK_HAS(text, "/usr\nblue\n");
	CHECK_HAS(text, "SigBlk:\t0000000000000000\n");
	CHECK_HAS(text, count);
	CHECK_EQ(end(p), 0);
}

GORO_TEST(a_signal_ends_it)
{
	goro_conn *ends[3];
	goro_process *p =
		begin("echo; exec cat >&2", GORO_PROCESS_STDIN | GORO_PROCESS_STDOUT, ends);
	char c;
	int status;

	CHECK_EQ(goro_conn_read(ends[1], &c, 1, GORO_FOREVER), 1);
	CHECK_LT(0, goro_process_pid(p));
	CHECK_EQ(goro_process_kill(p, 0), 0);
	CHECK_EQ(goro_process_kill(p, 12345), -EINVAL);
	CHECK_EQ(goro_process_wait(p, &status, INT64_MIN), -ETIMEDOUT);
	CHECK_EQ(goro_process_wait(p, &status, goro_after(GORO_MILLISECOND)), -ETIMEDOUT);
	CHECK_EQ(goro_process_kill(p, SIGTERM), 0);
	AWAIT(goro_process_kill(p, 0) == -ESRCH); /* reaped, and not waited for yet */
	status = end(p);
	CHECK_TRUE(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGTERM);
	CHECK_EQ(goro_conn_close(ends[1]), 0);
}

GORO_TEST(what_cannot_be_executed_says_why_and_leaves_nothing)
{
	static char *const cases[][2] = { { "/no/such/program", NULL }, { "no-such-program", NULL },
		{ "/dev/null", NULL }, { "/", NULL } };
	goro_process_options o = GORO_PROCESS_OPTIONS_INIT;
	goro_conn *ends[3];
	goro_process *p;
	unsigned fds;

	CHECK_EQ(end(begin("exit 0", 0, NULL)), 0); /* libuv has what it needs */
	CHECK_EQ(goro_process_spawn(&p, cases[0], NULL, NULL), -ENOENT);
	fds = test_count_fds();
	o.pipes = ALL;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_EQ(goro_process_spawn(&p, cases[i], ends, &o), i < 2 ? -ENOENT : -EACCES);
	o.cwd = "/no/such/folder";
	CHECK_EQ(goro_process_spawn(&p, (char *[]){ "true", NULL }, ends, &o), -ENOENT);
	AWAIT(test_count_fds() <= fds);
}

static void check_wrong_arguments(void)
{
	static char *const argv[] = { "true", NULL }, *const none[] = { NULL };
	goro_process_options o = GORO_PROCESS_OPTIONS_INIT;
	goro_conn *ends[3];
	goro_process *p;

	CHECK_EQ(goro_process_spawn(NULL, argv, NULL, NULL), -EINVAL);
	CHECK_EQ(goro_process_spawn(&p, NULL, NULL, NULL), -EINVAL);
	CHECK_EQ(goro_process_spawn(&p, none, NULL, NULL), -EINVAL);
	o.pipes = 8;
	CHECK_EQ(goro_process_spawn(&p, argv, ends, &o), -EINVAL);
	o.pipes = ALL;
	CHECK_EQ(goro_process_spawn(&p, argv, NULL, &o), -EINVAL);
	o.size = 0;
	CHECK_EQ(goro_process_spawn(&p, argv, ends, &o), -EINVAL);
	CHECK_EQ(goro_process_wait(NULL, NULL, 0), -EBADF);
	CHECK_EQ(goro_process_kill(NULL, 0), -EBADF);
	CHECK_EQ(goro_process_pid(NULL), -EBADF);
	CHECK_EQ(goro_process_close(NULL), -EBADF);
}

GORO_TEST(wrong_arguments_are_told)
{
	check_wrong_arguments();
}

GORO_TEST_OUTSIDE(a_plain_thread_is_refused)
{
	static char *const argv[] = { "true", NULL };
	goro_process *p;

	check_wrong_arguments();
	CHECK_EQ(goro_process_spawn(&p, argv, NULL, NULL), -EPERM);
	test_start();
	check_wrong_arguments();
	CHECK_EQ(goro_process_spawn(&p, argv, NULL, NULL), -EPERM);
	test_stop();
}

GORO_TEST(children_of_others_are_left_to_them)
{
	pid_t other = fork();

	if (other == 0)
		_exit(42);
	CHECK_LT(0, other);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(end(begin("exit 0", 0, NULL)), 0);
	CHECK_EQ(WEXITSTATUS(reap(other)), 42);
}

static atomic_int others_done;

static void begin_and_reap(void *arg)
{
	for (int i = 0; i < (int)test_scaled(20); i++) {
		pid_t other = fork();

		if (other == 0)
			_exit(i);
		CHECK_LT(0, other);
		CHECK_EQ(WEXITSTATUS(reap(other)), i);
	}
	atomic_store((atomic_int *)arg, 1);
}

GORO_TEST(threads_and_coroutines_each_get_the_end_of_their_own_children)
{
	struct test_thread t;

	atomic_store(&others_done, 0);
	test_thread_start(&t, begin_and_reap, &others_done);
	for (int i = 0; i < 5 || !atomic_load(&others_done); i++)
		CHECK_EQ(WEXITSTATUS(end(begin("exit 3", 0, NULL))), 3);
	test_thread_join(&t);
}

static atomic_int told;

static void wait_for(goro_process *p)
{
	CHECK_EQ(goro_process_wait(p, NULL, GORO_FOREVER), -EBADF);
	atomic_fetch_add(&told, 1);
}

GORO_TEST(a_close_wakes_who_waits_and_the_program_goes_on)
{
	goro_conn *ends[3];
	goro_process *p = begin("read line; echo $line", ALL, ends);
	char text[100];

	atomic_store(&told, 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(go(wait_for, p), 0);
	await_parked(3, "process wait");
	CHECK_EQ(goro_process_close(p), 0);
	await_alive(1);
	CHECK_EQ(atomic_load(&told), 3);
	CHECK_EQ(goro_conn_write(ends[0], "alive\n", 6, GORO_FOREVER), 6);
	read_all(ends[1], text, sizeof(text));
	CHECK_STR(text, "alive\n");
	CHECK_EQ(goro_conn_close(ends[0]), 0);
	CHECK_EQ(goro_conn_close(ends[2]), 0);
}

static void run_one(int i)
{
	goro_conn *ends[3];
	char script[50], text[50], wanted[50];
	goro_process *p;

	snprintf(script, sizeof(script), "echo %d; exit %d", i, i);
	snprintf(wanted, sizeof(wanted), "%d\n", i);
	p = begin(script, GORO_PROCESS_STDOUT, ends);
	read_all(ends[1], text, sizeof(text));
	CHECK_STR(text, wanted);
	CHECK_EQ(WEXITSTATUS(end(p)), i);
}

GORO_TEST(many_run_at_once)
{
	for (int i = 0; i < 20; i++)
		CHECK_EQ(go(run_one, i), 0);
	await_alive(1);
}

/* Stop ----------------------------------------------------------------------------------------- */

static pid_t left;

static void kill_when_cancelled(goro_process *p)
{
	static char *const argv[] = { "true", NULL };

	CHECK_EQ(goro_process_wait(p, NULL, GORO_FOREVER), -ECANCELED);
	CHECK_EQ(goro_process_wait(p, NULL, 0), -ECANCELED);
	CHECK_EQ(goro_process_spawn(&p, argv, NULL, NULL), -ECANCELED);
	CHECK_EQ(goro_process_kill(p, 0), 0); /* works all the same */
	atomic_fetch_add(&told, 1);
}

static void leave_it(void)
{
	goro_process *p = begin("exec sleep 60 >/dev/null 2>&1", 0, NULL);

	left = goro_process_pid(p);
	CHECK_EQ(go(kill_when_cancelled, p), 0);
	await_parked(1, "process wait");
}

GORO_TEST_OUTSIDE(a_stop_ends_the_handles_and_not_the_programs)
{
	unsigned fds = 0;

	for (int i = 0; i < 3; i++) {
		atomic_store(&told, 0);
		test_run(test_workers(), leave_it);
		CHECK_EQ(atomic_load(&told), 1);
		CHECK_EQ(kill(left, SIGKILL), 0);
		CHECK_EQ(WTERMSIG(reap(left)), SIGKILL);
		if (i == 0)
			fds = test_count_fds();
		CHECK_EQ(test_count_fds(), fds);
	}
}
