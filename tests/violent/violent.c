/* SPDX-License-Identifier: MIT */
#include "violent.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_SECONDS 60 /* then it hangs */

struct notes *notes;

/* What runs is seen also where it hangs and is ended from outside. */
static __attribute__((constructor)) void say_at_once(void)
{
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
}

static void prepare(const char *environment)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	struct rlimit none = { 0, 0 };

	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
		signal(faults[i], SIG_DFL);
	setrlimit(RLIMIT_CORE, &none);
	alarm(CHILD_SECONDS);
	if (environment != NULL)
		putenv((char *)(uintptr_t)environment);
}

void begin_child(struct child *c, void (*deed)(void), const char *environment)
{
	int fd[2];

	if (notes == NULL)
		notes = mmap(NULL, sizeof *notes, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(notes, MAP_FAILED);
	*notes = (struct notes){ 0 };
	assert_int_equal(pipe(fd), 0);
	c->pid = fork();
	assert_true(c->pid >= 0);
	if (c->pid == 0) {
		dup2(fd[1], 2);
		close(fd[0]);
		close(fd[1]);
		prepare(environment);
		deed();
		_exit(0);
	}
	close(fd[1]);
	c->fd = fd[0];
	c->length = 0;
	c->text[0] = '\0';
}

/* False: the end. */
static int read_more(struct child *c)
{
	char rest[1024]; /* of a text that is too long */
	size_t room = TEXT_ROOM - 1 - c->length;
	ssize_t n =
		read(c->fd, room > 0 ? c->text + c->length : rest, room > 0 ? room : sizeof rest);

	if (n <= 0)
		return 0;
	if (room > 0) {
		c->length += (size_t)n;
		c->text[c->length] = '\0';
	}
	return 1;
}

int count_of(const struct child *c, const char *text)
{
	int n = 0;

	for (const char *p = c->text; (p = strstr(p, text)) != NULL; p += strlen(text))
		n++;
	return n;
}

void await_text(struct child *c, const char *text, int times)
{
	while (count_of(c, text) < times)
		if (!read_more(c))
			fail_msg("the child ended without \"%s\"; it said:\n%s", text, c->text);
}

void await_end(struct child *c)
{
	while (read_more(c))
		;
	close(c->fd);
	assert_int_equal(waitpid(c->pid, &c->status, 0), c->pid);
}

void run_child(struct child *c, void (*deed)(void), const char *environment)
{
	begin_child(c, deed, environment);
	await_end(c);
}

void assert_says(const struct child *c, const char *text)
{
	if (count_of(c, text) == 0)
		fail_msg("no \"%s\" in:\n%s", text, c->text);
}

void assert_says_not(const struct child *c, const char *text)
{
	if (count_of(c, text) != 0)
		fail_msg("\"%s\" in:\n%s", text, c->text);
}

void assert_killed_by(const struct child *c, int signo)
{
	if (!WIFSIGNALED(c->status) || WTERMSIG(c->status) != signo)
		fail_msg("status %#x, not signal %d; it said:\n%s", (unsigned)c->status, signo,
			c->text);
}

void assert_exited(const struct child *c, int code)
{
	if (!WIFEXITED(c->status) || WEXITSTATUS(c->status) != code)
		fail_msg("status %#x, not exit %d; it said:\n%s", (unsigned)c->status, code,
			c->text);
}

uintptr_t address_after(const struct child *c, const char *before)
{
	const char *p = strstr(c->text, before);
	const char *name;
	Dl_info info;

	if (p == NULL)
		fail_msg("no \"%s\" in:\n%s", before, c->text);
	assert_int_not_equal(dladdr((void *)(uintptr_t)address_after, &info), 0);
	name = strrchr(info.dli_fname, '/');
	name = name != NULL ? name + 1 : info.dli_fname;
	p += strlen(before);
	if (strncmp(p, name, strlen(name)) != 0 || strncmp(p + strlen(name), "+0x", 3) != 0)
		fail_msg("no %s+0x… after \"%s\" in:\n%s", name, before, c->text);
	return (uintptr_t)info.dli_fbase + strtoull(p + strlen(name) + 1, NULL, 16);
}
