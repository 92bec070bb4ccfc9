/* SPDX-License-Identifier: MIT */
/* runtime_test.c: start, run, stop and their configuration. */
#include <limits.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "goro_test.h"

static atomic_int ran;

static void count(void *arg)
{
	atomic_fetch_add(&ran, arg == NULL ? 1 : *(int *)arg);
}

static goro_config config_of(int workers)
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = workers;
	return config;
}

/* Results ----------------------------------------------------------------------------------- */

GORO_TEST_PLAIN(run_calls_the_root_in_a_coroutine_with_its_argument)
{
	int seven = 7;

	atomic_store(&ran, 0);
	CHECK_EQ(goro_run(count, &seven), 0);
	CHECK_EQ(atomic_load(&ran), 7);
	CHECK_EQ(goro_run(NULL, NULL), -EINVAL);
	CHECK_EQ(goro_run_config(NULL, NULL, NULL), -EINVAL);
	CHECK_EQ(goro_run_config(NULL, count, NULL), 0);
	CHECK_EQ(atomic_load(&ran), 8);
}

GORO_TEST_OUTSIDE(a_second_runtime_is_refused_while_one_runs)
{
	goro_config wrong = config_of(-1);

	CHECK_EQ(goro_stop(), -EPERM);
	CHECK_EQ(goro_workers(), -EPERM);
	test_start();
	CHECK_EQ(goro_workers(), test_workers());
	CHECK_EQ(goro_start(NULL), -EBUSY);
	CHECK_EQ(goro_run(count, NULL), -EBUSY);
	CHECK_EQ(goro_run(NULL, NULL), -EINVAL);
	CHECK_LT(goro_start(&wrong), 0);
	CHECK_EQ(goro_workers(), test_workers());
	test_stop();
	CHECK_EQ(goro_stop(), -EPERM);
	CHECK_EQ(goro_workers(), -EPERM);
}

GORO_TEST(a_coroutine_can_neither_stop_the_runtime_nor_start_another)
{
	CHECK_EQ(goro_stop(), -EDEADLK);
	CHECK_EQ(goro_start(NULL), -EBUSY);
	CHECK_EQ(goro_run(count, NULL), -EBUSY);
	CHECK_EQ(goro_run_config(NULL, count, NULL), -EBUSY);
	CHECK_EQ(goro_run(NULL, NULL), -EINVAL);
	CHECK_EQ(goro_workers(), test_workers());
}

static void start_in_a_thread(void *arg)
{
	(void)arg;
	test_start();
}

static void stop_in_a_thread(void *arg)
{
	int rc = goro_stop();

	CHECK_TRUE(rc == 0 || rc == -EPERM);
	atomic_fetch_add((atomic_int *)arg, rc == 0);
}

GORO_TEST_OUTSIDE(any_thread_may_start_and_any_other_stop_but_only_one)
{
	struct test_thread starter, stoppers[4];
	atomic_int stopped = 0;

	test_thread_start(&starter, start_in_a_thread, NULL);
	test_thread_join(&starter);
	atomic_store(&ran, 0);
	CHECK_EQ(goro_go(count, NULL), 0);
	for (int i = 0; i < 4; i++)
		test_thread_start(&stoppers[i], stop_in_a_thread, &stopped);
	for (int i = 0; i < 4; i++)
		test_thread_join(&stoppers[i]);
	CHECK_EQ(atomic_load(&stopped), 1);
	CHECK_EQ(atomic_load(&ran), 1); /* also if it had not begun */
}

/* Configuration ------------------------------------------------------------------------------ */

/* A thread that has been joined may show up in /proc for a moment. */
static void await_threads(unsigned n)
{
	AWAIT(test_count_threads() <= n);
}

struct wrong {
	goro_config config;
	int rc;
};

GORO_TEST_PLAIN(what_is_out_of_range_is_refused_and_nothing_left_behind)
{
	const goro_config init = GORO_CONFIG_INIT;
	unsigned threads = test_count_threads(), fds = test_count_fds();
	struct wrong wrong[16];
	int n = 0;

	for (int i = 0; i < 16; i++)
		wrong[i] = (struct wrong){ init, -EINVAL };
	wrong[n++].config.size = 0;
	wrong[n++].config.size = sizeof(size_t) - 1;
	wrong[n++].config.workers = -1;
	wrong[n++].config.workers = INT_MIN;
	wrong[n++].config.workers = INT_MAX;
	wrong[n++].config.workers = 1000000;
	wrong[n++].config.max_spares = -2;
	wrong[n++].config.max_spares = INT_MAX;
	wrong[n++].config.stack_size = ((size_t)1 << 30) + 1;
	wrong[n++].config.stack_size = SIZE_MAX;
	wrong[n++].config.drain = -1;
	wrong[n++].config.drain = INT64_MIN;
	wrong[n].rc = -ENOTSUP;
	wrong[n++].config.trap_faults = 1;
	for (int i = 0; i < n; i++) {
		CHECK_EQ(goro_start(&wrong[i].config), wrong[i].rc);
		CHECK_EQ(goro_run_config(&wrong[i].config, count, NULL), wrong[i].rc);
		CHECK_EQ(goro_workers(), -EPERM);
	}
	await_threads(threads);
	CHECK_EQ(test_count_fds(), fds);
}

GORO_TEST_PLAIN(the_widest_values_are_taken)
{
	goro_config config = config_of(1);

	config.drain = INT64_MAX;
	config.max_spares = 0;
	config.stack_size = 1;
	CHECK_EQ(goro_start(&config), 0);
	CHECK_EQ(goro_stop(), 0);
	config.drain = 0;
	config.max_spares = -1;
	config.stack_size = (size_t)1 << 30;
	CHECK_EQ(goro_start(&config), 0);
	CHECK_EQ(goro_stop(), 0);
}

GORO_TEST_PLAIN(a_shorter_configuration_of_an_older_program_has_defaults_for_the_rest)
{
	goro_config config = config_of(3);

	config.size = offsetof(goro_config, max_spares);
	config.stack_size = SIZE_MAX; /* beyond its end */
	config.drain = -1;
	CHECK_EQ(goro_start(&config), 0);
	CHECK_EQ(goro_workers(), 3);
	CHECK_EQ(goro_stop(), 0);
}

GORO_TEST_PLAIN(the_environment_overrides_a_default_number_of_workers)
{
	static const char *const wrong[] = { "0", "-1", "abc", "3x", " ", "3 ", "1e3", "1000000",
		"99999999999999999999" };
	goro_config config = config_of(2);

	CHECK_EQ(setenv("GORO_WORKERS", "3", 1), 0);
	CHECK_EQ(goro_start(NULL), 0);
	CHECK_EQ(goro_workers(), 3);
	CHECK_EQ(goro_stop(), 0);
	CHECK_EQ(goro_start(&config), 0); /* not 0: it stands */
	CHECK_EQ(goro_workers(), 2);
	CHECK_EQ(goro_stop(), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK_EQ(setenv("GORO_WORKERS", wrong[i], 1), 0);
		CHECK_EQ(goro_start(NULL), -EINVAL);
		CHECK_EQ(goro_run(count, NULL), -EINVAL);
	}
	CHECK_EQ(unsetenv("GORO_WORKERS"), 0);
	CHECK_EQ(goro_start(NULL), 0);
	CHECK_LE(1, goro_workers());
	CHECK_EQ(goro_stop(), 0);
}

/* Stacks -------------------------------------------------------------------------------------- */

#define FRAME 4096

/* Uses so many bytes of stack, in frames of a page. (ASan may put what is in them elsewhere.) */
static __attribute__((noinline)) unsigned use_stack(size_t bytes, unsigned salt)
{
	volatile unsigned char frame[FRAME];

	memset((void *)frame, (int)salt, sizeof(frame));
	if (bytes > 2 * FRAME)
		salt = use_stack(bytes - FRAME, salt + 1);
	return salt + frame[salt % FRAME];
}

static void use_most_of_it(size_t bytes, goro_waitgroup *out)
{
	CHECK_NE(use_stack(bytes - bytes / 4, 0), 0);
	goro_yield();
	CHECK_NE(use_stack(bytes - bytes / 4, 1), 0);
	goro_waitgroup_done(out);
}

static size_t stack_size;

static void use_stacks(void)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;

	goro_waitgroup_add(&out, 10);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(go(use_most_of_it, stack_size, &out), 0);
	CHECK_EQ(goro_waitgroup_wait(&out), 0);
}

static void run_use_stacks(void *arg)
{
	(void)arg;
	use_stacks();
}

GORO_TEST_OUTSIDE(a_stack_has_the_size_that_was_asked_for)
{
	static const size_t sizes[] = { 0, 32 << 10, 64 << 10, 100 << 10, 192 << 10, 500 << 10,
		1 << 20, 8 << 20 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		goro_config config = config_of(test_workers());

		config.stack_size = sizes[i];
		stack_size = sizes[i] != 0 ? sizes[i] : (size_t)192 << 10;
		CHECK_EQ(goro_run_config(&config, run_use_stacks, NULL), 0);
	}
}

static void print_long_double(goro_waitgroup *out)
{
	char text[6000];

	snprintf(text, sizeof(text), "%.60Lf %s", 1e300L, "x"); /* some 10 KiB of stack in libc */
	CHECK_EQ(text[0], '1');
	goro_waitgroup_done(out);
}

GORO_TEST(the_default_stack_is_enough_for_the_hungry_parts_of_libc)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;

	goro_waitgroup_add(&out, 4);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(go(print_long_double, &out), 0);
	CHECK_EQ(goro_waitgroup_wait(&out), 0);
}

/* Leaks --------------------------------------------------------------------------------------- */

static size_t mapped_bytes(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	unsigned long low, high;
	size_t sum = 0;
	char line[512];

	CHECK_TRUE(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "%lx-%lx", &low, &high) == 2)
			sum += high - low;
	fclose(file);
	return sum;
}

static void do_a_little(void)
{
	goro_waitgroup out = GORO_WAITGROUP_INIT;

	goro_waitgroup_add(&out, 20);
	for (int i = 0; i < 20; i++)
		CHECK_EQ(go(use_most_of_it, (size_t)32 << 10, &out), 0);
	CHECK_EQ(goro_waitgroup_wait(&out), 0);
	CHECK_EQ(goro_sleep(1000), 0);
}

/* What libc keeps for itself, stacks of threads among it, comes to some 10 MiB at some time. A
 * leaked stack in each turn would be ten times as much. */
#define LIBC_KEEPS ((size_t)16 << 20)

GORO_TEST_OUTSIDE(a_thousand_starts_and_stops_leave_nothing_behind)
{
	unsigned threads = test_count_threads(), fds = test_count_fds();
	size_t bytes = 0, n = test_scaled(1000);

	mallopt(M_ARENA_MAX, 1); /* each further one is 64 MiB of address space */
	for (size_t i = 0; i < n + 10; i++) {
		if (i == 10)
			bytes = mapped_bytes();
		test_run(test_workers(), do_a_little);
	}
	await_threads(threads);
	CHECK_EQ(test_count_fds(), fds);
	if (!TEST_ASAN && !TEST_TSAN)
		CHECK_LT(mapped_bytes(), bytes + LIBC_KEEPS + 4096 * n);
}

GORO_TEST_OUTSIDE(a_stop_right_after_the_start_is_fine)
{
	unsigned threads = test_count_threads();

	for (size_t i = 0; i < test_scaled(300); i++) {
		test_start();
		if (i % 2 == 0)
			CHECK_EQ(goro_go(count, NULL), 0);
		test_stop();
	}
	await_threads(threads);
}
