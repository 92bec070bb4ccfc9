/* SPDX-License-Identifier: MIT */
/* runtime_limits_test.c: what the system refuses is an error, or done with less; each in a child,
 * since a limit cannot be taken back. (Sanitizers need address space of their own.)
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "goro_test.h"

static atomic_int ran;

static void count(void)
{
	atomic_fetch_add(&ran, 1);
}

static void count_after_a_while(void)
{
	goro_sleep(GORO_MILLISECOND);
	atomic_fetch_add(&ran, 1);
}

static void limit(int resource, rlim_t n)
{
	struct rlimit r = { n, n };

	CHECK_EQ(setrlimit((__rlimit_resource_t)resource, &r), 0);
}

/* Threads ------------------------------------------------------------------------------------- */

/* The limit counts the user's threads and does not hold for root. False: cannot be tried. */
static bool limit_threads(rlim_t n)
{
	uid_t nobody = 40000 + (uid_t)getpid() % 20000; /* who has no other process */

	if (geteuid() == 0 && setresuid(nobody, nobody, nobody) != 0)
		return false;
	limit(RLIMIT_NPROC, n);
	return getuid() == nobody;
}

static void start_with_few_threads(void *arg)
{
	goro_config config = GORO_CONFIG_INIT;

	(void)arg;
	if (!limit_threads(4))
		return;
	config.workers = 16;
	CHECK_EQ(goro_start(&config), 0);
	for (int i = 0; i < 100; i++) {
		CHECK_EQ(go(count), 0);
		CHECK_EQ(go(count_after_a_while), 0);
	}
	AWAIT(atomic_load(&ran) == 200);
	CHECK_EQ(goro_stop(), 0);
}

static void start_with_no_thread(void *arg)
{
	goro_config config = GORO_CONFIG_INIT;

	(void)arg;
	limit_threads(1);
	config.workers = 2;
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(goro_start(&config), -ENOMEM);
		CHECK_EQ(goro_workers(), -EPERM);
		CHECK_EQ(goro_stop(), -EPERM);
	}
}

GORO_TEST_PLAIN(with_fewer_threads_than_asked_for_it_runs_all_the_same)
{
	if (!TEST_TSAN) /* whose own thread is needed for its first fork */
		CHECK_CHILD_EXITS(start_with_few_threads, NULL, 0, NULL);
}

GORO_TEST_PLAIN(without_any_thread_the_start_fails)
{
	if (!TEST_TSAN)
		CHECK_CHILD_EXITS(start_with_no_thread, NULL, 0, NULL);
}

/* Memory --------------------------------------------------------------------------------------- */

static size_t address_space(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;

	CHECK_TRUE(file != NULL);
	CHECK_EQ(fscanf(file, "%lu", &pages), 1);
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void wait_to_go_on(goro_waitgroup *gate)
{
	goro_waitgroup_wait(gate);
	atomic_fetch_add(&ran, 1);
}

/* go() says that there is no room for another stack; those it has promised one have one. */
static void go_until_it_fails(void *arg)
{
	goro_config config = GORO_CONFIG_INIT;
	goro_waitgroup gate = GORO_WAITGROUP_INIT;
	int begun = 0, rc;

	(void)arg;
	goro_waitgroup_add(&gate, 1);
	config.workers = 2;
	config.stack_size = (size_t)16 << 20;
	CHECK_EQ(goro_start(&config), 0);
	CHECK_EQ(go(count), 0);
	AWAIT(atomic_load(&ran) == 1);
	limit(RLIMIT_AS, address_space() + ((size_t)3 << 30));
	while ((rc = go(wait_to_go_on, &gate)) == 0)
		begun++;
	CHECK_EQ(rc, -ENOMEM);
	CHECK_LT(10, begun);
	await_parked((unsigned)begun, "waitgroup");
	goro_waitgroup_done(&gate);
	AWAIT(atomic_load(&ran) == begun + 1);
	await_alive(0);
	CHECK_EQ(go(count), 0); /* there is room again */
	AWAIT(atomic_load(&ran) == begun + 2);
	CHECK_EQ(goro_stop(), 0);
}

static void start_without_memory(void *arg)
{
	goro_config config = GORO_CONFIG_INIT;

	(void)arg;
	config.workers = 1;
	limit(RLIMIT_AS, address_space());
	if (mmap(NULL, (size_t)1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
		MAP_FAILED)
		return; /* an emulator that does not hold the program to its limit */
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(goro_start(&config), -ENOMEM);
		CHECK_EQ(goro_workers(), -EPERM);
	}
}

GORO_TEST_PLAIN(when_address_space_is_used_up_go_says_so_and_keeps_its_promises)
{
	if (!TEST_ASAN && !TEST_TSAN)
		CHECK_CHILD_EXITS(go_until_it_fails, NULL, 0, NULL);
}

GORO_TEST_PLAIN(without_memory_the_start_fails)
{
	if (!TEST_ASAN && !TEST_TSAN)
		CHECK_CHILD_EXITS(start_without_memory, NULL, 0, NULL);
}

/* Descriptors ---------------------------------------------------------------------------------- */

static void run_without_descriptors(void *arg)
{
	(void)arg;
	limit(RLIMIT_NOFILE, 0); /* those that are open stay so */
	CHECK_EQ(goro_start(NULL), 0);
	CHECK_LE(1, goro_workers());
	for (int i = 0; i < 100; i++)
		CHECK_EQ(go(count), 0);
	AWAIT(atomic_load(&ran) == 100);
	CHECK_EQ(goro_stop(), 0);
}

GORO_TEST_PLAIN(no_descriptor_is_needed_to_run_coroutines)
{
	CHECK_CHILD_EXITS(run_without_descriptors, NULL, 0, NULL);
}

static void run_in_locked_memory_limits(void *arg)
{
	(void)arg;
	limit(RLIMIT_MEMLOCK, 0);
	limit(RLIMIT_STACK, 64 << 10);
	limit(RLIMIT_CORE, 0);
	CHECK_EQ(goro_start(NULL), 0);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(go(count_after_a_while), 0);
	AWAIT(atomic_load(&ran) == 100);
	CHECK_EQ(goro_stop(), 0);
}

GORO_TEST_PLAIN(small_limits_for_threads_stacks_and_locked_memory_do_not_matter)
{
	if (!TEST_ASAN && !TEST_TSAN) /* need more stack themselves */
		CHECK_CHILD_EXITS(run_in_locked_memory_limits, NULL, 0, NULL);
}
