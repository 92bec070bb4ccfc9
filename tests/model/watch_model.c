/* SPDX-License-Identifier: MIT */
/* watch_model.c: sched/idle alone: the one who sleeps for all until the next timer, and those who arm
 * one without a fence of their own and then compute, lie down or leave (I4, I7); and the monitor, which
 * sleeps while all do (I5). */
#include "base/atomic.h"
#include "os/os.h"
#include "sched/idle.h"
#include "sched/ports.h"

#include "model.h"

#define NEVER INT64_MAX

struct gr_ports gr_ports; /* without a poller */

int64_t gr_now(void)
{
	return gr_os_now();
}

static int64_t timer;
static uint32_t fired, noticed, quit;

static void setup(unsigned seats)
{
	MODEL_CHECK(gr_idle_start(2) == 0);
	timer = NEVER;
	model_name(&timer, sizeof(timer), "timer");
	model_name(&fired, sizeof(fired), "fired");
	for (unsigned i = 0; i < seats; i++)
		gr_idle_join(i);
}

static void setup_one(void)
{
	setup(1);
}

static void setup_two(void)
{
	setup(2);
}

static void setup_asleep(void)
{
	setup(1);
	gr_idle_lie_down(0, false);
}

static int64_t earliest(void)
{
	return gr_load_relaxed(&timer);
}

static void set(uint32_t *flag)
{
	gr_store_release(flag, 1u);
	gr_os_futex_wake(flag, 1);
}

static void await(uint32_t *flag)
{
	while (!gr_load_acquire(flag))
		gr_os_futex_wait(flag, 0, NEVER);
}

/* True: somebody has woken it. */
static bool lie_down_and_sleep(unsigned seat)
{
	gr_idle_lie_down(seat, false);
	return gr_load_acquire(&fired) ? gr_idle_get_up(seat) : gr_idle_sleep(seat, earliest, NULL);
}

/* Whoever gets up in time fires, and tells the others. */
static void sleep_until_fired(void *seat)
{
	while (!gr_load_acquire(&fired)) {
		if (lie_down_and_sleep((unsigned)(uintptr_t)seat))
			gr_idle_search_end();
		if (earliest() != NEVER) {
			set(&fired);
			gr_idle_wake_all();
		}
	}
}

/* As a worker does it. */
static void arm(void)
{
	gr_store_relaxed(&timer, gr_os_now() + 1);
	if (gr_idle_oversleeps(earliest()))
		gr_idle_poke();
}

static void join_and_arm(void *unused)
{
	(void)unused;
	gr_idle_join(1);
	arm();
	await(&fired);
}

static void arm_and_compute(void *unused)
{
	(void)unused;
	arm();
	await(&fired);
}

static void arm_and_lie_down(void *unused)
{
	(void)unused;
	arm();
	sleep_until_fired((void *)1);
}

static void arm_and_leave(void *unused)
{
	(void)unused;
	arm();
	gr_idle_leave(1);
}

/* It computes until the monitor has noticed. */
static void sleep_once(void *unused)
{
	(void)unused;
	MODEL_CHECK(gr_idle_sleep(0, earliest, NULL));
	await(&noticed);
}

static void kick(void *unused)
{
	(void)unused;
	MODEL_CHECK(gr_idle_kick());
}

static void notice(void *unused)
{
	(void)unused;
	gr_idle_await_waking(&quit);
	set(&noticed);
}

static void check(void)
{
	gr_idle_stop();
}

/* clang-format off */
#define SLEEPER { "sleeper", sleep_until_fired, (void *)0 }
static const struct model models[] = {
	{ .name = "watch, joins", .setup = setup_one, .check = check, .preemptions = 3,
		.threads = { SLEEPER, { "joins", join_and_arm, NULL } } },
	{ .name = "watch, computes", .setup = setup_two, .check = check, .preemptions = 3,
		.threads = { SLEEPER, { "computes", arm_and_compute, NULL } } },
	{ .name = "watch, lies down", .setup = setup_two, .check = check,
		.threads = { SLEEPER, { "lies down", arm_and_lie_down, NULL } } },
	{ .name = "watch, leaves", .setup = setup_two, .check = check, .preemptions = 3,
		.threads = { SLEEPER, { "leaves", arm_and_leave, NULL } } },
	{ .name = "watch, monitor", .setup = setup_asleep, .check = check, .stale = 2,
		.threads = { { "sleeper", sleep_once, NULL }, { "kicks", kick, NULL },
			{ "monitor", notice, NULL } } },
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
