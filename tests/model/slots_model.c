/* SPDX-License-Identifier: MIT */
/* slots_model.c: base/slots: each slot has one owner at a time, who sees what the last one left
 * there; who walks the table finds memory behind each index. */
#include "base/slots.h"

#include "model.h"

#define SLOTS 64u /* of the first chunk */

struct thing {
	unsigned owner; /* 0: nobody's; its owner's alone */
	uint32_t index;
	struct thing *next;
	uint32_t generation; /* atomic: stale holders read it */
};

static struct gr_slots *table;

static void setup(void)
{
	table = model_alloc(sizeof(*table));
	model_name(&table->count, sizeof(table->count), "count");
	model_name(&table->lock, sizeof(table->lock), "lock");
	model_name(table, sizeof(*table), "table");
	MODEL_CHECK(gr_slots_init(table, sizeof(struct thing)) == 0);
}

/* All but one of the first chunk are taken. */
static void setup_full(void)
{
	uint32_t index;

	setup();
	for (unsigned i = 0; i < SLOTS - 1; i++)
		MODEL_CHECK(gr_slots_get(table, &index) != NULL);
}

static struct thing *own(struct thing *t)
{
	MODEL_CHECK(t != NULL && t->owner == 0);
	t->owner = model_self();
	gr_store_relaxed(&t->generation, gr_load_relaxed(&t->generation) + 1);
	return t;
}

static void disown(struct thing *t)
{
	MODEL_CHECK(t->owner == model_self());
	t->owner = 0;
}

static struct thing *get(void)
{
	uint32_t index;
	struct thing *t = gr_slots_get(table, &index);

	MODEL_CHECK(t != NULL && gr_slots_at(table, index) == t);
	t = own(t);
	t->index = index;
	t->next = NULL; /* it is the owner's to use */
	return t;
}

static void put(struct thing *t)
{
	disown(t);
	gr_slots_put(table, t->index);
}

static void get_and_put(void *unused)
{
	struct thing *a, *b;

	(void)unused;
	a = get();
	b = get();
	MODEL_CHECK(a != b);
	put(a);
	put(b);
}

static void get_and_put_batch(void *unused)
{
	void *first;
	unsigned n = gr_slots_get_batch(
		table, 2, offsetof(struct thing, next), offsetof(struct thing, index), &first);
	unsigned found = 0;

	(void)unused;
	for (struct thing *t = first; t != NULL; t = t->next, found++)
		own(t);
	MODEL_CHECK(n == 2 && found == n);
	for (struct thing *t = first; t != NULL; t = t->next)
		disown(t);
	gr_slots_put_batch(
		table, offsetof(struct thing, next), offsetof(struct thing, index), first);
}

/* The other way round the second time, since the last one given back is the first one out. */
static void get_and_put_batch_again(void *unused)
{
	get_and_put_batch(unused);
	get_and_put_batch(unused);
}

/* S2, S3: walks what has ever been handed out, without a lock. */
static void walk(void *unused)
{
	uint32_t count = gr_slots_count(table);

	(void)unused;
	for (uint32_t i = count < 2 ? 0 : count - 2; i < count; i++) {
		struct thing *t = gr_slots_at(table, i);

		MODEL_CHECK(gr_load_relaxed(&t->generation) <= 4);
	}
	MODEL_CHECK(gr_slots_count(table) >= count);
}

static void walk_and_count(void *unused)
{
	walk(unused);
	MODEL_CHECK(gr_slots_in_use(table) <= SLOTS + 1);
}

static void check_empty(void)
{
	uint32_t in_use = gr_slots_in_use(table);

	MODEL_CHECK(in_use == 0 || in_use == SLOTS - 1);
	for (uint32_t i = 0; i < gr_slots_count(table); i++)
		MODEL_CHECK(((struct thing *)gr_slots_at(table, i))->owner == 0);
	gr_slots_fini(table);
}

/* clang-format off */
static const struct model models[] = {
	{ .name = "slots, first", .setup = setup, .check = check_empty,
		.threads = { { "user", get_and_put, NULL }, { "user", get_and_put, NULL },
			{ "walker", walk, NULL } } },
	{ .name = "slots, batch", .setup = setup, .check = check_empty,
		.threads = { { "user", get_and_put, NULL }, { "cache", get_and_put_batch, NULL },
			{ "walker", walk, NULL } } },
	{ .name = "slots, grow", .setup = setup_full, .check = check_empty, .preemptions = 3,
		.threads = { { "cache", get_and_put_batch_again, NULL },
			{ "walker", walk_and_count, NULL } } },
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
