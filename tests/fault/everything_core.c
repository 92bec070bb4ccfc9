/* SPDX-License-Identifier: MIT */
/* everything_core.c: coroutines, their locals, time, and what shows from outside. */
#include "everything.h"

#include <fcntl.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

static atomic_int sum;

/* Many: queues, descriptors and stacks have to grow ----------------------------------------- */

#define PARENTS  64
#define CHILDREN 40 /* each */

static void add(void *arg)
{
	goro_yield();
	atomic_fetch_add(&sum, (int)(intptr_t)arg);
	crew_end();
}

static void beget(void *arg)
{
	(void)arg;
	goro_set_name("parent");
	for (intptr_t i = 1; i <= CHILDREN; i++)
		crew_add(add, (void *)1);
	crew_end();
}

void spawn_many(void)
{
	sum = 0;
	crew_begin();
	for (int i = 0; i < PARENTS; i++)
		crew_add(beget, NULL);
	crew_wait();
	MUST(crew_missing() > 0 || sum == PARENTS * CHILDREN);
}

/* Locals ------------------------------------------------------------------------------------ */

#define KEYS 20

static goro_local keys[KEYS];
static atomic_int set, destroyed;

static void destroy(void *value)
{
	MUST(value == &keys);
	atomic_fetch_add(&destroyed, 1);
}

static void keep(void *arg)
{
	(void)arg;
	for (int i = 0; i < KEYS; i++) {
		ATTEMPT(goro_local_set(keys[i], &keys), -ENOMEM);
		atomic_fetch_add(&set, 1);
		goro_yield();
		for (int k = 0; k < KEYS; k++)
			MUST(goro_local_get(keys[k]) == (k <= i ? &keys : NULL));
	}
	crew_end();
}

void keep_locals(void)
{
	goro_stats stats = GORO_STATS_INIT;

	set = destroyed = 0;
	for (int i = 0; i < KEYS; i++)
		MUST(goro_local_create(&keys[i], destroy) == 0);
	crew_begin();
	for (int i = 0; i < 4; i++)
		crew_add(keep, NULL);
	crew_wait();
	do /* destructors run when the function has returned */
		goro_stats_get(&stats);
	while (stats.alive > 0);
	MUST(destroyed == set);
	for (int i = 0; i < KEYS; i++)
		MUST(goro_local_free(keys[i]) == 0);
}

/* Time -------------------------------------------------------------------------------------- */

static void sleep_a_while(void *arg)
{
	int64_t until = goro_after(3 * GORO_MILLISECOND);

	(void)arg;
	MUST(goro_sleep(3 * GORO_MILLISECOND) == 0);
	MUST(goro_now() >= until);
	crew_end();
}

#define TICKS 4

static void count_ticks(void *arg)
{
	chan(int64_t) timer, ticker;
	int64_t began = goro_now(), t = 0, before = 0;
	int rc;

	(void)arg;
	ATTEMPT_MAKE(timer, goro_timer(2 * GORO_MILLISECOND));
	MUST(chan_recv(timer, &t) == 0);
	MUST(t >= began + 2 * GORO_MILLISECOND);
	chan_free(timer);

	ATTEMPT_MAKE(ticker, goro_ticker(GORO_MILLISECOND));
	for (int i = 0; i < TICKS; i++) {
		rc = chan_recv(ticker, &t);
		if (rc == -EPIPE) {
			MUST(fault_count() > 0); /* no memory for the next one */
			break;
		}
		MUST(rc == 0 && t > before);
		before = t;
	}
	chan_free(ticker);
	crew_end();
}

void tell_time(void)
{
	crew_begin();
	for (int i = 0; i < 100; i++) /* heaps of timers have to grow */
		crew_add(sleep_a_while, NULL);
	for (int i = 0; i < 4; i++)
		crew_add(count_ticks, NULL);
	crew_wait();
	MUST(goro_sleep(GORO_MILLISECOND) == 0); /* a thread */
}

/* Workers held up by C code ----------------------------------------------------------------- */

static void block(void *arg)
{
	struct timespec t = { .tv_nsec = 25 * 1000 * 1000 };

	(void)arg;
	nanosleep(&t, NULL);
	crew_end();
}

void hold_up_workers(void)
{
	sum = 0;
	crew_begin();
	for (int i = 0; i < 2; i++)
		crew_add(block, NULL);
	for (int i = 0; i < 50; i++)
		crew_add(add, (void *)1);
	crew_wait();
	MUST(crew_missing() > 0 || sum == 50);
}

/* What shows -------------------------------------------------------------------------------- */

static void dump(void *arg)
{
	int fd = *(int *)arg;
	int rc = goro_dump(fd);

	MUST(goro_id() != 0);
	MUST(rc == 0 || (fault_count() > 0 && rc < 0));
	fault_pause();
	MUST(goro_dump(fd) == 0);
	fault_resume();
	crew_end();
}

void look_inside(void)
{
	goro_stats stats = GORO_STATS_INIT;
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	MUST(fd >= 0);
	crew_begin();
	crew_add(dump, &fd);
	crew_wait();
	goro_stats_get(&stats);
	MUST(stats.spawned > PARENTS && stats.ended <= stats.spawned);
	close(fd);
}
