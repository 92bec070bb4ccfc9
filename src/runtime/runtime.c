/* SPDX-License-Identifier: MIT */
/* runtime.c: start the rooms bottom up, stop them top down.
 *
 * State (gr_sched.state):
 *
 *   OFF ──start──► STARTING ──► RUNNING ──stop──► STOPPING ──► OFF
 *                                                     └──────► STUCK   (stragglers)
 *   any but OFF ──fork──► FORKED, in the child
 *
 *  Z1  Every change is a compare-exchange by the one thread that starts or stops; RUNNING →
 *      STOPPING decides who that is. Foreign callers count themselves in before they read it
 *      (thread.h H1).
 *  Z2  Memory is freed when nobody is left who could use it, looked at in this order. No foreign
 *      caller is inside: then nobody can make a coroutine but coroutines, as STOPPING lets no
 *      more in that do. No coroutine is alive: then none will be, and nobody can be woken. No
 *      foreign caller is inside, again: those of calls that work in any state and had somebody
 *      to wake have done so; from now on they find nobody.
 *  Z3  Coroutines made during a stop are born cancelled. One made by somebody who had read
 *      RUNNING a moment before is found by the next walk: the drain walks until none is left.
 */
#include "goro/runtime.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "goro/go.h"
#include "goro/time.h"
#include "inspect/inspect.h"
#include "io/blocking.h"
#include "io/process.h"
#include "io/signal.h"
#include "io/sock.h"
#include "netpoll/loop.h"
#include "netpoll/poll.h"
#include "os/os.h"
#include "runtime/config.h"
#include "sched/cancel.h"
#include "sched/monitor.h"
#include "sched/park.h"
#include "sched/ports.h"
#include "sched/sim.h"
#include "task/go.h"
#include "task/local.h"

static struct gr_config config;
static struct gr_os_mask starters_mask;

/* The root coroutine ----------------------------------------------------------------------- */

struct root {
	void (*fn)(void *);
	void *arg;
	int rc;
	uint32_t ended; /* futex */
};

static void root_end(struct root *root)
{
	gr_store_release(&root->ended, 1u); /* pairs with the acquire in run(); the last access */
	gr_os_futex_wake(&root->ended, 1);
}

static void root_main(void *arg)
{
	struct root *root = arg;

	root->fn(root->arg);
	if (gr_played())
		gr_sim_hold();
	root_end(root);
}

static void root_unborn(void *arg)
{
	struct root *root = arg;

	root->rc = -ENOMEM;
	root_end(root);
}

/* Ports ----------------------------------------------------------------------------------- */

static void finish(struct gr_coro *co)
{
	if (gr_unlikely(gr_load_relaxed(&gr_sched.state) == GR_SCHED_FORKED))
		_exit(0); /* its stack has nowhere to go back to in the child */
	gr_local_finish(co);
}

static void stillborn(struct gr_coro *co)
{
	goro_error error = { .code = -ENOMEM, .coroutine = gr_coro_id(co) };

	snprintf(error.message, sizeof error.message,
		"the kernel refused the guard of its stack; it has not run");
	if (config.on_panic != NULL)
		config.on_panic(&error, config.on_panic_arg);
	else
		fprintf(stderr, "goro: coroutine %llu: %s\n", (unsigned long long)error.coroutine,
			error.message);
	gr_go_unborn(co);
}

/* Fork ------------------------------------------------------------------------------------- */

static void after_fork_in_child(void)
{
	if (gr_load_relaxed(&gr_sched.state) == GR_SCHED_OFF)
		return;
	if (gr_current_worker() != NULL)
		gr_os_signal_mask_set(&starters_mask);
	gr_sched_forget();
}

/* Start -------------------------------------------------------------------------------------- */

static bool change_state(enum gr_sched_state from, enum gr_sched_state to)
{
	uint32_t expected = from;

	return gr_cas_seq_cst(&gr_sched.state, &expected, (uint32_t)to);
}

static int start_rooms(const goro_config *user, bool report)
{
	int rc = gr_stack_start();

	if (rc != 0)
		return rc;
	rc = gr_config_read(user, &config);
	if (rc != 0)
		goto stop_stacks;
	config.sched.report = report;
	rc = gr_coro_start();
	if (rc != 0)
		goto stop_stacks;
	gr_ports = (struct gr_ports){
		.finish = finish,
		.stillborn = stillborn,
		.all_asleep = gr_asleep_report,
		.dump = gr_dump_all,
		.poll = gr_loop_poll,
		.poll_wake = gr_loop_wake,
	};
	gr_os_signal_mask_get(&starters_mask);
	rc = gr_fault_start();
	if (rc != 0)
		goto stop_coros;
	gr_sock_start();
	rc = gr_sched_start(&config.sched);
	if (rc == 0) {
		if (!config.sched.played)
			gr_monitor_start(); /* refused: no spares */
		return 0;
	}
	gr_fault_stop();
stop_coros:
	gr_coro_stop();
stop_stacks:
	gr_stack_stop();
	return rc;
}

static int start(const goro_config *user, bool report)
{
	int rc;

	if (gr_load_acquire(&gr_sched.state) == GR_SCHED_FORKED)
		return -EPERM;
	if (!change_state(GR_SCHED_OFF, GR_SCHED_STARTING))
		return -EBUSY;
	rc = gr_os_at_fork(after_fork_in_child);
	if (rc == 0)
		rc = start_rooms(user, report);
	if (rc == 0)
		gr_sched_opening();
	change_state(GR_SCHED_STARTING, rc == 0 ? GR_SCHED_RUNNING : GR_SCHED_OFF);
	return rc;
}

/* Stop --------------------------------------------------------------------------------------- */

static void cancel_all(bool first)
{
	if (config.sched.played)
		gr_sim_cancel(first);
	else
		gr_cancel_all();
}

/* Cancels and dismisses again and again (Z3) until all have gone, or the time is up. */
static bool drain(void)
{
	int64_t began = gr_os_now(); /* virtual time may stand still */
	int64_t deadline = gr_clock_after(began, config.drain);

	for (bool first = true;; first = false) {
		uint32_t seen = gr_load_acquire(&gr_sched.stop_event);
		int64_t now = gr_os_now();
		int64_t look_again = gr_clock_after(now, 2 * GORO_MILLISECOND);

		cancel_all(first);
		gr_thread_dismiss();
		if (gr_thread_count() == 0 && gr_sched_alive() == 0 && gr_thread_count() == 0)
			return true; /* Z2 */
		if (now >= deadline) {
			gr_dump_stragglers(now - began);
			return false;
		}
		gr_os_futex_wait(
			&gr_sched.stop_event, seen, look_again < deadline ? look_again : deadline);
	}
}

static int stop(void)
{
	if (gr_running() != NULL)
		return -EDEADLK;
	if (!change_state(GR_SCHED_RUNNING, GR_SCHED_STOPPING))
		return -EPERM;
	gr_sched_stopping();
	if (!drain()) {
		gr_monitor_stop();
		gr_sched_abandon();
		gr_fault_stop();
		change_state(GR_SCHED_STOPPING, GR_SCHED_STUCK);
		return -ETIMEDOUT;
	}
	gr_monitor_stop();
	gr_blocking_stop();
	gr_sched_stop();
	gr_sock_stop();
	gr_signal_stop();
	gr_loop_stop();
	gr_process_stop();
	gr_poll_stop();
	gr_fault_stop();
	gr_coro_stop();
	gr_stack_stop();
	change_state(GR_SCHED_STOPPING, GR_SCHED_OFF);
	return 0;
}

int goro_start(const goro_config *cfg)
{
	return start(cfg, false);
}

int goro_stop(void)
{
	return stop();
}

int goro_workers(void)
{
	uint32_t state = gr_load_acquire(&gr_sched.state);

	return state == GR_SCHED_RUNNING || state == GR_SCHED_STOPPING ? (int)gr_sched.configured :
									 -EPERM;
}

/* Run ---------------------------------------------------------------------------------------- */

/* Another thread has called goro_stop() meanwhile. */
static int await_other_stop(void)
{
	while (gr_load_acquire(&gr_sched.state) == GR_SCHED_STOPPING)
		gr_os_nap(GORO_MILLISECOND);
	return gr_load_acquire(&gr_sched.state) == GR_SCHED_STUCK ? -ETIMEDOUT : 0;
}

static int run(const goro_config *cfg, void (*fn)(void *), void *arg)
{
	struct root root = { .fn = fn, .arg = arg };
	int rc, stopped;

	if (fn == NULL)
		return -EINVAL;
	rc = start(cfg, true);
	if (rc != 0)
		return rc;
	rc = gr_go_watched(root_main, &root, root_unborn);
	while (rc == 0 && gr_load_acquire(&root.ended) == 0)
		gr_os_futex_wait(&root.ended, 0, INT64_MAX);
	if (rc == 0)
		rc = root.rc;
	stopped = stop();
	if (stopped == -EPERM)
		stopped = await_other_stop();
	return stopped != 0 ? stopped : rc;
}

int goro_run_config(const goro_config *cfg, void (*fn)(void *), void *arg)
{
	return run(cfg, fn, arg);
}

int goro_run(void (*fn)(void *), void *arg)
{
	return run(NULL, fn, arg);
}
