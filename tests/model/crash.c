/* SPDX-License-Identifier: MIT */
/* crash.c: a signal ends the program, but first says in which execution: --replay shows the way. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"

static void crashed(int signo)
{
	static char text[4096];

	engine->failure = FAIL_CRASH;
	snprintf(engine->message, sizeof(engine->message), "%s", strsignal(signo));
	engine_replay_string(text, sizeof(text));
	printf("\n%s of %s: %s\n--only '%s' --replay '%s'\n", engine_failure_name(FAIL_CRASH),
		engine->model->name, engine->message, engine->model->name, text);
	fflush(stdout);
	_exit(engine_verdict(true));
}

void engine_catch_crashes(void)
{
	static char stack[65536];
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
	stack_t alternative = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_handler = crashed, .sa_flags = SA_ONSTACK };

	sigaltstack(&alternative, NULL);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}
