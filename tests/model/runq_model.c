/* SPDX-License-Identifier: MIT */
/* runq_model.c: sched/runq: each coroutine is taken once, by one who sees what its pusher wrote,
 * while the ring wraps, grows and sheds, and while the next-slot is filled and emptied. */
#include "hands.h"
#include "sched/runq.h"

#define THIEVES 2

static struct gr_runq *queue;         /* the owner's */
static struct gr_runq *loot[THIEVES]; /* of the thieves */

static void name(struct gr_runq *q, const char *head, const char *tail, const char *slot)
{
	model_name(&q->head, sizeof(q->head), head);
	model_name(&q->tail, sizeof(q->tail), tail);
	model_name(&q->slot, sizeof(q->slot), slot);
}

/* Its indices are about to wrap. */
static struct gr_runq *make(void)
{
	struct gr_runq *q = model_alloc(sizeof(*q));

	gr_runq_init(q);
	gr_store_relaxed(&q->head, UINT32_MAX - 1);
	gr_store_relaxed(&q->tail, UINT32_MAX - 1);
	return q;
}

static void setup(void)
{
	hands_open();
	queue = make();
	name(queue, "head", "tail", "slot");
	model_name(queue->first_cells, sizeof(queue->first_cells), "cell");
	for (unsigned i = 0; i < THIEVES; i++)
		loot[i] = make();
	name(loot[0], "head of loot", "tail of loot", "slot of loot");
}

/* As ready.c does it. */
static void push(unsigned n)
{
	struct gr_coro *co = hands_make(n), *last, *first, *next;
	unsigned count;

	if (gr_runq_push(queue, co))
		return;
	if (!gr_runq_grow(queue)) {
		first = gr_runq_shed(queue, &last, &count);
		MODEL_CHECK(count == 0 || last->next == NULL);
		for (; first != NULL; first = next, count--) {
			next = first->next;
			hands_run(first);
		}
		MODEL_CHECK(count == 0);
	}
	MODEL_CHECK(gr_runq_push(queue, co));
}

static void run_next(struct gr_runq *q)
{
	struct gr_coro *co = gr_runq_next(q);

	if (co != NULL)
		hands_run(co);
}

static void push_and_pop(void *arg)
{
	(void)arg;
	push(0);
	push(1);
	run_next(queue);
	push(2);
	run_next(queue);
}

static void push_many(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 5; i++)
		push(i);
	run_next(queue);
}

/* The ring has grown to its most, and is almost full. */
static void setup_grown(void)
{
	setup();
	for (unsigned i = 0; i < 7; i++)
		push(i);
}

static void push_too_many(void *arg)
{
	(void)arg;
	push(7);
	push(8);
}

static void push_the_last(void *arg)
{
	(void)arg;
	push(7);
	run_next(queue);
}

/* What one coroutine does when it wakes others: the later displaces the earlier. */
static void wake_two(void *arg)
{
	struct gr_coro *displaced;

	(void)arg;
	gr_runq_fill_slot(queue, hands_make(0));
	displaced = gr_runq_put_slot(queue, hands_make(1));
	if (displaced != NULL)
		MODEL_CHECK(gr_runq_push(queue, displaced));
	run_next(queue);
	run_next(queue);
}

static void wake_after_wake(void *arg)
{
	(void)arg;
	gr_runq_fill_slot(queue, hands_make(0));
	run_next(queue);
	if (gr_load_relaxed(&queue->slot) == NULL) /* R4 */
		gr_runq_fill_slot(queue, hands_make(1));
}

static void steal_from(struct gr_runq *from, unsigned thief)
{
	struct gr_coro *co = gr_runq_steal(loot[thief], from);

	MODEL_CHECK(gr_runq_len(from) <= GR_RUNQ_MOST);
	for (; co != NULL; co = gr_runq_pop(loot[thief]))
		hands_run(co);
}

static void steal(void *thief)
{
	steal_from(queue, (unsigned)(uintptr_t)thief);
}

static void steal_twice(void *thief)
{
	steal(thief);
	steal(thief);
}

static void take_slot(void *unused)
{
	struct gr_coro *co = gr_runq_take_slot(queue);

	(void)unused;
	if (co != NULL)
		hands_run(co);
}

/* Leaves the rest where others can take it. */
static void steal_and_keep(void *thief)
{
	struct gr_coro *co = gr_runq_steal(loot[(uintptr_t)thief], queue);

	if (co != NULL)
		hands_run(co);
}

static void steal_the_loot(void *thief)
{
	steal_from(loot[0], (unsigned)(uintptr_t)thief);
}

static void check_done(unsigned n)
{
	struct gr_coro *co;

	while ((co = gr_runq_next(queue)) != NULL)
		hands_run(co);
	for (unsigned i = 0; i < THIEVES; i++)
		while ((co = gr_runq_next(loot[i])) != NULL)
			hands_run(co);
	hands_all_done(n);
	gr_runq_fini(queue);
}

static void check_two(void)
{
	check_done(2);
}

static void check_three(void)
{
	check_done(3);
}

static void check_five(void)
{
	check_done(5);
}

static void check_eight(void)
{
	check_done(8);
}

static void check_nine(void)
{
	check_done(9);
}

/* clang-format off */
#define THIEF(n, how) { "thief", how, (void *)(uintptr_t)(n) }
static const struct model models[] = {
	{ .name = "runq, wrap", .setup = setup, .check = check_three,
		.threads = { { "owner", push_and_pop, NULL }, THIEF(0, steal), THIEF(1, steal) } },
	{ .name = "runq, grow", .setup = setup, .check = check_five, .preemptions = 3,
		.threads = { { "owner", push_many, NULL }, THIEF(0, steal_twice) } },
	{ .name = "runq, shed", .setup = setup_grown, .check = check_nine, .preemptions = 3,
		.threads = { { "owner", push_too_many, NULL }, THIEF(0, steal) } },
	{ .name = "runq, slot", .setup = setup, .check = check_two, .preemptions = 3,
		.threads = { { "owner", wake_two, NULL }, THIEF(0, take_slot), THIEF(1, steal) } },
	{ .name = "runq, slot again", .setup = setup, .check = check_two, .preemptions = 3,
		.threads = { { "owner", wake_after_wake, NULL }, THIEF(0, take_slot),
			THIEF(1, take_slot) } },
	{ .name = "runq, loot", .setup = setup_grown, .check = check_eight,
		.threads = { { "owner", push_the_last, NULL }, THIEF(0, steal_and_keep),
			THIEF(1, steal_the_loot) } },
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
