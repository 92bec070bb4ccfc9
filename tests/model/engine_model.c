/* SPDX-License-Identifier: MIT */
/* engine_model.c: the engine's own test: each kind of mistake, which must be found, and beside it
 * the same without the mistake, which must pass. */
#include <string.h>

#include "base/atomic.h"
#include "base/check.h"
#include "model.h"
#include "os/os.h"

struct box {
	unsigned flag;
	unsigned word;
	unsigned char bytes[2];
	unsigned value;
	struct box *next;
};

static struct box *box;
static unsigned futex;

static void setup(void)
{
	box = model_alloc(sizeof(*box));
	model_name(box, sizeof(*box), "box");
}

/* Message passing of a plain value: with release, and without. */
static void write_then_say(void *arg)
{
	(void)arg;
	box->value = 7;
	gr_store_release(&box->flag, 1);
}

static void write_then_mumble(void *arg)
{
	(void)arg;
	box->value = 7;
	gr_store_relaxed(&box->flag, 1);
}

static void hear_then_read(void *arg)
{
	(void)arg;
	while (!gr_load_acquire(&box->flag))
		gr_cpu_relax();
	MODEL_CHECK(box->value == 7);
}

static void read_plainly(void *arg)
{
	(void)arg;
	MODEL_CHECK(box->flag < 2);
}

static void byte_0(void *arg)
{
	(void)arg;
	box->bytes[0]++;
}

static void byte_1(void *arg)
{
	(void)arg;
	box->bytes[1]++;
}

static void clear_bytes(void *arg)
{
	(void)arg;
	memset(box->bytes, 0, sizeof(box->bytes));
}

/* The last one out frees. */
static void leave(void *arg)
{
	(void)arg;
	if (gr_fetch_add_acq_rel(&box->word, 1) == 1)
		model_free(box);
}

static void leave_relaxed(void *arg)
{
	(void)arg;
	box->bytes[model_self() - 1] = 1;
	if (gr_fetch_add_relaxed(&box->word, 1) == 1)
		model_free(box);
}

static void leave_and_look_back(void *arg)
{
	(void)arg;
	if (gr_fetch_add_acq_rel(&box->word, 1) == 1)
		model_free(box);
	else
		(void)gr_load_relaxed(&box->flag);
}

/* A frame that another thread writes to, while it is there and later. */
static __attribute__((noinline)) void lend_frame(bool wait)
{
	unsigned local[2] = { 0, 0 };

	gr_store_release(&box->next, (struct box *)(void *)local);
	while (wait && !gr_load_acquire(&local[0]))
		gr_cpu_relax();
}

static void lend_and_wait(void *arg)
{
	(void)arg;
	lend_frame(true);
}

static void lend_and_go(void *arg)
{
	(void)arg;
	lend_frame(false);
	gr_store_release(&box->flag, 1);
}

static void use_frame(void *arg)
{
	unsigned *lent;

	(void)arg;
	while ((lent = (unsigned *)(void *)gr_load_acquire(&box->next)) == NULL)
		gr_cpu_relax();
	gr_store_release(&lent[0], 1);
}

/* Waits until the frame is dead: all in order, and wrong all the same. */
static void use_dead_frame(void *arg)
{
	(void)arg;
	while (!gr_load_acquire(&box->flag))
		gr_cpu_relax();
	gr_store_release((unsigned *)(void *)gr_load_relaxed(&box->next), 1);
}

/* Sleep and wake, and a wake that is lost because the sleeper does not look again. */
static void sleep_well(void *arg)
{
	(void)arg;
	while (!gr_load_acquire(&futex))
		gr_os_futex_wait(&futex, 0, GR_OS_FOREVER);
}

static void sleep_blindly(void *arg)
{
	(void)arg;
	if (!gr_load_acquire(&futex))
		gr_os_futex_wait(&futex, gr_load_relaxed(&futex), GR_OS_FOREVER);
}

static void wake(void *arg)
{
	(void)arg;
	gr_store_release(&futex, 1u);
	gr_os_futex_wake(&futex, 1);
}

static void wait_for_ever(void *arg)
{
	(void)arg;
	while (!gr_load_relaxed(&box->flag))
		gr_cpu_relax();
}

static void run_for_ever(void *arg)
{
	(void)arg;
	while (!gr_load_relaxed(&box->flag))
		;
}

static void stand_still(void *arg)
{
	(void)arg;
	for (;;)
		;
}

static void add_in_two_steps(void *arg)
{
	(void)arg;
	gr_store_relaxed(&box->word, gr_load_relaxed(&box->word) + 1);
}

static void check_two(void)
{
	MODEL_CHECK(box->word == 2);
}

static void break_invariant(void *arg)
{
	(void)arg;
	GR_CHECK(!gr_load_relaxed(&box->flag));
}

static void write_outside(void *arg)
{
	(void)arg;
	box[1].flag = 1;
}

/* Memory that is used again starts anew: an old value of the word that was there before must not
 * be read. */
static void use_again(void *arg)
{
	(void)arg;
	for (unsigned i = 1; i < 4; i++)
		gr_store_release(&box->word, i);
	box->word = 0;
	gr_store_release(&box->flag, 1);
}

static void read_again(void *arg)
{
	(void)arg;
	while (!gr_load_acquire(&box->flag))
		gr_cpu_relax();
	MODEL_CHECK(gr_load_relaxed(&box->word) == 0);
}

static void choose(void *arg)
{
	(void)arg;
	MODEL_CHECK(model_choose(5) != 4);
}

/* clang-format off */
#define T(function) { .name = #function, .run = (function) }
#define PASSES(title, ...) { .name = (title), .setup = setup, .threads = { __VA_ARGS__ } }
#define FAILS(title, kind, ...) \
	{ .name = (title), .setup = setup, .fails = (kind), .threads = { __VA_ARGS__ } }

static const struct model models[] = {
	PASSES("a message", T(write_then_say), T(hear_then_read)),
	FAILS("a message, relaxed", "race", T(write_then_mumble), T(hear_then_read)),
	FAILS("plain against atomic", "race", T(write_then_say), T(read_plainly)),
	PASSES("neighbours", T(byte_0), T(byte_1)),
	FAILS("the same byte", "race", T(byte_0), T(byte_0)),
	FAILS("memset", "race", T(byte_0), T(clear_bytes)),
	PASSES("the last frees", T(leave), T(leave)),
	FAILS("the last frees, relaxed", "dead", T(leave_relaxed), T(leave_relaxed)),
	FAILS("a look back", "dead", T(leave_and_look_back), T(leave_and_look_back)),
	PASSES("a frame lent", T(lend_and_wait), T(use_frame)),
	FAILS("a frame lent too short", "dead", T(lend_and_go), T(use_frame)),
	FAILS("a frame used later", "dead", T(lend_and_go), T(use_dead_frame)),
	FAILS("outside", "dead", T(write_outside)),
	PASSES("sleep", T(sleep_well), T(wake)),
	FAILS("a wake-up lost", "deadlock", T(sleep_blindly), T(wake)),
	FAILS("nobody comes", "deadlock", T(wait_for_ever)),
	FAILS("no end", "livelock", T(run_for_ever)),
	FAILS("no end, no step", "livelock", T(stand_still)),
	PASSES("two steps, alone", T(add_in_two_steps)),
	{ .name = "two steps", .setup = setup, .fails = "check", .check = check_two,
		.threads = { T(add_in_two_steps), T(add_in_two_steps) } },
	FAILS("an invariant", "check", T(break_invariant), T(write_then_say)),
	PASSES("memory used again", T(use_again), T(read_again)),
	FAILS("choices", "check", T(choose)),
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
