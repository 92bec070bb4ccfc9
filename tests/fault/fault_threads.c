/* SPDX-License-Identifier: MIT */
/* fault_threads.c: goro's calls for threads, futexes, barriers and signals. */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"
#include "fault_calls.h"

/* Threads ----------------------------------------------------------------------------------- */

/* These return their error and need not set errno. */
static int error_of(enum fault_kind kind)
{
	return fault_now(kind) ? errno : 0;
}

int fault_pthread_create(
	pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	int rc = error_of(FAULT_pthread_create);

	if (rc == 0)
		rc = pthread_create(thread, attr, fn, arg);
	if (rc == 0)
		fault_hold(&fault_held.threads, 1);
	return rc;
}

int fault_pthread_join(pthread_t thread, void **result)
{
	fault_hold(&fault_held.threads, -1);
	return pthread_join(thread, result);
}

int fault_pthread_detach(pthread_t thread)
{
	fault_hold(&fault_held.threads, -1);
	return pthread_detach(thread);
}

int fault_pthread_attr_init(pthread_attr_t *attr)
{
	int rc = error_of(FAULT_attr_init);

	return rc != 0 ? rc : pthread_attr_init(attr);
}

int fault_pthread_attr_setstacksize(pthread_attr_t *attr, size_t size)
{
	int rc = error_of(FAULT_attr_stacksize);

	return rc != 0 ? rc : pthread_attr_setstacksize(attr, size);
}

int fault_pthread_attr_getstack(const pthread_attr_t *attr, void **addr, size_t *size)
{
	int rc = error_of(FAULT_getstack);

	return rc != 0 ? rc : pthread_attr_getstack(attr, addr, size);
}

int fault_pthread_getattr_np(pthread_t thread, pthread_attr_t *attr)
{
	int rc = error_of(FAULT_getattr);

	return rc != 0 ? rc : pthread_getattr_np(thread, attr);
}

int fault_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	int rc = error_of(FAULT_atfork);

	return rc != 0 ? rc : pthread_atfork(prepare, parent, child);
}

int fault_prctl(int what, unsigned long arg)
{
	return fault_now(FAULT_prctl) ? -1 : prctl(what, arg);
}

int fault_clock_nanosleep(
	clockid_t clock, int flags, const struct timespec *t, struct timespec *rest)
{
	int rc = error_of(FAULT_nanosleep);

	return rc != 0 ? rc : clock_nanosleep(clock, flags, t, rest);
}

/* System calls made by number --------------------------------------------------------------- */

static bool passed(const struct timespec *limit)
{
	struct timespec now;

	if (limit == NULL)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec != limit->tv_sec ? now.tv_sec > limit->tv_sec :
					     now.tv_nsec >= limit->tv_nsec;
}

/* True: the wait ends before its time, with *rc, after a moment in which others can run: more
 * would come of a wait that never waits than of a fault. When its time is up the kernel says that
 * and nothing else, however often it is interrupted. */
static bool wait_ends(const struct timespec *limit, long *rc)
{
	static const struct timespec moment = { .tv_nsec = 20000 };
	bool fails = fault_now(FAULT_futex_eintr) || fault_now(FAULT_futex_eagain);

	if (!fails && !fault_now(FAULT_futex_spurious))
		return false;
	*rc = fails ? -1 : 0;
	if (passed(limit)) {
		errno = ETIMEDOUT;
		*rc = -1;
	} else {
		clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL); /* leaves errno alone */
	}
	return true;
}

static bool barrier_fails(long command)
{
	if (command == MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
		return fault_now(FAULT_membarrier_start);
	return command == MEMBARRIER_CMD_PRIVATE_EXPEDITED && fault_now(FAULT_membarrier);
}

/* All that a variadic call passes arrives in registers: reading six of them is harmless. */
long fault_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	long rc;

	if (number == SYS_futex && (b & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET &&
		wait_ends((const struct timespec *)(uintptr_t)d, &rc))
		return rc;
	if (number == SYS_membarrier && barrier_fails(a))
		return -1;
	if (number == SYS_process_vm_readv && fault_now(FAULT_vm_readv))
		return -1;
	if (number == SYS_write)
		return fault_write_raw((int)a, (const void *)(uintptr_t)b, (size_t)c);
	rc = syscall(number, a, b, c, d, e, f);
	if (number == SYS_futex && (b & FUTEX_CMD_MASK) == FUTEX_WAKE &&
		fault_now(FAULT_futex_wake))
		return -1;
	return rc;
}

/* Signals ----------------------------------------------------------------------------------- */

int fault_sigaction(int signo, const struct sigaction *to, struct sigaction *old)
{
	return fault_now(FAULT_sigaction) ? -1 : sigaction(signo, to, old);
}

int fault_sigaltstack(const stack_t *to, stack_t *old)
{
	return fault_now(FAULT_sigaltstack) ? -1 : sigaltstack(to, old);
}

/* A constant of the process: an older kernel does not tell it, ever. */
unsigned long fault_getauxval(unsigned long type)
{
	enum { UNKNOWN, THERE, NOT_THERE };
	static int known = UNKNOWN;

	if (__atomic_load_n(&known, __ATOMIC_RELAXED) == UNKNOWN)
		__atomic_store_n(
			&known, fault_now(FAULT_getauxval) ? NOT_THERE : THERE, __ATOMIC_RELAXED);
	return __atomic_load_n(&known, __ATOMIC_RELAXED) == NOT_THERE ? 0 : getauxval(type);
}
