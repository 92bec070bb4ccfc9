/* SPDX-License-Identifier: MIT */
/* timer_model.c: sched/timer: callbacks that are disarmed while they fire, deadlines of sleepers
 * whom others want too, entries that have become old. Whoever has disarmed frees what the callback
 * uses; a sleeper that is back frees the frame in which its deadline may stand. */
#include "sched/timer.h"

#include <errno.h>

#include "hands.h"
#include "os/os.h"
#include "sched/idle.h"
#include "sched/ready.h"

#define NOW INT64_C(1000)

struct gr_sched gr_sched;

static struct gr_worker *workers;
static unsigned fired[2]; /* by each of them */

/* Callbacks --------------------------------------------------------------------------------- */

struct object {
	unsigned fired;
	unsigned more; /* so often it arms itself again */
	int64_t not_before;
	bool refused;
};

static struct gr_timer *timer;
static struct object *object;

static void fire(struct gr_timer *t, void *arg, int64_t now)
{
	struct object *o = arg;

	MODEL_CHECK(now >= o->not_before);
	o->fired++;
	if (o->more != 0) {
		o->more--;
		if (gr_timer_arm(t, now) != 0)
			o->refused = true; /* nobody has disarmed it, so it is still there */
	}
}

static void setup_workers(void)
{
	workers = model_alloc(2 * sizeof(*workers));
	for (unsigned i = 0; i < 2; i++)
		gr_runq_init(&workers[i].queue);
	MODEL_CHECK(gr_timer_start() == 0);
}

static void setup(void)
{
	setup_workers();
	object = model_alloc(sizeof(*object));
	model_name(object, sizeof(*object), "object");
	timer = gr_timer_make(fire, object);
	model_name(&timer->word, sizeof(timer->word), "word");
	gr_timer_arm(timer, NOW);
}

static void setup_again(void)
{
	setup();
	object->more = 1;
}

/* Where the next one would stand, no heap has been made. */
static void setup_refused(void)
{
	setup_again();
	model_no_memory = true;
}

static void setup_idle(void)
{
	setup();
	gr_timer_disarm(timer);
	MODEL_CHECK(gr_timer_next() == INT64_MAX);
}

static void let_pass(void *number)
{
	gr_current_set(&workers[(uintptr_t)number]);
	fired[(uintptr_t)number] += gr_timer_fire(NOW);
}

/* The callback's own memory goes when it will run no more. */
static void disarm(void *unused)
{
	(void)unused;
	gr_timer_disarm(timer);
	MODEL_CHECK(object->fired <= 2);
	model_free(object);
	gr_timer_free(timer);
}

/* From the same slot, with what the one before has left in the heap. */
static void disarm_and_arm_later(void *unused)
{
	(void)unused;
	gr_timer_disarm(timer);
	object->not_before = NOW + 1;
	MODEL_CHECK(gr_timer_arm(timer, NOW + 1) == 0);
}

static void check_later(void)
{
	MODEL_CHECK(gr_timer_next() == NOW + 1);
	gr_timer_fire(NOW + 1);
	MODEL_CHECK(object->fired == 1 || object->fired == 2);
	MODEL_CHECK(gr_timer_next() == INT64_MAX);
}

static void arm(void *unused)
{
	(void)unused;
	MODEL_CHECK(gr_timer_arm(timer, NOW) == 0);
}

/* Who looks whether it may sleep drops what is old, and nothing else. */
static void look(void *unused)
{
	(void)unused;
	gr_timer_next();
}

static void check_fires(void)
{
	MODEL_CHECK(object->fired == 0 && gr_timer_earliest() == NOW);
	MODEL_CHECK(gr_timer_fire(NOW) == 1 && object->fired == 1);
}

static void check_fired_twice(void)
{
	while (gr_timer_fire(NOW) != 0)
		;
	MODEL_CHECK(object->fired == 2 && object->more == 0);
}

/* Deadlines --------------------------------------------------------------------------------- */

static struct gr_coro *sleeper;
static struct gr_limit *limit; /* on its frame */
static uint32_t back;
static uint64_t seq;

static void lie_down(void)
{
	bool poke;

	seq = gr_wait_begin(&sleeper->wait, true);
	gr_timer_limit(0, &sleeper->wait, seq, NOW, limit, &poke);
	gr_wait_commit(&sleeper->wait);
}

static void setup_sleeper(void)
{
	setup_workers();
	hands_open();
	sleeper = hands_make(0);
	limit = model_alloc(sizeof(*limit));
	model_name(&sleeper->wait.word, sizeof(sleeper->wait.word), "wait");
	model_name(limit, sizeof(*limit), "frame");
	lie_down();
}

static void setup_no_memory(void)
{
	model_no_memory = true;
	setup_sleeper();
}

/* What the sleeper does when it is back: a frame ends, and the next wait has no deadline. */
static void resume(struct gr_coro *co)
{
	gr_wait_end(&co->wait);
	gr_timer_unlimit(limit);
	model_free(limit);
	seq = gr_wait_begin(&co->wait, true);
	gr_wait_commit(&co->wait);
	gr_store_release(&back, 1u);
}

static void let_pass_and_run(void *number)
{
	struct gr_worker *w = &workers[(uintptr_t)number];
	struct gr_coro *co;

	let_pass(number);
	while ((co = gr_runq_pop(&w->queue)) != NULL) {
		MODEL_CHECK(co->wait.outcome == -ETIMEDOUT);
		resume(co);
	}
}

static void give(void *unused)
{
	(void)unused;
	if (gr_wait_claim(&sleeper->wait, 1, 7)) {
		MODEL_CHECK(gr_wait_deliver(&sleeper->wait));
		MODEL_CHECK(sleeper->wait.outcome == 7);
		resume(sleeper);
	}
}

static void check_second_wait(void)
{
	uint64_t word = gr_load_relaxed(&sleeper->wait.word);

	MODEL_CHECK(back);
	MODEL_CHECK(gr_wait_seq(word) == 2 && gr_wait_state(word) == GR_WAIT_PARKED);
	MODEL_CHECK(gr_timer_next() == INT64_MAX);
}

static void check_one_deadline(void)
{
	check_second_wait();
	MODEL_CHECK(fired[0] + fired[1] == 1);
}

/* Below ------------------------------------------------------------------------------------- */

void gr_idle_notify(void)
{
}

bool gr_idle_oversleeps(int64_t when)
{
	(void)when;
	return false;
}

void gr_idle_poke(void)
{
}

void gr_thread_deliver(struct gr_wait *w)
{
	(void)w;
}

/* clang-format off */
#define WORKER(how, n) { "worker " #n, how, (void *)(n) }
static const struct model models[] = {
	{ .name = "timer, disarm", .setup = setup, .preemptions = 3,
		.threads = { WORKER(let_pass, 0), WORKER(let_pass, 1), { "owner", disarm, NULL } } },
	{ .name = "timer, disarm again", .setup = setup_again, .preemptions = 2,
		.threads = { WORKER(let_pass, 0), WORKER(let_pass, 1), { "owner", disarm, NULL } } },
	{ .name = "timer, refused", .setup = setup_refused, .preemptions = 3,
		.threads = { WORKER(let_pass, 0), { "owner", disarm, NULL } } },
	{ .name = "timer, again", .setup = setup_again, .check = check_fired_twice,
		.preemptions = 3,
		.threads = { WORKER(let_pass, 0), WORKER(let_pass, 1) } },
	{ .name = "timer, later", .setup = setup, .check = check_later, .preemptions = 3,
		.threads = { WORKER(let_pass, 0), { "owner", disarm_and_arm_later, NULL } } },
	{ .name = "timer, next", .setup = setup_idle, .check = check_fires, .preemptions = 3,
		.threads = { { "looks", look, NULL }, { "owner", arm, NULL } } },
	{ .name = "timer, deadline", .setup = setup_sleeper, .check = check_second_wait,
		.preemptions = 3,
		.threads = { WORKER(let_pass_and_run, 0), WORKER(let_pass_and_run, 1),
			{ "giver", give, NULL } } },
	{ .name = "timer, aside", .setup = setup_no_memory, .check = check_one_deadline,
		.preemptions = 3,
		.threads = { WORKER(let_pass_and_run, 0), WORKER(let_pass_and_run, 1) } },
	{ .name = "timer, no memory", .setup = setup_no_memory, .check = check_second_wait,
		.preemptions = 2,
		.threads = { WORKER(let_pass_and_run, 0), WORKER(let_pass_and_run, 1),
			{ "giver", give, NULL } } },
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
