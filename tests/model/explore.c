/* SPDX-License-Identifier: MIT */
/* explore.c: the tree of choices, depth first. An execution is repeated from its beginning with
 * the same answers up to the last one that has an alternative left.
 *
 * A replay string lists the answers that are not the first, by step and kind, so it does not
 * depend on which questions were worth asking. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "engine.h"

static unsigned from_replay(char kind, unsigned count)
{
	const char *s = engine->options.replay;

	while (*s != '\0') {
		char *end;
		unsigned long step = strtoul(s, &end, 10);
		char found = *end;
		unsigned long taken = strtoul(end + 1, &end, 10);

		if (step == engine->step && found == kind) {
			if (taken >= count)
				engine_broken("the replay does not fit at step %lu", step);
			return (unsigned)taken;
		}
		s = *end == '.' ? end + 1 : end;
	}
	return 0;
}

unsigned engine_choose(char kind, unsigned count)
{
	struct choice *c;

	if (count < 2)
		return 0;
	if (engine->replaying)
		return from_replay(kind, count);
	if (engine->depth == CHOICES)
		engine_fail(FAIL_LIVELOCK, "an execution with %d choices", CHOICES);
	c = &engine->choices[engine->depth++];
	if (engine->depth > engine->length) {
		engine->length = engine->depth;
		*c = (struct choice){ .step = engine->step, .kind = kind, .count = (uint8_t)count };
	} else if (c->step != engine->step || c->kind != kind || c->count != count) {
		engine_broken("step %u: the model does not do the same again", engine->step);
	}
	return c->taken;
}

/* To the next leaf. False: there is none. */
static bool advance(void)
{
	engine->length = engine->depth; /* what a longer one before had chosen further down */
	while (engine->length > 0) {
		struct choice *c = &engine->choices[engine->length - 1];

		if (++c->taken < c->count)
			return true;
		engine->length--;
	}
	return false;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void engine_replay_string(char *text, size_t size)
{
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < engine->depth && n < size; i++) {
		const struct choice *c = &engine->choices[i];

		if (c->taken != 0)
			n += (size_t)snprintf(text + n, size - n, "%s%u%c%u", n == 0 ? "" : ".",
				c->step, c->kind, c->taken);
	}
}

/* Once more, aloud. */
static void tell(void)
{
	enum failure kind = engine->failure;

	engine_replay_string(engine->replay, sizeof(engine->replay));
	engine->options.replay = engine->replay;
	engine->replaying = engine->trace = true;
	printf("\n%s of %s: %s\n", engine_failure_name(kind), engine->model->name, engine->message);
	engine_run_once();
	printf("%s: %s\n--only '%s' --replay '%s'\n", engine_failure_name(kind), engine->message,
		engine->model->name, engine->replay);
	if (engine->failure != kind)
		engine_broken("the replay ends otherwise");
	engine->replaying = engine->trace = false;
}

static void print_line(const char *end, double seconds)
{
	printf("%-28s preemptions %u  stale %u  executions %lu  steps %lu  seconds %.2f  %s\n",
		engine->model->name, engine->options.preemptions, engine->options.stale,
		engine->executions, engine->steps, seconds, end);
	fflush(stdout);
}

static void replay_once(void)
{
	engine->replaying = engine->trace = true;
	engine_run_once();
	printf("%s: %s\n", engine_failure_name(engine->failure), engine->message);
}

void engine_explore(const struct model *m)
{
	const struct options *o = &engine->options;
	double start = seconds_now();
	const char *end = "complete";

	engine->model = m;
	engine->executions = engine->steps = 0;
	engine->length = 0;
	if (o->replay != NULL) {
		replay_once();
		return;
	}
	for (;;) {
		engine_run_once();
		engine->executions++;
		if (engine->failure != FAIL_NONE && !engine->grew) {
			print_line(m->fails != NULL ? "fails" : "FAILED", seconds_now() - start);
			if (m->fails == NULL)
				tell();
			return;
		}
		if (engine->grew)
			engine->length = 0; /* questions were left out that are worth asking */
		else if (!advance())
			break;
		if ((o->executions != 0 && engine->executions >= o->executions) ||
			(engine->executions % 256 == 0 && seconds_now() - start > o->seconds)) {
			end = "CUT OFF: not all executions";
			break;
		}
	}
	print_line(end, seconds_now() - start);
}
