/* SPDX-License-Identifier: MIT */
/* view.c: what a thread, a store or a fence knows of the others (engine.h, struct view). Keys that
 * are not counted are 0. */
#include <string.h>

#include "engine.h"

void engine_join(struct view *to, const struct view *from)
{
	uint32_t n = from->count;

	for (uint32_t i = to->count; i < n; i++)
		to->key[i] = 0;
	if (to->count < n)
		to->count = n;
	for (uint32_t i = 0; i < n; i++)
		if (to->key[i] < from->key[i])
			to->key[i] = from->key[i];
	for (unsigned i = 0; i < THREADS; i++)
		if (to->clock[i] < from->clock[i])
			to->clock[i] = from->clock[i];
}

/* Without what happened before. */
void engine_join_keys(struct view *to, const struct view *from)
{
	uint32_t clock[THREADS];

	memcpy(clock, to->clock, sizeof(clock));
	engine_join(to, from);
	memcpy(to->clock, clock, sizeof(clock));
}

uint32_t engine_key(const struct view *v, uint32_t location)
{
	return location < v->count ? v->key[location] : 0;
}

void engine_raise_key(struct view *v, uint32_t location, uint32_t key)
{
	for (; v->count <= location; v->count++)
		v->key[v->count] = 0;
	if (v->key[location] < key)
		v->key[location] = key;
}

void engine_copy_view(struct view *to, const struct view *from)
{
	memcpy(to, from, offsetof(struct view, key) + from->count * sizeof(from->key[0]));
}

void engine_empty_view(struct view *v)
{
	v->count = 0;
	memset(v->clock, 0, sizeof(v->clock));
}
