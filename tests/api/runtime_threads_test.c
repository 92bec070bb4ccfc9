/* SPDX-License-Identifier: MIT */
/* runtime_threads_test.c: goro's threads: held up by C code, idle, and among signals. */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "goro_storm.h"
#include "goro_test.h"

/* Held up -------------------------------------------------------------------------------------- */

static void loop(atomic_int *stop, atomic_int *looping)
{
	atomic_fetch_add(looping, 1);
	while (!atomic_load(stop))
		; /* passes no scheduling point */
}

static void sleep_and_send(chan(int) c)
{
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(goro_sleep(GORO_MILLISECOND), 0);
		CHECK_EQ(chan_send(c, i), 0);
	}
	CHECK_EQ(chan_close(c), 0);
}

GORO_TEST(while_endless_loops_hold_every_worker_the_others_go_on)
{
	chan(int) c = chan_make(int, 0);
	atomic_int stop = 0, looping = 0;
	int v, n = 0;

	for (int i = 0; i < test_workers(); i++)
		CHECK_EQ(go(loop, &stop, &looping), 0);
	AWAIT(atomic_load(&looping) == test_workers());
	CHECK_EQ(go(sleep_and_send, c), 0);
	while (chan_recv(c, &v) == 0)
		CHECK_EQ(v, n++);
	CHECK_EQ(n, 5);
	atomic_store(&stop, 1);
	await_alive(1); /* they look at this frame */
	chan_free(c);
}

GORO_TEST_OUTSIDE(so_do_threads_that_wait_for_coroutines)
{
	chan(int) c = chan_make(int, 0);
	atomic_int stop = 0, looping = 0;
	int v, n = 0;

	test_start();
	for (int i = 0; i < test_workers(); i++)
		CHECK_EQ(go(loop, &stop, &looping), 0);
	AWAIT(atomic_load(&looping) == test_workers());
	CHECK_EQ(go(sleep_and_send, c), 0);
	while (chan_recv(c, &v) == 0)
		n++;
	CHECK_EQ(n, 5);
	atomic_store(&stop, 1);
	test_stop();
	chan_free(c);
}

static void pass(goro_sem *from, goro_sem *to, atomic_int *stop)
{
	while (!atomic_load(stop)) {
		goro_sem_acquire(from);
		goro_sem_release(to);
	}
	goro_sem_release(to);
}

static void yield_until(atomic_int *stop, atomic_long *turns)
{
	while (!atomic_load(stop)) {
		atomic_fetch_add(turns, 1);
		goro_yield();
	}
}

/* One worker and no spare: whoever is starved stays so. */
GORO_TEST_PLAIN(neither_a_pair_that_wakes_each_other_nor_yielding_starves_the_rest)
{
	goro_config config = GORO_CONFIG_INIT;
	goro_sem a = GORO_SEM_INIT(1), b = GORO_SEM_INIT(0);
	atomic_int stop = 0;
	atomic_long turns[3] = { 0 };

	config.workers = 1;
	config.max_spares = 0;
	CHECK_EQ(goro_start(&config), 0);
	CHECK_EQ(go(pass, &a, &b, &stop), 0);
	CHECK_EQ(go(pass, &b, &a, &stop), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(go(yield_until, &stop, &turns[i]), 0);
	for (int i = 0; i < 3; i++)
		AWAIT(atomic_load(&turns[i]) > 100);
	CHECK_EQ(goro_sleep(GORO_MILLISECOND), 0); /* a thread's */
	atomic_store(&stop, 1);
	await_alive(0);
	CHECK_EQ(goro_stop(), 0);
}

/* Idle ----------------------------------------------------------------------------------------- */

/* Calls visit(path of /proc/self/task/N) for each thread of goro. */
static long for_each_goro_thread(long (*visit)(const char *path))
{
	DIR *dir = opendir("/proc/self/task");
	long sum = 0;

	CHECK_TRUE(dir != NULL);
	for (struct dirent *e; (e = readdir(dir)) != NULL;) {
		char path[300], name[32] = "";
		FILE *file;

		snprintf(path, sizeof(path), "/proc/self/task/%.20s/comm", e->d_name);
		file = fopen(path, "r");
		if (file == NULL)
			continue;
		if (fgets(name, sizeof(name), file) != NULL && strncmp(name, "goro-", 5) == 0) {
			*strrchr(path, '/') = '\0';
			sum += visit(path);
		}
		fclose(file);
	}
	closedir(dir);
	return sum;
}

/* The value of a line of a thread's status. */
static bool read_status(const char *path, const char *key, char *value, size_t size)
{
	char name[320], line[256];
	bool found = false;
	FILE *file;

	snprintf(name, sizeof(name), "%s/status", path);
	file = fopen(name, "r");
	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, key, strlen(key)) == 0) {
			snprintf(value, size, "%s", line + strlen(key));
			found = true;
		}
	fclose(file);
	return found;
}

static long count_switches(const char *path)
{
	char value[256];
	long n = 0;

	if (read_status(path, "voluntary_ctxt_switches:", value, sizeof(value)))
		n += atol(value);
	if (read_status(path, "nonvoluntary_ctxt_switches:", value, sizeof(value)))
		n += atol(value);
	return n;
}

static long count_one(const char *path)
{
	(void)path;
	return 1;
}

/* A thread names itself when it first runs. */
static void await_names(void)
{
	AWAIT(for_each_goro_thread(count_one) >= test_workers());
}

static void sleep_for_good(void)
{
	goro_sleep(3600 * GORO_SECOND);
}

static void receive_for_good(chan(int) c)
{
	int v;

	chan_recv(c, &v);
	chan_free(c);
}

/* A thread that makes a system call in which it waits, or wakes from one, is switched to. The
 * monitor takes some 100 ms to go to sleep, and so the first looks may differ. */
GORO_TEST_OUTSIDE(an_idle_process_is_asleep)
{
	chan(int) c;
	long before, after;

	if (TEST_TSAN)
		return; /* where threads sleep in pieces */
	c = chan_make(int, 0);
	test_storm_end();
	test_start();
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(go(sleep_for_good), 0);
		CHECK_EQ(go(receive_for_good, chan_ref(c)), 0);
	}
	await_parked(10, "sleep");
	await_parked(10, "chan recv");
	await_names();
	do {
		before = for_each_goro_thread(count_switches);
		usleep(500 * 1000);
		after = for_each_goro_thread(count_switches);
	} while (before != after);
	chan_free(c);
	test_stop();
}

/* Signals -------------------------------------------------------------------------------------- */

static atomic_int handled, handled_elsewhere;
static pthread_t main_thread;

static void on_signal(int signo)
{
	(void)signo;
	if (!pthread_equal(pthread_self(), main_thread) || goro_id() != 0)
		atomic_fetch_add(&handled_elsewhere, 1);
	atomic_fetch_add(&handled, 1);
}

static void work_until(atomic_int *stop, goro_mutex *m, goro_waitgroup *out)
{
	for (long i = 0; !atomic_load(stop); i++) {
		CHECK_EQ(goro_mutex_lock(m), 0);
		if (i % 64 == 0)
			goro_yield();
		goro_mutex_unlock(m);
		if (i % 256 == 0)
			CHECK_EQ(goro_sleep(1000), 0);
	}
	goro_waitgroup_done(out);
}

GORO_TEST_OUTSIDE(signals_are_handled_on_ordinary_threads)
{
	static const int signals[] = { SIGUSR1, SIGUSR2, SIGTERM, SIGCHLD, SIGHUP, SIGWINCH };
	struct sigaction action = { .sa_handler = on_signal }, before[6];
	goro_mutex m = GORO_MUTEX_INIT;
	goro_waitgroup out = GORO_WAITGROUP_INIT;
	atomic_int stop = 0;

	main_thread = pthread_self();
	atomic_store(&handled, 0);
	atomic_store(&handled_elsewhere, 0);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(sigaction(signals[i], &action, &before[i]), 0);
	test_start();
	goro_waitgroup_add(&out, 8);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(go(work_until, &stop, &m, &out), 0);
	for (size_t i = 0; i < test_scaled(600); i++) {
		int seen = atomic_load(&handled);

		CHECK_EQ(kill(getpid(), signals[i % 6]), 0); /* to whichever thread takes it */
		AWAIT(atomic_load(&handled) > seen);
	}
	atomic_store(&stop, 1);
	CHECK_EQ(goro_waitgroup_wait(&out), 0);
	test_stop();
	CHECK_EQ(atomic_load(&handled_elsewhere), 0);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(sigaction(signals[i], &before[i], NULL), 0);
}

/* All blocked but what a fault raises and, on workers, SIGPROF. (SIGKILL and SIGSTOP cannot be;
 * of the real-time signals libc, sanitizers and emulators keep some for themselves.) */
static long check_mask(const char *path)
{
	static const int open[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS,
		SIGPROF, SIGKILL, SIGSTOP };
	char value[256];
	uint64_t blocked, expected = 0x7fffffff;

	if (!read_status(path, "SigBlk:", value, sizeof(value)))
		return 0;
	blocked = strtoull(value, NULL, 16) & expected;
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
		expected &= ~(UINT64_C(1) << (open[i] - 1));
		blocked &= ~(UINT64_C(1) << (open[i] - 1));
	}
	CHECK_EQ(blocked, expected);
	return 1;
}

GORO_TEST_OUTSIDE(the_threads_of_the_runtime_block_what_is_not_theirs)
{
	sigset_t before, after;

	CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &before), 0);
	test_start();
	await_names();
	CHECK_LE(test_workers(), for_each_goro_thread(check_mask));
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &after), 0);
	test_stop();
	for (int signo = 1; signo < 32; signo++)
		CHECK_EQ(sigismember(&before, signo), sigismember(&after, signo));
}

static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };

static void on_fault(int signo)
{
	(void)signo;
	_exit(3);
}

GORO_TEST_OUTSIDE(a_stop_puts_the_handlers_back)
{
	struct sigaction mine = { .sa_handler = on_fault }, before[4], now;

	for (int i = 0; i < 4; i++)
		CHECK_EQ(sigaction(faults[i], &mine, &before[i]), 0);
	test_start();
	test_stop();
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(sigaction(faults[i], &before[i], &now), 0);
		CHECK_TRUE(now.sa_handler == on_fault);
	}
}

static atomic_long profiled;

static void on_profile(int signo)
{
	(void)signo;
	atomic_fetch_add(&profiled, 1);
}

/* The timer counts the time that all threads use, and interrupts one of those that run. */
GORO_TEST_OUTSIDE(a_profilers_signals_may_come_as_a_storm)
{
	struct sigaction action = { .sa_handler = on_profile, .sa_flags = SA_RESTART }, before;
	struct itimerval often = { { 0, 200 }, { 0, 200 } }, never = { { 0, 0 }, { 0, 0 } };
	goro_mutex m = GORO_MUTEX_INIT;
	goro_waitgroup out = GORO_WAITGROUP_INIT;
	atomic_int stop = 0;

	atomic_store(&profiled, 0);
	CHECK_EQ(sigaction(SIGPROF, &action, &before), 0);
	CHECK_EQ(setitimer(ITIMER_PROF, &often, NULL), 0);
	test_start();
	goro_waitgroup_add(&out, 8);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(go(work_until, &stop, &m, &out), 0);
	AWAIT(atomic_load(&profiled) > 50);
	atomic_store(&stop, 1);
	CHECK_EQ(goro_waitgroup_wait(&out), 0);
	test_stop();
	CHECK_EQ(setitimer(ITIMER_PROF, &never, NULL), 0);
	signal(SIGPROF, SIG_IGN); /* forgets the one that may be pending */
	CHECK_EQ(sigaction(SIGPROF, &before, NULL), 0);
}
