/* SPDX-License-Identifier: MIT */
/* A fault that is not a coroutine's belongs to whoever handled the signal before; so does a signal
 * that somebody sent; and a stop gives the signals back. */
#include "violent.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MY_EXIT 42

static volatile int nothing;
static struct child child;

static UNSANITIZED void write_to_null(void)
{
	*(volatile int *)(uintptr_t)nothing = 1;
}

static void my_handler(int signo, siginfo_t *info, void *context)
{
	(void)context;
	notes->number = signo;
	notes->address = (uintptr_t)info->si_addr;
	_exit(MY_EXIT);
}

static void install(void)
{
	struct sigaction mine = { .sa_sigaction = my_handler, .sa_flags = SA_SIGINFO };

	sigemptyset(&mine.sa_mask);
	sigaction(SIGSEGV, &mine, NULL);
}

/* Handler and flags, without what libc adds. */
static int is_mine(void)
{
	struct sigaction now;

	sigaction(SIGSEGV, NULL, &now);
	return (now.sa_flags & SA_SIGINFO) && now.sa_sigaction == my_handler;
}

static void fault_in_this_thread(void)
{
	install();
	if (goro_start(NULL) != 0 || is_mine())
		_exit(1);
	write_to_null();
}

static void a_plain_threads_fault_goes_to_the_handler_before(void **state)
{
	(void)state;
	run_child(&child, fault_in_this_thread, NULL);
	assert_exited(&child, MY_EXIT);
	assert_int_equal(notes->number, SIGSEGV);
	assert_int_equal(notes->address, 0);
	assert_says_not(&child, "goro");
}

static void fault_unhandled(void)
{
	if (goro_start(NULL) != 0)
		_exit(1);
	write_to_null();
}

static void without_a_handler_before_it_kills(void **state)
{
	(void)state;
	run_child(&child, fault_unhandled, NULL);
	assert_killed_by(&child, SIGSEGV);
	assert_says_not(&child, "goro");
}

static void send_to_myself(void *arg)
{
	(void)arg;
	raise(SIGSEGV);
}

static void run_sender(void)
{
	install();
	goro_run(send_to_myself, NULL);
}

static void a_signal_that_was_sent_is_no_fault_of_the_coroutine(void **state)
{
	(void)state;
	run_child(&child, run_sender, NULL);
	assert_exited(&child, MY_EXIT);
	assert_says_not(&child, "goro");
}

static void fault(void *arg)
{
	(void)arg;
	write_to_null();
}

static void run_fault(void)
{
	install();
	goro_run(fault, NULL);
}

static void a_coroutines_fault_is_reported_though_somebody_handled_it_before(void **state)
{
	(void)state;
	run_child(&child, run_fault, NULL);
	assert_killed_by(&child, SIGSEGV);
	assert_says(&child, "goro: SIGSEGV in coroutine");
}

static void start_and_stop(void)
{
	install();
	for (int i = 0; i < 3; i++) {
		if (goro_start(NULL) != 0 || is_mine() || goro_stop() != 0 || !is_mine())
			_exit(1);
	}
}

static void a_stop_puts_the_handlers_back(void **state)
{
	(void)state;
	run_child(&child, start_and_stop, NULL);
	assert_exited(&child, 0);
}

static void stop_then_fault(void)
{
	install();
	if (goro_start(NULL) != 0 || goro_stop() != 0)
		_exit(1);
	write_to_null();
}

static void after_a_stop_they_work(void **state)
{
	(void)state;
	run_child(&child, stop_then_fault, NULL);
	assert_exited(&child, MY_EXIT);
}

static void newer_handler(int signo)
{
	(void)signo;
	_exit(MY_EXIT + 1);
}

static void replace_while_running(void)
{
	install();
	if (goro_start(NULL) != 0)
		_exit(1);
	signal(SIGSEGV, newer_handler);
	if (goro_stop() != 0)
		_exit(1);
	write_to_null();
}

static void a_stop_leaves_a_newer_handler_alone(void **state)
{
	(void)state;
	run_child(&child, replace_while_running, NULL);
	assert_exited(&child, MY_EXIT + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_threads_fault_goes_to_the_handler_before),
		cmocka_unit_test(without_a_handler_before_it_kills),
		cmocka_unit_test(a_signal_that_was_sent_is_no_fault_of_the_coroutine),
		cmocka_unit_test(a_coroutines_fault_is_reported_though_somebody_handled_it_before),
		cmocka_unit_test(a_stop_puts_the_handlers_back),
		cmocka_unit_test(after_a_stop_they_work),
		cmocka_unit_test(a_stop_leaves_a_newer_handler_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
