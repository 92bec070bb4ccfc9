/* SPDX-License-Identifier: MIT */
/* everything.c: a program that uses all of the API in a fraction of a second and bears the failure
 * of any call beneath it (fault.h): what it is told is an error of the header's, nothing is lost,
 * nothing hangs, what failed works once nothing fails any more, and in the end nothing is held.
 *
 * The second round is without faults: what the first has gone through leaves no trace.
 */
#include "everything.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define HANG_SECONDS 30

void fail(const char *file, int line, const char *what)
{
	char text[256];
	int n = snprintf(text, sizeof text, "%s:%d: it does not hold: %s\n", file, line, what);

	if (n > 0 && write(STDERR_FILENO, text, (size_t)n) == n)
		goro_dump(STDERR_FILENO);
	_exit(1);
}

static void on_alarm(int signo)
{
	static const char text[] = "everything: hangs; its coroutines:\n";

	(void)signo;
	if (write(STDERR_FILENO, text, sizeof text - 1) > 0)
		goro_dump(STDERR_FILENO);
	_exit(3);
}

/* Crews ------------------------------------------------------------------------------------- */

static atomic_int begun, ended, missing;

static void on_panic(const goro_error *error, void *arg)
{
	(void)arg;
	MUST(error->code == -ENOMEM && fault_count() > 0);
	atomic_fetch_add(&missing, 1);
}

void crew_begin(void)
{
	MUST(crew_is_complete());
	begun = ended = missing = 0;
}

void crew_add(void (*fn)(void *), void *arg)
{
	atomic_fetch_add(&begun, 1);
	ATTEMPT(goro_go(fn, arg), -ENOMEM);
}

void crew_end(void)
{
	atomic_fetch_add(&ended, 1);
}

int crew_missing(void)
{
	return missing;
}

bool crew_is_complete(void)
{
	return ended + missing == begun;
}

void crew_wait(void)
{
	while (!crew_is_complete())
		sched_yield();
}

/* Start and stop ---------------------------------------------------------------------------- */

static int start(void)
{
	goro_config config = GORO_CONFIG_INIT;
	int rc;

	config.workers = 2;
	config.on_panic = on_panic;
	rc = goro_start(&config);
	/* What the system refused, as it is. */
	return rc == -EAGAIN || rc == -EINVAL ? -ENOMEM : rc;
}

static chan(int) silent;
static goro_mutex held = GORO_MUTEX_INIT;
static goro_sem none = GORO_SEM_INIT(0);

static void wait_for_ever(void *arg)
{
	int v, rc;

	switch ((int)(intptr_t)arg % 5) {
	case 0:
		rc = chan_recv(silent, &v);
		break;
	case 1:
		rc = goro_mutex_lock(&held);
		break;
	case 2:
		rc = goro_sem_acquire_until(&none, goro_after(3600 * GORO_SECOND));
		break;
	case 3:
		rc = chan_select_until(goro_after(3600 * GORO_SECOND), chan_on_recv(silent, &v));
		break;
	default:
		rc = goro_sleep(3600 * GORO_SECOND);
	}
	MUST(rc == -ECANCELED);
	MUST(goro_cancelled());
	crew_end();
}

static void *wait_outside(void *arg)
{
	int v;

	(void)arg;
	MUST(chan_recv(silent, &v) == -EPERM);
	return NULL;
}

/* A stop ends all that wait, and needs nothing that could be refused. */
static void stop_while_some_wait(void)
{
	pthread_t thread;
	goro_stats stats = GORO_STATS_INIT;

	ATTEMPT_MAKE(silent, chan_make(int, 0));
	MUST(goro_mutex_lock(&held) == 0);
	crew_begin();
	for (intptr_t i = 0; i < 10; i++)
		crew_add(wait_for_ever, (void *)i);
	MUST(pthread_create(&thread, NULL, wait_outside, NULL) == 0);
	do {
		sched_yield();
		goro_stats_get(&stats);
	} while (stats.foreign_callers == 0);
	MUST(goro_stop() == 0);
	MUST(crew_is_complete());
	MUST(pthread_join(thread, NULL) == 0);
	goro_mutex_unlock(&held);
	chan_free(silent);
}

static void root(void *arg)
{
	*(bool *)arg = true;
}

static int run_root(void)
{
	bool ran = false;
	int rc = goro_run(root, &ran); /* as many workers as there are CPUs */

	MUST(rc != 0 || ran);
	return rc == -EAGAIN || rc == -EINVAL ? -ENOMEM : rc;
}

static void fork_a_child(void)
{
	int status;
	pid_t pid = fork();

	MUST(pid >= 0);
	if (pid == 0)
		_exit(goro_go(root, NULL) == -EPERM && goro_stop() == -EPERM ? 0 : 1);
	MUST(waitpid(pid, &status, 0) == pid && status == 0);
}

static void play(void)
{
	chan(int64_t) timer;

	MUST(goro_workers() == -EPERM && goro_stop() == -EPERM);
	ATTEMPT(start(), -ENOMEM);
	MUST(goro_workers() >= 1 && goro_workers() <= 2);
	MUST(start() == -EBUSY);
	spawn_many();
	move_values();
	wait_until();
	tell_time();
	lock_and_wait();
	keep_locals();
	hold_up_workers();
	look_inside();
	use_the_world();
	fork_a_child();
	ATTEMPT_MAKE(timer, goro_timer(3600 * GORO_SECOND));
	stop_while_some_wait();
	chan_free(timer); /* it may outlive the runtime */
	ATTEMPT(run_root(), -ENOMEM);
}

static void hold_nothing(void)
{
	MUST(fault_held.blocks == 0);
	MUST(fault_held.bytes == 0);
	MUST(fault_held.files == 0);
	MUST(fault_held.threads == 0);
}

int main(void)
{
	signal(SIGALRM, on_alarm);
	alarm(HANG_SECONDS);
	play();
	hold_nothing();
	fault_pause();
	play();
	hold_nothing();
	return 0;
}
