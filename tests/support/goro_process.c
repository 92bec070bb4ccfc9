/* SPDX-License-Identifier: MIT */
/* goro_process.c: children that may die, plain threads, and counts of what a process holds. */
#include "goro_test.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "goro_hang.h"

/* Children -------------------------------------------------------------------------------- */

static void become_child(int out)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP };
	struct rlimit none = { 0, 0 };

	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	close(out);
	setrlimit(RLIMIT_CORE, &none);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		signal(faults[i], SIG_DFL); /* a sanitizer's */
	test_hang_begin("a child");
}

/* Until it, and whoever inherited its descriptors, has ended. */
static void listen_to(int fd, char *said, size_t size)
{
	size_t length = 0;
	ssize_t n;

	while ((n = read(fd, said + length, size - 1 - length)) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		length += n > 0 ? (size_t)n : 0;
		if (length == size - 1) {
			memmove(said, said + length / 2, length - length / 2);
			length -= length / 2;
		}
	}
	said[length] = '\0';
}

void test_child_run(struct test_child *child, void (*fn)(void *), void *arg)
{
	int fd[2];
	pid_t pid;

	CHECK_EQ(pipe(fd), 0);
	fflush(NULL);
	pid = fork();
	CHECK_LE(0, pid);
	if (pid == 0) {
		close(fd[0]);
		become_child(fd[1]);
		fn(arg);
		_exit(0);
	}
	close(fd[1]);
	listen_to(fd[0], child->said, sizeof(child->said));
	close(fd[0]);
	while (waitpid(pid, &child->status, 0) < 0)
		CHECK_EQ(errno, EINTR);
}

void goro_test_child(const char *file, int line, void (*fn)(void *), void *arg, int code, int signo,
	const char *text)
{
	struct test_child child;
	int status;

	test_child_run(&child, fn, arg);
	status = child.status;
	if (signo != 0 && !(WIFSIGNALED(status) && WTERMSIG(status) == signo))
		goro_test_fail(file, line,
			"the child should die of %s, its status is %#x; it said:\n%s",
			strsignal(signo), (unsigned)status, child.said);
	if (signo == 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == code))
		goro_test_fail(file, line,
			"the child should exit with %d, its status is %#x; it said:\n%s", code,
			(unsigned)status, child.said);
	if (text != NULL)
		goro_test_has(file, line, child.said, text, "what the child said");
}

/* Threads --------------------------------------------------------------------------------- */

static void *thread_main(void *arg)
{
	struct test_thread *t = arg;

	t->fn(t->arg);
	return NULL;
}

/* It leaves SIGALRM to the main thread, which dumps (goro_hang.h). */
void test_thread_start(struct test_thread *t, void (*fn)(void *), void *arg)
{
	sigset_t alarm_only, before;
	pthread_t handle;

	t->fn = fn;
	t->arg = arg;
	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm_only, &before);
	CHECK_EQ(pthread_create(&handle, NULL, thread_main, t), 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	t->handle = handle;
}

void test_thread_join(struct test_thread *t)
{
	CHECK_EQ(pthread_join(t->handle, NULL), 0);
}

/* Files and counts -------------------------------------------------------------------------- */

const char *test_tmp(void)
{
	const char *folder = getenv("TMPDIR");

	return folder != NULL && folder[0] != '\0' ? folder : "/tmp";
}

static unsigned count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	CHECK_TRUE(dir != NULL);
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

unsigned test_count_threads(void)
{
	return count_entries("/proc/self/task");
}

/* The one of the look itself not counted. */
unsigned test_count_fds(void)
{
	return count_entries("/proc/self/fd") - 1;
}
