/* SPDX-License-Identifier: MIT */
/* bitlock_model.c: sync/bitlock.h: a count and the lock of its queue in one word. What lets the
 * last one know that it is the last, and what releases the lock, is one store. */
#include "sync/bitlock.h"

#include "model.h"

#define ONE UINT64_C(2)

struct object {
	uint64_t word; /* how many use it; the lock bit */
	unsigned guarded;
};

static struct object *object;

static void setup(void)
{
	object = model_alloc(sizeof(*object));
	object->word = 3 * ONE;
	model_name(&object->word, sizeof(object->word), "word");
	model_name(object, sizeof(*object), "object");
}

static void leave_locked(void *arg)
{
	uint64_t seen = gr_bitlock_acquire(&object->word);

	(void)arg;
	MODEL_CHECK(!(seen & GR_BITLOCK));
	object->guarded++;
	gr_bitlock_release(&object->word, seen - ONE);
	if (seen == ONE)
		model_free(object); /* B2 */
}

/* As a fast path does it: expects the bit clear. */
static void leave_fast(void *arg)
{
	uint64_t seen = gr_load_relaxed(&object->word);

	(void)arg;
	for (;;) {
		if (seen & GR_BITLOCK) {
			leave_locked(NULL);
			return;
		}
		if (gr_cas_acq_rel(&object->word, &seen, seen - ONE))
			break;
	}
	if (seen == ONE)
		model_free(object);
}

/* As a park does it: the lock is dropped by the commit, which knows the word's address alone. */
static void leave_by_drop(void *arg)
{
	(void)arg;
	gr_bitlock_acquire(&object->word);
	object->guarded++;
	gr_bitlock_drop(&object->word);
	leave_fast(NULL);
}

/* clang-format off */
static const struct model models[] = {
	{ .name = "bitlock, the last frees", .setup = setup, .preemptions = 3,
		.threads = { { "locked", leave_locked, NULL }, { "locked too", leave_locked, NULL },
			{ "fast", leave_fast, NULL } } },
	{ .name = "bitlock, drop", .setup = setup, .preemptions = 3,
		.threads = { { "dropper", leave_by_drop, NULL }, { "locked", leave_locked, NULL },
			{ "fast", leave_fast, NULL } } },
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
