/* SPDX-License-Identifier: MIT */
/* When nothing can ever run again, that is said, once, with what each coroutine waits for. */
#include "violent.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct child child;

#define WORKERS "GORO_WORKERS=2"
#define THREADS 4 /* with them: the main thread and the monitor */

/* ThreadSanitizer and emulators have a thread of their own in each process, which might wake
 * somebody, for all the runtime knows: nothing is told then. */
static void count_threads(void)
{
	struct dirent *e;
	DIR *dir;

	if (goro_start(NULL) != 0 || (dir = opendir("/proc/self/task")) == NULL)
		_exit(1);
	while ((e = readdir(dir)) != NULL)
		notes->number += e->d_name[0] != '.';
	closedir(dir);
}

static void skip_among_strangers(void)
{
	run_child(&child, count_threads, WORKERS);
	assert_exited(&child, 0);
	assert_true(notes->number >= THREADS);
	if (notes->number > THREADS)
		skip();
}

static chan(int) channel;
static goro_mutex mutex = GORO_MUTEX_INIT;

static void receiver(void *arg)
{
	int v;

	(void)arg;
	goro_set_name("receiver");
	while (chan_recv(channel, &v) == 0)
		;
}

static void locker(void *arg)
{
	(void)arg;
	goro_set_name("locker");
	if (goro_mutex_lock(&mutex) == 0)
		goro_mutex_unlock(&mutex);
}

static void deadlock(void *arg)
{
	chan(int) never = chan_make(int, 0);

	(void)arg;
	goro_set_name("root");
	channel = chan_make(int, 4);
	goro_mutex_lock(&mutex);
	goro_go(receiver, NULL);
	goro_go(locker, NULL);
	chan_send(never, 1);
}

/* The main thread sleeps in goro_run() and holds nothing; so its handler may call. */
static void on_signal(int signo)
{
	(void)signo;
	chan_try_send(channel, 1);
}

static void run_deadlock(void)
{
	signal(SIGUSR1, on_signal);
	goro_run(deadlock, NULL);
}

static int do_nothing(void *arg)
{
	(void)arg;
	return 0;
}

static void block_and_deadlock(void *arg)
{
	if (goro_blocking(do_nothing, NULL) == 0)
		deadlock(arg);
}

static void run_deadlock_behind_a_blocking_call(void)
{
	goro_run(block_and_deadlock, NULL);
}

static void listen_and_deadlock(void *arg)
{
	goro_listener *l;
	struct stat s;

	if (goro_fs_stat("/", &s) == 0 && goro_listen(&l, "tcp", "127.0.0.1:0") == 0)
		deadlock(arg);
}

static void run_deadlock_beside_a_listener(void)
{
	goro_run(listen_and_deadlock, NULL);
}

/* The directory of the child's monitor thread, below /proc. False: it has not named itself yet. */
static int look_for_monitor(pid_t pid, char *path, size_t room)
{
	char tasks[64];
	int found = 0;
	DIR *dir;
	struct dirent *e;

	snprintf(tasks, sizeof tasks, "/proc/%d/task", (int)pid);
	dir = opendir(tasks);
	assert_non_null(dir);
	while (!found && (e = readdir(dir)) != NULL) {
		char name[32] = "";
		FILE *f;

		snprintf(path, room, "%s/%.16s/comm", tasks, e->d_name);
		f = fopen(path, "r");
		if (f == NULL)
			continue;
		found = fgets(name, sizeof name, f) != NULL && strcmp(name, "goro-monitor\n") == 0;
		fclose(f);
		snprintf(path, room, "%s/%.16s/status", tasks, e->d_name);
	}
	closedir(dir);
	return found;
}

static void find_monitor(pid_t pid, char *path, size_t room)
{
	struct timespec pause = { .tv_nsec = 1000 * 1000 };

	while (!look_for_monitor(pid, path, room))
		nanosleep(&pause, NULL);
}

static long times_it_slept(const char *path)
{
	char line[256];
	long n = -1;
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL)
		if (sscanf(line, "voluntary_ctxt_switches: %ld", &n) == 1)
			break;
	fclose(f);
	return n;
}

/* Until the monitor has moved on from `before` and then stands still: the last thing it does
 * before that is to look whether all are asleep. Awake it moves every 10 ms. */
static void await_monitor_asleep(const char *path, long before)
{
	struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	int still = 0;

	while (still < 25) {
		long now = times_it_slept(path);

		nanosleep(&pause, NULL);
		still = now != before && times_it_slept(path) == now ? still + 1 : 0;
	}
}

static void all_asleep_is_told_with_what_each_waits_for(void **state)
{
	(void)state;
	skip_among_strangers();
	begin_child(&child, run_deadlock, WORKERS);
	await_text(&child, "\"locker\": waiting, mutex", 1);
	kill(child.pid, SIGTERM);
	await_end(&child);
	assert_says(&child, "goro: all 3 coroutines are asleep and nothing can wake them\n");
	assert_says(&child, "\"root\": waiting, chan send");
	assert_says(&child, "\"receiver\": waiting, chan recv");
	assert_says(&child, "; begun at ");
	assert_says(&child, "192 KiB\n\t"); /* and frames */
}

static void all_asleep_is_told_once(void **state)
{
	char monitor[128];
	long before;

	(void)state;
	skip_among_strangers();
	begin_child(&child, run_deadlock, WORKERS);
	await_text(&child, "\"locker\": waiting, mutex", 1);
	find_monitor(child.pid, monitor, sizeof monitor);
	before = times_it_slept(monitor);
	await_monitor_asleep(monitor, before - 1);
	before = times_it_slept(monitor);
	kill(child.pid, SIGUSR1); /* the receiver wakes, receives, and sleeps again */
	await_monitor_asleep(monitor, before);
	kill(child.pid, SIGTERM);
	await_end(&child);
	assert_int_equal(count_of(&child, "are asleep"), 1);
}

/* Nothing is told -------------------------------------------------------------------------- */

static void sleeper(void *arg)
{
	(void)arg;
	goro_sleep(3600 * GORO_SECOND);
}

static void wait_and_sleep(void *arg)
{
	channel = chan_make(int, 0);
	goro_go(sleeper, arg);
	goro_go(receiver, arg);
	goro_sleep(GORO_MILLISECOND);
	dprintf(2, "ready\n");
	chan_send(channel, 1);
	goro_mutex_lock(&mutex);
	goro_mutex_lock(&mutex);
}

static void run_sleeper(void)
{
	goro_run(wait_and_sleep, NULL);
}

/* Embedded, the threads of the program may always come. */
static void embed(void)
{
	if (goro_start(NULL) != 0)
		_exit(1);
	goro_go(deadlock, NULL);
	goro_sleep(GORO_MILLISECOND);
	dprintf(2, "ready\n");
	for (;;)
		pause();
}

static int block_for_ever(void *arg)
{
	(void)arg;
	dprintf(2, "ready\n");
	return pause();
}

static void block_and_wait(void *arg)
{
	(void)arg;
	goro_blocking(block_for_ever, NULL);
}

static void run_blocking_call(void)
{
	goro_run(block_and_wait, NULL);
}

static void wait_for_a_signal(void *arg)
{
	chan(int) c;
	int signo;

	(void)arg;
	if (goro_signal(&c, SIGUSR1) != 0)
		abort();
	dprintf(2, "ready\n");
	chan_recv(c, &signo);
}

static void run_waiting_for_a_signal(void)
{
	goro_run(wait_for_a_signal, NULL);
}

static void accept_for_ever(void *arg)
{
	goro_listener *l;
	goro_conn *c;

	(void)arg;
	if (goro_listen(&l, "tcp", "127.0.0.1:0") != 0)
		abort();
	dprintf(2, "ready\n");
	goro_accept(l, &c, GORO_FOREVER);
}

static void run_waiting_for_a_connection(void)
{
	goro_run(accept_for_ever, NULL);
}

static void nothing_is_told_of(void (*deed)(void))
{
	char monitor[128];

	skip_among_strangers();
	begin_child(&child, deed, WORKERS);
	await_text(&child, "ready", 1);
	find_monitor(child.pid, monitor, sizeof monitor);
	await_monitor_asleep(monitor, times_it_slept(monitor) - 1);
	kill(child.pid, SIGKILL);
	await_end(&child);
	assert_string_equal(child.text, "ready\n");
}

static void nothing_is_told_while_a_deadline_will_wake_somebody(void **state)
{
	(void)state;
	nothing_is_told_of(run_sleeper);
}

static void nothing_is_told_while_a_blocking_call_runs(void **state)
{
	(void)state;
	nothing_is_told_of(run_blocking_call);
}

static void nothing_is_told_while_a_signal_may_come(void **state)
{
	(void)state;
	nothing_is_told_of(run_waiting_for_a_signal);
}

static void nothing_is_told_while_a_connection_may_come(void **state)
{
	(void)state;
	nothing_is_told_of(run_waiting_for_a_connection);
}

static void nothing_is_told_where_threads_of_the_program_may_come(void **state)
{
	(void)state;
	nothing_is_told_of(embed);
}

static void all_asleep_is_told_of(void (*deed)(void), const char *environment)
{
	skip_among_strangers();
	begin_child(&child, deed, environment);
	await_text(&child, "\"locker\": waiting, mutex", 1);
	kill(child.pid, SIGKILL);
	await_end(&child);
	assert_says(&child, "goro: all 3 coroutines are asleep and nothing can wake them\n");
}

/* Which are goro's own, and idle. */
static void threads_for_blocking_calls_hide_nothing(void **state)
{
	(void)state;
	all_asleep_is_told_of(run_deadlock_behind_a_blocking_call, WORKERS);
}

static void a_listener_and_libuvs_threads_hide_nothing(void **state)
{
	(void)state;
	all_asleep_is_told_of(run_deadlock_beside_a_listener, WORKERS);
}

/* In deterministic mode there is no monitor, and no reason to wait. */
static void all_asleep_is_told_in_deterministic_mode_too(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		all_asleep_is_told_of(run_deadlock, "GORO_SEED=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_asleep_is_told_with_what_each_waits_for),
		cmocka_unit_test(all_asleep_is_told_once),
		cmocka_unit_test(all_asleep_is_told_in_deterministic_mode_too),
		cmocka_unit_test(threads_for_blocking_calls_hide_nothing),
		cmocka_unit_test(a_listener_and_libuvs_threads_hide_nothing),
		cmocka_unit_test(nothing_is_told_while_a_blocking_call_runs),
		cmocka_unit_test(nothing_is_told_while_a_connection_may_come),
		cmocka_unit_test(nothing_is_told_while_a_signal_may_come),
		cmocka_unit_test(nothing_is_told_while_a_deadline_will_wake_somebody),
		cmocka_unit_test(nothing_is_told_where_threads_of_the_program_may_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
