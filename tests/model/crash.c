/* SPDX-License-Identifier: MIT */
/* crash.c: a signal ends the program, but first says in which execution: --replay shows the way. And
 * who runs for a second of the processor's time without a step has failed: nothing else would end it.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
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

/* A second of it is over. In a handler, but no call of the engine's can be what it interrupts. */
static void look_for_a_step(int signo)
{
	static unsigned long execution, step;

	(void)signo;
	if (execution == engine->execution && step == engine->step)
		engine_fail(FAIL_LIVELOCK, "no step for a second");
	execution = engine->execution;
	step = engine->step;
}

static void expect_steps(void)
{
	/* The failure leaves the handler for good, hence not blocked meanwhile. */
	struct sigaction action = { .sa_handler = look_for_a_step, .sa_flags = SA_NODEFER };
	struct itimerval second = { .it_interval = { .tv_sec = 1 }, .it_value = { .tv_sec = 1 } };

	sigaction(SIGVTALRM, &action, NULL);
	setitimer(ITIMER_VIRTUAL, &second, NULL);
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
	expect_steps();
}
