/* SPDX-License-Identifier: MIT */
/* call_test.c: one request of libuv and who waits for it: answered, given up, never begun. The request
 * is a timer of libuv's, so that it is known when the answer comes. */
#include "../unit.h"

#include <sched.h>

#include "base/clock.h"
#include "goro/time.h"
#include "netpoll/call.h"
#include "netpoll/loop.h"
#include "sched/idle.h"
#include "sched/inject.h"
#include "sched/ports.h"

/* A runtime without the rooms above ------------------------------------------------------------ */

static void finish(struct gr_coro *co)
{
	(void)co;
}

static int start_workers(void **state)
{
	struct gr_sched_config config = { .workers = 2, .max_spares = 1 };

	(void)state;
	gr_stack_start();
	config.stack_class = gr_stack_class(0);
	gr_coro_start();
	gr_ports = (struct gr_ports){
		.finish = finish,
		.poll = gr_loop_poll,
		.poll_wake = gr_loop_wake,
	};
	if (gr_sched_start(&config) != 0)
		return -1;
	gr_store_seq_cst(&gr_sched.state, (uint32_t)GR_SCHED_RUNNING);
	return 0;
}

static int stop_workers(void **state)
{
	(void)state;
	while (gr_sched_alive() != 0)
		sched_yield();
	gr_sched_stop();
	gr_loop_stop();
	gr_store_seq_cst(&gr_sched.state, (uint32_t)GR_SCHED_OFF);
	gr_coro_stop();
	gr_stack_stop();
	return 0;
}

static void begin_coro(void (*fn)(void))
{
	struct gr_entry entry = { .fn = fn };
	struct gr_coro *co = gr_coro_make(NULL, NULL, &entry, gr_sched.stack_class, 0);

	gr_coro_move(co, GR_CORO_ASLEEP, GR_CORO_QUEUED);
	gr_fetch_add_relaxed(&gr_sched.foreign_spawned, (uint64_t)1);
	gr_inject_push(co, co, 1);
	gr_idle_notify();
}

static void run_in_coro(void (*fn)(void))
{
	begin_coro(fn);
	while (gr_sched_alive() != 0)
		sched_yield();
}

/* A request that takes so long --------------------------------------------------------------- */

struct nap {
	struct gr_call call;
	uv_timer_t timer;
	unsigned ms;
	int refuse; /* what begin() says */
};

static unsigned begun, answered, ended;
static uint32_t held; /* no nap ends */

static void on_closed(uv_handle_t *handle)
{
	struct nap *n = gr_container_of((uv_timer_t *)handle, struct nap, timer);

	gr_fetch_add_relaxed(&answered, 1u);
	gr_call_end(&n->call, (int)n->ms);
}

static void on_time(uv_timer_t *timer)
{
	if (!gr_load_relaxed(&held))
		uv_close((uv_handle_t *)timer, on_closed);
}

static int begin(struct gr_call *c)
{
	struct nap *n = gr_container_of(c, struct nap, call);

	if (n->refuse != 0)
		return n->refuse;
	gr_fetch_add_relaxed(&begun, 1u);
	uv_timer_init(gr_loop_uv(), &n->timer);
	return uv_timer_start(&n->timer, on_time, n->ms, 1);
}

static void end(struct gr_call *c)
{
	gr_fetch_add_relaxed(&ended, 1u);
	free(gr_container_of(c, struct nap, call));
}

static struct nap *make_nap(unsigned ms)
{
	struct nap *n = calloc(1, sizeof(*n));

	n->call = (struct gr_call){ .begin = begin, .end = end };
	n->ms = ms;
	begun = answered = ended = 0;
	return n;
}

static int rc;
static bool was_answered;

static void run_nap(struct nap *n, int64_t deadline)
{
	struct gr_caller me;

	gr_caller_enter(&me);
	rc = gr_call_run(&me, &n->call, deadline, "nap", NULL);
	was_answered = n->call.answered;
	gr_call_put(&n->call);
}

static void nap_for_ever(void)
{
	run_nap(make_nap(3), INT64_MAX);
}

static void the_result_comes_back_and_the_call_ends_once(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		run_in_coro(nap_for_ever);
		assert_int_equal(rc, 3);
		assert_true(was_answered);
		assert_int_equal(begun, 1);
		assert_int_equal(ended, 1);
	}
}

static void nap_until_soon(void)
{
	run_nap(make_nap(3), gr_clock_after(gr_now(), GORO_MILLISECOND));
}

static void a_deadline_returns_at_once_and_a_late_answer_is_dropped(void **state)
{
	(void)state;
	gr_store_relaxed(&held, 1u);
	do { /* the deadline may pass before anything is begun: then once more */
		run_in_coro(nap_until_soon);
		assert_int_equal(rc, -ETIMEDOUT);
		assert_false(was_answered);
	} while (gr_load_relaxed(&ended) != 0); /* else libuv has it, or will */
	gr_store_relaxed(&held, 0u);
	while (gr_load_relaxed(&ended) == 0)
		sched_yield();
	assert_int_equal(gr_load_relaxed(&answered), 1);
}

static void nap_in_the_past(void)
{
	run_nap(make_nap(40), 1);
}

static void what_has_no_time_is_not_begun(void **state)
{
	(void)state;
	run_in_coro(nap_in_the_past);
	assert_int_equal(rc, -ETIMEDOUT);
	assert_int_equal(begun, 0);
	assert_int_equal(ended, 1);
}

static void nap_refused(void)
{
	struct nap *n = make_nap(40);

	n->refuse = -EMFILE;
	run_nap(n, INT64_MAX);
}

static void what_does_not_begin_says_why(void **state)
{
	(void)state;
	run_in_coro(nap_refused);
	assert_int_equal(rc, -EMFILE);
	assert_true(was_answered);
	assert_int_equal(ended, 1);
}

static void while_it_runs_somebody_waits_for_the_outside(void **state)
{
	(void)state;
	assert_int_equal(gr_sched_outside(), 0);
	gr_store_relaxed(&held, 1u);
	begin_coro(nap_for_ever);
	while (gr_sched_outside() != 1)
		sched_yield();
	gr_store_relaxed(&held, 0u);
	while (gr_sched_alive() != 0)
		sched_yield();
	assert_int_equal(gr_sched_outside(), 0);
}

#define WORKERS(test) cmocka_unit_test_setup_teardown(test, start_workers, stop_workers)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKERS(the_result_comes_back_and_the_call_ends_once),
		WORKERS(a_deadline_returns_at_once_and_a_late_answer_is_dropped),
		WORKERS(what_has_no_time_is_not_begun),
		WORKERS(what_does_not_begin_says_why),
		WORKERS(while_it_runs_somebody_waits_for_the_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
