/* SPDX-License-Identifier: MIT */
/* fresh_model.c: sched/fresh: the owner's end and the thieves' end, while the array grows. */
#include "hands.h"
#include "sched/fresh.h"

static struct gr_fresh *fresh;

static void setup(void)
{
	hands_open();
	fresh = model_alloc(sizeof(*fresh));
	fresh->takes = GR_FRESH_OLDEST - 2; /* F2: the second one to come takes the oldest */
	model_name(&fresh->lock, sizeof(fresh->lock), "lock");
	model_name(&fresh->oldest, sizeof(fresh->oldest), "oldest");
	model_name(&fresh->newest, sizeof(fresh->newest), "newest");
	model_name(fresh, sizeof(*fresh), "fresh");
}

static void push(unsigned n)
{
	MODEL_CHECK(gr_fresh_push(fresh, hands_make(n)));
}

static void setup_three(void)
{
	setup();
	for (unsigned i = 0; i < 3; i++)
		push(i);
}

static void run_next(void)
{
	struct gr_coro *co = gr_fresh_pop(fresh);

	if (co != NULL)
		hands_run(co);
}

static void push_and_pop(void *arg)
{
	(void)arg;
	push(0);
	push(1);
	run_next();
	push(2);
	push(3);
	run_next();
}

static void push_two(void *arg)
{
	(void)arg;
	push(3);
	push(4);
}

/* What the owner has pushed and nobody has taken, it finds: an empty look is no hint (F1). */
static void run_all_own(void *arg)
{
	(void)arg;
	push(0);
	run_next();
	MODEL_CHECK(!gr_fresh_any(fresh));
	push(1);
	run_next();
	MODEL_CHECK(gr_fresh_pop(fresh) == NULL);
}

static void steal(void *most)
{
	struct gr_coro *co = gr_fresh_steal(fresh, (unsigned)(uintptr_t)most), *next;

	for (; co != NULL; co = next) {
		next = co->next;
		hands_run(co);
	}
}

static void check_done(unsigned n)
{
	struct gr_coro *co;

	while ((co = gr_fresh_pop(fresh)) != NULL)
		hands_run(co);
	MODEL_CHECK(!gr_fresh_any(fresh));
	hands_all_done(n);
	gr_fresh_fini(fresh);
}

static void check_two(void)
{
	check_done(2);
}

static void check_four(void)
{
	check_done(4);
}

static void check_five(void)
{
	check_done(5);
}

/* clang-format off */
#define THIEF(most) { "thief", steal, (void *)(uintptr_t)(most) }
static const struct model models[] = {
	{ .name = "fresh, push and pop", .setup = setup, .check = check_four,
		.threads = { { "owner", push_and_pop, NULL }, THIEF(8), THIEF(1) } },
	{ .name = "fresh, grow", .setup = setup_three, .check = check_five, .preemptions = 3,
		.threads = { { "owner", push_two, NULL }, THIEF(8), THIEF(8) } },
	{ .name = "fresh, own", .setup = setup, .check = check_two, .preemptions = 3,
		.threads = { { "owner", run_all_own, NULL }, THIEF(8) } },
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
