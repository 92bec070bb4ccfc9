/* SPDX-License-Identifier: MIT */
/* report.c: what happened, in words. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"

/* "lock+4"; "setup's memory+0x40"; the address. In one of a few buffers, in turn. */
const char *engine_describe(const volatile void *p)
{
	static char buffers[4][96];
	static unsigned turn;
	uintptr_t address = (uintptr_t)p;
	uintptr_t offset = address - engine->world.low;
	char *text = buffers[turn++ % 4];

	for (unsigned i = 0; i < engine->name_count; i++) {
		const struct name *n = &engine->names[i];

		if (address - n->low >= n->high - n->low)
			continue;
		snprintf(text, sizeof(buffers[0]), address == n->low ? "%s" : "%s+%lu", n->text,
			(unsigned long)(address - n->low));
		return text;
	}
	if (address >= engine->stacks && address < engine->world.high)
		snprintf(text, sizeof(buffers[0]), "stack %lu-%#lx",
			(unsigned long)((address - engine->stacks) / STACK_SIZE),
			(unsigned long)(STACK_SIZE - 64 - (address - engine->stacks) % STACK_SIZE));
	else if (offset < THREADS * ARENA_SIZE)
		snprintf(text, sizeof(buffers[0]), "memory of %lu+%#lx",
			(unsigned long)(offset / ARENA_SIZE), (unsigned long)(offset % ARENA_SIZE));
	else
		snprintf(text, sizeof(buffers[0]), "%p", (const void *)address);
	return text;
}

static void ask_addr2line(const void *pc, char *text, size_t size)
{
	char command[256], self[128];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	FILE *f;

	snprintf(text, size, "%p", pc);
	if (n <= 0)
		return;
	self[n] = '\0';
	snprintf(command, sizeof(command), "addr2line -s -e '%s' %p 2>/dev/null", self,
		(const char *)pc - 1);
	f = popen(command, "r");
	if (f == NULL)
		return;
	if (fgets(text, (int)size, f) != NULL)
		text[strcspn(text, "\n")] = '\0';
	pclose(f);
}

const char *engine_where(const struct access *a)
{
	static char buffers[2][256];
	static unsigned turn;
	char *text = buffers[turn++ % 2];

	if (a->kind & ACCESS_ATOMIC)
		return a->where;
	ask_addr2line(a->where, text, sizeof(buffers[0]));
	return text;
}

const char *engine_failure_name(enum failure kind)
{
	static const char *const names[] = { "none", "check", "race", "dead", "deadlock",
		"livelock", "crash" };

	return names[kind];
}

void engine_say(const char *format, ...)
{
	va_list args;

	printf("%5u %u %-12s ", engine->step, model_self(), engine->self->what.name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

void model_note(const char *text)
{
	engine_trace("%s", text);
}
