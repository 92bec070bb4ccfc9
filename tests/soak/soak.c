/* SPDX-License-Identifier: MIT */
/* soak.c: options, phases; see soak.h.
 *
 *     soak SECONDS [--workers=N] [--seed=N] [--leak=memory|block|thread|fd|stack|time|value]
 *     soak_net SECONDS [--workers=N] [--seed=N] [--leak=memory|block|thread|fd|stack|value|conn]
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "goro_hang.h"
#include "soak.h"

#define PHASES  12 /* at least; */
#define CHANCES 3
#define LONGEST (10 * GORO_SECOND)
#define SAMPLES 4 /* of each, or one a second */

struct soak soak;

uint64_t soak_random(unsigned kind, size_t i)
{
	uint64_t state =
		soak.seed ^ (uint64_t)soak.phase << 40 ^ (uint64_t)kind << 32 ^ (uint64_t)i;

	return test_random(&state);
}

static void load(void (*fn)(size_t, uint64_t), size_t i, uint64_t random)
{
	fn(i, random);
	goro_waitgroup_done(&soak.loads);
}

void soak_begin(void (*fn)(size_t, uint64_t), unsigned kind, size_t i)
{
	goro_waitgroup_add(&soak.loads, 1);
	CHECK_EQ(go(load, fn, i, soak_random(kind, i)), 0);
}

void soak_runtime_start(void)
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = soak.workers;
	config.drain = 60 * GORO_SECOND;
	CHECK_EQ(goro_start(&config), 0);
}

static void nap(int64_t ns)
{
	struct timespec t = { ns / GORO_SECOND, ns % GORO_SECOND };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &t) != 0)
		;
}

static void watch_phase(int64_t length)
{
	int64_t samples = length / SAMPLES > GORO_SECOND ? length / GORO_SECOND : SAMPLES;

	for (int64_t i = 0; i < samples; i++) {
		nap(length / samples);
		soak_watch_sample();
	}
	while (!soak_watch_all_moved())
		nap(GORO_MILLISECOND);
}

static void end_quietly(void)
{
	__atomic_store_n(&soak.quiet, true, __ATOMIC_RELEASE);
	soak_program_close();
	CHECK_EQ(goro_waitgroup_wait(&soak.loads), 0);
	soak_program_ended();
}

static void run_phase(int64_t length)
{
	test_hang_begin(soak_name);
	soak_watch_phase_begin();
	soak.quiet = false;
	soak.loads = GORO_WAITGROUP_INIT;
	soak_runtime_start();
	soak_leak();
	soak_program_begin();
	watch_phase(length);
	if (soak.phase % 2 == 0)
		end_quietly();
	CHECK_EQ(goro_stop(), 0);
	soak_program_settle();
	soak_watch_phase_end();
	test_hang_end();
}

/* Others on the machine can make what is flat look as if it were not, and hide a leak; but not for
 * ever. So if the verdict is another than was to be expected, it goes on for as long again. */
static void run(void)
{
	int64_t most = (soak.length + LONGEST - 1) / LONGEST;
	unsigned phases = most > PHASES ? (unsigned)most : PHASES;

	soak_watch_begin();
	do {
		soak.phases += phases;
		for (; soak.phase < soak.phases; soak.phase++)
			run_phase(soak.length / phases);
	} while (
		soak_watch_flat() != (soak.leak == SOAK_NO_LEAK) && soak.phases < CHANCES * phases);
}

/* Options ------------------------------------------------------------------------------------ */

static const char *const leaks[SOAK_LEAKS] = { "none", "memory", "block", "thread", "fd", "stack",
	"time", "value", "conn" };

static __attribute__((noreturn)) void explain(const char *name)
{
	fprintf(stderr, "usage: %s SECONDS [--workers=N] [--seed=N] [--leak=KIND]\n", name);
	exit(2);
}

static bool read_leak(const char *text)
{
	for (int i = 0; i < SOAK_LEAKS; i++)
		if (strcmp(text, leaks[i]) == 0) {
			soak.leak = (enum soak_leak)i;
			return true;
		}
	return false;
}

static void read_options(int argc, char **argv)
{
	static const struct option options[] = { { "workers", required_argument, NULL, 'w' },
		{ "seed", required_argument, NULL, 's' }, { "leak", required_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 } };
	int c;

	if (getrandom(&soak.seed, sizeof(soak.seed), 0) != sizeof(soak.seed))
		soak.seed = (uint64_t)goro_now();
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'w')
			soak.workers = atoi(optarg);
		else if (c == 's')
			soak.seed = strtoull(optarg, NULL, 10);
		else if (c != 'l' || !read_leak(optarg))
			explain(argv[0]);
	}
	if (optind == argc - 1)
		soak.length = (int64_t)(strtod(argv[optind], NULL) * 1e9);
	if (soak.length <= 0)
		explain(argv[0]);
}

int main(int argc, char **argv)
{
	read_options(argc, argv);
	printf("%s: %.0f s, --workers=%d, --seed=%llu, leak: %s\n", soak_name,
		(double)soak.length / 1e9, soak.workers, (unsigned long long)soak.seed,
		leaks[soak.leak]);
	fflush(stdout);
	test_seed_set(soak.seed);
	run();
	return soak_watch_verdict();
}
