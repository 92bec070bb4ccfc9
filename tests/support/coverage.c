/* SPDX-License-Identifier: MIT */
/* coverage.c: a process that ends otherwise than by exit() counts, too. In the coverage build only,
 * where the linker sends each test's calls of these functions here, those of libgoro.a included.
 */
#include <gcov.h>
#include <signal.h>

void __real_abort(void) __attribute__((noreturn));
void __real__exit(int status) __attribute__((noreturn));
int __real_raise(int signo);
int __real_kill(pid_t pid, int signo);

void __wrap_abort(void) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));
int __wrap_raise(int signo);
int __wrap_kill(pid_t pid, int signo);

/* Added to the files; the process may live on and count further. */
static void write_counts(void)
{
	__gcov_dump();
	__gcov_reset();
}

void __wrap_abort(void)
{
	write_counts();
	__real_abort();
}

void __wrap__exit(int status)
{
	write_counts();
	__real__exit(status);
}

int __wrap_raise(int signo)
{
	write_counts();
	return __real_raise(signo);
}

int __wrap_kill(pid_t pid, int signo)
{
	write_counts();
	return __real_kill(pid, signo);
}

/* A test that ends its children from outside does it by SIGTERM. */
static void on_term(int signo)
{
	signal(signo, SIG_DFL);
	__wrap_raise(signo);
}

static __attribute__((constructor)) void handle_term(void)
{
	signal(SIGTERM, on_term);
}
