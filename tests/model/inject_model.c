/* SPDX-License-Identifier: MIT */
/* inject_model.c: sched/inject: what comes in pieces goes in pieces, each once and in order. */
#include "hands.h"
#include "sched/inject.h"

static void push_piece(unsigned first, unsigned count)
{
	struct gr_coro *piece = hands_make(first);

	for (unsigned i = 1; i < count; i++)
		piece[i - 1].next = hands_make(first + i);
	gr_inject_push(piece, &piece[count - 1], count);
}

static void setup(void)
{
	hands_open();
}

static void setup_two(void)
{
	setup();
	push_piece(0, 2);
}

static void push_two_and_one(void *arg)
{
	unsigned from = (unsigned)(uintptr_t)arg;

	push_piece(from, 2);
	push_piece(from + 2, 1);
}

static void push_one(void *arg)
{
	push_piece((unsigned)(uintptr_t)arg, 1);
}

static bool take(unsigned max)
{
	unsigned count, n = 0;
	struct gr_coro *co = gr_inject_pop(max, &count), *next;

	for (; co != NULL; co = next) {
		next = co->next;
		hands_run(co);
		n++;
	}
	MODEL_CHECK(n == count && n <= max);
	return n != 0;
}

static void take_twice(void *max)
{
	take((unsigned)(uintptr_t)max);
	take((unsigned)(uintptr_t)max);
}

/* Who looks again when the length has become 0 has missed nothing it should know of. */
static void push_and_take(void *arg)
{
	push_one(arg);
	take(1);
}

static void check_done(unsigned n)
{
	while (take(1))
		;
	MODEL_CHECK(gr_inject_len() == 0);
	hands_all_done(n);
}

static void check_three(void)
{
	check_done(3);
}

static void check_four(void)
{
	check_done(4);
}

/* clang-format off */
#define NUMBER(n) (void *)(uintptr_t)(n)
static const struct model models[] = {
	{ .name = "inject, pieces", .setup = setup, .check = check_four,
		.threads = { { "pushes", push_two_and_one, NUMBER(0) },
			{ "pushes", push_one, NUMBER(3) }, { "takes", take_twice, NUMBER(2) } } },
	{ .name = "inject, two take", .setup = setup_two, .check = check_three,
		.threads = { { "pushes", push_and_take, NUMBER(2) },
			{ "takes", take_twice, NUMBER(1) }, { "takes", take_twice, NUMBER(2) } } },
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
