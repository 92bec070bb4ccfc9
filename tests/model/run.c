/* SPDX-License-Identifier: MIT */
/* run.c: one execution: globals as when the program began, setup, the threads, check. */
#include <stdio.h>
#include <stdlib.h>

#include "engine.h"

static void start_threads(void)
{
	struct thread *me = engine->self;

	for (unsigned i = 0; i < MODEL_THREADS; i++) {
		struct thread *t = &engine->threads[i + 1];

		t->what = engine->model->threads[i];
		if (t->what.run == NULL)
			break;
		t->now = me->now;
		t->now.clock[i + 1] = 1;
		t->state = STATE_READY;
	}
	me->now.clock[0]++;
	engine->several = true;
}

static void join_threads(void)
{
	struct thread *me = engine->self;

	me->state = STATE_JOINS;
	engine_block();
	engine->several = false;
	for (unsigned i = 1; i < THREADS; i++)
		engine_join(&me->now, &engine->threads[i].now);
}

static GR_NORETURN void go_home(void)
{
	engine->finished = true;
	gr_context_switch(&engine->self->context, &engine->home, NULL);
	abort();
}

static void first_main(void *message)
{
	(void)message;
	engine->model->setup();
	start_threads();
	join_threads();
	if (engine->model->check != NULL)
		engine->model->check();
	go_home();
}

static void thread_main(void *message)
{
	(void)message;
	engine->self->what.run(engine->self->what.arg);
	engine_end_thread();
	abort();
}

static void make_thread(unsigned i)
{
	struct thread *t = &engine->threads[i];

	t->what = (struct model_thread){ .name = "setup" };
	t->state = STATE_NONE;
	t->worker = NULL;
	t->error = 0;
	t->seen_count = t->pauses = 0;
	t->alone = NULL;
	engine_empty_view(&t->now);
	engine_empty_view(&t->acquired);
	engine_empty_view(&t->released);
	gr_context_make(&t->context, engine_stack_get(), i == 0 ? first_main : thread_main);
}

void engine_run_once(void)
{
	engine->execution++;
	engine->failure = FAIL_NONE;
	engine->message[0] = '\0';
	engine->finished = engine->several = engine->grew = false;
	engine->preemptions = engine->stale = 0;
	engine->step = 0;
	engine->depth = 0;
	engine->time = INT64_C(1) << 40;
	engine_arena_reset();
	engine_memory_reset();
	engine_queues_reset();
	for (unsigned i = 0; i < THREADS; i++)
		make_thread(i);
	engine->self = &engine->threads[0];
	engine->self->state = STATE_READY;
	engine->self->now.clock[0] = 1;
	gr_context_switch(&engine->home, &engine->self->context, NULL);
	engine->steps += engine->step;
}

void engine_start_over(void)
{
	engine->grew = true;
	go_home();
}

void engine_fail(enum failure kind, const char *format, ...)
{
	va_list args;

	engine->failure = kind;
	va_start(args, format);
	vsnprintf(engine->message, sizeof(engine->message), format, args);
	va_end(args);
	go_home();
}

void engine_broken(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "model %s: ", engine->model->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(3);
}

void model_check_failed(const char *file, int line, const char *cond)
{
	engine_fail(FAIL_CHECK, "%s:%d: %s", file, line, cond);
}

void model_stuck(const char *who)
{
	engine_fail(FAIL_DEADLOCK, "%s sleeps, and nobody will come", who);
}

unsigned model_choose(unsigned n)
{
	unsigned taken;

	engine->step++;
	taken = engine_choose('c', n);
	engine_trace("chooses %u of %u", taken, n);
	return taken;
}

unsigned model_self(void)
{
	return (unsigned)(engine->self - engine->threads);
}
