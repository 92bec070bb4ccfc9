/* SPDX-License-Identifier: MIT */
/* memory.c: C11's memory, operationally: what a load may read.
 *
 * Each location has its stores in modification order, each thread a view: of every location the
 * oldest store it may still read, of every thread the operations that happened before. A store
 * carries the view that an acquire which reads it takes over.
 *
 *  M1  A load reads any store not older than the thread's view; then the view is at that store.
 *  M2  A release store carries the thread's view; a relaxed one what was there at the last release
 *      fence. A read-modify-write carries on what it read (release sequences as of C20: a plain
 *      store of the same thread does not).
 *  M3  A relaxed load keeps what it read for the next acquire fence.
 *  M4  seq_cst: a view of all. A fence takes it over and adds its own; a load reads no older store
 *      than it knows; a store or read-modify-write adds itself. It orders nothing else: races
 *      go by clocks, which only acquire and release pass on.
 *  M5  A store may come earlier in modification order than the newest, as far as the thread's view
 *      and seq_cst stores allow; not between a read-modify-write and what it read.
 *  M6  The asymmetric fences: light is a fence towards heavy ones alone, and heavy is a seq_cst
 *      fence that also is one towards the light. That is what atomic.h promises, and less
 *      than membarrier(2) does: so a missing light is found, too.
 *
 * Memory itself holds the newest value at all times. */
#include <string.h>

#include "base/atomic.h"
#include "engine.h"

/* Loads ----------------------------------------------------------------------------------- */

static bool acquires(enum model_order order)
{
	return order != MODEL_RELAXED && order != MODEL_RELEASE;
}

static bool releases(enum model_order order)
{
	return order >= MODEL_RELEASE;
}

static void note_seen(struct thread *t, uint32_t location, uint32_t key)
{
	unsigned i = 0;

	while (i < t->seen_count && t->seen[i].location != location)
		i++;
	if (i == t->seen_count)
		t->seen_count++;
	t->seen[i] = (struct seen){ location, key };
}

static void take_over(uint32_t location, const struct store *s, enum model_order order)
{
	struct thread *t = engine->self;

	note_seen(t, location, s->key);
	engine_raise_key(&t->now, location, s->key);
	if (acquires(order))
		engine_join(&t->now, &s->view);
	else
		engine_join(&t->acquired, &s->view); /* M3 */
}

/* One of those that may be read; none whose value is *but, unless it is the newest. */
static const struct store *pick(uint32_t location, enum model_order order, const uint64_t *but)
{
	const struct location *l = &engine->locations[location];
	uint32_t oldest = engine_key(&engine->self->now, location);
	const struct store *list[STORES];
	unsigned n = 0, taken;

	if (order == MODEL_SEQ_CST && engine_key(&engine->sc, location) > oldest)
		oldest = engine_key(&engine->sc, location); /* M4 */
	list[n++] = engine_newest_store(l);
	if (engine->several && engine->stale < engine->options.stale)
		for (unsigned i = l->count - 1; i-- > 0 && l->stores[i]->key >= oldest;)
			if (but == NULL || l->stores[i]->value != *but)
				list[n++] = l->stores[i];
	taken = engine_choose('v', n);
	if (taken != 0)
		engine->stale++;
	return list[taken];
}

uint64_t model_load(const volatile void *p, size_t size, enum model_order order, const char *site)
{
	bool alone = engine_point(p, false);
	const struct store *s;
	uint32_t location;

	engine_access(p, size, ACCESS_READ | ACCESS_ATOMIC, site);
	if (alone) {
		engine->self->alone = engine_cell((uintptr_t)p);
		return engine_read(p, size);
	}
	location = engine_locate(p, size);
	s = pick(location, order, NULL);
	take_over(location, s, order);
	engine_trace("%s [%s]: %#llx%s", site, engine_describe(p), (unsigned long long)s->value,
		s == engine_newest_store(&engine->locations[location]) ? "" : " (not the newest)");
	return s->value;
}

/* Where no other thread comes. Should one come after all, this execution will not count. */
static void write_alone(volatile void *p, size_t size, uint64_t value)
{
	engine_write(p, size, value);
	if (engine_cell((uintptr_t)p) != NULL && engine_cell((uintptr_t)p)->atomic)
		engine_dirty((uintptr_t)p, size);
}

/* Stores ---------------------------------------------------------------------------------- */

/* The end of the modification order, or somewhere before (M5). */
static uint32_t place(uint32_t location, enum model_order order)
{
	const struct location *l = &engine->locations[location];
	uint32_t after = engine_key(&engine->self->now, location);
	uint32_t keys[STORES + 1];
	unsigned n = 0, taken;

	if (order == MODEL_SEQ_CST && engine_key(&engine->sc, location) > after)
		after = engine_key(&engine->sc, location);
	keys[n++] = engine_newest_store(l)->key + ENGINE_KEY_STEP;
	if (engine->several && engine->stale < engine->options.stale)
		for (unsigned i = l->count - 1; i-- > 0 && l->stores[i]->key >= after;)
			if (!l->stores[i + 1]->rmw && l->stores[i + 1]->key - l->stores[i]->key > 1)
				keys[n++] = l->stores[i]->key +
					(l->stores[i + 1]->key - l->stores[i]->key) / 2;
	taken = engine_choose('v', n);
	if (taken != 0)
		engine->stale++;
	return keys[taken];
}

static void tick(struct thread *t)
{
	t->now.clock[t - engine->threads]++;
}

/* What the store carries (M2), and what the thread and all seq_cst operations know of it. */
static void give_out(struct store *s, uint32_t location, enum model_order order)
{
	struct thread *t = engine->self;

	engine_raise_key(&t->now, location, s->key);
	engine_join(&s->view, releases(order) ? &t->now : &t->released);
	engine_raise_key(&s->view, location, s->key);
	if (order == MODEL_SEQ_CST)
		engine_raise_key(&engine->sc, location, s->key);
	if (releases(order))
		tick(t);
	for (unsigned i = 0; i < t->seen_count; i++)
		if (t->seen[i].location == location)
			t->seen[i].key = engine_newest(location);
}

void model_store(
	volatile void *p, size_t size, uint64_t value, enum model_order order, const char *site)
{
	bool alone = engine_point(p, true);
	struct location *l;
	struct store *s;
	uint32_t location;

	engine_access(p, size, ACCESS_WRITE | ACCESS_ATOMIC, site);
	if (alone) {
		write_alone(p, size, value);
		return;
	}
	location = engine_locate(p, size);
	l = &engine->locations[location];
	if (size < 8)
		value &= (UINT64_C(1) << 8 * size) - 1;
	s = engine_add_store(l, place(location, order), value);
	give_out(s, location, order);
	if (s == engine_newest_store(l))
		engine_write(p, size, value);
	engine_trace("%s [%s]= %#llx%s", site, engine_describe(p), (unsigned long long)value,
		s == engine_newest_store(l) ? "" : " (before others)");
}

/* Read-modify-writes ---------------------------------------------------------------------- */

static void replace(
	uint32_t location, volatile void *p, size_t size, uint64_t value, enum model_order order)
{
	struct location *l = &engine->locations[location];
	const struct store *old = engine_newest_store(l);
	struct store *s;

	if (size < 8)
		value &= (UINT64_C(1) << 8 * size) - 1;
	take_over(location, old, order);
	s = engine_add_store(l, old->key + ENGINE_KEY_STEP, value);
	s->rmw = true;
	engine_copy_view(&s->view, &old->view); /* M2 */
	give_out(s, location, order);
	engine_write(p, size, value);
}

static uint64_t compute(enum model_rmw operation, uint64_t old, uint64_t operand)
{
	switch (operation) {
	case MODEL_ADD:
		return old + operand;
	case MODEL_SUB:
		return old - operand;
	case MODEL_OR:
		return old | operand;
	case MODEL_AND:
		return old & operand;
	default:
		return operand;
	}
}

uint64_t model_rmw(volatile void *p, size_t size, enum model_rmw operation, uint64_t operand,
	enum model_order order, const char *site)
{
	bool alone = engine_point(p, true);
	uint32_t location;
	uint64_t old, value;

	engine_access(p, size, ACCESS_WRITE | ACCESS_ATOMIC, site);
	if (alone) {
		old = engine_read(p, size);
		write_alone(p, size, compute(operation, old, operand));
		return old;
	}
	location = engine_locate(p, size);
	old = engine_newest_store(&engine->locations[location])->value;
	value = compute(operation, old, operand);
	replace(location, p, size, value, order);
	engine_trace("%s [%s]: %#llx -> %#llx", site, engine_describe(p), (unsigned long long)old,
		(unsigned long long)engine_read(p, size));
	return old;
}

static bool cas_alone(volatile void *p, size_t size, void *expected, uint64_t wanted,
	uint64_t value, const char *site)
{
	uint64_t found = engine_read(p, size);

	engine_access(p, size, ACCESS_WRITE | ACCESS_ATOMIC, site);
	if (found == wanted)
		write_alone(p, size, value);
	else
		engine_write(expected, size, found);
	return found == wanted;
}

/* Fails like a load, which may find something older. */
bool model_cas(volatile void *p, size_t size, void *expected, uint64_t value,
	enum model_order order, const char *site)
{
	enum model_order failing = order == MODEL_ACQ_REL ? MODEL_ACQUIRE :
		order == MODEL_RELEASE                    ? MODEL_RELAXED :
							    order;
	uint64_t wanted = engine_read(expected, size);
	bool alone = engine_point(p, true);
	const struct store *s;
	uint32_t location;

	if (alone)
		return cas_alone(p, size, expected, wanted, value, site);
	location = engine_locate(p, size);
	s = pick(location, failing, &wanted);
	engine_access(
		p, size, (s->value == wanted ? ACCESS_WRITE : ACCESS_READ) | ACCESS_ATOMIC, site);
	if (s->value == wanted) {
		replace(location, p, size, value, order);
		engine_trace("%s [%s]: %#llx -> %#llx", site, engine_describe(p),
			(unsigned long long)wanted, (unsigned long long)engine_read(p, size));
		return true;
	}
	take_over(location, s, failing);
	engine_write(expected, size, s->value);
	engine_trace("%s [%s]: fails, %#llx%s", site, engine_describe(p),
		(unsigned long long)s->value,
		s == engine_newest_store(&engine->locations[location]) ? "" : " (not the newest)");
	return false;
}

/* Fences ---------------------------------------------------------------------------------- */

static void fence_release(struct thread *t)
{
	engine_copy_view(&t->released, &t->now);
	tick(t);
}

static void fence_seq_cst(struct thread *t)
{
	engine_join(&t->now, &t->acquired);
	engine_join_keys(&t->now, &engine->sc);
	engine_join_keys(&engine->sc, &t->now);
	fence_release(t);
}

void model_fence(int kind, const char *site)
{
	struct thread *t = engine->self;

	if (kind != MODEL_ACQUIRE && kind != MODEL_RELEASE) /* those are the thread's own affair */
		engine_point(NULL, false);
	engine_trace("%s", site);
	switch (kind) {
	case MODEL_ACQUIRE:
		engine_join(&t->now, &t->acquired);
		break;
	case MODEL_RELEASE:
		fence_release(t);
		break;
	case MODEL_SEQ_CST:
		fence_seq_cst(t);
		break;
	case MODEL_LIGHT: /* M6 */
		engine_join_keys(&engine->light, &t->now);
		engine_join_keys(&t->now, &engine->heavy);
		break;
	case MODEL_HEAVY:
		fence_seq_cst(t);
		engine_join_keys(&t->now, &engine->light);
		engine_join_keys(&engine->heavy, &t->now);
		fence_release(t);
		break;
	}
}
