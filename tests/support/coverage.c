/* SPDX-License-Identifier: MIT */
/* coverage.c: a process that ends otherwise than by exit() counts, too. In the coverage build only,
 * where the linker sends each test's calls of these functions here, those of libgoro.a included.
 */
#include <gcov.h>

void __real_abort(void) __attribute__((noreturn));
void __real__exit(int status) __attribute__((noreturn));
int __real_raise(int signo);

void __wrap_abort(void) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));
int __wrap_raise(int signo);

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
