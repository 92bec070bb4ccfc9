/* SPDX-License-Identifier: MIT */
/* runtime_fork_test.c: a forked child has no runtime: every call says so and none crashes. */
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "goro_test.h"

static goro_mutex mutex;
static goro_rwmutex rwmutex;
static goro_cond cond;
static goro_sem sem;
static goro_waitgroup waitgroup;
static goro_barrier barrier;
static goro_once once;
static goro_local key;
static chan(int) channel;

static void nothing(void *arg)
{
	(void)arg;
}

static void go_nothing(void)
{
}

/* A child ends so when all its checks have held. Not by _exit(): what threads of the parent held
 * when it was forked looks like a leak there. */
static void end_well(void)
{
	kill(getpid(), SIGKILL);
}

static int await_status(pid_t pid)
{
	int status = -1;

	CHECK_LT(0, pid);
	while (waitpid(pid, &status, 0) != pid)
		CHECK_EQ(errno, EINTR);
	return status;
}

static void await_child(pid_t pid)
{
	int status = await_status(pid);

	CHECK_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void prepare(void)
{
	mutex = GORO_MUTEX_INIT;
	rwmutex = GORO_RWMUTEX_INIT;
	cond = GORO_COND_INIT;
	sem = GORO_SEM_INIT(1);
	waitgroup = GORO_WAITGROUP_INIT;
	barrier = GORO_BARRIER_INIT(1);
	once = GORO_ONCE_INIT;
	channel = chan_make(int, 2);
	CHECK_EQ(goro_mutex_lock(&mutex), 0);
	CHECK_EQ(goro_rwmutex_rlock(&rwmutex), 0);
}

/* Nothing works that needs a runtime … */
static void check_that_nothing_runs(void)
{
	int v = 0;

	CHECK_EQ(goro_workers(), -EPERM);
	CHECK_EQ(goro_start(NULL), -EPERM);
	CHECK_EQ(goro_run(nothing, NULL), -EPERM);
	CHECK_EQ(goro_run(NULL, NULL), -EINVAL);
	CHECK_EQ(goro_stop(), -EPERM);
	CHECK_EQ(goro_go(nothing, NULL), -EPERM);
	CHECK_EQ(go(go_nothing), -EPERM);
	CHECK_EQ(goro_sleep(0), -EPERM);
	CHECK_EQ(goro_dump(STDERR_FILENO), -EPERM);
	CHECK_EQ(goro_mutex_lock(&mutex), -EPERM);
	CHECK_EQ(goro_mutex_try_lock(&mutex), -EPERM);
	CHECK_EQ(goro_rwmutex_lock(&rwmutex), -EPERM);
	CHECK_EQ(goro_rwmutex_rlock(&rwmutex), -EPERM);
	CHECK_EQ(goro_cond_wait(&cond, &mutex), -EPERM);
	CHECK_EQ(goro_sem_acquire(&sem), -EPERM);
	CHECK_EQ(goro_sem_try_acquire(&sem), -EPERM);
	CHECK_EQ(goro_waitgroup_wait(&waitgroup), -EPERM);
	CHECK_EQ(goro_barrier_wait(&barrier), -EPERM);
	CHECK_EQ(goro_once_do(&once, nothing, NULL), -EPERM);
	CHECK_EQ(chan_send(channel, 1), -EPERM);
	CHECK_EQ(chan_try_send(channel, 1), -EPERM);
	CHECK_EQ(chan_recv(channel, &v), -EPERM);
	CHECK_EQ(chan_select_until(0, chan_on_recv(channel, &v)), -EPERM);
	CHECK_TRUE(goro_timer(1) == NULL);
}

/* … and what always works does. */
static void check_what_always_works(void)
{
	goro_stats stats = GORO_STATS_INIT;
	chan(int) c = chan_make(int, 3);

	goro_mutex_unlock(&mutex);
	goro_rwmutex_runlock(&rwmutex);
	goro_sem_release(&sem);
	goro_waitgroup_add(&waitgroup, 1);
	goro_waitgroup_done(&waitgroup);
	goro_cond_signal(&cond);
	goro_cond_broadcast(&cond);
	CHECK_EQ(chan_close(channel), 0);
	CHECK_EQ(chan_close(channel), -EPIPE);
	chan_free(channel);
	CHECK_TRUE(c != NULL);
	chan_free(chan_ref(c));
	chan_free(c);
	goro_yield();
	CHECK_EQ(goro_cancelled(), 0);
	CHECK_LT(0, goro_now());
	goro_stats_get(&stats);
	CHECK_EQ(stats.alive, 0);
	CHECK_STR(goro_strerror(0), "success");
}

static void check_child(void)
{
	check_that_nothing_runs();
	check_what_always_works();
	end_well();
}

GORO_TEST_OUTSIDE(the_child_of_a_plain_thread_has_no_runtime)
{
	pid_t pid;

	test_start();
	prepare();
	pid = fork();
	if (pid == 0) {
		CHECK_EQ(goro_id(), 0);
		check_child();
	}
	await_child(pid);
	CHECK_EQ(goro_mutex_try_lock(&mutex), -EBUSY); /* the parent's is its own */
	CHECK_EQ(chan_send(channel, 1), 0);
	chan_free(channel);
	test_stop();
}

GORO_TEST(the_child_of_a_coroutine_has_no_runtime)
{
	pid_t pid;

	prepare();
	pid = fork();
	if (pid == 0)
		check_child();
	await_child(pid);
	CHECK_EQ(goro_mutex_try_lock(&mutex), -EBUSY);
	chan_free(channel);
}

static void wait_at(goro_sem *s)
{
	goro_sem_acquire(s);
}

GORO_TEST(in_the_child_nobody_is_woken_who_waited_in_the_parent)
{
	goro_sem none = GORO_SEM_INIT(0);
	pid_t pid;

	for (int i = 0; i < 5; i++)
		CHECK_EQ(go(wait_at, &none), 0);
	await_parked(5, "semaphore");
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 5; i++)
			goro_sem_release(&none);
		goro_yield();
		end_well();
	}
	await_child(pid);
	for (int i = 0; i < 5; i++)
		goro_sem_release(&none);
	await_alive(1);
}

/* The end of a function ---------------------------------------------------------------------- */

static void fork_and_return(pid_t *pid, atomic_int *forked)
{
	pid_t child = fork();

	if (child != 0) {
		*pid = child;
		atomic_store(forked, 1);
	}
	/* Both return: the parent's coroutine ends, the child's process. */
}

GORO_TEST(a_function_that_returns_in_the_child_ends_the_child)
{
	atomic_int forked = 0;
	pid_t pid = -1;

	CHECK_EQ(go(fork_and_return, &pid, &forked), 0);
	AWAIT(atomic_load(&forked));
	CHECK_EQ(await_status(pid), 0);
	await_alive(1);
}

static int count_children(void)
{
	int n = 0;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		n++;
	return n;
}

static void fork_in_the_root(void *arg)
{
	(void)arg;
	if (fork() == 0)
		return; /* must not come back from goro_run() in the child */
	AWAIT(count_children() == 1);
	printf("parent ");
}

static void run_and_fork(void *arg)
{
	CHECK_EQ(goro_run(fork_in_the_root, arg), 0);
	printf("done");
	fflush(stdout);
}

GORO_TEST_PLAIN(nor_does_goro_run_return_in_the_child)
{
	CHECK_CHILD_EXITS(run_and_fork, NULL, 0, "parent done");
}

static void destroy(void *value)
{
	(void)value;
	CHECK_FAIL("a destructor ran in the child");
}

static void set_local_and_fork(atomic_int *done)
{
	pid_t pid;

	CHECK_EQ(goro_local_set(key, done), 0);
	pid = fork();
	if (pid == 0)
		return;
	CHECK_EQ(await_status(pid), 0);
	CHECK_EQ(goro_local_set(key, NULL), 0);
	atomic_store(done, 1);
}

GORO_TEST(no_destructor_runs_in_the_child)
{
	atomic_int done = 0;

	CHECK_EQ(goro_local_create(&key, destroy), 0);
	CHECK_EQ(go(set_local_and_fork, &done), 0);
	AWAIT(atomic_load(&done));
	await_alive(1);
	CHECK_EQ(goro_local_free(key), 0);
}

/* The signal mask ------------------------------------------------------------------------------ */

static void check_mask(const sigset_t *expected)
{
	sigset_t now;

	CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &now), 0);
	for (int signo = 1; signo < 32; signo++)
		CHECK_EQ(sigismember(&now, signo), sigismember(expected, signo));
}

static sigset_t starters;

static void check_masks_of_children(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		check_mask(&starters);
		end_well();
	}
	await_child(pid);

	pid = fork();
	if (pid == 0) { /* a program that was executed sees it, too */
		execl("/bin/sh", "sh", "-c", "kill -TERM $$; sleep 100", (char *)NULL);
		_exit(1);
	}
	status = await_status(pid);
	CHECK_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

GORO_TEST_OUTSIDE(a_child_has_the_signal_mask_of_who_started_the_runtime)
{
	sigset_t usr2, before;

	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &usr2, &before), 0);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &starters), 0);
	test_run(test_workers(), check_masks_of_children);
	CHECK_EQ(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
}

/* While all is moving ------------------------------------------------------------------------ */

static void churn(atomic_int *stop, chan(int) c)
{
	int v;

	while (!atomic_load(stop)) {
		free(malloc(64));
		chan_try_send(c, 1);
		chan_try_recv(c, &v);
		goro_sleep(1000);
		goro_yield();
	}
}

GORO_TEST(forking_while_others_run_and_allocate_harms_nobody)
{
	chan(int) c = chan_make(int, 4);
	atomic_int stop = 0;

	for (int i = 0; i < 8; i++)
		CHECK_EQ(go(churn, &stop, c), 0);
	for (size_t i = 0; i < test_scaled(50); i++) {
		pid_t pid = fork();

		if (pid == 0) {
			CHECK_EQ(goro_go(nothing, NULL), -EPERM);
			free(malloc(64));
			end_well();
		}
		await_child(pid);
		goro_yield();
	}
	atomic_store(&stop, 1);
	await_alive(1);
	chan_free(c);
}

/* fork() takes and gives back the allocator's locks while others want them, and the child is free to
 * become another program, by either way. */
GORO_TEST(a_child_may_execute_another_program_while_others_allocate)
{
	chan(int) c = chan_make(int, 4);
	atomic_int stop = 0;
	char *const arguments[] = { (char[]){ "true" }, NULL };

	for (int i = 0; i < 8; i++)
		CHECK_EQ(go(churn, &stop, c), 0);
	for (size_t i = 0; i < test_scaled(30); i++) {
		pid_t pid = -1;

		if (i % 2 == 0)
			CHECK_EQ(posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, NULL), 0);
		else
			pid = fork();
		if (pid == 0) {
			free(malloc(1000));
			execv("/bin/true", arguments);
			_exit(1);
		}
		CHECK_EQ(await_status(pid), 0);
		goro_yield();
	}
	atomic_store(&stop, 1);
	await_alive(1);
	chan_free(c);
}

static void run_in_a_child(void *arg)
{
	(void)arg;
	CHECK_EQ(goro_run(nothing, NULL), 0);
}

GORO_TEST_PLAIN(a_child_of_a_process_without_a_runtime_may_have_one)
{
	CHECK_EQ(goro_run(nothing, NULL), 0);
	CHECK_CHILD_EXITS(run_in_a_child, NULL, 0, NULL);
}
