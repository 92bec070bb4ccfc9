/* SPDX-License-Identifier: MIT */
/* blocking.c: a pool of threads for what blocks.
 *
 *  B1  A job lies in the frame of the coroutine that waits for it, and that coroutine does not
 *      go on before the job has ended or was taken out of the line. So nothing is allocated, and
 *      `arg` may be a local.
 *  B2  A job is waiting (linked), running, or done; the lock says which. Who is cancelled takes a
 *      waiting one out; if it runs he waits again, now without being cancellable, with a new
 *      sequence under the lock. So whoever ends the job claims the wait that there is.
 *  B3  Threads are started when there are more jobs than threads, and stay until the stop. One that
 *      has nothing to do sleeps on `bell`, which is rung under the lock: who has found the line
 *      empty has read it there, so no job is slept over.
 *  B4  What is counted in `jobs` is waiting or running. So there is always a thread for it, or
 *      there are as many as there may be.
 */
#include "io/blocking.h"

#include <errno.h>

#include "base/list.h"
#include "base/lock.h"
#include "goro/blocking.h"
#include "netpoll/loop.h"
#include "os/os.h"
#include "sched/asleep.h"
#include "sched/park.h"
#include "sched/ready.h"

#define THREADS 64u

struct job {
	struct gr_list link;
	int (*fn)(void *);
	void *arg;
	struct gr_wait *wait;
	uint64_t seq;
	int result;
	bool done;
};

static struct {
	struct gr_lock lock;
	struct gr_lock growing;
	struct gr_list waiting;
	unsigned jobs;     /* B4 */
	unsigned nthreads; /* changed under `growing` */
	uint32_t bell;     /* futex */
	bool quit;
	struct gr_os_thread threads[THREADS];
} pool = { .waiting = GR_LIST_INIT(pool.waiting) };

/* The threads' half ---------------------------------------------------------------------------- */

/* Under the lock. */
static void ring(void)
{
	gr_store_relaxed(&pool.bell, pool.bell + 1);
}

/* The next job, or NULL: it is time to leave. */
static struct job *take(void)
{
	for (;;) {
		struct gr_list *first;
		uint32_t seen;
		bool quit;

		gr_lock_acquire(&pool.lock);
		first = gr_list_pop_front(&pool.waiting);
		seen = pool.bell;
		quit = pool.quit;
		gr_lock_release(&pool.lock);
		if (first != NULL)
			return gr_list_entry(first, struct job, link);
		if (quit)
			return NULL;
		gr_os_futex_wait(&pool.bell, seen, GR_OS_FOREVER);
	}
}

static void finish(struct job *j, int result)
{
	struct gr_wait *w;

	gr_lock_acquire(&pool.lock);
	w = j->wait;
	j->result = result;
	j->done = true;
	pool.jobs--;
	if (!gr_wait_claim(w, j->seq, 0))
		w = NULL; /* cancelled just now: he will look */
	gr_lock_release(&pool.lock);
	if (w != NULL)
		gr_wake(NULL, w);
}

static void serve(void *arg)
{
	struct job *j;

	(void)arg;
	while ((j = take()) != NULL)
		finish(j, j->fn(j->arg));
}

/* The callers' half ---------------------------------------------------------------------------- */

/* One more job; and a thread for it, if the system gives one. Without any it is an error. */
static int count_in(void)
{
	bool short_of_threads;
	int rc = 0;

	gr_lock_acquire(&pool.growing);
	gr_lock_acquire(&pool.lock);
	short_of_threads = ++pool.jobs > pool.nthreads && pool.nthreads < THREADS;
	gr_lock_release(&pool.lock);
	if (short_of_threads)
		rc = gr_os_thread_start(
			&pool.threads[pool.nthreads], "goro-blocking", 0, serve, NULL);
	if (short_of_threads && rc == 0) {
		pool.nthreads++;
		gr_asleep_helpers(pool.nthreads);
	}
	if (pool.nthreads == 0) {
		gr_lock_acquire(&pool.lock);
		pool.jobs--;
		gr_lock_release(&pool.lock);
	}
	rc = pool.nthreads == 0 ? rc : 0;
	gr_lock_release(&pool.growing);
	return rc;
}

static void post(struct job *j)
{
	gr_lock_acquire(&pool.lock);
	gr_list_push_back(&pool.waiting, &j->link);
	ring();
	gr_lock_release(&pool.lock);
	gr_os_futex_wake(&pool.bell, 1);
}

/* Cancelled (B2). */
static int withdraw(struct gr_caller *me, struct job *j)
{
	gr_lock_acquire(&pool.lock);
	if (gr_list_linked(&j->link)) {
		gr_list_remove(&j->link);
		pool.jobs--;
		gr_lock_release(&pool.lock);
		return -ECANCELED;
	}
	if (j->done) {
		gr_lock_release(&pool.lock);
		return 0;
	}
	me->shielded = true;
	j->seq = gr_park_begin(me);
	gr_lock_release(&pool.lock);
	return gr_park(me, INT64_MAX, NULL, NULL, "blocking", NULL);
}

static int wait_for(struct gr_caller *me, struct job *j)
{
	int rc;

	j->wait = me->wait;
	gr_worker_outside(me->worker);
	j->seq = gr_park_begin(me);
	post(j);
	rc = gr_park(me, INT64_MAX, NULL, NULL, "blocking", NULL);
	if (rc != 0)
		rc = withdraw(me, j);
	gr_worker_answered(me->worker);
	return rc != 0 ? rc : j->result;
}

int goro_blocking(int (*fn)(void *), void *arg)
{
	struct job j = { .fn = fn, .arg = arg };
	struct gr_caller me;
	int rc;

	if (fn == NULL)
		return -EINVAL;
	rc = gr_caller_is_coro(&me) ? gr_caller_enter(&me) : -EPERM;
	if (rc == 0 && gr_played())
		rc = gr_loop_open(); /* the virtual clock waits there (sim.h V7) */
	if (rc == 0)
		rc = count_in();
	return rc != 0 ? rc : wait_for(&me, &j);
}

/* Stop --------------------------------------------------------------------------------------- */

void gr_blocking_stop(void)
{
	gr_lock_acquire(&pool.lock);
	pool.quit = true;
	ring();
	gr_lock_release(&pool.lock);
	gr_os_futex_wake(&pool.bell, (int)THREADS);
	for (unsigned i = 0; i < pool.nthreads; i++)
		gr_os_thread_join(&pool.threads[i]);
	pool.nthreads = 0;
	pool.quit = false;
}
