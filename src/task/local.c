/* SPDX-License-Identifier: MIT */
/* local.c: values that each coroutine has for itself.
 *
 *  L1  A key is generation << 10 | index. The table says which generation of an index is in use:
 *      an odd one. Create and free each add one, under `lock`; so a freed key never becomes
 *      valid again, and 0 never is one.
 *  L2  A coroutine's values lie in an array of its own that only it touches. A slot says for
 *      which key it was set: what was left there by a freed key is nobody's.
 *  L3  A destructor is read together with its generation, under `lock`, and called without it.
 *
 * Orderings: generations are stored and read relaxed but for the copy under the lock. Whoever
 * passes a key to another thread, or frees it, orders that himself.
 */
#include "goro/local.h"

#include <errno.h>
#include <stdlib.h>

#include "base/lock.h"
#include "sched/worker.h"
#include "task/local.h"

#define INDEX_BITS 10
#define KEYS       (1u << INDEX_BITS)
#define ROUNDS     4 /* of destructors that set values again; then they are dropped */

struct key {
	uint64_t generation;
	void (*destructor)(void *);
};

struct slot {
	uint64_t key;
	void *value;
};

struct locals {
	size_t count;
	struct slot slots[];
};

static struct {
	struct gr_lock lock;
	struct key keys[KEYS];
} table;

static size_t index_of(uint64_t key)
{
	return key & (KEYS - 1);
}

static bool valid(uint64_t key)
{
	uint64_t generation = key >> INDEX_BITS;

	return generation % 2 == 1 &&
		gr_load_relaxed(&table.keys[index_of(key)].generation) == generation;
}

static struct slot *slot_of(const struct gr_coro *co, uint64_t key)
{
	struct locals *l = co->locals;

	return l == NULL || index_of(key) >= l->count ? NULL : &l->slots[index_of(key)];
}

/* Makes room for `key`. NULL: out of memory. */
static struct slot *make_slot(struct gr_coro *co, uint64_t key)
{
	struct locals *old = co->locals;
	size_t had = old == NULL ? 0 : old->count;
	size_t count = 4;
	struct locals *l;

	while (count <= index_of(key))
		count *= 2;
	l = realloc(old, sizeof *l + count * sizeof l->slots[0]);
	if (l == NULL)
		return NULL;
	for (size_t i = had; i < count; i++)
		l->slots[i] = (struct slot){ 0, NULL };
	l->count = count;
	co->locals = l;
	return &l->slots[index_of(key)];
}

int goro_local_create(goro_local *key, void (*destructor)(void *))
{
	int rc = -ENOMEM;

	if (key == NULL)
		return -EINVAL;
	gr_lock_acquire(&table.lock);
	for (size_t i = 0; i < KEYS; i++) {
		struct key *k = &table.keys[i];

		if (k->generation % 2 == 1)
			continue;
		k->destructor = destructor;
		gr_store_relaxed(&k->generation, k->generation + 1);
		*key = (goro_local){ k->generation << INDEX_BITS | i };
		rc = 0;
		break;
	}
	gr_lock_release(&table.lock);
	return rc;
}

int goro_local_free(goro_local key)
{
	struct key *k = &table.keys[index_of(key.key_)];
	int rc = -EINVAL;

	gr_lock_acquire(&table.lock);
	if (valid(key.key_)) {
		gr_store_relaxed(&k->generation, k->generation + 1);
		k->destructor = NULL;
		rc = 0;
	}
	gr_lock_release(&table.lock);
	return rc;
}

void *goro_local_get(goro_local key)
{
	struct gr_coro *co = gr_running();
	struct slot *s = co == NULL ? NULL : slot_of(co, key.key_);

	return s != NULL && s->key == key.key_ && valid(key.key_) ? s->value : NULL;
}

int goro_local_set(goro_local key, void *value)
{
	struct gr_coro *co = gr_running();
	struct slot *s;

	if (!valid(key.key_))
		return -EINVAL;
	if (co == NULL)
		return -EPERM;
	s = slot_of(co, key.key_);
	if (s == NULL)
		s = make_slot(co, key.key_);
	if (s == NULL)
		return -ENOMEM;
	*s = (struct slot){ key.key_, value };
	return 0;
}

/* The end ------------------------------------------------------------------------------------ */

static void (*destructor_of(uint64_t key))(void *)
{
	void (*destructor)(void *);

	gr_lock_acquire(&table.lock);
	destructor = valid(key) ? table.keys[index_of(key)].destructor : NULL;
	gr_lock_release(&table.lock);
	return destructor;
}

/* One round. The array may move meanwhile. Returns whether a destructor was called. */
static bool destroy_values(struct gr_coro *co)
{
	bool called = false;

	for (size_t i = 0; i < ((struct locals *)co->locals)->count; i++) {
		struct slot s = ((struct locals *)co->locals)->slots[i];
		void (*destructor)(void *) = s.value == NULL ? NULL : destructor_of(s.key);

		if (destructor == NULL)
			continue;
		((struct locals *)co->locals)->slots[i].value = NULL;
		destructor(s.value);
		called = true;
	}
	return called;
}

void gr_local_finish_slow(struct gr_coro *co)
{
	for (int round = 0; round < ROUNDS && destroy_values(co); round++)
		;
	free(co->locals);
	co->locals = NULL;
}
