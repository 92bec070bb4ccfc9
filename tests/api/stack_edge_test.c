/* SPDX-License-Identifier: MIT */
/* stack_edge_test.c: what the kernel and libc put on a coroutine's stack without asking, where little
 * of it is left.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "goro_storm.h"
#include "goro_test.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

/* Where the caller's stack ends, as the dump has it. */
static uintptr_t stack_low(void)
{
	static char text[64 << 10];
	static goro_mutex one = GORO_MUTEX_INIT;
	unsigned long long low = 0;
	char name[64], *line;
	ssize_t n;
	int fd[2];

	CHECK_EQ(goro_mutex_lock(&one), 0);
	CHECK_EQ(pipe(fd), 0);
	CHECK_EQ(goro_dump(fd[1]), 0);
	close(fd[1]);
	n = read(fd[0], text, sizeof(text) - 1);
	close(fd[0]);
	CHECK_LT(0, n);
	text[n] = '\0';
	snprintf(name, sizeof(name), "\ncoroutine %llu", (unsigned long long)goro_id());
	line = strstr(text, name);
	CHECK_TRUE(line != NULL);
	line = strstr(line, "; stack ");
	CHECK_TRUE(line != NULL);
	CHECK_EQ(sscanf(line, "; stack %llx-", &low), 1);
	goro_mutex_unlock(&one);
	return (uintptr_t)low;
}

/* Calls fn with so many bytes of the stack left, or a few more. */
static __attribute__((noinline)) void with_left(size_t left, void (*fn)(void *), void *arg)
{
	uintptr_t low = stack_low(), here = (uintptr_t)__builtin_frame_address(0);
	volatile char *p;

	CHECK_LT(low + left + 512, here);
	p = __builtin_alloca(here - low - left - 512);
	p[0] = 1;
	fn(arg);
	CHECK_EQ(p[0], 1);
}

static void run_on_the_smallest(void (*root)(void *))
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = test_workers();
	config.stack_size = 1;
	CHECK_EQ(goro_run_config(&config, root, NULL), 0);
}

/* The vDSO ------------------------------------------------------------------------------------ */

static void ask_for_the_time(void *arg)
{
	struct timespec t;
	struct timeval tv;

	(void)arg;
	CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	CHECK_EQ(clock_gettime(CLOCK_REALTIME, &t), 0);
	CHECK_EQ(gettimeofday(&tv, NULL), 0);
	CHECK_LT(0, goro_now());
}

static void ask_with_a_page_left(void *arg)
{
	with_left((size_t)sysconf(_SC_PAGESIZE), ask_for_the_time, arg);
}

GORO_TEST_OUTSIDE(a_page_of_stack_is_enough_to_ask_for_the_time)
{
	if (!TEST_ASAN && !TEST_TSAN) /* whose own functions come between */
		run_on_the_smallest(ask_with_a_page_left);
}

/* Signals -------------------------------------------------------------------------------------- */

static atomic_int handled;

static void on_signal(int signo)
{
	(void)signo;
	atomic_fetch_add(&handled, 1);
}

static void raise_prof(void *arg)
{
	(void)arg;
	CHECK_EQ(pthread_kill(pthread_self(), SIGPROF), 0);
}

/* Half of the smallest stack is for the program, half for a handler's frame. */
static void raise_with_a_frames_room_left(void *arg)
{
	size_t room = (size_t)getauxval(AT_MINSIGSTKSZ) + (4 << 10);

	with_left(room > 12 << 10 ? room : 12 << 10, raise_prof, arg);
}

GORO_TEST_OUTSIDE(a_handlers_frame_fits_the_smallest_stack)
{
	struct sigaction action = { .sa_handler = on_signal }, before;

	test_storm_end();
	atomic_store(&handled, 0);
	CHECK_EQ(sigaction(SIGPROF, &action, &before), 0);
	if (!TEST_ASAN && !TEST_TSAN)
		run_on_the_smallest(raise_with_a_frames_room_left);
	else
		raise_prof(NULL);
	CHECK_EQ(atomic_load(&handled), 1);
	CHECK_EQ(sigaction(SIGPROF, &before, NULL), 0);
}

/* libc ------------------------------------------------------------------------------------------ */

static void print_numbers(void *arg)
{
	char text[64];

	CHECK_LT(0, snprintf(text, sizeof(text), "%d %s %g %p", 7, "seven", 7.5, arg));
	CHECK_HAS(text, "7 seven 7.5");
}

static void print_with_half_left(void *arg)
{
	with_left(14 << 10, print_numbers, arg);
}

GORO_TEST_OUTSIDE(half_of_the_smallest_stack_is_enough_to_print_a_number)
{
	if (!TEST_ASAN && !TEST_TSAN)
		run_on_the_smallest(print_with_half_left);
}
