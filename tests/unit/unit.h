/* SPDX-License-Identifier: MIT */
/* unit.h: what tests of the lower rooms share: loop counts that can be scaled, and children that
 * may die.
 *
 * A cmocka assertion jumps back into cmocka, so it belongs to the test's own thread and process
 * alone. Threads leave their findings in memory for the test to look at; a child says MUST(), and
 * the test asserts that it finished.
 */
#ifndef GR_TESTS_UNIT_H
#define GR_TESTS_UNIT_H

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/os.h"

#if defined(__SANITIZE_ADDRESS__)
#define UNIT_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNIT_ASAN 1
#endif
#endif
#ifndef UNIT_ASAN
#define UNIT_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__)
#define UNIT_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNIT_TSAN 1
#endif
#endif
#ifndef UNIT_TSAN
#define UNIT_TSAN 0
#endif

/* What runs is seen also where it hangs and is ended from outside. */
static __attribute__((constructor)) void say_at_once(void)
{
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
}

static inline size_t test_scale(void)
{
	const char *text = getenv("GORO_TEST_SCALE");
	size_t scale = text != NULL ? strtoul(text, NULL, 10) : 1;

	return scale > 0 ? scale : 1;
}

/* n turns of a loop, divided by GORO_TEST_SCALE where machines are slow; at least one. */
static inline size_t scaled(size_t n)
{
	n /= test_scale();
	return n > 0 ? n : 1;
}

/* valgrind has no fault and no limit of its own: a few tests do without it. */
static inline bool under_valgrind(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	return preloaded != NULL && strstr(preloaded, "vgpreload") != NULL;
}

/* An emulator or valgrind keeps a record for each page of address space, used or not: a test that
 * reserves terabytes would end by the kernel's hand, and maybe not alone. qemu shows itself by
 * what it leaves out of /proc/self/stat. */
static inline bool address_space_costs_memory(void)
{
	return under_valgrind() || gr_os_thread_count() == -1;
}

/* SIGALRM every so many microseconds, 0: no more. More on a slow machine, where its handler alone
 * would use up the time between two. */
static inline void alarm_every(long us)
{
	long every = us * (long)test_scale() * (under_valgrind() ? 50 : 1);
	struct itimerval t = { { 0, every }, { 0, every } };

	assert_true(every < 1000000);
	assert_int_equal(setitimer(ITIMER_REAL, &t, NULL), 0);
}

/* In a child: says what does not hold, and ends it. */
#define MUST(cond)                                                            \
	do {                                                                  \
		if (!(cond)) {                                                \
			dprintf(2, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
			_exit(1);                                             \
		}                                                             \
	} while (0)

struct child {
	int status;
	bool finished;   /* fn returned; the status may be valgrind's own, after a fault */
	char said[4096]; /* on stderr, the first of it */
};

/* valgrind does not extend the stack for a signal's frame: so it is extended before. */
static __attribute__((noinline, unused)) void child_needs_room(void)
{
	volatile char room[64 << 10];

	for (size_t i = 0; i < sizeof(room); i += 1024)
		room[i] = 0;
}

static inline void child_life(void (*fn)(void *), void *arg)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP };
	struct rlimit none = { 0, 0 };

	child_needs_room();
	setrlimit(RLIMIT_CORE, &none);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		signal(faults[i], SIG_DFL);
	fn(arg);
}

/* Runs fn(arg) in a child that faults for real: no handler of the test's own is left. */
static inline struct child child_run(void (*fn)(void *), void *arg)
{
	struct child c = { 0 };
	size_t length = 0;
	int said[2], finished[2];
	char text[512];
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(said), 0);
	assert_int_equal(pipe(finished), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(said[1], 2);
		close(said[0]);
		close(said[1]);
		child_life(fn, arg);
		_exit(write(finished[1], "y", 1) == 1 ? 0 : 1);
	}
	close(said[1]);
	close(finished[1]);
	while ((n = read(said[0], text, sizeof(text))) > 0 || (n < 0 && errno == EINTR)) {
		size_t room = sizeof(c.said) - 1 - length;

		if (n > 0) {
			memcpy(c.said + length, text, (size_t)n < room ? (size_t)n : room);
			length += (size_t)n < room ? (size_t)n : room;
		}
	}
	c.finished = read(finished[0], text, 1) == 1;
	close(said[0]);
	close(finished[0]);
	while (waitpid(pid, &c.status, 0) < 0 && errno == EINTR)
		;
	return c;
}

static inline void child_complain(const struct child *c)
{
	print_error("child: status %#x, said: %s\n", (unsigned)c->status, c->said);
}

#define assert_child_finished(which)              \
	do {                                      \
		if (!(which).finished)            \
			child_complain(&(which)); \
		assert_true((which).finished);    \
	} while (0)

#define assert_child_died_of(which, signo)                         \
	do {                                                       \
		if (!WIFSIGNALED((which).status))                  \
			child_complain(&(which));                  \
		assert_true(WIFSIGNALED((which).status));          \
		assert_int_equal(WTERMSIG((which).status), signo); \
	} while (0)

static inline void child_reads(void *address)
{
	(void)*(volatile char *)address;
}

/* Does reading the byte there end the process? */
static inline bool faults_at(const void *address)
{
	struct child c = child_run(child_reads, (void *)(uintptr_t)address);

	return WIFSIGNALED(c.status) && WTERMSIG(c.status) == SIGSEGV;
}

/* What sort of guards there is is found out once in a process: so these tests run twice, at first
 * in a child that was told to do without markers. */
static inline bool told_to_use_mprotect(void)
{
	const char *wish = getenv("GORO_GUARD");

	return wish != NULL && strcmp(wish, "mprotect") == 0;
}

static inline int run_with_both_guards(int (*run_all)(const char *name))
{
	int status = 1;
	pid_t pid;

	if (told_to_use_mprotect())
		return run_all("guards by mprotect");
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		setenv("GORO_GUARD", "mprotect", 1);
		exit(run_all("guards by mprotect"));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 1;
	return (WIFEXITED(status) ? WEXITSTATUS(status) : 1) + run_all("guards as found");
}

#endif
