/* SPDX-License-Identifier: MIT */
/* close_test.c: closing a session at any moment, and what a handle says afterwards. */
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tls_support.h"

static goro_tls *ends[2];
static atomic_int ended;

static void read_until_closed(void)
{
	char c;

	CHECK_EQ(goro_tls_read(ends[0], &c, 1, GORO_FOREVER), -EBADF);
	CHECK_EQ(goro_tls_read(ends[0], &c, 1, GORO_FOREVER), -EBADF);
	atomic_fetch_add(&ended, 1);
}

static void write_until_closed(void)
{
	static const char zeroes[100000];

	while (goro_tls_write(ends[0], zeroes, sizeof(zeroes), GORO_FOREVER) > 0)
		;
	CHECK_EQ(goro_tls_write(ends[0], zeroes, 1, GORO_FOREVER), -EBADF);
	atomic_fetch_add(&ended, 1);
}

static int nothing(SSL *ssl, void *arg)
{
	(void)ssl, (void)arg;
	return 0;
}

static void check_stale(goro_tls *t)
{
	goro_error error;
	char c;

	CHECK_EQ(goro_tls_read(t, &c, 1, INT64_MIN), -EBADF);
	CHECK_EQ(goro_tls_write(t, &c, 1, INT64_MIN), -EBADF);
	CHECK_EQ(goro_tls_shutdown(t, INT64_MIN), -EBADF);
	CHECK_EQ(goro_tls_alpn(t, &c, 1), -EBADF);
	CHECK_EQ(goro_tls_inspect(t, nothing, NULL), -EBADF);
	CHECK_EQ(goro_tls_failure(t, &error), -EBADF);
	CHECK_EQ(goro_tls_close(t), -EBADF);
}

GORO_TEST(a_close_wakes_readers_and_writers)
{
	EACH_NETWORK(network)
	{
		atomic_store(&ended, 0);
		test_tls_pair(network, ends);
		for (int i = 0; i < 2; i++) { /* the second waits for its turn */
			CHECK_EQ(go(read_until_closed), 0);
			CHECK_EQ(go(write_until_closed), 0);
		}
		await_parked(1, "conn read");
		await_parked(1, "conn write");
		await_parked(2, "mutex");
		CHECK_EQ(goro_tls_close(ends[0]), 0);
		AWAIT(atomic_load(&ended) == 4);
		check_stale(ends[0]);
		CHECK_EQ(goro_tls_close(ends[1]), 0);
	}
}

GORO_TEST(a_handle_is_stale_for_ever)
{
	goro_tls *old[2], *young[2];

	test_tls_pair("unix", old);
	test_tls_pair_close(old);
	for (int i = 0; i < 3; i++) {
		test_tls_pair("unix", young);
		check_stale(old[0]);
		check_stale(old[1]);
		test_tls_write(young[0], "x", 1);
		test_tls_pair_close(young);
	}
	check_stale(NULL);
	for (uintptr_t i = 1; i < 70; i++)
		check_stale((goro_tls *)i);
	check_stale((goro_tls *)UINTPTR_MAX);
	CHECK_EQ(goro_tls_inspect(NULL, NULL, NULL), -EINVAL);
	CHECK_EQ(goro_tls_failure(NULL, NULL), -EINVAL);
}

/* A write that was cut short has left a coroutine behind, which waits for room. */
GORO_TEST(a_close_ends_what_goes_on_by_itself)
{
	static const char zeroes[50000];

	test_tls_pair("unix", ends);
	while (goro_tls_write(ends[0], zeroes, sizeof(zeroes), INT64_MIN) > 0)
		;
	await_parked(1, "conn write");
	CHECK_EQ(goro_tls_close(ends[0]), 0);
	await_alive(1);
	CHECK_EQ(goro_tls_close(ends[1]), 0);
}

/* Whoever closes the connection under a session. */
GORO_TEST(a_session_whose_connection_was_closed_can_be_closed)
{
	goro_conn *c[2];
	char byte;

	test_pair("unix", c);
	test_tls_over(c, ends);
	CHECK_EQ(goro_conn_close(c[0]), 0);
	CHECK_EQ(goro_tls_read(ends[0], &byte, 1, GORO_FOREVER), -EBADF);
	CHECK_EQ(goro_tls_write(ends[0], &byte, 1, GORO_FOREVER), -EBADF);
	test_tls_pair_close(ends);
}

/* From outside --------------------------------------------------------------------------------- */

static void use_from_a_thread(void *arg)
{
	goro_error error;
	goro_tls *t;
	char c;

	(void)arg;
	CHECK_EQ(goro_tls_read(ends[0], &c, 1, GORO_FOREVER), -EPERM);
	CHECK_EQ(goro_tls_write(ends[0], &c, 1, INT64_MIN), -EPERM);
	CHECK_EQ(goro_tls_shutdown(ends[0], INT64_MIN), -EPERM);
	CHECK_EQ(goro_tls_inspect(ends[0], nothing, NULL), -EPERM);
	CHECK_EQ(goro_tls_alpn(ends[0], &c, 1), -EPERM);
	CHECK_EQ(goro_tls_failure(ends[0], &error), -EPERM);
	CHECK_EQ(goro_tls_close(ends[0]), 0);
	check_stale(ends[0]);
	{
		goro_tls_context *ctx = test_client_context();

		CHECK_EQ(goro_tls_client(&t, ctx, NULL, "goro.test", GORO_FOREVER, NULL), -EBADF);
		goro_tls_context_free(ctx);
	}
}

GORO_TEST(a_plain_thread_can_close_and_nothing_else)
{
	struct test_thread t;

	atomic_store(&ended, 0);
	test_tls_pair("unix", ends);
	CHECK_EQ(go(read_until_closed), 0);
	await_parked(1, "conn read");
	test_thread_start(&t, use_from_a_thread, NULL);
	AWAIT(atomic_load(&ended) == 1);
	test_thread_join(&t);
	CHECK_EQ(goro_tls_close(ends[1]), 0);
}

GORO_TEST(the_child_of_a_fork_has_no_sessions)
{
	int status;
	pid_t pid;

	test_tls_pair("unix", ends);
	pid = fork();
	CHECK_LE(0, pid);
	if (pid == 0) {
		if (goro_tls_close(ends[0]) == -EPERM && goro_tls_close(NULL) == -EBADF)
			kill(getpid(), SIGKILL); /* at once: what other threads hold is lost here */
		_exit(1);
	}
	while (waitpid(pid, &status, 0) != pid)
		CHECK_EQ(errno, EINTR);
	CHECK_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	test_tls_write(ends[0], "x", 1); /* it has closed nothing */
	test_tls_read(ends[1], (char[1]){ 0 }, 1);
	test_tls_pair_close(ends);
}

static atomic_bool forking;

static void hold_now_and_then(void *arg)
{
	(void)arg;
	while (atomic_load(&forking))
		CHECK_EQ(goro_tls_inspect(ends[0], nothing, NULL), -EPERM);
}

static __attribute__((noreturn)) void ask_in_the_child(void)
{
	goro_error error;
	char c;

	signal(SIGALRM, SIG_DFL);
	alarm(60); /* a lock that nobody holds here is waited for in vain */
	if (goro_tls_read(ends[0], &c, 1, INT64_MIN) == -EPERM &&
		goro_tls_write(ends[0], &c, 1, INT64_MIN) == -EPERM &&
		goro_tls_shutdown(ends[0], INT64_MIN) == -EPERM &&
		goro_tls_alpn(ends[0], &c, 1) == -EPERM &&
		goro_tls_inspect(ends[0], nothing, NULL) == -EPERM &&
		goro_tls_failure(ends[0], &error) == -EPERM &&
		goro_tls_read(NULL, &c, 1, INT64_MIN) == -EBADF)
		kill(getpid(), SIGKILL);
	_exit(1);
}

GORO_TEST(the_child_of_a_fork_takes_no_lock)
{
	struct test_thread t;
	int status;

	test_tls_pair("unix", ends);
	atomic_store(&forking, true);
	test_thread_start(&t, hold_now_and_then, NULL);
	for (size_t i = test_scaled(60); i > 0; i--) {
		pid_t pid = fork();

		CHECK_LE(0, pid);
		if (pid == 0)
			ask_in_the_child();
		while (waitpid(pid, &status, 0) != pid)
			CHECK_EQ(errno, EINTR);
		CHECK_TRUE(WIFSIGNALED(status));
		CHECK_EQ(WTERMSIG(status), SIGKILL);
	}
	atomic_store(&forking, false);
	test_thread_join(&t);
	test_tls_pair_close(ends);
}

/* At every moment ------------------------------------------------------------------------------ */

static void use(goro_tls *t, int what, goro_waitgroup *done)
{
	static const char zeroes[20000];
	char buf[3000];
	ssize_t rc;

	do {
		int64_t deadline = what & 1 ? GORO_FOREVER : goro_after(50 * GORO_MICROSECOND);

		if (what & 2)
			rc = goro_tls_read(t, buf, sizeof(buf), deadline);
		else
			rc = goro_tls_write(t, zeroes, sizeof(zeroes), deadline);
	} while (rc > 0 || rc == -ETIMEDOUT);
	if (rc != -EBADF && rc != -ECONNABORTED && rc != -EPIPE && rc != -ECONNRESET)
		CHECK_FAIL("%d says %zd", what, rc);
	goro_waitgroup_done(done);
}

GORO_TEST(closes_race_with_everything)
{
	uint64_t random = test_seed();
	unsigned before = 0;

	for (size_t i = test_scaled(TEST_ASAN || TEST_TSAN ? 30 : 100); i > 0; i--) {
		goro_waitgroup done = GORO_WAITGROUP_INIT;
		goro_tls *t[2];

		test_tls_pair("unix", t);
		goro_waitgroup_add(&done, 8);
		for (int k = 0; k < 8; k++)
			CHECK_EQ(go(use, t[k / 4], k % 4, &done), 0);
		for (unsigned n = test_random(&random) % 200; n > 0; n--)
			goro_yield();
		CHECK_EQ(goro_tls_close(t[i % 2]), 0);
		CHECK_EQ(goro_waitgroup_wait(&done), 0);
		CHECK_EQ(goro_tls_close(t[1 - i % 2]), 0);
		await_alive(1);
		if (before == 0)
			before = test_count_fds();
	}
	AWAIT(test_count_fds() <= before); /* the loop's owner gives some back later */
}
