/* SPDX-License-Identifier: MIT */
/* linux_thread.c: futexes, threads, signal masks, the process-wide barrier. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"
#include "os/valgrind.h"

#if defined(__SANITIZE_THREAD__)
#define TSAN
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TSAN
#endif
#endif

#define SECOND INT64_C(1000000000)
#define NAP    INT64_C(100000) /* until memory may have become free */

#define THREAD_STACK     ((size_t)256 << 10)
#define THREAD_STACK_MAX ((size_t)16 << 20)

/* Futexes ----------------------------------------------------------------------------------- */

/* 0, or an errno. */
static int futex_wait(const uint32_t *addr, uint32_t expected, int64_t deadline)
{
	struct timespec t, *limit = NULL;
	long rc;

	if (deadline != GR_OS_FOREVER) {
		if (deadline < 0)
			deadline = 0;
		t.tv_sec = (time_t)(deadline / SECOND);
		t.tv_nsec = (long)(deadline % SECOND);
		limit = &t;
	}
	/* WAIT_BITSET takes a point in time (monotonic), WAIT would take a duration. */
	rc = syscall(SYS_futex, addr, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected, limit, NULL,
		FUTEX_BITSET_MATCH_ANY);
	return rc == 0 ? 0 : errno;
}

#ifdef TSAN
/* ThreadSanitizer holds a signal back until its thread makes a call that it knows, which is not so
 * of this one. So the thread sleeps in pieces, with such a call between them. */
static int sleep_on(const uint32_t *addr, uint32_t expected, int64_t deadline)
{
	for (;;) {
		int64_t piece = gr_os_now() + SECOND / 20;
		int rc = futex_wait(addr, expected, piece < deadline ? piece : deadline);

		if (rc != ETIMEDOUT || piece >= deadline)
			return rc;
		usleep(0);
	}
}
#else
#define sleep_on futex_wait
#endif

int gr_os_futex_wait(const uint32_t *addr, uint32_t expected, int64_t deadline)
{
	int saved = errno;
	int rc = sleep_on(addr, expected, deadline);

	errno = saved;
	return rc == ETIMEDOUT ? -ETIMEDOUT : 0;
}

int gr_os_futex_wake(const uint32_t *addr, int n)
{
	int saved = errno;
	long woken;

	/* The word may be gone, and so is whoever slept there. The kernel says EFAULT at most;
	 * valgrind would speak of an error. */
	gr_valgrind_request(0, GR_VALGRIND_ERRORS_OFF, 1, 0);
	woken = syscall(SYS_futex, addr, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, n);
	gr_valgrind_request(0, GR_VALGRIND_ERRORS_OFF, (uintptr_t)-1, 0);
	errno = saved;
	return woken > 0 ? (int)woken : 0;
}

/* Threads ----------------------------------------------------------------------------------- */

static void open_signals(unsigned flags)
{
	static const int synchronous[] = {
		SIGSEGV,
		SIGBUS,
		SIGFPE,
		SIGILL,
		SIGTRAP,
		SIGSYS,
		SIGABRT,
	};
	sigset_t set;

	sigfillset(&set);
	for (size_t i = 0; i < sizeof(synchronous) / sizeof(synchronous[0]); i++)
		sigdelset(&set, synchronous[i]);
	if (flags & GR_OS_THREAD_PROF)
		sigdelset(&set, SIGPROF);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
}

static void *run(void *arg)
{
	struct gr_os_thread *t = arg;

	open_signals(t->flags); /* its creator had blocked them all */
	prctl(PR_SET_NAME, t->name);
	prctl(PR_SET_TIMERSLACK, 1UL);
	t->fn(t->arg);
	return NULL;
}

static int add_tls(struct dl_phdr_info *module, size_t size, void *sum)
{
	(void)size;
	for (int i = 0; i < module->dlpi_phnum; i++)
		if (module->dlpi_phdr[i].p_type == PT_TLS)
			*(size_t *)sum += module->dlpi_phdr[i].p_memsz;
	return 0;
}

/* The program's thread-locals come out of a thread's stack too. What else does, glibc knows: for a
 * stack that is too small pthread_create() says EINVAL. */
static int create(struct gr_os_thread *t)
{
	size_t size = THREAD_STACK;
	pthread_attr_t attr;
	int rc;

	if (size < (size_t)PTHREAD_STACK_MIN)
		size = (size_t)PTHREAD_STACK_MIN;
	dl_iterate_phdr(add_tls, &size);
	size = (size + 0xffff) & ~(size_t)0xffff;
	rc = pthread_attr_init(&attr);
	if (rc != 0)
		return -rc;
	do {
		rc = pthread_attr_setstacksize(&attr, size);
		if (rc == 0)
			rc = pthread_create(&t->handle, &attr, run, t);
		size *= 2;
	} while (rc == EINVAL && size <= THREAD_STACK_MAX);
	pthread_attr_destroy(&attr);
	return -rc;
}

int gr_os_thread_start(struct gr_os_thread *thread, const char *name, unsigned flags,
	void (*fn)(void *), void *arg)
{
	sigset_t all, before;
	int rc;

	thread->fn = fn;
	thread->arg = arg;
	thread->flags = flags;
	snprintf(thread->name, sizeof(thread->name), "%s", name);

	/* A thread inherits its creator's mask: so no signal is delivered to it, ever. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = create(thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

void gr_os_thread_join(struct gr_os_thread *thread)
{
	pthread_join(thread->handle, NULL);
}

void gr_os_thread_detach(struct gr_os_thread *thread)
{
	pthread_detach(thread->handle);
}

void gr_os_thread_call(void (*fn)(void *), void *arg, void (*lost)(void *))
{
	pthread_cleanup_push(lost, arg);
	fn(arg);
	pthread_cleanup_pop(0);
}

int gr_os_thread_count(void)
{
	char text[1024];
	const char *p;
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	int count = -1;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	/* The second field is a name that may contain anything; 17 more come before the count. */
	p = strrchr(text, ')');
	for (int i = 0; p != NULL && i < 18; i++)
		p = strchr(p + 1, ' ');
	if (p == NULL || sscanf(p, "%d", &count) != 1 || count < 1)
		return -1;
	return count;
}

/* The empty asm keeps the compiler from seeing that this is a pure function, and from calling it
 * once for two uses: it may run on another thread the second time. */
__attribute__((noinline)) int *gr_os_errno(void)
{
	__asm__ volatile("" ::: "memory");
	return &errno;
}

int gr_os_thread_stack(uintptr_t *low, uintptr_t *high)
{
	pthread_attr_t attr;
	void *addr;
	size_t size;
	int rc = pthread_getattr_np(pthread_self(), &attr);

	if (rc != 0)
		return -rc;
	rc = pthread_attr_getstack(&attr, &addr, &size);
	pthread_attr_destroy(&attr);
	if (rc != 0)
		return -rc;
	*low = (uintptr_t)addr;
	*high = (uintptr_t)addr + size;
	return 0;
}

/* Barrier ----------------------------------------------------------------------------------- */

static bool barrier(int command)
{
	return syscall(SYS_membarrier, command, 0, 0) == 0;
}

bool gr_os_membarrier_start(void)
{
	int saved = errno;
	bool done = barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) &&
		barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);

	errno = saved;
	return done;
}

/* Registered, it fails only when the kernel is short of a little memory. The global one needs none,
 * but takes milliseconds. That a filter of system calls may take both away meanwhile cannot be made
 * good: then no thread knows any more what another has written. */
void gr_os_membarrier(void)
{
	static const char text[] = "goro: membarrier(2) works no more\n";
	int saved = errno;

	while (!barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) {
		bool passing = errno == ENOMEM;

		if (barrier(MEMBARRIER_CMD_GLOBAL))
			break;
		if (!passing) {
			gr_os_write_all(2, text, sizeof(text) - 1);
			abort();
		}
		gr_os_nap(NAP);
	}
	errno = saved;
}

/* Fork and masks ---------------------------------------------------------------------------- */

int gr_os_at_fork(void (*child)(void))
{
	static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
	static bool done;
	int rc = 0;

	pthread_mutex_lock(&once);
	if (!done)
		rc = pthread_atfork(NULL, NULL, child);
	done = rc == 0;
	pthread_mutex_unlock(&once);
	return -rc;
}

void gr_os_signal_mask_get(struct gr_os_mask *mask)
{
	pthread_sigmask(SIG_SETMASK, NULL, &mask->set);
}

void gr_os_signal_mask_set(const struct gr_os_mask *mask)
{
	pthread_sigmask(SIG_SETMASK, &mask->set, NULL);
}
