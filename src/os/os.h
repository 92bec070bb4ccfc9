/* SPDX-License-Identifier: MIT */
/* os.h: the contract with the kernel. All that a port to another system has to write.
 *
 * Nothing outside os/ makes a system call of its own (netpoll goes through libuv, io through
 * POSIX calls on descriptors). Failures are negative errno values; errno itself is a by-product.
 * Times are nanoseconds on the monotonic clock. "Signal-safe": may be called in a signal handler.
 *
 * Files: linux_clock.c, linux_cpu.c, linux_thread.c, linux_poll.c, linux_memory.c, linux_fault.c,
 * linux_inspect.c.
 */
#ifndef GR_OS_OS_H
#define GR_OS_OS_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Clock and machine ------------------------------------------------------------------------- */

/* Now. Never goes back, never fails. Signal-safe. */
int64_t gr_os_now(void);

/* Sleeps about `ns` (> 0), or less when a signal comes. Leaves errno as it was. */
void gr_os_nap(int64_t ns);

/* A power of two. */
size_t gr_os_page_size(void);

/* CPUs this process may use: its affinity, limited by the CPU quota of its control group and of
 * every group above it (rounded up). At least 1, whatever cannot be read. */
int gr_os_cpus(void);

/* 64 bits nobody can guess; never fails (without a source: clock and addresses). */
uint64_t gr_os_entropy(void);

/* Futexes ----------------------------------------------------------------------------------- */

#define GR_OS_FOREVER INT64_MAX

/* Sleeps while *addr is `expected`, at most until the point `deadline` (GR_OS_FOREVER: no limit).
 * 0: woken, or the word differs, or for no reason at all; -ETIMEDOUT: the deadline has passed. */
int gr_os_futex_wait(const uint32_t *addr, uint32_t expected, int64_t deadline);

/* Wakes up to n threads that sleep on addr. The address is not read and need not be mapped: the
 * word may have been freed by whoever saw its new value. Returns how many it found asleep. */
int gr_os_futex_wake(const uint32_t *addr, int n);

/* Threads ----------------------------------------------------------------------------------- */

struct gr_os_thread {
	pthread_t handle;
	void (*fn)(void *);
	void *arg;
	unsigned flags;
	char name[16];
};

#define GR_OS_THREAD_PROF 1u /* leave SIGPROF open, for profilers */

/* Starts fn(arg) in a thread with a stack of its own of at least 256 KiB and, from its first
 * instruction, every signal blocked but the synchronous ones (SEGV, BUS, FPE, ILL, TRAP, SYS,
 * ABRT) and what `flags` leaves open. Its timers have no slack. `name`: up to 15 bytes, shown by
 * ps and gdb. *thread stays where it is until fn has begun. 0, or -EAGAIN, -ENOMEM, -EPERM. */
int gr_os_thread_start(struct gr_os_thread *thread, const char *name, unsigned flags,
	void (*fn)(void *), void *arg);
void gr_os_thread_join(struct gr_os_thread *thread);   /* waits for its end; once */
void gr_os_thread_detach(struct gr_os_thread *thread); /* instead of join */

/* Calls fn(arg). If the thread ends in it, by pthread_exit() or pthread_cancel(), lost(arg) is called
 * in its place, on the thread's own stack, and must not return. */
void gr_os_thread_call(void (*fn)(void *), void *arg, void (*lost)(void *));

/* Threads of this process, -1 if unknown. */
int gr_os_thread_count(void);

/* The address of this thread's errno. A call, so that no compiler keeps the address while a
 * coroutine moves to another thread: cc believes that it never changes. */
int *gr_os_errno(void);

/* This thread's own stack, for sanitizers. -EINVAL and so on when unknown. */
int gr_os_thread_stack(uintptr_t *low, uintptr_t *high);

/* A barrier in every running thread of this process at once. start() says whether the kernel has
 * it (emulators do not) and must have returned true before the barrier is used. */
bool gr_os_membarrier_start(void);
void gr_os_membarrier(void);

/* Calls child() in the child of each fork(). Once per process: a later call changes nothing.
 * 0 or -ENOMEM. */
int gr_os_at_fork(void (*child)(void));

struct gr_os_mask {
	sigset_t set;
};

void gr_os_signal_mask_get(struct gr_os_mask *mask); /* this thread's */
void gr_os_signal_mask_set(const struct gr_os_mask *mask);

/* Descriptors ------------------------------------------------------------------------------- */

/* Of a descriptor in a set: bits. FAILED: an error or a hang-up, whatever is watched for. */
enum gr_os_readiness { GR_OS_READABLE = 1, GR_OS_WRITABLE = 2, GR_OS_FAILED = 4 };

struct gr_os_ready {
	int fd;
	unsigned what;
};

/* Waits until a descriptor of the set (an epoll, on Linux) is ready, and says which are, up to `most`
 * of them. None: a signal came, or at most two milliseconds are left until the point `deadline`, for
 * which it is asked again. */
int gr_os_await_set(int set, int64_t deadline, struct gr_os_ready *ready, int most);

/* A bell is a descriptor that is readable from the first ring, by anybody, until it is silenced. It, or a
 * negative errno. */
int gr_os_bell_make(void);
void gr_os_bell_ring(int bell);
void gr_os_bell_silence(int bell);

/* Memory ------------------------------------------------------------------------------------ */

/* Reserves `bytes` (a multiple of the page size) of zeroed private memory, aligned to `align` (a
 * power of two, at least a page; 0: a page). No page is committed before it is touched, and none
 * is a huge page. 0 or -ENOMEM. */
int gr_os_reserve(size_t bytes, size_t align, void **out);

/* Gives back what gr_os_reserve() returned, whole. */
void gr_os_release(void *addr, size_t bytes);

/* Makes whole pages fault on every access, for good. Contents are lost. 0 or -ENOMEM: then no
 * page of it is guaranteed to fault. */
int gr_os_guard(void *addr, size_t bytes);

/* Whole pages. */
struct gr_os_range {
	void *addr;
	size_t bytes;
};

/* The same for n ranges, at once if the kernel can. */
int gr_os_guard_all(const struct gr_os_range *ranges, size_t n);

/* Are guards markers in the page table? They survive gr_os_discard_all() and cost no mapping each.
 * Otherwise they are mappings without access: then discard only what is between them. */
bool gr_os_guard_is_marker(void);

/* How many guards between other pages the kernel will bear in this process. SIZE_MAX with
 * markers; a share of vm.max_map_count else, where each costs two mappings. */
size_t gr_os_guard_limit(void);

/* Drops the contents of the pages of n ranges, at once if the kernel can: they read as zeroes, and
 * occupy nothing until touched. */
void gr_os_discard_all(const struct gr_os_range *ranges, size_t n);

/* Output ------------------------------------------------------------------------------------ */

/* Writes it all, through interruptions and short writes. 0 or the error. Signal-safe. */
int gr_os_write_all(int fd, const void *data, size_t bytes);

/* Opens a file to write behind what it holds, made if it is not there; not inherited by programs
 * that this process becomes. A descriptor, or the error. */
int gr_os_append(const char *path);
void gr_os_close(int fd);

/* 0: fd is open for writing; -EBADF: it is not. Signal-safe. */
int gr_os_writable(int fd);

/* Copies n bytes from an address of this process that may be anything, without a fault and without
 * a data race that a sanitizer would see. Returns how many could be read: n, or fewer when
 * a part is not readable, or 0 when the kernel lends no hand. Signal-safe. */
size_t gr_os_read_memory(void *to, const void *from, size_t n);

/* Faults ------------------------------------------------------------------------------------ */

struct gr_os_fault {
	int signo; /* SIGSEGV, SIGBUS, SIGFPE or SIGILL */
	int code;  /* si_code */
	uintptr_t address;
	uintptr_t pc, sp, fp; /* at the fault */
	uintptr_t caller;     /* if pc is at the first instruction of a function: who called */
};

/* Installs the handlers. `handler` runs on the signal stack and may use signal-safe functions
 * only. It returns true when it has reported: the signal is then raised again with its default
 * action (a core dump); false: it goes to whoever had the signal before. 0 or negative errno. */
int gr_os_fault_start(bool (*handler)(const struct gr_os_fault *));

/* Puts back what was there, where the handler is still ours. */
void gr_os_fault_stop(void);

/* Gives the calling thread a stack for its signal handlers, as large as this machine's registers
 * require and 32 KiB more. A thread that has one keeps its own. *token goes to stop, in the same
 * thread. 0 or -ENOMEM. */
int gr_os_signal_stack_start(void **token);
void gr_os_signal_stack_stop(void *token);

/* Bytes that the kernel may push for a signal handler on the stack it interrupts. */
size_t gr_os_signal_frame(void);

#endif
