/* SPDX-License-Identifier: MIT */
/* threads.c: who goes on. Asked before each atomic operation on what several threads touch and one
 * writes: on anything else, another's operations before or after make no difference. */
#include "engine.h"

/* The one that runs comes first, if it can go on. */
static unsigned candidates(struct thread *list[THREADS])
{
	unsigned n = 0;

	if (engine_enabled(engine->self))
		list[n++] = engine->self;
	for (unsigned i = 0; i < THREADS; i++)
		if (&engine->threads[i] != engine->self && engine_enabled(&engine->threads[i]))
			list[n++] = &engine->threads[i];
	return n;
}

static void switch_to(struct thread *to)
{
	struct thread *from = engine->self;

	if (to == from)
		return;
	engine->self = to;
	gr_context_switch(&from->context, &to->context, NULL);
}

static bool is_shared(const struct cell *c)
{
	return c->written && (c->touched & (c->touched - 1)) != 0;
}

/* Is it touched by several threads, and written by one, as far as is known? */
static bool shared(const volatile void *p, bool writes)
{
	struct cell *c = engine_cell((uintptr_t)p);
	bool was;

	if (c == NULL)
		return true;
	was = is_shared(c);
	c->touched |= (uint8_t)(1u << model_self());
	c->written |= writes;
	if (is_shared(c) && !was)
		engine->grew = true;
	return is_shared(c);
}

bool engine_point(const volatile void *p, bool writes)
{
	struct thread *list[THREADS];
	unsigned taken;

	if (!engine->several)
		return true;
	if (++engine->step > engine->options.steps)
		engine_fail(FAIL_LIVELOCK, "more than %lu steps", engine->options.steps);
	if (p != NULL && !engine->replaying && !shared(p, writes))
		return true;
	if (engine->preemptions >= engine->options.preemptions)
		return false;
	taken = engine_choose('t', candidates(list));
	if (taken != 0) {
		engine->preemptions++;
		switch_to(list[taken]);
	}
	return false;
}

static void explain_deadlock(void)
{
	static const char *const words[] = { "not started", "ready", "spins", "pauses",
		"sleeps on a futex", "receives", "joins", "done" };
	struct thread *self = engine->self;

	for (unsigned i = 1; i < THREADS; i++)
		if (engine->threads[i].state != STATE_NONE) {
			engine->self = &engine->threads[i];
			engine_trace("%s", words[engine->threads[i].state]);
		}
	engine->self = self;
}

void engine_block(void)
{
	struct thread *list[THREADS];
	unsigned n = candidates(list);

	if (n == 0) {
		engine->still = true;
		n = candidates(list);
		engine->still = false;
	}
	if (n == 0 && engine->several) {
		engine->quiet = true; /* whoever receives will receive nothing more */
		n = candidates(list);
	}
	if (n == 0) {
		explain_deadlock();
		engine_fail(FAIL_DEADLOCK, "nobody can go on, and not all have ended");
	}
	if (++engine->step > engine->options.steps)
		engine_fail(FAIL_LIVELOCK, "more than %lu steps", engine->options.steps);
	switch_to(list[engine_choose('t', n)]);
}
