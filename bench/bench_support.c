/* SPDX-License-Identifier: MIT */
/* bench_support.c: options, report and gate of the drivers; linked into each of them. */
#include "bench.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static struct {
	int workers;
	size_t stack_size;
	double scale;
} options = { .workers = 1, .scale = 1 };

static bool read_workers(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	options.workers = (int)n;
	return end != text && *end == '\0' && n >= 1 && n <= 1024;
}

static bool read_size(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || n == 0 || n > (1ul << 30))
		return false;
	if (*end == 'K' || *end == 'k') {
		n <<= 10;
		end++;
	} else if (*end == 'M' || *end == 'm') {
		n <<= 20;
		end++;
	}
	options.stack_size = n;
	return *end == '\0';
}

static bool read_scale(const char *text)
{
	char *end;

	options.scale = strtod(text, &end);
	return end != text && *end == '\0' && options.scale > 0 && options.scale <= 1000;
}

static bool read_options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "workers", required_argument, NULL, 'w' },
		{ "stack", required_argument, NULL, 's' },
		{ "scale", required_argument, NULL, 'x' },
		{ NULL, 0, NULL, 0 },
	};
	bool good = true;
	int c;

	while (good && (c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'w':
			good = read_workers(optarg);
			break;
		case 's':
			good = read_size(optarg);
			break;
		case 'x':
			good = read_scale(optarg);
			break;
		default:
			good = false;
		}
	}
	return good && optind == argc;
}

int bench_main(int argc, char **argv, void (*body)(void *))
{
	goro_config config = GORO_CONFIG_INIT;
	int rc;

	if (!read_options(argc, argv)) {
		fprintf(stderr, "usage: %s --workers N [--stack SIZE[K|M]] [--scale F]\n", argv[0]);
		return EXIT_FAILURE;
	}
	config.workers = options.workers;
	config.stack_size = options.stack_size;
	rc = goro_run_config(&config, body, NULL);
	if (rc < 0) {
		fprintf(stderr, "goro_run_config: %s\n", goro_strerror(rc));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

int bench_workers(void)
{
	return options.workers;
}

int64_t bench_scaled(int64_t n, int64_t least)
{
	int64_t scaled = (int64_t)((double)n * options.scale);

	return scaled < least ? least : scaled;
}

void bench_report(const char *figure, double value, const char *unit)
{
	printf("%s %.4g %s\n", figure, value, unit);
	fflush(stdout);
}

void bench_fail(const char *what, int rc)
{
	fprintf(stderr, "bench: %s: %s\n", what, rc == 0 ? "does not hold" : goro_strerror(rc));
	_Exit(EXIT_FAILURE);
}

void bench_steady(const char *figure, double (*measure)(int n, int64_t ops), int n, int64_t ops)
{
	/* Each coroutine of the largest figure still has ten operations to do. */
	int64_t scaled = bench_scaled(ops, 10 * (int64_t)n);

	measure(n, scaled / 10 < n ? n : scaled / 10);
	bench_report(figure, measure(n, scaled), "ns");
}

int64_t bench_cpu_time(void)
{
	struct rusage use;

	if (getrusage(RUSAGE_SELF, &use) != 0)
		bench_fail("getrusage", 0);
	return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * GORO_SECOND +
		(use.ru_utime.tv_usec + use.ru_stime.tv_usec) * GORO_MICROSECOND;
}

void bench_gate_init(struct bench_gate *gate, int n)
{
	*gate = (struct bench_gate){ GORO_WAITGROUP_INIT, GORO_WAITGROUP_INIT,
		GORO_WAITGROUP_INIT };
	goro_waitgroup_add(&gate->arrived, n);
	goro_waitgroup_add(&gate->opened, 1);
	goro_waitgroup_add(&gate->left, n);
}

void bench_gate_arrive(struct bench_gate *gate)
{
	goro_waitgroup_done(&gate->arrived);
	BENCH_OK(goro_waitgroup_wait(&gate->opened));
}

void bench_gate_leave(struct bench_gate *gate)
{
	goro_waitgroup_done(&gate->left);
}

int64_t bench_gate_open(struct bench_gate *gate)
{
	int64_t now;

	BENCH_OK(goro_waitgroup_wait(&gate->arrived));
	now = goro_now();
	goro_waitgroup_done(&gate->opened);
	return now;
}

int64_t bench_gate_wait(struct bench_gate *gate)
{
	BENCH_OK(goro_waitgroup_wait(&gate->left));
	return goro_now();
}
