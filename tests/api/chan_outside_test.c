/* SPDX-License-Identifier: MIT */
/* chan_outside_test.c: channels where no coroutine is, or none that may go on: plain threads, no
 * runtime, a stop, a fork.
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "goro_test.h"

/* No runtime -------------------------------------------------------------------------------- */

static void check_without_a_runtime(chan(int) c)
{
	int v[2] = { 7, 7 };
	size_t len = chan_len(c);

	CHECK_EQ(chan_send(c, 1), -EPERM);
	CHECK_EQ(chan_try_send(c, 1), -EPERM);
	CHECK_EQ(chan_send_until(c, 1, 0), -EPERM);
	CHECK_EQ(chan_send_until(c, 1, GORO_FOREVER), -EPERM);
	CHECK_EQ(chan_send_many(c, v, 2), -EPERM);
	CHECK_EQ(chan_recv(c, v), -EPERM);
	CHECK_EQ(chan_try_recv(c, v), -EPERM);
	CHECK_EQ(chan_recv_until(c, v, GORO_FOREVER), -EPERM);
	CHECK_EQ(chan_recv_many(c, v, 2), -EPERM);
	CHECK_EQ(chan_len(c), len);
	CHECK_EQ(v[0], 7);
}

static void check_wrong_arguments(void)
{
	chan(int) none = NULL;
	int v;

	CHECK_EQ(chan_send(none, 1), -EINVAL); /* told first, whatever the state */
	CHECK_EQ(chan_recv_until(none, &v, 0), -EINVAL);
	CHECK_EQ(chan_recv_many(none, &v, 1), -EINVAL);
	CHECK_EQ(chan_close(none), -EINVAL);
}

GORO_TEST_OUTSIDE(before_a_start_and_after_a_stop_calls_are_refused)
{
	chan(int) c = chan_make(int, 2);
	int v = 0;

	check_without_a_runtime(c);
	check_wrong_arguments();
	test_start();
	CHECK_EQ(chan_send(c, 5), 0);
	test_stop();
	check_without_a_runtime(c);
	check_wrong_arguments();
	test_start(); /* the channel is not the runtime's: the next finds what is in it */
	CHECK_EQ(chan_recv(c, &v), 0);
	CHECK_EQ(v, 5);
	test_stop();
	CHECK_EQ(chan_close(c), 0);
	CHECK_EQ(chan_close(c), -EPIPE);
	chan_free(chan_ref(c));
	chan_free(c);
}

static void after_fork(void *arg)
{
	chan(int) c = arg;

	check_without_a_runtime(c);
	check_wrong_arguments();
	CHECK_EQ(chan_close(c), 0);
	CHECK_EQ(chan_close(c), -EPIPE);
	chan_free(c);
}

static void fork_and_look(void *arg)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		after_fork(arg);
		_exit(0);
	}
	CHECK_LT(0, pid);
	while (waitpid(pid, &status, 0) != pid)
		CHECK_EQ(errno, EINTR);
	CHECK_EQ(status, 0);
}

GORO_TEST(after_fork_the_child_has_no_runtime)
{
	chan(int) c = chan_make(int, 2);
	int v;

	fork_and_look(c);
	CHECK_EQ(chan_send(c, 1), 0);
	CHECK_EQ(chan_recv(c, &v), 0); /* and here all is as before */
	chan_free(c);
}

GORO_TEST_OUTSIDE(after_fork_in_a_plain_thread_too)
{
	chan(int) c = chan_make(int, 2);

	test_start();
	CHECK_EQ(chan_send(c, 1), 0);
	fork_and_look(c);
	CHECK_EQ(chan_send(c, 2), 0);
	test_stop();
	chan_free(c);
}

/* Plain threads ----------------------------------------------------------------------------- */

struct stream {
	chan(int) c;
	int n;
	int64_t sum;
	int rc;
};

static void thread_sends(void *arg)
{
	struct stream *s = arg;

	for (int i = 1; i <= s->n; i++)
		CHECK_EQ(chan_send(s->c, i), 0);
	CHECK_EQ(chan_close(s->c), 0);
}

static void thread_receives(void *arg)
{
	struct stream *s = arg;
	int v, last = 0;

	while ((s->rc = chan_recv(s->c, &v)) == 0) {
		CHECK_LT(last, v);
		last = v;
		s->sum += v;
	}
}

static void between(struct test_thread *a, struct test_thread *b, size_t cap)
{
	struct stream s = { .c = chan_make(int, cap), .n = (int)test_scaled(2000) };

	test_thread_start(a, thread_sends, &s);
	test_thread_start(b, thread_receives, &s);
	test_thread_join(a);
	test_thread_join(b);
	CHECK_EQ(s.rc, -EPIPE);
	CHECK_EQ(s.sum, (int64_t)s.n * (s.n + 1) / 2);
	chan_free(s.c);
}

GORO_TEST_OUTSIDE(a_channel_works_between_two_threads)
{
	struct test_thread a, b;

	test_start();
	between(&a, &b, 0);
	between(&a, &b, 3);
	between(&a, &b, CHAN_UNBOUNDED);
	test_stop();
}

GORO_TEST(a_channel_works_between_a_thread_and_a_coroutine)
{
	for (size_t cap = 0; cap < 3; cap++) {
		struct stream to = { .c = chan_make(int, cap), .n = (int)test_scaled(1000) };
		struct stream from = to;
		struct test_thread t;

		test_thread_start(&t, thread_sends, &to);
		thread_receives(&to);
		test_thread_join(&t);
		CHECK_EQ(to.sum, (int64_t)to.n * (to.n + 1) / 2);
		from.c = chan_make(int, cap);
		test_thread_start(&t, thread_receives, &from);
		thread_sends(&from);
		test_thread_join(&t);
		CHECK_EQ(from.sum, to.sum);
		chan_free(to.c);
		chan_free(from.c);
	}
}

GORO_TEST_OUTSIDE(a_thread_waits_until_its_deadline)
{
	chan(int) c = chan_make(int, 0);
	int64_t deadline;
	int v = 3;

	test_start();
	deadline = goro_after(2 * GORO_MILLISECOND);
	CHECK_EQ(chan_recv_until(c, &v, deadline), -ETIMEDOUT);
	CHECK_LE(deadline, goro_now());
	deadline = goro_after(GORO_MICROSECOND);
	CHECK_EQ(chan_send_until(c, 1, deadline), -ETIMEDOUT);
	CHECK_LE(deadline, goro_now());
	CHECK_EQ(chan_recv_until(c, &v, INT64_MIN), -ETIMEDOUT);
	CHECK_EQ(chan_try_recv(c, &v), -EAGAIN);
	CHECK_EQ(v, 3);
	test_stop();
	chan_free(c);
}

/* A stop ------------------------------------------------------------------------------------ */

static void thread_waits(void *arg)
{
	struct stream *s = arg;
	int v = 6;

	s->rc = chan_recv(s->c, &v);
	s->sum = v;
}

static void thread_waits_to_send(void *arg)
{
	struct stream *s = arg;
	int v[2] = { 1, 2 };

	s->rc = chan_send_many(s->c, v, 2);
}

GORO_TEST_OUTSIDE(a_stop_sends_waiting_threads_away)
{
	struct stream r = { .c = chan_make(int, 0) }, s = { .c = chan_make(int, 0) };
	struct test_thread a, b;

	test_start();
	test_thread_start(&a, thread_waits, &r);
	test_thread_start(&b, thread_waits_to_send, &s);
	await_threads_parked(2);
	test_stop();
	test_thread_join(&a);
	test_thread_join(&b);
	CHECK_EQ(r.rc, -EPERM);
	CHECK_EQ(r.sum, 6);
	CHECK_EQ(s.rc, -EPERM);
	chan_free(r.c);
	chan_free(s.c);
}

static struct {
	chan(int) empty, full, room;
	int received, sent;
	int n;
} left;

static void cancelled_receiver(void *arg)
{
	int v[2] = { 5, 5 };

	(void)arg;
	left.received = chan_recv(left.empty, v);
	CHECK_EQ(goro_cancelled(), 1);
	/* again and again, also where it would not have had to wait */
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(chan_recv(left.full, v), -ECANCELED);
		CHECK_EQ(chan_recv_until(left.full, v, GORO_FOREVER), -ECANCELED);
		CHECK_EQ(chan_recv_until(left.full, v, 0), -ECANCELED);
		CHECK_EQ(chan_recv_many(left.full, v, 2), -ECANCELED);
		CHECK_EQ(chan_send(left.room, 1), -ECANCELED);
		CHECK_EQ(chan_send_until(left.room, 1, 0), -ECANCELED);
		CHECK_EQ(chan_send_many(left.room, v, 2), -ECANCELED);
	}
	CHECK_EQ(v[0], 5);
	CHECK_EQ(chan_len(left.full), 1);
	CHECK_EQ(chan_len(left.room), 0);
	CHECK_EQ(chan_try_send(left.room, 9), 0); /* try forms, close, ref, free do their work */
	CHECK_EQ(chan_try_recv(left.room, v), 0);
	CHECK_EQ(v[0], 9);
	CHECK_EQ(chan_recv((chan(int))NULL, v), -EINVAL);
	CHECK_EQ(chan_close(left.room), 0);
	chan_free(chan_ref(left.room));
	CHECK_EQ(chan_recv(left.room, v), -ECANCELED);
	__atomic_fetch_add(&left.n, 1, __ATOMIC_RELAXED);
}

static void cancelled_sender(void *arg)
{
	(void)arg;
	left.sent = chan_send(left.full, 2);
	__atomic_fetch_add(&left.n, 1, __ATOMIC_RELAXED);
}

GORO_TEST_OUTSIDE(a_stop_cancels_what_waits_and_moves_nothing)
{
	int v;

	memset(&left, 0, sizeof(left));
	left.empty = chan_make(int, 0);
	left.full = chan_make(int, 1);
	left.room = chan_make(int, 4);
	test_start();
	CHECK_EQ(chan_send(left.full, 1), 0);
	CHECK_EQ(goro_go(cancelled_receiver, NULL), 0);
	CHECK_EQ(goro_go(cancelled_sender, NULL), 0);
	await_parked(1, "chan recv");
	await_parked(1, "chan send");
	test_stop();
	CHECK_EQ(left.n, 2);
	CHECK_EQ(left.received, -ECANCELED);
	CHECK_EQ(left.sent, -ECANCELED);
	test_start();
	CHECK_EQ(chan_recv(left.full, &v), 0);
	CHECK_EQ(v, 1);
	CHECK_EQ(chan_try_recv(left.full, &v), -EAGAIN);
	test_stop();
	chan_free(left.empty);
	chan_free(left.full);
	chan_free(left.room);
}

/* One that ignores its cancellation must not starve the one that ends it. */
static bool stop_ignoring;

static void ignores(void *arg)
{
	int v;

	while (chan_recv(left.empty, &v) != 0 && !__atomic_load_n(&stop_ignoring, __ATOMIC_ACQUIRE))
		;
	(void)arg;
}

static void ends_it(void *arg)
{
	int v;

	(void)arg;
	CHECK_EQ(chan_recv(left.empty, &v), -ECANCELED);
	CHECK_EQ(chan_recv(left.empty, &v), -ECANCELED);
	__atomic_store_n(&stop_ignoring, true, __ATOMIC_RELEASE);
}

GORO_TEST_OUTSIDE(a_cancelled_one_that_tries_again_and_again_starves_nobody)
{
	left.empty = chan_make(int, 0);
	stop_ignoring = false;
	test_start();
	for (int i = 0; i < 10; i++)
		CHECK_EQ(goro_go(ignores, NULL), 0);
	CHECK_EQ(goro_go(ends_it, NULL), 0);
	await_parked(11, "chan recv");
	test_stop();
	chan_free(left.empty);
}

static void note_what_came(chan(int) c, int *rc)
{
	int v;

	*rc = chan_recv(c, &v);
}

/* Closing and freeing always work; but those who wait, and who fires timers, stayed in the parent.
 * The child ends as if killed: what its parent's threads hold is no leak of its own. */
GORO_TEST_OUTSIDE(in_the_child_nobody_is_woken_and_no_timer_is_stopped)
{
	chan(int) c = chan_make(int, 0);
	chan(int64_t) timer;
	int rc[2] = { 0, 0 }, status;
	pid_t pid;

	test_start();
	timer = goro_timer(60 * GORO_SECOND);
	CHECK_EQ(go(note_what_came, c, &rc[0]), 0);
	CHECK_EQ(go(note_what_came, c, &rc[1]), 0);
	await_parked(2, "chan recv");
	pid = fork();
	if (pid == 0) {
		CHECK_EQ(chan_close(c), 0);
		chan_free(timer);
		CHECK_TRUE(rc[0] == 0 && rc[1] == 0);
		kill(getpid(), SIGKILL);
	}
	while (waitpid(pid, &status, 0) != pid)
		CHECK_EQ(errno, EINTR);
	CHECK_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK_EQ(chan_close(c), 0); /* the child's was another */
	await_alive(0);
	CHECK_TRUE(rc[0] == -EPIPE && rc[1] == -EPIPE);
	chan_free(timer);
	chan_free(c);
	test_stop();
}
