/* SPDX-License-Identifier: MIT */
/* 05_worker_pool.c: a few coroutines work off a queue of jobs.
 *
 * The jobs go into one channel from which all workers receive: who is free takes the next. The
 * results come back through another one, in whatever order they are done. Who sends closes: for
 * the results, where many send, a waitgroup knows when the last of them has ended.
 */
#include <goro.h>
#include <stdio.h>

#define WORKERS 4
#define JOBS    30

struct result {
	int n;
	int steps;
};

static goro_waitgroup working = GORO_WAITGROUP_INIT;

static int collatz(int n)
{
	int steps = 0;

	for (; n != 1; steps++)
		n = n % 2 == 0 ? n / 2 : 3 * n + 1;
	return steps;
}

static void work(chan(int) jobs, chan(struct result) results)
{
	int n;

	while (chan_recv(jobs, &n) == 0)
		if (chan_send(results, (struct result){ n, collatz(n) }) != 0)
			break;
	goro_waitgroup_done(&working);
}

static void hand_out(chan(int) jobs, chan(struct result) results)
{
	for (int n = 1; n <= JOBS; n++)
		if (chan_send(jobs, n) != 0)
			break;
	chan_close(jobs);
	goro_waitgroup_wait(&working);
	chan_close(results);
}

static void root(void *arg)
{
	chan(int) jobs = chan_make(int, 0);
	chan(struct result) results = chan_make(struct result, WORKERS);
	int steps[JOBS + 1] = { 0 };
	struct result r;

	(void)arg;
	for (int i = 0; i < WORKERS; i++) {
		goro_waitgroup_add(&working, 1);
		if (go(work, jobs, results) != 0)
			goro_waitgroup_done(&working); /* one less: the others do his part */
	}
	if (go(hand_out, jobs, results) != 0)
		chan_close(jobs), chan_close(results);

	while (chan_recv(results, &r) == 0)
		steps[r.n] = r.steps;
	for (int n = 1; n <= JOBS; n++)
		printf("%d%s", steps[n], n % 10 == 0 ? "\n" : " ");
	chan_free(jobs), chan_free(results);
}

int main(void)
{
	return goro_run(root, NULL) != 0;
}
