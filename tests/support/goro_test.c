/* SPDX-License-Identifier: MIT */
/* goro_test.c: registration, checks, and main() of every test program. */
#include "goro_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <cmocka.h>

#include "goro_hang.h"
#include "goro_storm.h"

#define WORKER_COUNTS 8

static struct goro_test_case *first;
static struct goro_test_case **last = &first;

static struct {
	const char *name; /* with its "/w8" */
	int workers;
	void (*body)(void);
} current;

static uint64_t seed;

int test_workers(void)
{
	return current.workers;
}

uint64_t test_seed(void)
{
	return seed;
}

void test_seed_set(uint64_t number)
{
	seed = number;
}

uint64_t test_random(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

size_t test_scaled(size_t n)
{
	const char *text = getenv("GORO_TEST_SCALE");
	size_t scale = text != NULL ? strtoul(text, NULL, 10) : 1;

	n /= scale > 0 ? scale : 1;
	return n > 0 ? n : 1;
}

/* Checks ---------------------------------------------------------------------------------- */

/* One write(2), no stdio: other threads may hold its locks. Then the end: nothing else of the
 * process may go on with what does not hold, and exit() would run what it left half done. */
void goro_test_fail(const char *file, int line, const char *format, ...)
{
	char text[2048];
	size_t n;
	va_list list;

	snprintf(text, sizeof(text), "%s:%d: ", file, line);
	n = strlen(text);
	va_start(list, format);
	vsnprintf(text + n, sizeof(text) - n, format, list);
	va_end(list);
	dprintf(STDERR_FILENO, "%s\n[  FAILED  ] %s (coroutine %llu, GORO_TEST_SEED=%llu)\n", text,
		current.name != NULL ? current.name : "?", (unsigned long long)goro_id(),
		(unsigned long long)seed);
	_exit(1);
}

struct goro_test_value goro_test_int(int64_t i)
{
	return (struct goro_test_value){
		.negative = i < 0, .bits = (uint64_t)i, .real = (double)i
	};
}

struct goro_test_value goro_test_uint(uint64_t u)
{
	return (struct goro_test_value){ .bits = u, .real = (double)u };
}

struct goro_test_value goro_test_real(double d)
{
	return (struct goro_test_value){ .kind = GORO_TEST_REAL, .real = d };
}

struct goro_test_value goro_test_pointer(const void *p)
{
	return (struct goro_test_value){ .kind = GORO_TEST_POINTER, .bits = (uintptr_t)p };
}

/* -1, 0, 1 as a is below, equal to, above b. (A NaN is above everything.) */
static int compare(struct goro_test_value a, struct goro_test_value b)
{
	if (a.kind == GORO_TEST_REAL || b.kind == GORO_TEST_REAL)
		return a.real < b.real ? -1 : a.real == b.real ? 0 : 1;
	if (a.negative != b.negative)
		return a.negative ? -1 : 1;
	return a.bits < b.bits ? -1 : a.bits > b.bits;
}

static bool in_order(int order, const char *op)
{
	switch (op[0]) {
	case '=':
		return order == 0;
	case '!':
		return order != 0;
	default:
		return order < 0 || (op[1] == '=' && order == 0);
	}
}

static const char *show(char *text, size_t size, struct goro_test_value v)
{
	if (v.kind == GORO_TEST_REAL)
		snprintf(text, size, "%.17g", v.real);
	else if (v.kind == GORO_TEST_POINTER)
		snprintf(text, size, "%#llx", (unsigned long long)v.bits);
	else if (v.negative)
		snprintf(text, size, "%lld (%s)", (long long)v.bits,
			goro_strerror((int)(int64_t)v.bits));
	else
		snprintf(text, size, "%llu", (unsigned long long)v.bits);
	return text;
}

void goro_test_order(const char *file, int line, struct goro_test_value a, struct goro_test_value b,
	const char *op, const char *a_text, const char *b_text)
{
	char left[128], right[128];

	if (!in_order(compare(a, b), op))
		goro_test_fail(file, line, "%s %s %s: it is %s, not %s %s", a_text, op, b_text,
			show(left, sizeof(left), a), op, show(right, sizeof(right), b));
}

void goro_test_true(const char *file, int line, bool holds, const char *text)
{
	if (!holds)
		goro_test_fail(file, line, "%s: it does not hold", text);
}

void goro_test_str(const char *file, int line, const char *a, const char *b, const char *a_text,
	const char *b_text)
{
	if (strcmp(a, b) != 0)
		goro_test_fail(
			file, line, "%s == %s: it is \"%s\", not \"%s\"", a_text, b_text, a, b);
}

void goro_test_has(
	const char *file, int line, const char *text, const char *part, const char *text_text)
{
	if (strstr(text, part) == NULL)
		goro_test_fail(
			file, line, "%s does not contain \"%s\": it is\n%s", text_text, part, text);
}

/* Running --------------------------------------------------------------------------------- */

void goro_test_register(struct goro_test_case *test)
{
	*last = test;
	last = &test->next;
}

static void root(void *arg)
{
	void (**body)(void) = arg;

	(*body)();
}

/* Patient: a machine that is busy with others is no straggler's fault. */
static goro_config config_with(int workers)
{
	goro_config config = GORO_CONFIG_INIT;

	config.workers = workers;
	config.drain = 100 * GORO_SECOND;
	return config;
}

void test_run(int workers, void (*body)(void))
{
	goro_config config = config_with(workers);

	CHECK_EQ(goro_run_config(&config, root, &body), 0);
}

void test_start(void)
{
	goro_config config = config_with(current.workers);

	CHECK_EQ(goro_start(&config), 0);
}

void test_stop(void)
{
	CHECK_EQ(goro_stop(), 0);
}

static goro_config config_of(uint64_t number)
{
	goro_config config = GORO_CONFIG_INIT;

	config.seed = number;
	config.virtual_time = 1;
	return config;
}

void test_run_seed(uint64_t number, void (*fn)(void *), void *arg)
{
	goro_config config = config_of(number);

	CHECK_EQ(goro_run_config(&config, fn, arg), 0);
}

void test_start_seed(uint64_t number)
{
	goro_config config = config_of(number);

	CHECK_EQ(goro_start(&config), 0);
}

struct instance {
	const struct goro_test_case *test;
	int workers;
	char name[128];
};

static void run_instance(void **state)
{
	struct instance *in = *state;

	current.name = in->name;
	current.workers = in->workers;
	test_hang_begin(in->name);
	test_storm_begin();
	if (in->test->kind == GORO_TEST_IN_ROOT)
		test_run(in->workers, in->test->body);
	else
		in->test->body();
	test_storm_end();
	test_hang_end();
	CHECK_EQ(goro_workers(), -EPERM); /* it has left no runtime behind */
}

/* GORO_TEST_WORKERS, or 1, 2 and 8. Returns how many. */
static int read_worker_counts(int counts[WORKER_COUNTS])
{
	const char *text = getenv("GORO_TEST_WORKERS");
	int n = 0;

	for (const char *p = text != NULL ? text : "1,2,8"; *p != '\0' && n < WORKER_COUNTS;) {
		char *end;
		long workers = strtol(p, &end, 10);

		if (end == p || workers < 1 || workers > 1024) {
			fprintf(stderr, "GORO_TEST_WORKERS=%s: not a list of numbers\n", text);
			exit(2);
		}
		counts[n++] = (int)workers;
		p = *end == ',' ? end + 1 : end;
	}
	return n;
}

static size_t make_instances(struct instance *in)
{
	int counts[WORKER_COUNTS];
	int ncounts = read_worker_counts(counts);
	size_t n = 0;

	for (const struct goro_test_case *t = first; t != NULL; t = t->next) {
		bool once = t->kind == GORO_TEST_ONCE;

		for (int i = 0; i < (once ? 1 : ncounts); i++, n++) {
			in[n].test = t;
			in[n].workers = once ? 0 : counts[i];
			snprintf(in[n].name, sizeof(in[n].name), once ? "%s" : "%s/w%d", t->name,
				counts[i]);
		}
	}
	return n;
}

static size_t count_cases(void)
{
	size_t n = 0;

	for (const struct goro_test_case *t = first; t != NULL; t = t->next)
		n++;
	return n;
}

static void choose_seed(void)
{
	const char *text = getenv("GORO_TEST_SEED");
	char digits[24];

	if (text != NULL)
		seed = strtoull(text, NULL, 10);
	else if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = (uint64_t)goro_now();
	/* The chaos build's, so that the one number that a failure prints is enough. */
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)seed);
	setenv("GORO_CHAOS_SEED", digits, 0);
}

/* A program with a main() of its own takes only the checks. */
__attribute__((weak)) int main(int argc, char **argv)
{
	size_t room = count_cases() * WORKER_COUNTS;
	struct instance *instances = calloc(room, sizeof(*instances));
	struct CMUnitTest *tests = calloc(room, sizeof(*tests));
	size_t n;
	int failed;

	if (instances == NULL || tests == NULL)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* nothing is lost at _exit(), nothing said twice */
	choose_seed();
	n = make_instances(instances);
	for (size_t i = 0; i < n; i++)
		tests[i] = (struct CMUnitTest){
			.name = instances[i].name,
			.test_func = run_instance,
			.initial_state = &instances[i],
		};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	failed = _cmocka_run_group_tests(argv[0], tests, n, NULL, NULL);
	free(tests);
	free(instances);
	return failed;
}
