/* SPDX-License-Identifier: MIT */
/* idle_model.c: sched/idle and the worker that looks for work (sched/find.c): no wake-up is lost,
 * whoever makes the work, wherever it lies, while workers stop searching, lie down, sleep. */
#include "sched/idle.h"

#include "os/os.h"
#include "sched/bench.h"
#include "sched/ports.h"
#include "sched/ready.h"
#include "sched/timer.h"
#include "seats.h"

static void setup_one_worker(void)
{
	seats_open(1, 2);
}

/* From outside, through the global queue. */
static void submit(void *n)
{
	gr_ready(NULL, seats_make((unsigned)(uintptr_t)n, NULL));
}

static void submit_two(void *unused)
{
	(void)unused;
	submit((void *)0);
	submit((void *)1);
}

/* The first goes on until the second has run, so one worker will not do. */
static void await_second(struct gr_worker *w)
{
	(void)w;
	seats_await(1);
}

static void setup_two_workers(void)
{
	seats_open(2, 2);
}

static void submit_who_waits(void *unused)
{
	(void)unused;
	gr_ready(NULL, seats_make(0, await_second));
}

/* A coroutine that goes on computing until another one has run what it made: from the ring. */
static void make_and_wait(struct gr_worker *w)
{
	gr_ready_behind(w, seats_make(1, NULL));
	gr_idle_notify();
	seats_await(1);
}

static void setup_maker(void)
{
	seats_open(2, 2);
	gr_ready_behind(&gr_sched.workers[0], seats_make(0, make_and_wait));
}

/* … and one that has not begun. */
static void make_fresh_and_wait(struct gr_worker *w)
{
	gr_ready_fresh(w, seats_make(1, NULL));
	gr_idle_notify();
	seats_await(1);
}

static void setup_fresh(void)
{
	seats_open(2, 2);
	gr_ready_behind(&gr_sched.workers[0], seats_make(0, make_fresh_and_wait));
}

/* … and for which there is no room among those. */
static void setup_no_room(void)
{
	seats_open(1, 1);
	model_no_memory = true;
	gr_ready_fresh(&gr_sched.workers[0], seats_make(0, NULL));
}

/* Three that run at once: who has found the second must see to it that the third is found. */
static void await_third(struct gr_worker *w)
{
	(void)w;
	seats_await(2);
}

static void make_two_and_wait(struct gr_worker *w)
{
	gr_ready_behind(w, seats_make(1, await_third));
	gr_ready_behind(w, seats_make(2, await_third));
	gr_idle_notify();
	seats_await(1);
	seats_await(2);
}

static void setup_chain(void)
{
	seats_open(3, 3);
	gr_ready_behind(&gr_sched.workers[0], seats_make(0, make_two_and_wait));
}

/* An earlier timer than the watcher sleeps for. */
static struct gr_timer *timers[2];

static void fire(struct gr_timer *t, void *n, int64_t now)
{
	(void)t, (void)now;
	gr_ready(gr_current_worker(), seats_make((unsigned)(uintptr_t)n, NULL));
}

static void setup_timer(void)
{
	seats_open(1, 1);
	timers[0] = gr_timer_make(fire, (void *)0);
}

static void setup_two_watch(void)
{
	seats_open(2, 1);
	timers[0] = gr_timer_make(fire, (void *)0);
}

static void setup_two_timers(void)
{
	seats_open(1, 2);
	for (unsigned i = 0; i < 2; i++) {
		timers[i] = gr_timer_make(fire, (void *)(uintptr_t)i);
		gr_timer_arm(timers[i], gr_os_now() + 1 + i);
	}
}

static void arm(void *after)
{
	gr_timer_arm(timers[0], gr_os_now() + (int64_t)(uintptr_t)after);
}

/* One watcher is woken, for nothing; the next one says until when it sleeps. */
static void kick(void *unused)
{
	(void)unused;
	gr_idle_kick();
}

/* A worker arms a sleeper's deadline … */
static struct gr_limit limit;

static void arm_limit(struct gr_worker *w)
{
	struct gr_coro *sleeper = seats_make(1, NULL);
	uint64_t seq = gr_wait_begin(&sleeper->wait, false);

	gr_wait_commit(&sleeper->wait);
	gr_timer_limit(w->index, &sleeper->wait, seq, gr_os_now() + 1, &limit, &w->poke);
	if (w->poke)
		gr_idle_poke();
}

/* … and goes on computing until it has been fired, */
static void limit_and_wait(struct gr_worker *w)
{
	arm_limit(w);
	seats_await(1);
}

static void setup_limit(void)
{
	seats_open(2, 2);
	gr_ready_behind(&gr_sched.workers[0], seats_make(0, limit_and_wait));
}

/* or has nothing else to do, and goes to sleep. */
static void setup_limit_left(void)
{
	seats_open(2, 2);
	gr_ready_behind(&gr_sched.workers[0], seats_make(0, arm_limit));
}

/* or goes to the bench. */
static void arm_limit_and_want_fewer(struct gr_worker *w)
{
	arm_limit(w);
	gr_bench_want(1);
}

static void setup_limit_benched(void)
{
	seats_open(2, 2);
	gr_sched.configured = 1;
	gr_ready_behind(&gr_sched.workers[1], seats_make(0, arm_limit_and_want_fewer));
}

/* The watcher goes to the bench and leaves a timer behind. */
static void fire_and_want_fewer(struct gr_timer *t, void *n, int64_t now)
{
	gr_bench_want(1);
	fire(t, n, now);
}

static void setup_bench(void)
{
	seats_open(2, 2);
	gr_sched.configured = 1;
	timers[0] = gr_timer_make(fire_and_want_fewer, (void *)0);
	timers[1] = gr_timer_make(fire, (void *)1);
	gr_timer_arm(timers[0], gr_os_now() + 1);
	gr_timer_arm(timers[1], gr_os_now() + 2);
}

/* A poller: what it brings comes by itself, its bell is rung by poll_wake(). */
static uint32_t bell;
static uint32_t event;
static unsigned made; /* plain: all that the poller is */

static void poll(int64_t until, struct gr_ready_batch *out)
{
	MODEL_CHECK(made == 1);
	while (!gr_exchange_acquire(&bell, 0u) && until > gr_os_now())
		gr_os_futex_wait(&bell, 0, until);
	out->count = gr_exchange_acquire(&event, 0u);
	if (out->count == 0)
		return;
	out->first = out->last = seats_make(0, out->count == 2 ? await_second : NULL);
	if (out->count == 2)
		out->last = out->first->next = seats_make(1, NULL);
	out->last->next = NULL;
}

static void ring(void)
{
	gr_store_release(&bell, 1u);
	gr_os_futex_wake(&bell, 1);
}

static void setup_ports(void)
{
	gr_ports.poll = poll;
	gr_ports.poll_wake = ring;
	model_name(&bell, sizeof(bell), "bell");
}

static void make_poller(void)
{
	made = 1;
	gr_idle_poller_set(true);
}

static void setup_poller(void)
{
	setup_one_worker();
	setup_ports();
	make_poller();
}

static void setup_poller_and_timer(void)
{
	setup_timer();
	setup_ports();
	make_poller();
}

static void setup_new_poller(void)
{
	seats_open(1, 1);
	setup_ports();
}

static void setup_poller_brings(void)
{
	setup_two_workers();
	setup_ports();
	make_poller();
}

static void bring_two(void *unused)
{
	(void)unused;
	gr_store_release(&event, 2u);
	ring();
}

static void bring(void *unused)
{
	(void)unused;
	make_poller();
	gr_store_release(&event, 1u);
	ring();
}

/* The monitor sleeps while all do. */
static uint32_t monitor_quit;

static void await_waking(void *unused)
{
	(void)unused;
	gr_idle_await_waking(&monitor_quit);
}

/* A seat that nobody will wake. */
static void setup_asleep(void)
{
	seats_open(1, 0);
	gr_idle_lie_down(0, false);
}

static void stop_monitor(void *unused)
{
	(void)unused;
	gr_store_relaxed(&monitor_quit, 1u);
	gr_fence_seq_cst();
	gr_idle_rouse();
}

static void check_asleep(void)
{
	MODEL_CHECK(!gr_idle_get_up(0));
	seats_close();
}

/* clang-format off */
static const struct model models[] = {
	{ .name = "idle, submit", .setup = setup_one_worker, .check = seats_close,
		.threads = { SEATS_WORKER(0), { "submitter", submit_two, NULL } } },
	{ .name = "idle, timer", .setup = setup_timer, .check = seats_close,
		.preemptions = 3,
		.threads = { SEATS_WORKER(0), { "arms", arm, (void *)1 } } },
	{ .name = "idle, due", .setup = setup_timer, .check = seats_close,
		.threads = { SEATS_WORKER(0), { "arms", arm, (void *)0 } } },
	{ .name = "idle, two timers", .setup = setup_two_timers, .check = seats_close,
		.threads = { SEATS_WORKER(0) } },
	{ .name = "idle, limit", .setup = setup_limit, .check = seats_close, .preemptions = 1,
		.threads = { SEATS_WORKER(0), SEATS_WORKER(1) } },
	{ .name = "idle, limit left", .setup = setup_limit_left, .check = seats_close,
		.preemptions = 1,
		.threads = { SEATS_WORKER(0), SEATS_WORKER(1) } },
	{ .name = "idle, limit benched", .setup = setup_limit_benched, .check = seats_close,
		.preemptions = 1,
		.threads = { SEATS_WORKER(0), SEATS_WORKER(1) } },
	{ .name = "idle, bench", .setup = setup_bench, .check = seats_close, .preemptions = 1,
		.threads = { SEATS_WORKER(0), SEATS_WORKER(1) } },
	{ .name = "idle, poller", .setup = setup_poller, .check = seats_close,
		.preemptions = 3,
		.threads = { SEATS_WORKER(0), { "submitter", submit_two, NULL } } },
	{ .name = "idle, poller and timer", .setup = setup_poller_and_timer,
		.check = seats_close, .preemptions = 3,
		.threads = { SEATS_WORKER(0), { "arms", arm, (void *)1 } } },
	{ .name = "idle, new poller", .setup = setup_new_poller, .check = seats_close,
		.preemptions = 3,
		.threads = { SEATS_WORKER(0), { "brings", bring, NULL } } },
	{ .name = "idle, poller brings", .setup = setup_poller_brings, .check = seats_close,
		.preemptions = 1, .stale = MODEL_NONE,
		.threads = { SEATS_WORKER(0), SEATS_WORKER(1), { "brings", bring_two, NULL } } },
	{ .name = "idle, no room", .setup = setup_no_room, .check = seats_close,
		.threads = { SEATS_WORKER(0) } },
	{ .name = "idle, monitor", .setup = setup_one_worker, .check = seats_close,
		.threads = { SEATS_WORKER(0), { "submitter", submit_two, NULL },
			{ "monitor", await_waking, NULL } } },
	{ .name = "idle, monitor stops", .setup = setup_asleep, .check = check_asleep,
		.preemptions = 3,
		.threads = { { "monitor", await_waking, NULL }, { "stop", stop_monitor, NULL } } },
	{ .name = "idle, two submit", .setup = setup_two_workers, .check = seats_close,
		.preemptions = 1, .stale = MODEL_NONE,
		.threads = { SEATS_WORKER(0), SEATS_WORKER(1), { "submitter", submit_who_waits, NULL },
			{ "submitter", submit, (void *)1 } } },
	{ .name = "idle, fresh", .setup = setup_fresh, .check = seats_close,
		.threads = { SEATS_WORKER(0), SEATS_WORKER(1) } },
	{ .name = "idle, ring", .setup = setup_maker, .check = seats_close,
		.threads = { SEATS_WORKER(0), SEATS_WORKER(1) } },
	{ .name = "idle, two watch", .setup = setup_two_watch, .check = seats_close,
		.preemptions = 1,
		.threads = { SEATS_WORKER(0), SEATS_WORKER(1), { "arms", arm, (void *)1 } } },
	{ .name = "idle, chain", .setup = setup_chain, .check = seats_close, .preemptions = 1,
		.stale = MODEL_NONE,
		.threads = { SEATS_WORKER(0), SEATS_WORKER(1), SEATS_WORKER(2) } },
	{ .name = "idle, watch passed on", .setup = setup_two_watch, .check = seats_close,
		.preemptions = 1,
		.threads = { SEATS_WORKER(0), SEATS_WORKER(1), { "kicks", kick, NULL },
			{ "arms", arm, (void *)1 } } },
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
