/* SPDX-License-Identifier: MIT */
/* goro_test.h: what the tests of the public headers stand on.
 *
 *     GORO_TEST(a_closed_channel_refuses_a_value)       // a sentence; its name in the output
 *     {
 *             CHECK_EQ(goro_mutex_try_lock(&m), -EBUSY);
 *     }
 *
 *  T1  A test registers itself. There is no list.
 *  T2  GORO_TEST runs its body as the root coroutine of a runtime with 1, 2 and 8 workers, one
 *      cmocka test each: "name/w1", "name/w2", "name/w8". GORO_TEST_OUTSIDE runs it as often, on
 *      the main thread, without a runtime: it starts one of test_workers() itself.
 *      GORO_TEST_PLAIN runs it there and once: "name".
 *  T3  A CHECK may stand anywhere: in coroutines, in other threads, in children. cmocka's own
 *      failure is a jump back into cmocka, which a coroutine cannot make, and the others would
 *      go on meanwhile with what does not hold. So a check that fails says at once what it
 *      found and ends the process; a child tells its parent's check by that.
 *  T4  A test that hangs is ended by SIGALRM, after a dump of its coroutines.
 *  T5  Nothing waits by sleeping. await_…() asks the runtime, AWAIT() the test's own memory;
 *      what never comes is a hang (T4).
 *
 * Environment
 *   GORO_TEST_WORKERS=1,8   in place of 1,2,8
 *   GORO_TEST_SCALE=10      loops a tenth as long
 *   GORO_TEST_STORM=1       each test among 20,000 signals a second (goro_storm.h)
 *   GORO_TEST_SEED=42       what test_seed() returns; each failure prints it
 *   TMPDIR=/tmp             a test that fails may leave files there
 * The program's first argument is a pattern of names, with * and ?.
 */
#ifndef GORO_TEST_H
#define GORO_TEST_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <goro.h>

/* Tests ----------------------------------------------------------------------------------- */

enum goro_test_kind { GORO_TEST_IN_ROOT, GORO_TEST_FROM_OUTSIDE, GORO_TEST_ONCE };

struct goro_test_case {
	const char *name;
	void (*body)(void);
	enum goro_test_kind kind;
	struct goro_test_case *next;
};

void goro_test_register(struct goro_test_case *test);

#define GORO_TEST(name)         GORO_TEST_CASE(name, GORO_TEST_IN_ROOT)
#define GORO_TEST_OUTSIDE(name) GORO_TEST_CASE(name, GORO_TEST_FROM_OUTSIDE)
#define GORO_TEST_PLAIN(name)   GORO_TEST_CASE(name, GORO_TEST_ONCE)

#define GORO_TEST_CASE(id, kind)                                               \
	static void id(void);                                                  \
	static __attribute__((constructor)) void register_##id(void)           \
	{                                                                      \
		static struct goro_test_case test = { #id, id, (kind), NULL }; \
                                                                               \
		goro_test_register(&test);                                     \
	}                                                                      \
	static void id(void)

/* Of the test that runs; 0 in a plain one. */
int test_workers(void);

/* n, divided by GORO_TEST_SCALE; at least 1. */
size_t test_scaled(size_t n);

/* One number a process, for what is random in a test. */
uint64_t test_seed(void);

/* For a program with a main() of its own. */
void test_seed_set(uint64_t seed);

/* The next number of a sequence; *state is its place, set from test_seed() to begin with. */
uint64_t test_random(uint64_t *state);

/* For tests from outside: body() as root of a runtime with so many workers; a runtime with as many
 * as test_workers() says, in the background. Both check that all went well. */
void test_run(int workers, void (*body)(void));
void test_start(void);
void test_stop(void);

/* The same, deterministic: 0 is virtual time without a seed. */
void test_run_seed(uint64_t seed, void (*fn)(void *), void *arg);
void test_start_seed(uint64_t seed);

/* Checks ---------------------------------------------------------------------------------- */

#define CHECK_EQ(a, b) CHECK_ORDER(CHECK_VALUE(a), CHECK_VALUE(b), "==", #a, #b)
#define CHECK_NE(a, b) CHECK_ORDER(CHECK_VALUE(a), CHECK_VALUE(b), "!=", #a, #b)
#define CHECK_LT(a, b) CHECK_ORDER(CHECK_VALUE(a), CHECK_VALUE(b), "<", #a, #b)
#define CHECK_LE(a, b) CHECK_ORDER(CHECK_VALUE(a), CHECK_VALUE(b), "<=", #a, #b)

#define CHECK_TRUE(a) goro_test_true(__FILE__, __LINE__, (a), #a)

/* Two strings; neither may be NULL. */
#define CHECK_STR(a, b) goro_test_str(__FILE__, __LINE__, (a), (b), #a, #b)

/* The first string contains the second. */
#define CHECK_HAS(a, b) goro_test_has(__FILE__, __LINE__, (a), (b), #a)

/* Fails. */
#define CHECK_FAIL(...) goro_test_fail(__FILE__, __LINE__, __VA_ARGS__)

/* Numbers are compared as what they stand for, whatever their types: -1 is below 0u. */
struct goro_test_value {
	enum { GORO_TEST_INTEGER, GORO_TEST_REAL, GORO_TEST_POINTER } kind;
	bool negative;
	uint64_t bits; /* two's complement, if negative */
	double real;
};

struct goro_test_value goro_test_int(int64_t i);
struct goro_test_value goro_test_uint(uint64_t u);
struct goro_test_value goro_test_real(double d);
struct goro_test_value goro_test_pointer(const void *p);

/* clang-format 14 knows no _Generic. */
/* clang-format off */
#define CHECK_VALUE(a)                              \
	_Generic((a),                               \
		_Bool: goro_test_uint,              \
		char: goro_test_int,                \
		signed char: goro_test_int,         \
		short: goro_test_int,               \
		int: goro_test_int,                 \
		long: goro_test_int,                \
		long long: goro_test_int,           \
		unsigned char: goro_test_uint,      \
		unsigned short: goro_test_uint,     \
		unsigned: goro_test_uint,           \
		unsigned long: goro_test_uint,      \
		unsigned long long: goro_test_uint, \
		float: goro_test_real,              \
		double: goro_test_real,             \
		default: goro_test_pointer)(a)
/* clang-format on */

#define CHECK_ORDER(...) goro_test_order(__FILE__, __LINE__, __VA_ARGS__)

void goro_test_order(const char *file, int line, struct goro_test_value a, struct goro_test_value b,
	const char *op, const char *a_text, const char *b_text);
void goro_test_true(const char *file, int line, bool holds, const char *text);
void goro_test_str(const char *file, int line, const char *a, const char *b, const char *a_text,
	const char *b_text);
void goro_test_has(
	const char *file, int line, const char *text, const char *part, const char *text_text);
__attribute__((format(printf, 3, 4), noreturn)) void goro_test_fail(
	const char *file, int line, const char *format, ...);

/* Waiting --------------------------------------------------------------------------------- */

/* Until n coroutines at least are parked with this `why`: "sleep", "select", "chan send",
 * "chan recv", "mutex", "rlock", "rwlock", "cond", "semaphore", "waitgroup", "once", "barrier".
 * They are then in their queues and can be woken. From a coroutine or a thread, while a runtime
 * runs. */
void await_parked(unsigned n, const char *why);
bool are_parked(unsigned n, const char *why);

/* Until n threads at least sleep in calls of the library. */
void await_threads_parked(unsigned n);

/* Until n coroutines at most are alive, the caller included. */
void await_alive(unsigned n);

/* Cancels the coroutine of this goro_id(), from anywhere; one that has ended stays as it is. */
void test_cancel(uint64_t id);

#define AWAIT(condition)              \
	do {                          \
		while (!(condition))  \
			test_relax(); \
	} while (0)

/* Lets the others run, coroutines and threads. */
void test_relax(void);

/* Threads --------------------------------------------------------------------------------- */

struct test_thread {
	void (*fn)(void *);
	void *arg;
	unsigned long handle;
};

/* A plain thread that calls fn(arg). */
void test_thread_start(struct test_thread *t, void (*fn)(void *), void *arg);
void test_thread_join(struct test_thread *t);

/* Where files of a test may lie: $TMPDIR, or /tmp. */
const char *test_tmp(void);

/* Of this process: its threads, and its open descriptors. */
unsigned test_count_threads(void);
unsigned test_count_fds(void);

/* Children -------------------------------------------------------------------------------- */

struct test_child {
	int status;       /* as waitpid(2) gives it */
	char said[16384]; /* on stdout and stderr; the end of it, if it was too much */
};

/* fn(arg) in a child of its own, which ends with status 0 when fn returns. Faults and aborts are
 * not caught there. Only while no runtime runs; the child may start one. */
void test_child_run(struct test_child *child, void (*fn)(void *), void *arg);

/* … that ends with this exit status, or by this signal, having said `text` (NULL: anything). */
#define CHECK_CHILD_EXITS(fn, arg, code, text) \
	goro_test_child(__FILE__, __LINE__, (fn), (arg), (code), 0, (text))
#define CHECK_CHILD_DIES(fn, arg, signo, text) \
	goro_test_child(__FILE__, __LINE__, (fn), (arg), 0, (signo), (text))

void goro_test_child(const char *file, int line, void (*fn)(void *), void *arg, int code, int signo,
	const char *text);

#if defined(__SANITIZE_ADDRESS__)
#define TEST_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TEST_ASAN 1
#endif
#endif
#ifndef TEST_ASAN
#define TEST_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__)
#define TEST_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TEST_TSAN 1
#endif
#endif
#ifndef TEST_TSAN
#define TEST_TSAN 0
#endif

#endif
