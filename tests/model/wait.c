/* SPDX-License-Identifier: MIT */
/* wait.c: what threads wait for. */
#include "engine.h"

static bool changed(const struct thread *t)
{
	for (unsigned i = 0; i < t->seen_count; i++)
		if (engine_newest(t->seen[i].location) != t->seen[i].key)
			return true;
	return false;
}

static bool all_done(void)
{
	for (unsigned i = 1; i < THREADS; i++)
		if (engine->threads[i].state != STATE_DONE &&
			engine->threads[i].state != STATE_NONE)
			return false;
	return true;
}

bool engine_enabled(const struct thread *t)
{
	switch (t->state) {
	case STATE_READY:
		return true;
	case STATE_SPINS:
		return changed(t);
	case STATE_PAUSES:
		return engine->still || changed(t);
	case STATE_SLEEPS:
		return t->woken || t->timed;
	case STATE_RECEIVES:
		return engine->quiet || engine->queues[t->queue].count != 0;
	case STATE_JOINS:
		return all_done();
	default:
		return false;
	}
}

void engine_end_thread(void)
{
	engine_trace("ends");
	engine->self->state = STATE_DONE;
	engine_block();
}

void model_spin(void)
{
	struct thread *t = engine->self;

	if (!engine->several)
		engine_fail(FAIL_DEADLOCK, "the setup or the check waits, and nobody else runs");
	if (t->seen_count == 0 && t->alone != NULL) {
		t->alone->touched = 0xff; /* whoever waits for it to change expects others there */
		t->alone->written = true;
		engine_start_over();
	}
	if (t->seen_count == 0)
		return; /* it has looked at nothing since it last waited */
	t->state = STATE_SPINS;
	engine_block();
	t->state = STATE_READY;
	t->seen_count = 0;
	t->alone = NULL;
}

/* It may well go on, but not for ever where nobody else does. */
unsigned model_pause(void)
{
	struct thread *t = engine->self;

	if (changed(t))
		t->pauses = 0;
	if (t->pauses++ < 2)
		return 0;
	t->state = STATE_PAUSES;
	engine_block();
	t->state = STATE_READY;
	t->seen_count = t->pauses = 0;
	return 0;
}

/* Messages ---------------------------------------------------------------------------------- */

void engine_queues_reset(void)
{
	engine->quiet = false;
	for (unsigned i = 0; i < MODEL_QUEUES; i++) {
		engine->queues[i].first = engine->queues[i].count = 0;
		engine_empty_view(&engine->queues[i].view);
	}
}

void model_send(unsigned queue, void *message)
{
	struct queue *q = &engine->queues[queue];
	unsigned room = sizeof(q->messages) / sizeof(q->messages[0]);

	if (q->count == room)
		engine_broken("more than %u messages", room);
	engine_trace("sends %p", message);
	q->messages[(q->first + q->count++) % room] = message;
	engine_join(&q->view, &engine->self->now);
	engine->self->now.clock[model_self()]++;
}

void *model_receive(unsigned queue)
{
	struct queue *q = &engine->queues[queue];
	struct thread *t = engine->self;
	void *message;

	t->state = STATE_RECEIVES;
	t->queue = queue;
	engine_block();
	t->state = STATE_READY;
	if (q->count == 0)
		return NULL;
	message = q->messages[q->first];
	q->first = (q->first + 1) % (sizeof(q->messages) / sizeof(q->messages[0]));
	q->count--;
	engine_join(&t->now, &q->view);
	engine_trace("receives %p", message);
	return message;
}
