/* SPDX-License-Identifier: MIT */
/* signal_test.c: goro_signal(): signals that arrive through channels. */
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "goro_test.h"

static void raise_it(int signo)
{
	CHECK_EQ(kill(getpid(), signo), 0);
}

static bool is_default(int signo)
{
	struct sigaction now;

	CHECK_EQ(sigaction(signo, NULL, &now), 0);
	return now.sa_handler == SIG_DFL;
}

GORO_TEST(a_signal_arrives_on_its_channel)
{
	chan(int) usr, term;
	int signo = 0;

	CHECK_EQ(goro_signal(&usr, SIGUSR1), 0);
	CHECK_EQ(goro_signal(&term, SIGTERM), 0);
	for (int i = 0; i < 20; i++) {
		raise_it(SIGUSR1);
		CHECK_EQ(chan_recv(usr, &signo), 0);
		CHECK_EQ(signo, SIGUSR1);
		raise_it(SIGTERM);
		CHECK_EQ(chan_select(chan_on_recv(usr, &signo), chan_on_recv(term, &signo)), 1);
		CHECK_EQ(signo, SIGTERM);
	}
	CHECK_EQ(chan_try_recv(usr, &signo), -EAGAIN);
	chan_free(usr);
	chan_free(term);
}

static atomic_int received;

static void receive(chan(int) c)
{
	int signo;

	CHECK_EQ(chan_recv(c, &signo), 0);
	CHECK_EQ(signo, SIGUSR2);
	atomic_fetch_add(&received, 1);
	chan_free(c);
}

GORO_TEST(each_channel_of_a_signal_receives_it)
{
	atomic_store(&received, 0);
	for (int i = 0; i < 10; i++) {
		chan(int) c;

		CHECK_EQ(goro_signal(&c, SIGUSR2), 0);
		CHECK_EQ(go(receive, c), 0);
	}
	await_parked(10, "chan recv");
	raise_it(SIGUSR2);
	await_alive(1);
	CHECK_EQ(atomic_load(&received), 10);
}

GORO_TEST(signals_that_nobody_takes_are_one)
{
	chan(int) c, seen;
	int signo;

	CHECK_EQ(goro_signal(&c, SIGUSR1), 0);
	CHECK_EQ(goro_signal(&seen, SIGUSR1), 0);
	for (int i = 0; i < 5; i++) {
		raise_it(SIGUSR1);
		CHECK_EQ(chan_recv(seen, &signo), 0);
	}
	CHECK_EQ(chan_recv(c, &signo), 0);
	raise_it(SIGUSR1); /* what comes now comes behind all those dropped */
	CHECK_EQ(chan_recv(seen, &signo), 0);
	CHECK_EQ(chan_recv(c, &signo), 0);
	CHECK_EQ(chan_try_recv(c, &signo), -EAGAIN);
	chan_free(c);
	chan_free(seen);
}

GORO_TEST(a_channel_closed_by_its_reader_disturbs_nobody)
{
	chan(int) c, other;
	int signo;

	CHECK_EQ(goro_signal(&c, SIGUSR1), 0);
	CHECK_EQ(goro_signal(&other, SIGUSR1), 0);
	CHECK_EQ(chan_close(c), 0);
	raise_it(SIGUSR1);
	CHECK_EQ(chan_recv(other, &signo), 0);
	CHECK_EQ(chan_recv(c, &signo), -EPIPE);
	chan_free(c);
	chan_free(other);
}

/* Who called goro_run() takes it, and has nothing else to do than to sleep. The shell's end is a signal,
 * too, which comes by itself (goro_storm.c says why). */
GORO_TEST(a_signal_of_another_process_arrives)
{
	goro_process_options options = GORO_PROCESS_OPTIONS_INIT;
	goro_conn *pipes[3];
	char command[64];
	char *argv[] = { "sh", "-c", command, NULL };
	goro_process *sh;
	chan(int) c;
	int signo, status;

	snprintf(command, sizeof(command), "kill -TERM %d && cat", (int)getpid());
	options.pipes = GORO_PROCESS_STDIN;
	CHECK_EQ(goro_signal(&c, SIGTERM), 0);
	CHECK_EQ(goro_process_spawn(&sh, argv, pipes, &options), 0);
	CHECK_EQ(chan_recv(c, &signo), 0);
	CHECK_EQ(signo, SIGTERM);
	CHECK_EQ(goro_conn_close(pipes[0]), 0);
	CHECK_EQ(goro_process_wait(sh, &status, GORO_FOREVER), 0);
	CHECK_EQ(status, 0);
	chan_free(c);
}

GORO_TEST(the_last_free_gives_the_signal_back)
{
	for (int i = 0; i < 10; i++) {
		chan(int) first, second;
		int signo;

		CHECK_EQ(goro_signal(&first, SIGHUP), 0);
		CHECK_TRUE(!is_default(SIGHUP));
		CHECK_EQ(goro_signal(&second, SIGHUP), 0);
		chan_free(first);
		raise_it(SIGHUP);
		CHECK_EQ(chan_recv(second, &signo), 0);
		chan_free(second);
		AWAIT(is_default(SIGHUP));
	}
}

static void check_wrong_arguments(void)
{
	static const int bad[] = { 0, -1, INT_MIN, INT_MAX, 65, SIGKILL, SIGSTOP, SIGSEGV, SIGBUS,
		SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT };
	chan(int) c;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_EQ(goro_signal(&c, bad[i]), -EINVAL);
	CHECK_EQ(goro_signal(NULL, SIGTERM), -EINVAL);
}

GORO_TEST(wrong_arguments_are_told)
{
	check_wrong_arguments();
}

GORO_TEST_OUTSIDE(a_plain_thread_is_refused)
{
	chan(int) c;

	check_wrong_arguments();
	CHECK_EQ(goro_signal(&c, SIGUSR1), -EPERM);
	test_start();
	check_wrong_arguments();
	CHECK_EQ(goro_signal(&c, SIGUSR1), -EPERM);
	test_stop();
	CHECK_TRUE(is_default(SIGUSR1));
}

/* Stop ----------------------------------------------------------------------------------------- */

static chan(int) left;

static void wait_to_the_end(void)
{
	chan(int) c;
	int signo;

	CHECK_EQ(chan_recv(left, &signo), -ECANCELED);
	CHECK_EQ(goro_signal(&c, SIGUSR1), -ECANCELED);
	check_wrong_arguments();
}

static void leave_it(void)
{
	CHECK_EQ(goro_signal(&left, SIGUSR1), 0);
	CHECK_EQ(go(wait_to_the_end), 0);
	await_parked(1, "chan recv");
}

GORO_TEST_OUTSIDE(a_stop_ends_all_waiting_and_the_channels_stay)
{
	unsigned fds = test_count_fds();

	for (int i = 0; i < 3; i++) {
		int signo;

		test_run(test_workers(), leave_it);
		CHECK_TRUE(is_default(SIGUSR1));
		CHECK_EQ(test_count_fds(), fds);
		CHECK_EQ(chan_try_recv(left, &signo), -EPERM);
		chan_free(left);
	}
}
