/* SPDX-License-Identifier: MIT */
/* main.c: options, and what must be found.
 *
 *   --preemptions N  --stale N     the bounds (GORO_MODEL_PREEMPTIONS, GORO_MODEL_STALE)
 *   --seconds S  --executions N    cuts a model off, and says so (GORO_MODEL_SECONDS)
 *   --steps N                      of one execution; more is a livelock
 *   --only NAME                    that model alone
 *   --replay STRING                one execution, told step by step
 *   --expect KIND,...              succeeds only if a model fails so: for broken twins
 *
 * Ends with 0, 1 (failed), 2 (usage) or 3 (a limit of the engine). */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"

struct engine *engine;

static unsigned number_from(const char *variable, unsigned otherwise)
{
	const char *text = getenv(variable);

	return text != NULL && *text != '\0' ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void read_options(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {
		{ "preemptions", required_argument, NULL, 'p' },
		{ "stale", required_argument, NULL, 'v' },
		{ "seconds", required_argument, NULL, 't' },
		{ "executions", required_argument, NULL, 'n' },
		{ "steps", required_argument, NULL, 's' },
		{ "only", required_argument, NULL, 'o' },
		{ "replay", required_argument, NULL, 'r' },
		{ "expect", required_argument, NULL, 'e' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	o->preemptions = number_from("GORO_MODEL_PREEMPTIONS", UINT_MAX);
	o->stale = number_from("GORO_MODEL_STALE", UINT_MAX);
	o->seconds = number_from("GORO_MODEL_SECONDS", 60);
	o->steps = 5000;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'p':
			o->preemptions = (unsigned)atoi(optarg);
			break;
		case 'v':
			o->stale = (unsigned)atoi(optarg);
			break;
		case 't':
			o->seconds = atof(optarg);
			break;
		case 'n':
			o->executions = strtoul(optarg, NULL, 10);
			break;
		case 's':
			o->steps = strtoul(optarg, NULL, 10);
			break;
		case 'o':
			o->only = optarg;
			break;
		case 'r':
			o->replay = optarg;
			break;
		case 'e':
			o->expect = optarg;
			break;
		default:
			exit(2);
		}
	}
}

/* Outcomes -------------------------------------------------------------------------------- */

void model_outcome(const char *text)
{
	unsigned i = 0;

	engine_trace("outcome %s", text);
	while (i < engine->outcome_count && strcmp(engine->outcomes[i], text) != 0)
		i++;
	if (i < engine->outcome_count)
		return;
	if (i == sizeof(engine->outcomes) / sizeof(engine->outcomes[0]))
		engine_broken("too many outcomes");
	snprintf(
		engine->outcomes[engine->outcome_count++], sizeof(engine->outcomes[0]), "%s", text);
}

/* Is `text` one of "a|b|c"? */
static bool among(const char *list, const char *text, size_t n, char separator)
{
	for (const char *s = list; s != NULL; s = strchr(s, separator)) {
		if (*s == separator)
			s++;
		if (strncmp(s, text, n) == 0 && (s[n] == separator || s[n] == '\0'))
			return true;
	}
	return false;
}

static bool outcomes_fit(const struct model *m)
{
	bool fit = true;
	unsigned wanted = 1;

	for (const char *s = m->outcomes; *s != '\0'; s++)
		wanted += *s == '|';
	for (unsigned i = 0; i < engine->outcome_count; i++)
		if (!among(m->outcomes, engine->outcomes[i], strlen(engine->outcomes[i]), '|')) {
			printf("%s: forbidden outcome %s\n", m->name, engine->outcomes[i]);
			fit = false;
		}
	if (fit && wanted != engine->outcome_count) {
		printf("%s: %u outcomes, there should be %s; found:", m->name,
			engine->outcome_count, m->outcomes);
		for (unsigned i = 0; i < engine->outcome_count; i++)
			printf(" %s", engine->outcomes[i]);
		putchar('\n');
		fit = false;
	}
	return fit;
}

/* ------------------------------------------------------------------------------------------ */

/* A failure that must be found has been, or hasn't. */
static bool fails_so(const struct model *m)
{
	const char *kind = engine_failure_name(engine->failure);

	if (strcmp(kind, m->fails) == 0)
		return true;
	printf("%s: should fail with %s, but: %s\n", m->name, m->fails, kind);
	return false;
}

/* UINT_MAX: not asked for. */
static unsigned bound(unsigned asked, unsigned of_model, unsigned otherwise)
{
	if (asked != UINT_MAX)
		return asked;
	if (of_model == MODEL_NONE)
		return 0;
	return of_model != 0 ? of_model : otherwise;
}

/* False: it failed, or did not find what it must. */
static bool explore(const struct model *m, struct options *o)
{
	engine->options = *o;
	engine->options.preemptions = bound(o->preemptions, m->preemptions, 2);
	engine->options.stale = bound(o->stale, m->stale, 1);
	engine->outcome_count = 0;
	engine_explore(m);
	if (m->fails != NULL)
		return fails_so(m);
	if (engine->failure != FAIL_NONE)
		return false;
	return m->outcomes == NULL || o->replay != NULL || outcomes_fit(m);
}

int engine_verdict(bool failed)
{
	const struct options *o = &engine->options;
	const char *kind = engine_failure_name(engine->failure);

	if (o->expect == NULL)
		return failed ? 1 : 0;
	if (failed && among(o->expect, kind, strlen(kind), ',')) {
		printf("failed as expected: %s\n", kind);
		return 0;
	}
	printf("expected to fail with %s, but: %s\n", o->expect, failed ? kind : "it did not");
	return 1;
}

int model_main(int argc, char **argv, const struct model *models, size_t count)
{
	struct options options = { .only = NULL };
	bool failed = false;

	read_options(argc, argv, &options);
	gr_context_start();
	engine_memory_map();
	engine_catch_crashes();
	for (size_t i = 0; i < count && !failed; i++)
		if (options.only == NULL || strcmp(options.only, models[i].name) == 0)
			failed = !explore(&models[i], &options);
	return engine_verdict(failed);
}
