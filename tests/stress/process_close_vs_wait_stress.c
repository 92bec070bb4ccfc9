/* SPDX-License-Identifier: MIT */
/* process_close_vs_wait: a process is closed, killed and waited for by several at once, and its pipes are
 * closed under those who use them, while it ends by itself. Its end is told to one of them at most, each
 * call ends as its header says, and no child and no descriptor stays behind.
 */
#include <string.h>
#include <sys/wait.h>

#include "ends.h"

#define ACTORS  3
#define WAITERS 3

struct program {
	goro_process *process;
	goro_conn *ends[3];
	unsigned told; /* atomic: of its end */
	uint64_t random;
	uint64_t ids[WAITERS]; /* atomic */
	goro_waitgroup over;
};

static void wait_on(struct program *p, size_t i)
{
	uint64_t random = p->random ^ i;
	int status, rc;

	__atomic_store_n(&p->ids[i], goro_id(), __ATOMIC_RELEASE);
	do {
		status = -1;
		rc = goro_process_wait(p->process, &status,
			stress_below(&random, 2) ? GORO_FOREVER : stress_deadline(&random));
		stress_pause(&random);
	} while (rc == -ETIMEDOUT);
	CHECK_TRUE(rc == 0 || rc == -EBADF || rc == -ECANCELED);
	if (rc == -ECANCELED) {
		CHECK_EQ(go(wait_on, p, i), 0);
		return;
	}
	if (rc == 0) {
		/* Its own end, ours, or that nobody reads what it writes. */
		CHECK_TRUE((WIFEXITED(status) && WEXITSTATUS(status) <= 1) ||
			(WIFSIGNALED(status) &&
				(WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGPIPE)));
		CHECK_EQ(__atomic_fetch_add(&p->told, 1, __ATOMIC_RELAXED), 0);
	}
	goro_waitgroup_done(&p->over);
}

static void talk_on(struct program *p)
{
	uint64_t random = p->random ^ 0x77;
	ssize_t n;

	do {
		char text[4];

		n = goro_conn_write(p->ends[0], "word", 4, GORO_FOREVER);
		if (n == 4)
			n = goro_conn_read(p->ends[1], text, sizeof(text), GORO_FOREVER);
		stress_pause(&random);
	} while (n > 0 && stress_below(&random, 5));
	CHECK_TRUE(n >= 0 || n == -EBADF || n == -EPIPE || n == -ECONNRESET);
	goro_conn_close(p->ends[0]); /* its end, too, if nobody else ends it */
	goro_waitgroup_done(&p->over);
}

static void kill_it(void *arg)
{
	struct program *p = arg;
	int rc = goro_process_kill(p->process, SIGKILL);

	/* EPERM: this is a plain thread. */
	CHECK_TRUE(rc == 0 || rc == -ESRCH || rc == -EBADF || rc == -EPERM);
}

static void close_it(void *arg)
{
	struct program *p = arg;
	int rc = goro_process_close(p->process);

	CHECK_TRUE(rc == 0 || rc == -EBADF);
}

static void close_a_pipe(void *arg)
{
	int rc = goro_conn_close(arg);

	CHECK_TRUE(rc == 0 || rc == -EBADF);
}

static void cancel_waiter(void *arg)
{
	test_cancel(__atomic_load_n((uint64_t *)arg, __ATOMIC_ACQUIRE));
}

static void disturb(struct program *p, uint64_t *random)
{
	switch (stress_below(random, 5)) {
	case 0:
		stress_end(random, kill_it, p);
		break;
	case 1:
		stress_end(random, close_it, p);
		break;
	case 2:
		stress_end(random, close_a_pipe, p->ends[stress_below(random, 2)]);
		break;
	default:
		stress_end(random, cancel_waiter, &p->ids[stress_below(random, WAITERS)]);
	}
}

static void run_one(struct program *p, uint64_t *random)
{
	char *cat[] = { "cat", NULL };
	goro_process_options o = GORO_PROCESS_OPTIONS_INIT;

	*p = (struct program){ .random = test_random(random), .over = GORO_WAITGROUP_INIT };
	o.pipes = GORO_PROCESS_STDIN | GORO_PROCESS_STDOUT;
	CHECK_EQ(goro_process_spawn(&p->process, cat, p->ends, &o), 0);
	goro_waitgroup_add(&p->over, WAITERS + 1);
	for (size_t i = 0; i < WAITERS; i++)
		CHECK_EQ(go(wait_on, p, i), 0);
	CHECK_EQ(go(talk_on, p), 0);
	for (size_t n = stress_below(random, 4); n > 0; n--)
		disturb(p, random);
	CHECK_EQ(goro_waitgroup_wait(&p->over), 0);
	goro_conn_close(p->ends[0]);
	goro_conn_close(p->ends[1]);
	CHECK_EQ(goro_process_close(p->process), -EBADF);
}

static void run_again_and_again(int actor)
{
	uint64_t random = stress_seed(1, (size_t)actor);
	struct program p;

	for (size_t round = stress_times(30); round > 0; round--)
		run_one(&p, &random);
}

/* Those whose handle was closed end by themselves: their input has ended. */
static bool all_reaped(void)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
}

static void run_all(void)
{
	for (int i = 0; i < ACTORS; i++)
		CHECK_EQ(go(run_again_and_again, i), 0);
	await_alive(1);
	while (!all_reaped())
		goro_sleep(GORO_MILLISECOND);
}

GORO_TEST_OUTSIDE(the_end_of_a_program_is_told_once_whatever_ends_the_calls)
{
	unsigned before;

	test_run(test_workers(), run_all);
	before = test_count_fds();
	test_run(test_workers(), run_all);
	CHECK_EQ(test_count_fds(), before);
}
