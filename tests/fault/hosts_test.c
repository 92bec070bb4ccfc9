/* SPDX-License-Identifier: MIT */
/* hosts_test.c: machines that give little: one CPU, a share of one, no /proc, locked memory, threads
 * of which the first to run keeps the CPU. Each in a child. Limits of resources are in
 * api/runtime_limits_test.c, trees of control groups in unit/os/linux_cpu_test.c.
 *
 * A child that is not allowed to make such a host of its own says so; then the test is skipped.
 */
#include "violent.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOT_ALLOWED 77
#define MANY        200

static struct child child;

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	dprintf(2, "it does not hold: %s\n", what);
	goro_dump(2);
	_exit(1);
}

#define MUST(condition) must(condition, #condition)

static void need(bool allowed, const char *what)
{
	if (allowed)
		return;
	dprintf(2, "%s: %s\n", what, strerror(errno));
	_exit(NOT_ALLOWED);
}

/* All of the parts once: coroutines, a channel, a mutex, time, a dump. */
static goro_mutex mutex = GORO_MUTEX_INIT;
static int turns;

static void take_part(chan(int) c, int i)
{
	MUST(goro_sleep(GORO_MILLISECOND) == 0);
	for (int k = 0; k < 10; k++) {
		MUST(goro_mutex_lock(&mutex) == 0);
		turns++;
		goro_yield();
		goro_mutex_unlock(&mutex);
	}
	MUST(chan_send(c, i) == 0);
}

static void run_many(int workers, int expected)
{
	goro_config config = GORO_CONFIG_INIT;
	chan(int) c = chan_make(int, 3);
	int v, sum = 0;

	config.workers = workers;
	MUST(goro_start(&config) == 0);
	MUST(expected == 0 || goro_workers() == expected);
	for (int i = 0; i < MANY; i++)
		MUST(go(take_part, c, i) == 0);
	for (int i = 0; i < MANY; i++) {
		MUST(chan_recv_until(c, &v, goro_after(30 * GORO_SECOND)) == 0);
		sum += v;
	}
	MUST(sum == MANY * (MANY - 1) / 2 && turns == MANY * 10);
	MUST(goro_stop() == 0);
	chan_free(c);
}

static void judge(void)
{
	if (child.status == NOT_ALLOWED << 8) {
		print_message("not allowed here: %s", child.text);
		skip();
	}
	assert_exited(&child, 0);
}

static void try_on(void (*host)(void))
{
	run_child(&child, host, NULL);
	judge();
}

/* One CPU ----------------------------------------------------------------------------------- */

static void keep_to_one_cpu(void)
{
	cpu_set_t mine, one;
	int cpu = 0;

	need(sched_getaffinity(0, sizeof mine, &mine) == 0, "sched_getaffinity");
	while (!CPU_ISSET(cpu, &mine))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	need(sched_setaffinity(0, sizeof one, &one) == 0, "sched_setaffinity");
	unsetenv("GORO_WORKERS");
}

static void one_cpu(void)
{
	keep_to_one_cpu();
	run_many(0, 1);
}

static void many_on_one_cpu(void)
{
	keep_to_one_cpu();
	run_many(8, 8);
}

static void first_in_first_out(void)
{
	struct sched_param priority = { .sched_priority = 1 };

	keep_to_one_cpu();
	need(sched_setscheduler(0, SCHED_FIFO, &priority) == 0, "SCHED_FIFO");
	run_many(8, 8);
}

static void one_cpu_is_one_worker(void **state)
{
	(void)state;
	try_on(one_cpu);
}

static void eight_workers_get_on_on_one_cpu(void **state)
{
	(void)state;
	try_on(many_on_one_cpu);
}

static void eight_workers_get_on_on_one_cpu_though_none_is_preempted(void **state)
{
	(void)state;
	try_on(first_in_first_out);
}

/* A share of the CPUs ----------------------------------------------------------------------- */

static char group[256];
static bool unified; /* hierarchy, or the older one of cpu */

static bool write_file(const char *folder, const char *name, const char *text)
{
	char path[512];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = write(fd, text, strlen(text));
		close(fd);
	}
	return n == (ssize_t)strlen(text);
}

/* 30 ms of 100: a worker for each CPU would be throttled all at once. */
static void small_share(void)
{
	unsetenv("GORO_WORKERS");
	need(mkdir(group, 0755) == 0, group);
	if (unified) {
		need(write_file(group, "cpu.max", "30000 100000"), "cpu.max");
	} else {
		need(write_file(group, "cpu.cfs_period_us", "100000"), "cpu.cfs_period_us");
		need(write_file(group, "cpu.cfs_quota_us", "30000"), "cpu.cfs_quota_us");
	}
	need(write_file(group, "cgroup.procs", "0"), "cgroup.procs");
	run_many(0, 1);
}

static void a_share_of_a_cpu_is_one_worker(void **state)
{
	(void)state;
	unified = access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0;
	snprintf(group, sizeof group, "/sys/fs/cgroup/%sgoro-test-%d", unified ? "" : "cpu/",
		(int)getpid());
	run_child(&child, small_share, NULL);
	rmdir(group); /* it is empty when the child is gone */
	judge();
}

/* No /proc ---------------------------------------------------------------------------------- */

static void hide_proc(void)
{
	need(unshare(CLONE_NEWNS) == 0, "unshare");
	need(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "mount /");
	need(mount("none", "/proc", "tmpfs", MS_RDONLY, NULL) == 0, "mount /proc");
	need(access("/proc/self", F_OK) != 0, "/proc is still there");
}

static void without_proc(void)
{
	hide_proc();
	run_many(0, 0);
}

static void without_proc_mapped_guards(void)
{
	setenv("GORO_GUARD", "mprotect", 1); /* how many the kernel bears stands in /proc */
	hide_proc();
	run_many(2, 2);
}

static void nothing_of_proc_is_needed(void **state)
{
	(void)state;
	try_on(without_proc);
	try_on(without_proc_mapped_guards);
}

/* Locked memory ----------------------------------------------------------------------------- */

/* Markers are refused there, and each page is there from the start. */
static void locked(void)
{
	need(mlockall(MCL_CURRENT | MCL_FUTURE) == 0, "mlockall");
	run_many(2, 2);
}

static void lock_while_running(void *arg)
{
	chan(int) c = chan_make(int, MANY);

	(void)arg;
	MUST(goro_sleep(GORO_MILLISECOND) == 0);
	need(mlockall(MCL_CURRENT | MCL_FUTURE) == 0, "mlockall");
	for (int i = 0; i < MANY; i++)
		MUST(go(take_part, c, i) == 0);
	for (int i = 0, v; i < MANY; i++)
		MUST(chan_recv(c, &v) == 0);
	chan_free(c);
}

static void locked_later(void)
{
	MUST(goro_run(lock_while_running, NULL) == 0);
}

static void memory_may_be_locked(void **state)
{
	(void)state;
	try_on(locked);
	try_on(locked_later);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_cpu_is_one_worker),
		cmocka_unit_test(eight_workers_get_on_on_one_cpu),
		cmocka_unit_test(eight_workers_get_on_on_one_cpu_though_none_is_preempted),
		cmocka_unit_test(a_share_of_a_cpu_is_one_worker),
		cmocka_unit_test(nothing_of_proc_is_needed),
		cmocka_unit_test(memory_may_be_locked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
