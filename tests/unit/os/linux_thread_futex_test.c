/* SPDX-License-Identifier: MIT */
/* linux_thread_futex_test.c: futexes (os.h). A wait may end for no reason at all, so each sleeper
 * looks at its word again; a wake-up that were lost would hang the test. */
#include "../unit.h"

#include <sys/mman.h>
#include <time.h>

#include "os/os.h"

static void a_wait_for_another_value_returns_at_once(void **state)
{
	uint32_t word = 1;

	(void)state;
	errno = 4711;
	assert_int_equal(gr_os_futex_wait(&word, 0, GR_OS_FOREVER), 0);
	assert_int_equal(gr_os_futex_wait(&word, 0, gr_os_now() + INT64_C(3600000000000)), 0);
	assert_int_equal(gr_os_futex_wait(&word, UINT32_MAX, 0), 0);
	assert_int_equal(errno, 4711);
}

static void a_deadline_in_the_past_times_out_at_once(void **state)
{
	int64_t past[] = { INT64_MIN, -1, 0, 1, gr_os_now() - 1, gr_os_now() };
	uint32_t word = 0;

	(void)state;
	errno = 4711;
	for (size_t i = 0; i < sizeof(past) / sizeof(past[0]); i++) {
		int rc;

		do
			rc = gr_os_futex_wait(&word, 0, past[i]);
		while (rc == 0);
		assert_int_equal(rc, -ETIMEDOUT);
	}
	assert_int_equal(errno, 4711);
}

static void a_deadline_to_come_is_waited_for_to_the_end(void **state)
{
	int64_t waits[] = { 1000, 100000, 3000000 };
	uint32_t word = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		int64_t deadline = gr_os_now() + waits[i];

		while (gr_os_futex_wait(&word, 0, deadline) == 0)
			;
		assert_true(gr_os_now() >= deadline);
	}
}

static void on_alarm(int signo)
{
	(void)signo;
}

static void a_signal_ends_a_wait_like_a_spurious_wake_up(void **state)
{
	struct sigaction ours = { .sa_handler = on_alarm }, old;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct itimerspec every = { { 0, 5000000 }, { 0, 5000000 } };
	uint32_t word = 0;
	timer_t timer;

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &ours, &old), 0);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	assert_int_equal(timer_settime(timer, 0, &every, NULL), 0);
	errno = 4711;
	assert_int_equal(gr_os_futex_wait(&word, 0, GR_OS_FOREVER), 0);
	assert_int_equal(gr_os_futex_wait(&word, 0, gr_os_now() + INT64_C(3600000000000)), 0);
	assert_int_equal(errno, 4711);
	timer_delete(timer);
	signal(SIGALRM, SIG_IGN); /* one may be on its way */
	sigaction(SIGALRM, &old, NULL);
}

static void waking_an_address_that_is_gone_is_allowed(void **state)
{
	size_t page = gr_os_page_size();
	void *p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(p, MAP_FAILED);
	munmap(p, page);
	errno = 4711;
	gr_os_futex_wake(p, 1);
	gr_os_futex_wake(p, INT32_MAX);
	assert_int_equal(errno, 4711);
}

enum { SLEEPERS = 4 };

struct room {
	uint32_t gate; /* 0: closed */
	uint32_t outside;
	int64_t deadline;
};

static void sleep_at_the_gate(void *arg)
{
	struct room *room = arg;

	while (__atomic_load_n(&room->gate, __ATOMIC_ACQUIRE) == 0)
		gr_os_futex_wait(&room->gate, 0, room->deadline);
	__atomic_fetch_add(&room->outside, 1, __ATOMIC_RELEASE);
	gr_os_futex_wake(&room->outside, 1);
}

/* The gate opens while they go to sleep, at some moment or other. */
static void whoever_sleeps_is_woken(void **state)
{
	(void)state;
	for (size_t round = 0; round < scaled(200); round++) {
		struct room room = { 0, 0, GR_OS_FOREVER };
		struct gr_os_thread t[SLEEPERS];

		if (round % 2 == 1)
			room.deadline = gr_os_now() + INT64_C(3600000000000);
		for (int i = 0; i < SLEEPERS; i++)
			assert_int_equal(
				gr_os_thread_start(&t[i], "sleeper", 0, sleep_at_the_gate, &room),
				0);
		__atomic_store_n(&room.gate, 1, __ATOMIC_RELEASE);
		if (round % 4 < 2)
			gr_os_futex_wake(&room.gate, SLEEPERS);
		else
			for (int i = 0; i < SLEEPERS; i++)
				gr_os_futex_wake(
					&room.gate, 1); /* each wakes one more, or none slept */
		for (int i = 0; i < SLEEPERS; i++)
			gr_os_thread_join(&t[i]);
		assert_int_equal(room.outside, SLEEPERS);
	}
}

struct pingpong {
	uint32_t turn; /* 0: ours, 1: theirs */
	size_t rounds;
	int64_t limit; /* of a wait; 0: none */
};

static void take_turns(struct pingpong *p, uint32_t mine)
{
	for (size_t i = 0; i < p->rounds; i++) {
		while (__atomic_load_n(&p->turn, __ATOMIC_ACQUIRE) != mine)
			gr_os_futex_wait(&p->turn, 1 - mine,
				p->limit > 0 ? gr_os_now() + p->limit : GR_OS_FOREVER);
		__atomic_store_n(&p->turn, 1 - mine, __ATOMIC_RELEASE);
		gr_os_futex_wake(&p->turn, 1);
	}
}

static void play(void *arg)
{
	take_turns(arg, 1);
}

static void no_wake_up_is_lost_between_two_that_take_turns(void **state)
{
	int64_t limits[] = { 0, 1000, INT64_C(3600000000000) };

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct pingpong p = { 0, scaled(5000), limits[i] };
		struct gr_os_thread t;

		assert_int_equal(gr_os_thread_start(&t, "pong", 0, play, &p), 0);
		take_turns(&p, 0);
		gr_os_thread_join(&t);
		assert_int_equal(p.turn, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wait_for_another_value_returns_at_once),
		cmocka_unit_test(a_deadline_in_the_past_times_out_at_once),
		cmocka_unit_test(a_deadline_to_come_is_waited_for_to_the_end),
		cmocka_unit_test(a_signal_ends_a_wait_like_a_spurious_wake_up),
		cmocka_unit_test(waking_an_address_that_is_gone_is_allowed),
		cmocka_unit_test(whoever_sleeps_is_woken),
		cmocka_unit_test(no_wake_up_is_lost_between_two_that_take_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
