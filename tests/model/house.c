/* SPDX-License-Identifier: MIT */
#include "house.h"

#include <errno.h>

#include "sched/cancel.h"
#include "sched/coro.h"
#include "sched/idle.h"
#include "sched/inject.h"
#include "sched/ports.h"
#include "sched/ready.h"
#include "sched/timer.h"

enum { MAIL, DEADLINES }; /* queues */

#define CLASS 1 /* not that of the caches: each stack comes from the engine and goes back */

struct gr_sched gr_sched;

struct deadline {
	struct gr_wait *wait;
	uint64_t seq;
};

/* The building ---------------------------------------------------------------------------- */

static void finish(struct gr_coro *co)
{
	(void)co;
}

struct gr_ports gr_ports = { .finish = finish };

/* For house_cancel(). */
static struct gr_coro *first;
static uint64_t first_life;

void house_open(unsigned workers)
{
	first = NULL;
	gr_sched.seats = gr_sched.configured = workers;
	gr_sched.stack_class = CLASS;
	gr_sched.workers = model_alloc(workers * sizeof(struct gr_worker));
	gr_store_relaxed(&gr_sched.state, (uint32_t)GR_SCHED_RUNNING);
	MODEL_CHECK(gr_coro_start() == 0);
	for (unsigned i = 0; i < workers; i++) {
		gr_sched.workers[i].index = i;
		gr_runq_init(&gr_sched.workers[i].queue);
	}
}

static struct gr_coro *spawn(
	struct gr_worker *w, struct gr_coro_cache *cache, void (*run)(void *arg), void *arg)
{
	struct gr_entry entry = {
		.fn = (void (*)(void))run, .nint = 1, .arg = { (uint64_t)(uintptr_t)arg }
	};
	struct gr_coro *co = gr_coro_make(cache, NULL, &entry, CLASS, 0);

	MODEL_CHECK(co != NULL);
	co->stack = model_stack_get();
	gr_park_start(co);
	gr_ready_behind(w, co);
	return co;
}

struct gr_coro *house_spawn(unsigned worker, void (*run)(void *arg), void *arg, const char *name)
{
	struct gr_coro *co = spawn(&gr_sched.workers[worker], NULL, run, arg);

	model_name(&co->wait.word, sizeof(co->wait.word), name);
	model_name(&co->life, sizeof(co->life), "life");
	if (first == NULL) {
		first = co;
		first_life = gr_load_relaxed(&co->life);
	}
	return co;
}

void house_cancel(void *unused)
{
	int rc = gr_cancel(first, first_life);

	(void)unused;
	MODEL_CHECK(rc == 0 || rc == -ESRCH);
}

void house_spawn_here(void (*run)(void *arg), void *arg)
{
	struct gr_worker *w = gr_current_worker();

	spawn(w, &w->coros, run, arg);
}

void house_close(void)
{
	for (uint32_t i = 0; i < gr_coro_count(); i++)
		if (gr_coro_live(gr_coro_at(i)))
			model_stuck("a coroutine");
}

/* What outsiders make runnable -------------------------------------------------------------- */

void gr_inject_push(struct gr_coro *first, struct gr_coro *last, unsigned count)
{
	for (; count > 0; count--) {
		struct gr_coro *next = first == last ? NULL : first->next;

		model_send(MAIL, first);
		first = next;
	}
}

void house_worker(void *number)
{
	struct gr_worker *w = &gr_sched.workers[(uintptr_t)number];
	struct gr_coro *co;

	w->error = gr_os_errno();
	gr_current_set(w);
	for (;;) {
		co = gr_worker_next(w);
		if (co == NULL)
			co = model_receive(MAIL);
		if (co == NULL)
			break;
		gr_park_run(w, co);
	}
	gr_current_set(NULL);
}

unsigned house_notified;

void gr_idle_notify(void)
{
	gr_fetch_add_relaxed(&house_notified, 1u);
}

void gr_idle_poke(void)
{
}

/* Deadlines --------------------------------------------------------------------------------- */

void gr_timer_limit(unsigned hint, struct gr_wait *w, uint64_t seq, int64_t deadline,
	struct gr_limit *limit, bool *poke)
{
	struct deadline *d = model_alloc(sizeof(*d));

	(void)hint, (void)deadline, (void)poke;
	limit->shard = NULL;
	*d = (struct deadline){ .wait = w, .seq = seq };
	model_send(DEADLINES, d);
}

void gr_timer_unlimit_slow(struct gr_limit *limit)
{
	(void)limit; /* no heap here is ever full */
}

void house_timer(void *unused)
{
	struct deadline *d;

	(void)unused;
	while ((d = model_receive(DEADLINES)) != NULL)
		if (gr_wait_claim(d->wait, d->seq, -ETIMEDOUT))
			gr_wake(NULL, d->wait);
}
