/* SPDX-License-Identifier: MIT */
/* inspect_states_test.c: what the dump says of a coroutine in each of its states. One worker and no spares,
 * so that a state lasts as long as whoever looks.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "goro_test.h"

static char said[1 << 16];

static void root(void *body)
{
	(*(void (**)(void))body)();
}

static void run_alone(void (*body)(void))
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = 1;
	config.max_spares = 0;
	CHECK_EQ(goro_run_config(&config, root, &body), 0);
}

/* Through a file, which takes it all. */
static const char *dump(void)
{
	char path[200];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/goro-test-XXXXXX", test_tmp());
	fd = mkstemp(path);
	CHECK_LE(0, fd);
	CHECK_EQ(unlink(path), 0);
	CHECK_EQ(goro_dump(fd), 0);
	n = pread(fd, said, sizeof(said) - 1, 0);
	CHECK_LE(0, n);
	said[n] = '\0';
	close(fd);
	return said;
}

/* The line of the only other coroutine, or its frames with it. */
static const char *of_the_other(void)
{
	const char *line = strstr(dump(), "coroutine ");

	CHECK_TRUE(line != NULL);
	if (strstr(line, ": running on worker") < strchr(line, '\n'))
		line = strstr(line + 1, "coroutine ");
	CHECK_TRUE(line != NULL);
	return line;
}

static goro_sem sem;
static uint64_t id;

static void acquire(void)
{
	id = goro_id();
	goro_sem_acquire(&sem);
}

static void yield_once(void)
{
	goro_yield();
}

static void look_at_all_states(void)
{
	sem = GORO_SEM_INIT(0);
	CHECK_EQ(go(yield_once), 0);
	CHECK_HAS(of_the_other(), "not begun, no stack yet");
	goro_yield();
	CHECK_HAS(of_the_other(), ": runnable; begun at ");
	await_alive(1);
	CHECK_EQ(go(acquire), 0);
	await_parked(1, "semaphore");
	CHECK_HAS(of_the_other(), ": waiting, semaphore ");
	goro_sem_release(&sem);
	CHECK_HAS(of_the_other(), ": runnable, woken; ");
	await_alive(1);
	CHECK_EQ(go(acquire), 0);
	await_parked(1, "semaphore");
	test_cancel(id);
	CHECK_HAS(of_the_other(), ": runnable, woken, cancelled; ");
	await_alive(1);
}

GORO_TEST_PLAIN(each_state_of_a_coroutine_is_named)
{
	run_alone(look_at_all_states);
}

/* Deep ----------------------------------------------------------------------------------------- */

static volatile int bottom; /* 0, but no compiler knows */

static __attribute__((noinline)) int descend(int depth)
{
	volatile char frame[4096];

	__asm__ volatile("" : : "r"(frame) : "memory"); /* all of it stays where it is */
	frame[0] = (char)depth;
	if (depth == bottom)
		return goro_sem_acquire(&sem);
	return descend(depth - 1) + frame[0] - (char)depth;
}

static void go_deep(void)
{
	CHECK_EQ(descend(25), 0);
}

static unsigned count_frames(const char *line)
{
	unsigned n = 0;

	for (line = strchr(line, '\n'); line != NULL && line[1] == '\t'; n++)
		line = strchr(line + 1, '\n');
	return n;
}

static void look_into_the_deep(void)
{
	sem = GORO_SEM_INIT(0);
	CHECK_EQ(go(go_deep), 0);
	await_parked(1, "semaphore");
	/* Of 100 KiB only the nearest are copied: some frames, but not all. */
	CHECK_LT(2, count_frames(of_the_other()));
	CHECK_LT(count_frames(of_the_other()), 25);
	goro_sem_release(&sem);
	await_alive(1);
}

GORO_TEST_PLAIN(of_a_deep_stack_the_nearest_frames_are_shown)
{
	run_alone(look_into_the_deep);
}

/* Names ---------------------------------------------------------------------------------------- */

/* With a name that the loader knows (the program is linked so). */
void inspect_states_begin(void);

__attribute__((noinline, visibility("default"))) void inspect_states_begin(void)
{
	CHECK_EQ(go(acquire), 0);
	bottom = 0; /* no tail call */
}

static void look_for_a_name(void)
{
	sem = GORO_SEM_INIT(0);
	inspect_states_begin();
	await_parked(1, "semaphore");
	CHECK_HAS(of_the_other(), "; begun at ");
	CHECK_HAS(of_the_other(), " (inspect_states_begin+0x");
	goro_sem_release(&sem);
	await_alive(1);
}

GORO_TEST_PLAIN(a_function_that_the_loader_knows_is_named)
{
	run_alone(look_for_a_name);
}

static void dump_where_nothing_can_be_written(void)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	CHECK_LE(0, full);
	sem = GORO_SEM_INIT(0);
	for (int i = 0; i < 200; i++)
		CHECK_EQ(go(acquire), 0);
	await_parked(200, "semaphore");
	CHECK_EQ(goro_dump(full), -ENOSPC);
	for (int i = 0; i < 200; i++)
		goro_sem_release(&sem);
	await_alive(1);
	close(full);
}

GORO_TEST_PLAIN(a_dump_that_cannot_be_written_says_so)
{
	run_alone(dump_where_nothing_can_be_written);
}
