/* SPDX-License-Identifier: MIT */
/* A process may be stopped and continued, and looked at by a tracer, at any moment: system calls
 * come back early with no handler installed, time jumps. Afterwards the timers and the connections go on,
 * nobody has woken early, ticks have not piled up, no byte is lost, and nobody cries wolf. */
#include "violent.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLEEPERS 20
#define TICK     (2 * GORO_MILLISECOND)
#define PAUSES   30

static struct child child;

/* notes->id: how many sleeps and ticks the child has seen; notes->number: 1 when it shall end. */
static int is_over(void)
{
	return __atomic_load_n(&notes->number, __ATOMIC_RELAXED);
}

static void progress(void)
{
	__atomic_fetch_add(&notes->id, 1, __ATOMIC_RELAXED);
}

static void sleeper(int64_t ns, goro_waitgroup *out)
{
	while (!is_over()) {
		int64_t due = goro_after(ns);

		if (goro_sleep(ns) != 0 || goro_now() < due)
			_exit(1);
		progress();
	}
	goro_waitgroup_done(out);
}

static void reader(goro_waitgroup *out)
{
	chan(int64_t) ticker = goro_ticker(TICK);
	int64_t tick, last = 0, before_last = 0;

	while (!is_over()) {
		if (chan_recv(ticker, &tick) != 0 || tick > goro_now())
			_exit(2);
		/* Ticks lie on a grid, but one may be late: of three not all can. */
		if (before_last != 0 && tick - before_last < TICK)
			_exit(3); /* those that were missed are made up for */
		before_last = last;
		last = tick;
		progress();
	}
	chan_free(ticker);
	goro_waitgroup_done(out);
}

static void worker(goro_mutex *m, goro_waitgroup *out)
{
	while (!is_over()) {
		if (goro_mutex_lock(m) != 0)
			_exit(4);
		goro_yield();
		goro_mutex_unlock(m);
		if (goro_sleep(10 * GORO_MICROSECOND) != 0)
			_exit(5);
	}
	goro_waitgroup_done(out);
}

/* Says a byte and is told it back, now and then with a deadline that passes first. */
static void talker(goro_conn *c, goro_waitgroup *out)
{
	unsigned char said = 0, heard;

	while (!is_over()) {
		ssize_t n;

		if (goro_conn_read(c, &heard, 1, goro_after(GORO_MILLISECOND)) != -ETIMEDOUT)
			_exit(8); /* nobody has said anything */
		if (goro_conn_write(c, &said, 1, GORO_FOREVER) != 1)
			_exit(9);
		do
			n = goro_conn_read(c, &heard, 1, goro_after(GORO_MILLISECOND));
		while (n == -ETIMEDOUT);
		if (n != 1 || heard != said++)
			_exit(10);
		progress();
	}
	goro_conn_close(c);
	goro_waitgroup_done(out);
}

static void listener_of_talkers(goro_conn *c, goro_waitgroup *out)
{
	unsigned char byte;

	while (goro_conn_read(c, &byte, 1, GORO_FOREVER) == 1)
		if (goro_conn_write(c, &byte, 1, GORO_FOREVER) != 1)
			_exit(11);
	goro_conn_close(c);
	goro_waitgroup_done(out);
}

static void connect_two(const char *network, goro_waitgroup *out)
{
	goro_listener *l;
	goro_conn *a, *b;
	char address[64];
	int port;

	snprintf(address, sizeof address, "@goro-stopped-%d", (int)getpid());
	if (goro_listen(&l, network, strcmp(network, "unix") == 0 ? address : "127.0.0.1:0") != 0)
		_exit(12);
	port = goro_listener_port(l);
	if (port != 0)
		snprintf(address, sizeof address, "127.0.0.1:%d", port);
	if (goro_dial(&a, network, address, GORO_FOREVER) != 0 ||
		goro_accept(l, &b, GORO_FOREVER) != 0 || goro_listener_close(l) != 0)
		_exit(13);
	goro_waitgroup_add(out, 2);
	go(talker, a, out);
	go(listener_of_talkers, b, out);
}

static void root(void *arg)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;
	goro_mutex m = GORO_MUTEX_INIT;

	(void)arg;
	goro_waitgroup_add(&out, SLEEPERS + 3);
	for (int64_t i = 0; i < SLEEPERS; i++)
		go(sleeper, (1 + i) * GORO_MILLISECOND / 4, &out);
	go(worker, &m, &out);
	go(worker, &m, &out);
	go(reader, &out);
	connect_two("tcp4", &out);
	connect_two("unix", &out);
	if (goro_waitgroup_wait(&out) != 0)
		_exit(6);
}

static void run_root(void)
{
	if (goro_run(root, NULL) != 0)
		_exit(7);
}

static void nap(void)
{
	struct timespec t = { .tv_nsec = 5 * 1000 * 1000 };

	nanosleep(&t, NULL);
}

/* Until the child has seen so much more; or it has ended, which then is the failure. */
static void await_progress(void)
{
	uint64_t before = __atomic_load_n(&notes->id, __ATOMIC_RELAXED);
	siginfo_t info = { 0 };

	while (__atomic_load_n(&notes->id, __ATOMIC_RELAXED) < before + 2 * SLEEPERS) {
		waitid(P_PID, (id_t)child.pid, &info, WEXITED | WNOHANG | WNOWAIT);
		if (info.si_pid != 0)
			break;
		nap();
	}
}

static void end_child(void)
{
	__atomic_store_n(&notes->number, 1, __ATOMIC_RELAXED);
	await_end(&child);
	assert_exited(&child, 0);
	assert_string_equal(child.text, "");
}

static void stop_and_continue(const char *environment)
{
	begin_child(&child, run_root, environment);
	await_progress();
	for (int i = 0; i < PAUSES; i++) {
		kill(child.pid, SIGSTOP);
		if (i % 4 == 0)
			nap(); /* longer than what it waits for; else hardly stopped */
		kill(child.pid, SIGCONT);
		if (i % 2 == 0)
			await_progress();
	}
	await_progress();
	end_child();
}

static void stopped_and_continued_all_goes_on_and_nobody_cries_wolf(void **state)
{
	(void)state;
	stop_and_continue("GORO_WORKERS=1");
	stop_and_continue("GORO_WORKERS=2");
	stop_and_continue("GORO_WORKERS=8");
}

/* Stops one thread as a debugger or strace would, and lets it go again. False: this is no place
 * where one may. */
static int trace(pid_t tid)
{
	int status;

	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) != 0)
		return errno == ESRCH; /* it has just ended */
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) == 0)
		waitpid(tid, &status, __WALL);
	ptrace(PTRACE_DETACH, tid, NULL, NULL);
	return 1;
}

static int trace_all(void)
{
	char path[64];
	struct dirent *e;
	int may = 1;
	DIR *dir;

	snprintf(path, sizeof path, "/proc/%d/task", (int)child.pid);
	dir = opendir(path);
	while (may && dir != NULL && (e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
			may = trace((pid_t)atoi(e->d_name));
	if (dir != NULL)
		closedir(dir);
	return may;
}

static void a_tracer_may_come_and_go(void **state)
{
	int may = 1;

	(void)state;
	begin_child(&child, run_root, "GORO_WORKERS=2");
	await_progress();
	for (int i = 0; may && i < PAUSES; i++) {
		may = trace_all();
		if (i % 4 == 0)
			await_progress();
	}
	await_progress();
	end_child();
	if (!may)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stopped_and_continued_all_goes_on_and_nobody_cries_wolf),
		cmocka_unit_test(a_tracer_may_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
