/* SPDX-License-Identifier: MIT */
/* call_model.c: netpoll/call.c: a call ends once, for whoever is the last to use it; who has given up gets
 * no answer, who has not gets one; and memory of the caller is libuv's until the call is over (C1 to
 * C5). libuv's pool is one thread. */
#include "netpoll/call.h"

#include <errno.h>

#include "netpoll/uvpool.h"
#include "wire.h"

#define LATER (INT64_MAX - 1) /* house_timer() lets it pass at any time */

enum { JOBS = 3 }; /* a queue, behind wire.c's */
enum stage { IDLE, QUEUED, RUNS, CALLED_OFF };

static struct lookup {
	struct gr_call call; /* first of all */
	uv_req_t request;
	struct gr_request over; /* the pool tells the owner */
	int status;
	unsigned buffer; /* plain: what the pool writes to */
	unsigned answer;
} * lookup;

static uint32_t stage;     /* of the one job */
static unsigned under_way; /* plain: the owner's */
static uint32_t ended, answers, run_is_over;
static bool refuses, in_frame, held; /* constant */

/* Libuv ------------------------------------------------------------------------------------ */

void gr_uvpool_begin(void)
{
	under_way++;
}

void gr_uvpool_end(void)
{
	MODEL_CHECK(under_way > 0);
	under_way--;
}

/* On the owner. */
static void on_over(struct gr_request *r)
{
	struct lookup *l = gr_container_of(r, struct lookup, over);

	l->answer = l->buffer;
	gr_call_end(&l->call, l->status);
}

static void tell(struct lookup *l, int status)
{
	l->status = status;
	l->over.run = on_over;
	wire_tell(&l->over);
}

int uv_cancel(uv_req_t *request)
{
	uint32_t queued = QUEUED;

	if (!gr_cas_acq_rel(&stage, &queued, (uint32_t)CALLED_OFF))
		return -EBUSY;
	tell(request->data, UV_ECANCELED);
	return 0;
}

static int begin(struct gr_call *c)
{
	struct lookup *l = (struct lookup *)c;

	if (refuses)
		return -ENOMEM;
	l->request.data = l;
	gr_store_release(&stage, (uint32_t)QUEUED);
	model_send(JOBS, l);
	return 0;
}

static void end(struct gr_call *c)
{
	gr_fetch_add_relaxed(&ended, 1u);
	model_free(c);
}

/* There is nothing to be done but this; so the run ends, and its owner of the loop is gone. */
static void await_next_run(void)
{
	MODEL_CHECK(model_receive(JOBS) == NULL);
	while (!gr_load_acquire(&run_is_over))
		model_spin();
}

static void answer_in_next_run(struct lookup *l)
{
	l->status = 1;
	on_over(&l->over);
}

static void pool(void *unused)
{
	struct lookup *l = model_receive(JOBS);
	uint32_t queued = QUEUED;

	(void)unused;
	if (l == NULL)
		return;
	if (held)
		await_next_run();
	if (!gr_cas_acq_rel(&stage, &queued, (uint32_t)RUNS))
		return;
	l->buffer = 7;
	if (held)
		answer_in_next_run(l);
	else
		tell(l, 1);
}

/* Coroutines and others -------------------------------------------------------------------- */

static void run_until(int64_t deadline)
{
	struct gr_caller me;
	int rc;

	MODEL_CHECK(gr_caller_is_coro(&me));
	rc = gr_call_run(&me, &lookup->call, deadline, "call", lookup);
	if (lookup->call.answered) {
		MODEL_CHECK(refuses ? rc == -ENOMEM : rc == 1 && lookup->answer == 7);
		gr_fetch_add_relaxed(&answers, 1u);
	} else {
		MODEL_CHECK(rc == -ETIMEDOUT || rc == -ECANCELED);
	}
	gr_call_put(&lookup->call);
}

static void run(void *unused)
{
	(void)unused;
	run_until(INT64_MAX);
}

static void run_in_time(void *unused)
{
	(void)unused;
	run_until(LATER);
}

/* The memory is gone as soon as the call is back (C4). */
static void finish(void *unused)
{
	struct gr_caller me;
	int rc;

	(void)unused;
	MODEL_CHECK(gr_caller_is_coro(&me));
	rc = gr_call_finish(&me, &lookup->call, "call", lookup);
	MODEL_CHECK((rc == 1 && lookup->answer == 7) || rc == UV_ECANCELED);
	model_free(lookup);
	gr_fetch_add_relaxed(&answers, 1u);
}

/* The run ends, and with it the memory of its coroutines; then the pool has an answer (C5). */
static void work_and_stop(void *number)
{
	house_worker(number);
	gr_coro_stop();
	gr_store_release(&run_is_over, 1u);
}

/* ------------------------------------------------------------------------------------------- */

static void furnish(void (*fn)(void *), bool may_be_called_off)
{
	house_open(1);
	lookup = model_alloc(sizeof(*lookup));
	lookup->call = (struct gr_call){ .begin = begin, .end = end };
	if (may_be_called_off)
		lookup->call.uv = &lookup->request;
	lookup->request.data = lookup;
	model_name(&lookup->call.users, sizeof(lookup->call.users), "users");
	model_name(&lookup->call.given_up, sizeof(lookup->call.given_up), "given up");
	model_name(lookup, sizeof(*lookup), "call");
	house_spawn(0, fn, NULL, "caller's word");
}

static void setup(void)
{
	furnish(run, true);
}

static void setup_refused(void)
{
	refuses = true;
	furnish(run, true);
}

static void setup_late(void)
{
	furnish(run_in_time, true);
}

static void setup_late_for_good(void)
{
	furnish(run_in_time, false);
}

static void setup_held(void)
{
	held = true;
	furnish(run_in_time, false);
}

static void setup_frame(void)
{
	in_frame = true;
	furnish(finish, true);
}

static void check(void)
{
	if (!held)
		house_close();
	MODEL_CHECK(ended == !in_frame && under_way == 0);
}

static void check_answered(void)
{
	check();
	MODEL_CHECK(answers == 1);
}

/* clang-format off */
#define T(function) { .name = #function, .run = (function) }
#define CALL(title, start, end, switches, olds, ...) \
	{ .name = "call, " title, .setup = (start), .check = (end), .preemptions = (switches), \
		.stale = (olds), .threads = { WIRE_OWNER, T(pool), __VA_ARGS__ } }

static const struct model models[] = {
	CALL("answer", setup, check_answered, 2, 1, HOUSE_WORKER(0)),
	CALL("refused", setup_refused, check_answered, 2, 1, HOUSE_WORKER(0)),
	CALL("deadline", setup_late, check, MODEL_NONE, 1, HOUSE_WORKER(0), HOUSE_TIMER),
	CALL("deadline, can't be called off", setup_late_for_good, check, MODEL_NONE, 1,
		HOUSE_WORKER(0), HOUSE_TIMER),
	CALL("cancel", setup, check, 1, 1, HOUSE_WORKER(0), T(house_cancel)),
	CALL("finish", setup_frame, check_answered, 2, 1, HOUSE_WORKER(0)),
	CALL("finish, cancel", setup_frame, check_answered, MODEL_NONE, 1, HOUSE_WORKER(0), T(house_cancel)),
	CALL("outlives the run", setup_held, check, MODEL_NONE, 1,
		{ .name = "worker 0", .run = work_and_stop }, HOUSE_TIMER),
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
