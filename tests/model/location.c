/* SPDX-License-Identifier: MIT */
/* location.c: the atomic objects of an execution, found by address, each with its stores. One
 * begins with what memory holds when it is first used, and again after plain code has written
 * there. */
#include <string.h>

#include "engine.h"

void engine_memory_reset(void)
{
	engine->location_count = engine->pool_count = 0;
	engine_empty_view(&engine->sc);
	engine_empty_view(&engine->light);
	engine_empty_view(&engine->heavy);
}

uint64_t engine_read(const volatile void *p, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, (const void *)(uintptr_t)p, size);
	return value;
}

void engine_write(volatile void *p, size_t size, uint64_t value)
{
	memcpy((void *)(uintptr_t)p, &value, size);
}

struct store *engine_add_store(struct location *l, uint32_t key, uint64_t value)
{
	struct store *s;
	unsigned at = l->count;

	if (engine->pool_count == POOL)
		engine_fail(FAIL_LIVELOCK, "more than %d stores", POOL);
	s = &engine->pool[engine->pool_count++];
	s->key = key;
	s->value = value;
	s->rmw = false;
	engine_empty_view(&s->view);
	if (l->count == STORES) {
		memmove(l->stores, l->stores + 1, (STORES - 1) * sizeof(l->stores[0]));
		l->count--;
		at--;
	}
	for (; at > 0 && l->stores[at - 1]->key > key; at--)
		l->stores[at] = l->stores[at - 1];
	l->stores[at] = s;
	l->count++;
	return s;
}

struct store *engine_newest_store(const struct location *l)
{
	return l->stores[l->count - 1];
}

uint32_t engine_newest(uint32_t location)
{
	return engine_newest_store(&engine->locations[location])->key;
}

/* What plain code has put there is all that can be read. */
static void start_anew(struct location *l, const volatile void *p, size_t size)
{
	uint32_t key = l->count == 0 ? 0 : engine_newest_store(l)->key + ENGINE_KEY_STEP;

	l->count = 0;
	l->dirty = false;
	l->size = (uint32_t)size;
	engine_add_store(l, key, engine_read(p, size));
}

static unsigned slot_of(uintptr_t address)
{
	unsigned at = (unsigned)((address * UINT64_C(0x9E3779B97F4A7C15)) >> 54);

	while (engine->index_execution[at] == engine->execution &&
		engine->locations[engine->index[at]].address != address)
		at = (at + 1) % 1024;
	return at;
}

/* Of the bytes that are written, all within eight that are aligned; what stands beside them is not. */
void engine_dirty(uintptr_t address, size_t size)
{
	for (unsigned i = 0; i < 8; i++) {
		uintptr_t begin = (address & ~(uintptr_t)7) + i;
		unsigned at = slot_of(begin);
		struct location *l = &engine->locations[engine->index[at]];

		if (engine->index_execution[at] == engine->execution && begin < address + size &&
			address < begin + l->size)
			l->dirty = true;
	}
}

uint32_t engine_locate(const volatile void *p, size_t size)
{
	unsigned at = slot_of((uintptr_t)p);
	struct location *l;
	struct cell *c;

	if (engine->index_execution[at] == engine->execution) {
		l = &engine->locations[engine->index[at]];
		if (l->dirty || l->size != size)
			start_anew(l, p, size);
		return engine->index[at];
	}
	if (engine->location_count == LOCATIONS)
		engine_broken("more than %d atomic locations", LOCATIONS);
	l = &engine->locations[engine->location_count];
	l->address = (uintptr_t)p;
	l->count = 0;
	start_anew(l, p, size);
	engine->index_execution[at] = engine->execution;
	engine->index[at] = engine->location_count;
	c = engine_cell((uintptr_t)p);
	if (c != NULL)
		c->atomic = true;
	return engine->location_count++;
}
