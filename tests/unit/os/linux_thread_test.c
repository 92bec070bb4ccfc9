/* SPDX-License-Identifier: MIT */
/* linux_thread_test.c: threads, their signals, names, stacks and masks (os.h). Futexes and
 * forks have linux_thread_futex_test.c and linux_thread_fork_test.c. */
#include "../unit.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

#include "os/os.h"

static void run_to_its_end(const char *name, unsigned flags, void (*fn)(void *), void *arg)
{
	struct gr_os_thread t;

	assert_int_equal(gr_os_thread_start(&t, name, flags, fn, arg), 0);
	gr_os_thread_join(&t);
}

static void note_mask(void *arg)
{
	gr_os_signal_mask_get(arg);
}

static bool is_open(int signo, unsigned flags)
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

	for (size_t i = 0; i < sizeof(synchronous) / sizeof(synchronous[0]); i++)
		if (signo == synchronous[i])
			return true;
	return signo == SIGPROF && (flags & GR_OS_THREAD_PROF);
}

/* Those that can be blocked at all: not KILL and STOP, nor what libc or an emulator keep. */
static struct gr_os_mask all_that_can_be(void)
{
	struct gr_os_mask before, all, got;

	sigfillset(&all.set);
	gr_os_signal_mask_get(&before);
	gr_os_signal_mask_set(&all);
	gr_os_signal_mask_get(&got);
	gr_os_signal_mask_set(&before);
	return got;
}

static void a_thread_has_every_signal_blocked_but_the_synchronous_ones(void **state)
{
	static const unsigned flags[] = { 0, GR_OS_THREAD_PROF };
	struct gr_os_mask all = all_that_can_be();

	(void)state;
	assert_true(sigismember(&all.set, SIGPROF));
	for (size_t i = 0; i < 2; i++) {
		struct gr_os_mask mask;

		sigemptyset(&mask.set);
		run_to_its_end("mask", flags[i], note_mask, &mask);
		for (int signo = 1; signo <= SIGRTMAX; signo++) {
			bool open = is_open(signo, flags[i]) || !sigismember(&all.set, signo);

			assert_int_equal(sigismember(&mask.set, signo), !open);
		}
	}
}

static void the_creators_mask_is_as_before(void **state)
{
	struct gr_os_mask before, ours, after;

	(void)state;
	gr_os_signal_mask_get(&before);
	ours = before;
	sigaddset(&ours.set, SIGUSR2);
	sigdelset(&ours.set, SIGUSR1);
	gr_os_signal_mask_set(&ours);
	run_to_its_end("mask", 0, note_mask, &after);
	gr_os_signal_mask_get(&after);
	gr_os_signal_mask_set(&before);
	for (int signo = 1; signo <= SIGRTMAX; signo++)
		assert_int_equal(sigismember(&after.set, signo), sigismember(&ours.set, signo));
}

static pthread_t main_thread;
static volatile sig_atomic_t strayed;

static void on_alarm(int signo)
{
	(void)signo;
	if (!pthread_equal(pthread_self(), main_thread))
		strayed = 1;
}

static void do_nothing(void *arg)
{
	(void)arg;
}

/* Signals pour in while threads come and go; none may ever run a handler on one of them. */
static void no_signal_strays_into_a_thread_even_at_its_start(void **state)
{
	struct sigaction ours = { .sa_handler = on_alarm, .sa_flags = SA_RESTART }, old;

	(void)state;
	main_thread = pthread_self();
	strayed = 0;
	assert_int_equal(sigaction(SIGALRM, &ours, &old), 0);
	alarm_every(100);
	for (size_t i = 0; i < scaled(500); i++)
		run_to_its_end("quiet", GR_OS_THREAD_PROF, do_nothing, NULL);
	alarm_every(0);
	signal(SIGALRM, SIG_IGN); /* one may be on its way */
	sigaction(SIGALRM, &old, NULL);
	assert_int_equal(strayed, 0);
}

static void note_name(void *arg)
{
	prctl(PR_GET_NAME, arg);
}

static void a_thread_has_its_name_cut_to_15_bytes(void **state)
{
	char name[16];

	(void)state;
	run_to_its_end("goro:7", 0, note_name, name);
	assert_string_equal(name, "goro:7");
	run_to_its_end("123456789012345", 0, note_name, name);
	assert_string_equal(name, "123456789012345");
	run_to_its_end("123456789012345six", 0, note_name, name);
	assert_string_equal(name, "123456789012345");
	run_to_its_end("", 0, note_name, name);
	assert_string_equal(name, "");
}

static void note_slack(void *arg)
{
	*(int *)arg = prctl(PR_GET_TIMERSLACK);
}

static void a_threads_timers_have_no_slack(void **state)
{
	int slack = -1;

	(void)state;
	run_to_its_end("slack", 0, note_slack, &slack);
	if (slack < 0)
		skip();          /* an emulator that does not say */
	assert_true(slack <= 1); /* nanoseconds; 0: a real-time thread */
}

struct stack {
	int rc;
	uintptr_t low, high, local;
};

static void note_stack(void *arg)
{
	struct stack *s = arg;
	volatile char deep[150 << 10];

	for (size_t i = 0; i < sizeof(deep); i += 1024)
		deep[i] = 1; /* it is there */
	s->local = (uintptr_t)&deep[0];
	s->rc = gr_os_thread_stack(&s->low, &s->high);
}

static void a_thread_has_at_least_256_KiB_of_stack_and_knows_where(void **state)
{
	struct stack s = { .rc = -1 };

	(void)state;
	run_to_its_end("stack", 0, note_stack, &s);
	assert_int_equal(s.rc, 0);
	assert_true(s.high - s.low >= (size_t)256 << 10);
	if (!UNIT_ASAN) /* which may keep locals elsewhere */
		assert_in_range(s.local, s.low, s.high - 1);
}

static void the_main_thread_knows_its_stack(void **state)
{
	uintptr_t low, high, here = (uintptr_t)__builtin_frame_address(0);

	(void)state;
	assert_int_equal(gr_os_thread_stack(&low, &high), 0);
	assert_in_range(here, low, high - 1);
}

static uint32_t ended;

static void say_ended(void *arg)
{
	__atomic_store_n((uint32_t *)arg, 1, __ATOMIC_RELEASE);
	gr_os_futex_wake(arg, 1);
}

static void a_detached_thread_runs_all_the_same(void **state)
{
	struct gr_os_thread t;

	(void)state;
	assert_int_equal(gr_os_thread_start(&t, "detached", 0, say_ended, &ended), 0);
	gr_os_thread_detach(&t);
	while (__atomic_load_n(&ended, __ATOMIC_ACQUIRE) == 0)
		gr_os_futex_wait(&ended, 0, GR_OS_FOREVER);
}

static uint32_t go_on;

static void wait_to_go_on(void *arg)
{
	(void)arg;
	while (__atomic_load_n(&go_on, __ATOMIC_ACQUIRE) == 0)
		gr_os_futex_wait(&go_on, 0, GR_OS_FOREVER);
}

static void out_of_address_space(void *arg)
{
	struct rlimit little = { 1 << 20, 1 << 20 };
	struct gr_os_mask before, after;
	struct gr_os_thread t;
	int rc = 0;

	(void)arg;
	gr_os_signal_mask_get(&before);
	MUST(setrlimit(RLIMIT_AS, &little) == 0);
	if (mmap(NULL, 1 << 16, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		return;                           /* an emulator that keeps no such limit */
	for (int i = 0; i < 1000 && rc == 0; i++) /* libc may keep stacks of threads that ended */
		rc = gr_os_thread_start(&t, "refused", 0, wait_to_go_on, NULL);
	MUST(rc == -EAGAIN || rc == -ENOMEM);
	gr_os_signal_mask_get(&after);
	for (int signo = 1; signo < 32; signo++)
		MUST(sigismember(&before.set, signo) == sigismember(&after.set, signo));
}

static void out_of_processes(void *arg)
{
	struct rlimit none = { 0, 0 };
	struct gr_os_thread t;
	int rc;

	(void)arg;
	if (geteuid() == 0 && setuid(65534) != 0)
		return; /* root, and nothing else: the limit does not hold */
	MUST(setrlimit(RLIMIT_NPROC, &none) == 0);
	rc = gr_os_thread_start(&t, "refused", 0, do_nothing, NULL);
	MUST(rc == -EAGAIN);
}

static void a_thread_that_the_system_refuses_is_an_error_and_no_mask_is_lost(void **state)
{
	struct child c;

	(void)state;
	if (!UNIT_ASAN && !UNIT_TSAN && !under_valgrind()) { /* they need space themselves */
		c = child_run(out_of_address_space, NULL);
		assert_child_finished(c);
	}
	if (!UNIT_TSAN) { /* which starts no thread after a fork */
		c = child_run(out_of_processes, NULL);
		assert_child_finished(c);
	}
}

/* A name as nasty as can be: the count stands behind it. One that was joined may be counted for
 * an instant longer. */
static void threads_are_counted(void **state)
{
	struct gr_os_thread t[5];
	char name[16];
	int before;

	(void)state;
	prctl(PR_GET_NAME, name);
	prctl(PR_SET_NAME, ") S 7 8) 9");
	while ((before = gr_os_thread_count()) > 1 + UNIT_TSAN)
		gr_os_nap(100000); /* from an earlier test; the sanitizer has one of its own */
	for (int i = 0; i < 5; i++) {
		assert_int_equal(gr_os_thread_start(&t[i], "counted", 0, wait_to_go_on, NULL), 0);
		if (before != -1)
			assert_int_equal(gr_os_thread_count(), before + i + 1);
	}
	__atomic_store_n(&go_on, 1, __ATOMIC_RELEASE);
	gr_os_futex_wake(&go_on, INT32_MAX);
	for (int i = 0; i < 5; i++)
		gr_os_thread_join(&t[i]);
	while (gr_os_thread_count() != before)
		gr_os_nap(100000);
	prctl(PR_SET_NAME, name);
#if !defined(__x86_64__)
	if (before == -1)
		skip(); /* an emulator that does not know: said so each time */
#endif
	assert_true(before >= 1);
}

static void note_errno(void *arg)
{
	*(int **)arg = gr_os_errno();
	errno = 5;
}

static void the_address_of_errno_is_this_threads(void **state)
{
	int *others = NULL;

	(void)state;
	errno = 4711;
	assert_ptr_equal(gr_os_errno(), &errno);
	run_to_its_end("errno", 0, note_errno, &others);
	assert_non_null(others);
	assert_ptr_not_equal(others, gr_os_errno());
	assert_int_equal(*gr_os_errno(), 4711);
}

static void the_mask_got_is_the_mask_set(void **state)
{
	struct gr_os_mask before, ours, after;

	(void)state;
	gr_os_signal_mask_get(&before);
	sigemptyset(&ours.set);
	sigaddset(&ours.set, SIGHUP);
	gr_os_signal_mask_set(&ours);
	gr_os_signal_mask_get(&after);
	gr_os_signal_mask_set(&before);
	assert_true(sigismember(&after.set, SIGHUP));
	assert_false(sigismember(&after.set, SIGINT));
}

static void the_barrier_can_be_used_once_it_has_started(void **state)
{
	(void)state;
	errno = 4711;
	if (!gr_os_membarrier_start()) {
		assert_int_equal(errno, 4711);
		skip();
	}
	assert_true(gr_os_membarrier_start());
	gr_os_membarrier();
	assert_int_equal(errno, 4711);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_has_every_signal_blocked_but_the_synchronous_ones),
		cmocka_unit_test(the_creators_mask_is_as_before),
		cmocka_unit_test(no_signal_strays_into_a_thread_even_at_its_start),
		cmocka_unit_test(a_thread_has_its_name_cut_to_15_bytes),
		cmocka_unit_test(a_threads_timers_have_no_slack),
		cmocka_unit_test(a_thread_has_at_least_256_KiB_of_stack_and_knows_where),
		cmocka_unit_test(the_main_thread_knows_its_stack),
		cmocka_unit_test(a_detached_thread_runs_all_the_same),
		cmocka_unit_test(a_thread_that_the_system_refuses_is_an_error_and_no_mask_is_lost),
		cmocka_unit_test(threads_are_counted),
		cmocka_unit_test(the_address_of_errno_is_this_threads),
		cmocka_unit_test(the_mask_got_is_the_mask_set),
		cmocka_unit_test(the_barrier_can_be_used_once_it_has_started),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
