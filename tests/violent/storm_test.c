/* SPDX-License-Identifier: MIT */
/* Signals that nobody can keep away from goro's threads: libc's own, by which setuid() and its like
 * reach each thread and whose frames lie on the coroutines' stacks; a profiler's; and of the others,
 * which goro's threads block, as many as the kernel can queue. */
#include "violent.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COROUTINES 200
#define ROUNDS     100

static struct child child;

static int over;

static int is_over(void)
{
	return __atomic_load_n(&over, __ATOMIC_RELAXED);
}

/* Uses most of the smallest stack, and looks whether anybody wrote into it meanwhile. */
static __attribute__((noinline)) void park_deep(goro_sem *s, int depth)
{
	volatile unsigned char frame[512];
	const unsigned char mark = (unsigned char)(depth + 1);

	for (size_t i = 0; i < sizeof frame; i++)
		frame[i] = mark;
	if (depth > 0) {
		park_deep(s, depth - 1);
	} else {
		if (goro_sem_acquire(s) != 0)
			_exit(1);
		goro_yield();
		goro_sem_release(s);
		if (goro_sleep(10 * GORO_MICROSECOND) != 0)
			_exit(2);
	}
	for (size_t i = 0; i < sizeof frame; i++)
		if (frame[i] != mark)
			_exit(3);
}

static void parker(goro_sem *s, int depth, goro_waitgroup *out)
{
	double x = depth, y = 1;

	while (!is_over()) {
		park_deep(s, depth);
		x = x / 3 + y; /* registers that a handler's frame has to keep */
		y = (x - y) * 3;
		if (y != depth && (y - depth > 0.001 || depth - y > 0.001))
			_exit(4);
		y = 1;
		x = depth;
		__atomic_fetch_add(&notes->id, 1, __ATOMIC_RELAXED);
	}
	goro_waitgroup_done(out);
}

static goro_waitgroup out;
static goro_sem sem;

static void begin(void)
{
	goro_config config = GORO_CONFIG_INIT;

	sem = GORO_SEM_INIT(COROUTINES / 4);
	config.workers = 4;
	config.stack_size = 1; /* the smallest there is */
	if (goro_start(&config) != 0)
		_exit(5);
	goro_waitgroup_add(&out, COROUTINES);
	for (int i = 0; i < COROUTINES; i++)
		if (go(parker, &sem, i % 6, &out) != 0)
			_exit(6);
}

/* Some parks later: so the storm does not end before they have begun. */
static void await_progress(void)
{
	uint64_t before = __atomic_load_n(&notes->id, __ATOMIC_RELAXED);

	while (__atomic_load_n(&notes->id, __ATOMIC_RELAXED) < before + COROUTINES / 10)
		goro_sleep(GORO_MICROSECOND); /* this thread */
}

static void end(void)
{
	__atomic_store_n(&over, 1, __ATOMIC_RELAXED);
	if (goro_waitgroup_wait(&out) != 0 || goro_stop() != 0)
		_exit(7);
}

static void change_users(void)
{
	begin();
	for (int i = 0; i < ROUNDS; i++) {
		/* To whom we are: allowed to anybody, and told to every thread all the same. */
		if (setresuid((uid_t)-1, geteuid(), (uid_t)-1) != 0 ||
			setregid(getgid(), (gid_t)-1) != 0)
			_exit(8);
		if (i % 10 == 0)
			await_progress();
	}
	end();
}

static void setuid_may_come_as_a_storm_while_coroutines_park(void **state)
{
	(void)state;
	run_child(&child, change_users, NULL);
	assert_exited(&child, 0);
	assert_string_equal(child.text, "");
}

static void count(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)info;
	(void)context;
	if (goro_id() != 0)
		_exit(9); /* on a coroutine's stack */
	__atomic_fetch_add(&notes->number, 1, __ATOMIC_RELAXED);
}

static void queue_signals(void)
{
	struct sigaction action = { .sa_sigaction = count, .sa_flags = SA_SIGINFO };
	const union sigval value = { .sival_int = 1 };
	int sent = 0;

	for (int signo = SIGRTMIN; signo <= SIGRTMAX; signo++)
		sigaction(signo, &action, NULL);
	begin();
	for (int i = 0; i < ROUNDS; i++) {
		for (int signo = SIGRTMIN; signo <= SIGRTMAX; signo++)
			sent += sigqueue(getpid(), signo, value) == 0;
		if (i % 10 == 0)
			await_progress();
	}
	end();
	/* None is lost: this thread takes them all. (ThreadSanitizer keeps one of each number.) */
	while (!UNDER_TSAN && __atomic_load_n(&notes->number, __ATOMIC_RELAXED) != sent)
		;
}

static void real_time_signals_may_come_as_a_storm_and_none_strays_to_a_coroutine(void **state)
{
	(void)state;
	run_child(&child, queue_signals, NULL);
	assert_exited(&child, 0);
	assert_string_equal(child.text, "");
	assert_true(notes->number >= ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setuid_may_come_as_a_storm_while_coroutines_park),
		cmocka_unit_test(
			real_time_signals_may_come_as_a_storm_and_none_strays_to_a_coroutine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
