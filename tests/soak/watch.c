/* SPDX-License-Identifier: MIT */
/* watch.c: what the process holds, and how late its sleepers wake, again and again; the verdict.
 *
 * A measure is flat if its median over the last quarter of the phases is at most `factor` times that
 * over the second, plus `more` (the first quarter warms up). Medians, since a single sample may
 * find the machine busy with something else; a leak moves the median with it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "soak.h"

#define SAMPLES 4096
#define BUCKETS 512 /* of lateness, four to a power of two */

enum measure {
	RSS,
	THREADS,
	STACKS,
	FDS,
	LATE_P50,
	LATE_P99,
	REST_THREADS,
	REST_FDS,
	REST_HEAP,
	MEASURES
};

static const struct {
	const char *name, *unit;
	double scale; /* to the unit */
	double factor, more;
	bool exact; /* also in a sanitizer's build (S6) */
} measures[MEASURES] = {
	[RSS] = { "resident memory", "MiB", 1 << 20, 1.1, 6 << 20, false },
	[THREADS] = { "threads", "", 1, 1, 16, false }, /* as many spares as there may be */
	[STACKS] = { "stacks", "", 1, 1.25, 64, false },
	[FDS] = { "descriptors", "", 1, 1, 0, false }, /* times soak_fds_factor */
	[LATE_P50] = { "sleepers late, p50", "us", 1e3, 2, 4e6, false },
	[LATE_P99] = { "sleepers late, p99", "us", 1e3, 3, 30e6, false },
	[REST_THREADS] = { "threads at rest", "", 1, 1, 0, true },
	[REST_FDS] = { "descriptors at rest", "", 1, 1, 0, true },
	[REST_HEAP] = { "heap at rest", "bytes", 1, 1, 0, true },
};

static struct {
	int64_t began, said;
	unsigned n;
	struct {
		unsigned phase;
		double value[MEASURES];
	} sample[SAMPLES];
	uint64_t before[SOAK_KINDS_MOST], said_before[SOAK_KINDS_MOST];
	uint64_t late[BUCKETS];
	bool sleepers; /* there are some who tell how late they woke */
	double rest[3];
	uint64_t stack_bytes;
} watch;

/* Lateness ---------------------------------------------------------------------------------- */

static unsigned bucket_of(uint64_t ns)
{
	unsigned top;

	if (ns < 8)
		return (unsigned)ns;
	top = 63 - (unsigned)__builtin_clzll(ns);
	return 4 * top + (unsigned)(ns >> (top - 2) & 3);
}

static double floor_of(unsigned bucket)
{
	if (bucket < 8)
		return bucket;
	return (double)((4 + (uint64_t)bucket % 4) << (bucket / 4 - 2));
}

void soak_watch_late(int64_t ns)
{
	__atomic_store_n(&watch.sleepers, true, __ATOMIC_RELAXED);
	__atomic_fetch_add(&watch.late[bucket_of(ns > 0 ? (uint64_t)ns : 0)], 1, __ATOMIC_RELAXED);
}

/* Of those that woke since the last look; begins anew. If none did, what it was stays. */
static void read_lateness(double *p50, double *p99)
{
	uint64_t counts[BUCKETS], all = 0, seen = 0;

	for (unsigned i = 0; i < BUCKETS; i++)
		all += counts[i] = __atomic_exchange_n(&watch.late[i], 0, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < BUCKETS; i++) {
		if (seen * 2 < all)
			*p50 = floor_of(i);
		if (seen * 100 < all * 99)
			*p99 = floor_of(i);
		seen += counts[i];
	}
}

/* Samples ----------------------------------------------------------------------------------- */

static double resident(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	CHECK_TRUE(f != NULL && fscanf(f, "%*u %lu", &pages) == 1);
	fclose(f);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void say_progress(int64_t now)
{
	const double *v = watch.sample[watch.n - 1].value;
	double seconds = (double)(now - watch.said) / 1e9;

	printf("%s: %.0f s, phase %u of %u:", soak_name, (double)(now - watch.began) / 1e9,
		soak.phase, soak.phases);
	for (unsigned k = 0; k < soak_nkinds; k++) {
		uint64_t n = __atomic_load_n(&soak.done[k].n, __ATOMIC_RELAXED);

		printf(" %s %.0f/s", soak_kinds[k], (double)(n - watch.said_before[k]) / seconds);
		watch.said_before[k] = n;
	}
	printf("; rss %.1f MiB, threads %.0f, stacks %.0f in %llu MiB, fds %.0f, late p50 %.0f us "
	       "p99 %.0f us\n",
		v[RSS] / (1 << 20), v[THREADS], v[STACKS],
		(unsigned long long)(watch.stack_bytes >> 20), v[FDS], v[LATE_P50] / 1e3,
		v[LATE_P99] / 1e3);
	fflush(stdout);
	watch.said = now;
}

void soak_watch_sample(void)
{
	goro_stats stats = GORO_STATS_INIT;
	int64_t now = goro_now();
	double *v;

	CHECK_LT(watch.n, SAMPLES);
	v = watch.sample[watch.n].value;
	watch.sample[watch.n].phase = soak.phase;
	if (watch.n++ > 0)
		memcpy(v, watch.sample[watch.n - 2].value, sizeof(watch.sample[0].value));
	goro_stats_get(&stats);
	watch.stack_bytes = stats.stack_bytes;
	v[STACKS] = (double)(stats.stacks_in_use + stats.stacks_cached);
	soak_descriptors_lock();
	v[RSS] = resident();
	v[THREADS] = test_count_threads();
	v[FDS] = test_count_fds();
	soak_descriptors_unlock();
	v[REST_THREADS] = watch.rest[0];
	v[REST_FDS] = watch.rest[1];
	v[REST_HEAP] = watch.rest[2];
	read_lateness(&v[LATE_P50], &v[LATE_P99]);
	if (now - watch.said >= 5 * GORO_SECOND)
		say_progress(now);
}

void soak_watch_begin(void)
{
	watch.began = watch.said = goro_now();
	watch.rest[0] = test_count_threads();
	watch.rest[1] = test_count_fds();
	watch.rest[2] = (double)soak_heap();
}

void soak_watch_phase_begin(void)
{
	double p50, p99;

	for (unsigned k = 0; k < soak_nkinds; k++)
		watch.before[k] = __atomic_load_n(&soak.done[k].n, __ATOMIC_RELAXED);
	read_lateness(&p50, &p99); /* of the end of the last phase: nobody's */
}

bool soak_watch_all_moved(void)
{
	for (unsigned k = 0; k < soak_nkinds; k++)
		if (__atomic_load_n(&soak.done[k].n, __ATOMIC_RELAXED) == watch.before[k])
			return false;
	return true;
}

/* A thread that was joined may be in /proc for another moment. */
static unsigned threads_at_rest(void)
{
	int64_t patience = goro_after(20 * GORO_MILLISECOND);

	while (test_count_threads() > (unsigned)watch.rest[0] && goro_now() < patience)
		test_relax();
	return test_count_threads();
}

void soak_watch_phase_end(void)
{
	watch.rest[0] = threads_at_rest();
	watch.rest[1] = test_count_fds();
	watch.rest[2] = (double)soak_heap();
}

/* The verdict -------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Over the samples of the q-th quarter of the phases, counted from 0. */
static double median(enum measure m, int q)
{
	static double values[SAMPLES];
	unsigned n = 0;

	for (unsigned i = 0; i < watch.n; i++)
		if (watch.sample[i].phase * 4 / soak.phases == (unsigned)q)
			values[n++] = watch.sample[i].value[m];
	CHECK_LT(0, n);
	qsort(values, n, sizeof(values[0]), by_value);
	return values[n / 2];
}

struct trend {
	double second, last, most;
	bool flat;
};

static struct trend trend_of(enum measure m)
{
	double factor = measures[m].factor * (m == FDS ? soak_fds_factor : 1);
	struct trend t = { .second = median(m, 1), .last = median(m, 3) };

	t.most = t.second * factor + measures[m].more;
	t.flat = t.last <= t.most;
	return t;
}

static bool counts(enum measure m)
{
	if ((m == LATE_P50 || m == LATE_P99) && !watch.sleepers)
		return false;
	return measures[m].exact || !(TEST_ASAN || TEST_TSAN);
}

bool soak_watch_flat(void)
{
	for (int m = 0; m < MEASURES; m++)
		if (counts((enum measure)m) && !trend_of((enum measure)m).flat)
			return false;
	return true;
}

static void say_trend(enum measure m)
{
	struct trend t = trend_of(m);

	printf("%s: %-20s %9.1f in the second quarter, %9.1f in the last, at most %9.1f %s: %s\n",
		soak_name, measures[m].name, t.second / measures[m].scale,
		t.last / measures[m].scale, t.most / measures[m].scale, measures[m].unit,
		t.flat ? "flat" : "NOT FLAT");
}

int soak_watch_verdict(void)
{
	bool flat = soak_watch_flat();
	uint64_t all = 0;

	for (int m = 0; m < MEASURES; m++)
		if (counts((enum measure)m))
			say_trend((enum measure)m);
	for (unsigned k = 0; k < soak_nkinds; k++)
		all += soak.done[k].n;
	soak_program_say();
	printf("%s: %s: %.0f s, %u phases, %llu operations, each value received once, "
	       "--seed=%llu\n",
		soak_name, flat ? "PASS" : "FAIL", (double)(goro_now() - watch.began) / 1e9,
		soak.phase, (unsigned long long)all, (unsigned long long)soak.seed);
	return flat ? 0 : 1;
}
