/* SPDX-License-Identifier: MIT */
/* race.c: who touched which byte last, and which bytes are dead.
 *
 * Each eight bytes of the model's memory keep their last accesses. A new one races with an old one
 * of another thread that it overlaps, if either writes, not both are atomic, and the old one
 * is not in the new one's past. An old one in its past that it covers is forgotten: what races
 * with the old one later would race with the new one, too.
 *
 * The end of a block or of a frame is a write of the whole, after which nobody may come: of a
 * frame, nobody but the stack's own code, which uses the place again. */
#include "engine.h"

struct cell *engine_cell(uintptr_t address)
{
	const struct region *r = &engine->world;
	struct cell *c;

	if (address - r->low >= r->high - r->low) {
		r = &engine->data;
		if (address - r->low >= r->high - r->low)
			return NULL;
	}
	c = &r->cells[(address - r->low) / 8];
	if (c->execution != engine->execution) {
		c->execution = engine->execution;
		c->atomic = false;
		c->count = 0;
	}
	return c;
}

/* A function of this file's caller runs on the stack that contains the address. */
static bool own_stack(uintptr_t address)
{
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);

	return address >= frame && (address & ~(STACK_SIZE - 1)) == (frame & ~(STACK_SIZE - 1));
}

static GR_NORETURN GR_COLD void report(
	uintptr_t address, const struct access *old, const struct access *new)
{
	bool dead = (old->kind | new->kind) & ACCESS_END;
	static const char *const words[] = { "read", "write", "atomic read", "atomic write" };
	const char *was = old->kind & ACCESS_END ? "end" : words[old->kind & 3];
	const char *is = new->kind &ACCESS_END ? "end" : words[new->kind & 3];

	engine_trace("%s", engine_where(new));
	engine_fail(dead ? FAIL_DEAD : FAIL_RACE, "%s: %s by %s at %s; %s by %s at %s",
		engine_describe((void *)address), was, engine->threads[old->thread].what.name,
		engine_where(old), is, engine->threads[new->thread].what.name, engine_where(new));
}

static bool before_now(const struct access *old)
{
	return old->thread == model_self() || old->clock <= engine->self->now.clock[old->thread];
}

static bool conflict(const struct access *old, const struct access *new)
{
	if (!(old->mask & new->mask))
		return false;
	if (old->kind & ACCESS_END)
		return true; /* even if it is in the past */
	if (!((old->kind | new->kind) & (ACCESS_WRITE | ACCESS_END)))
		return false;
	return !(old->kind & new->kind &ACCESS_ATOMIC) && !before_now(old);
}

/* Covered by the new one, and in its past. */
static bool forgettable(const struct access *old, const struct access *new)
{
	unsigned strength = ACCESS_WRITE | ACCESS_END;

	return !(old->mask & ~new->mask) && before_now(old) &&
		(!(old->kind & strength) || (new->kind &strength)) &&
		(old->kind & ACCESS_ATOMIC || !(new->kind &ACCESS_ATOMIC));
}

static void touch(struct cell *c, uintptr_t address, const struct access *new, bool own)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->count; i++) {
		const struct access *old = &c->access[i];

		if (own && old->kind & ACCESS_END && before_now(old))
			continue; /* the place is used again */
		if (conflict(old, new))
			report(address, old, new);
		if (!forgettable(old, new))
			c->access[n++] = *old;
	}
	if (n == ACCESSES) {
		for (unsigned i = 1; i < n; i++)
			c->access[i - 1] = c->access[i];
		n--;
	}
	c->access[n++] = *new;
	c->count = (uint8_t)n;
}

static void check_inside(uintptr_t address, size_t size, const struct access *new)
{
	uintptr_t top = engine_arena_top(address);

	if (address + size > top)
		engine_fail(FAIL_DEAD, "%s: outside of any block, at %s",
			engine_describe((void *)address), engine_where(new));
}

void engine_access(const volatile void *p, size_t size, unsigned kind, const void *where)
{
	uintptr_t address = (uintptr_t)p;
	uintptr_t end = address + size;
	bool own = own_stack(address);
	struct access new = {
		.clock = engine->self->now.clock[model_self()],
		.thread = (uint8_t)model_self(),
		.kind = (uint8_t)kind,
		.where = where,
	};

	while (address < end) {
		unsigned offset = address & 7;
		unsigned n = 8 - offset < end - address ? 8 - offset : (unsigned)(end - address);
		struct cell *c = engine_cell(address);

		if (c == NULL)
			return; /* constants, the C library, the process's own stack */
		if (!own)
			check_inside(address, n, &new);
		new.mask = (uint8_t)(((1u << n) - 1) << offset);
		touch(c, address, &new, own);
		if (c->atomic && (kind & (ACCESS_WRITE | ACCESS_ATOMIC)) == ACCESS_WRITE)
			engine_dirty(address, n);
		address += n;
	}
}

static void end_of(uintptr_t low, uintptr_t high, const void *where, bool whole)
{
	struct access new = {
		.clock = engine->self->now.clock[model_self()],
		.thread = (uint8_t)model_self(),
		.mask = 0xff,
		.kind = ACCESS_WRITE | ACCESS_END,
		.where = where,
	};

	for (uintptr_t address = low & ~(uintptr_t)7; address < high; address += 8) {
		struct cell *c = engine_cell(address);

		if (c == NULL || (!whole && c->count == 0))
			continue;
		if (c->atomic)
			engine_dirty(address, 8);
		touch(c, address, &new, true);
	}
}

void engine_end_of_frame(uintptr_t low, uintptr_t high, const void *where)
{
	end_of(low, high, where, false);
}

void engine_end_of_block(uintptr_t low, uintptr_t high, const void *where)
{
	end_of(low, high, where, true);
}
