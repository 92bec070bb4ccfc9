/* SPDX-License-Identifier: MIT */
/* lock_model.c: base/lock.h: one at a time, in order, and the unlock is the last access. */
#include "base/lock.h"

#include "model.h"

struct object {
	struct gr_lock lock;
	unsigned users; /* guarded */
};

static struct object *object;

static void setup_for(unsigned users)
{
	object = model_alloc(sizeof(*object));
	object->users = users;
	model_name(&object->lock, sizeof(object->lock), "lock");
	model_name(object, sizeof(*object), "object");
}

static void setup_two(void)
{
	setup_for(2);
}

static void setup_three(void)
{
	setup_for(3);
}

static void leave(void *arg)
{
	unsigned left;

	(void)arg;
	gr_lock_acquire(&object->lock);
	left = --object->users;
	gr_lock_release(&object->lock);
	if (left == 0)
		model_free(object); /* L1 */
}

static void leave_if_free(void *arg)
{
	unsigned left;

	(void)arg;
	while (!gr_lock_try(&object->lock))
		model_spin();
	left = --object->users;
	gr_lock_release(&object->lock);
	if (left == 0)
		model_free(object);
}

static void lock_twice(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 2; i++) {
		gr_lock_acquire(&object->lock);
		object->users++;
		gr_lock_release(&object->lock);
	}
}

static void check_six(void)
{
	MODEL_CHECK(object->users == 6);
}

/* clang-format off */
static const struct model models[] = {
	{ .name = "lock, the last frees", .setup = setup_three, .preemptions = 3,
		.threads = { { "a", leave, NULL }, { "b", leave, NULL }, { "c", leave, NULL } } },
	{ .name = "lock, try", .setup = setup_two, .preemptions = 4,
		.threads = { { "a", leave, NULL }, { "b", leave_if_free, NULL } } },
	{ .name = "lock, again", .setup = setup_two, .check = check_six, .preemptions = 4,
		.threads = { { "a", lock_twice, NULL }, { "b", lock_twice, NULL } } },
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
