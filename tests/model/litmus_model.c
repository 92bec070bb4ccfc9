/* SPDX-License-Identifier: MIT */
/* litmus_model.c: the engine's own test: small programs whose outcomes under C11 are known. Each
 * must have exactly these. */
#include <stdio.h>

#include "base/atomic.h"
#include "model.h"

static unsigned x, y, z;
static unsigned r[4];

static void setup(void)
{
	model_name(&x, sizeof(x), "x");
	model_name(&y, sizeof(y), "y");
	model_name(&z, sizeof(z), "z");
}

static void say_two(void)
{
	char text[24];

	snprintf(text, sizeof(text), "%u%u", r[0], r[1]);
	model_outcome(text);
}

static void say_four(void)
{
	char text[24];

	snprintf(text, sizeof(text), "%u%u%u%u", r[0], r[1], r[2], r[3]);
	model_outcome(text);
}

static void say_memory(void)
{
	char text[24];

	snprintf(text, sizeof(text), "%u%u", gr_load_relaxed(&x), gr_load_relaxed(&y));
	model_outcome(text);
}

/* "Store mine, look at yours", with something between. */
#define STORE_THEN_LOAD(name, mine, yours, result, store, between, load) \
	static void name(void *arg)                                      \
	{                                                                \
		(void)arg;                                               \
		store(&(mine), 1);                                       \
		between;                                                 \
		(result) = load(&(yours));                               \
	}

STORE_THEN_LOAD(sb_x, x, y, r[0], gr_store_release, (void)0, gr_load_acquire)
STORE_THEN_LOAD(sb_y, y, x, r[1], gr_store_release, (void)0, gr_load_acquire)
STORE_THEN_LOAD(sb_sc_x, x, y, r[0], gr_store_seq_cst, (void)0, gr_load_seq_cst)
STORE_THEN_LOAD(sb_sc_y, y, x, r[1], gr_store_seq_cst, (void)0, gr_load_seq_cst)
STORE_THEN_LOAD(sb_fence_x, x, y, r[0], gr_store_relaxed, gr_fence_seq_cst(), gr_load_relaxed)
STORE_THEN_LOAD(sb_fence_y, y, x, r[1], gr_store_relaxed, gr_fence_seq_cst(), gr_load_relaxed)
STORE_THEN_LOAD(sb_light_x, x, y, r[0], gr_store_relaxed, gr_fence_light(), gr_load_relaxed)
STORE_THEN_LOAD(sb_light_y, y, x, r[1], gr_store_relaxed, gr_fence_light(), gr_load_relaxed)
STORE_THEN_LOAD(sb_heavy_y, y, x, r[1], gr_store_relaxed, gr_fence_heavy(), gr_load_relaxed)
STORE_THEN_LOAD(sb_plain_x, x, y, r[0], gr_store_relaxed, (void)0, gr_load_relaxed)

/* Message passing: x is the message, y says that it is there. */
#define MESSAGE(name, between, store)    \
	static void name(void *arg)      \
	{                                \
		(void)arg;               \
		gr_store_relaxed(&x, 1); \
		between;                 \
		store(&y, 1);            \
	}
#define LOOK(name, load, between, first, second)   \
	static void name(void *arg)                \
	{                                          \
		(void)arg;                         \
		r[0] = load(&(first));             \
		between;                           \
		r[1] = gr_load_relaxed(&(second)); \
	}

MESSAGE(mp_relaxed, (void)0, gr_store_relaxed)
MESSAGE(mp_release, (void)0, gr_store_release)
MESSAGE(mp_fence, gr_fence_release(), gr_store_relaxed)
LOOK(look_relaxed, gr_load_relaxed, (void)0, y, x)
LOOK(look_acquire, gr_load_acquire, (void)0, y, x)
LOOK(look_fence, gr_load_relaxed, gr_fence_acquire(), y, x)
LOOK(look_same, gr_load_relaxed, (void)0, x, x)

/* Load buffering: 11 is allowed by C11, and not explored. */
static void lb_x(void *arg)
{
	(void)arg;
	r[0] = gr_load_relaxed(&x);
	gr_store_relaxed(&y, 1);
}

static void lb_y(void *arg)
{
	(void)arg;
	r[1] = gr_load_relaxed(&y);
	gr_store_relaxed(&x, 1);
}

/* Independent reads of independent writes. */
#define WRITE(name, place, store)   \
	static void name(void *arg) \
	{                           \
		(void)arg;          \
		store(&(place), 1); \
	}
#define READ_BOTH(name, load, first, second, at) \
	static void name(void *arg)              \
	{                                        \
		(void)arg;                       \
		r[at] = load(&(first));          \
		r[(at) + 1] = load(&(second));   \
	}

WRITE(write_x, x, gr_store_release)
WRITE(write_y, y, gr_store_release)
WRITE(write_sc_x, x, gr_store_seq_cst)
WRITE(write_sc_y, y, gr_store_seq_cst)
READ_BOTH(read_xy, gr_load_acquire, x, y, 0)
READ_BOTH(read_yx, gr_load_acquire, y, x, 2)
READ_BOTH(read_sc_xy, gr_load_seq_cst, x, y, 0)
READ_BOTH(read_sc_yx, gr_load_seq_cst, y, x, 2)

/* Two stores each, in opposite order: what remains? */
static void two_xy(void *arg)
{
	(void)arg;
	gr_store_relaxed(&x, 1);
	gr_store_relaxed(&y, 2);
}

static void two_yx(void *arg)
{
	(void)arg;
	gr_store_relaxed(&y, 1);
	gr_store_relaxed(&x, 2);
}

/* A release sequence: the read-modify-write of another thread carries the message on, a plain
 * store of another does not. */
static void add_y(void *arg)
{
	(void)arg;
	if (gr_load_relaxed(&y) != 0)
		gr_fetch_add_relaxed(&y, 1);
}

static void store_y(void *arg)
{
	(void)arg;
	if (gr_load_relaxed(&y) != 0)
		gr_store_relaxed(&y, 2);
}

static void look_for_two(void *arg)
{
	(void)arg;
	r[0] = gr_load_acquire(&y) == 2;
	r[1] = gr_load_relaxed(&x);
}

static void say_if_two(void)
{
	model_outcome(!r[0] ? "-" : r[1] ? "1" : "0");
}

/* A byte is no older or younger for what is written plainly beside it. */
static struct {
	uint8_t flag, plain;
} pair;

static void mp_beside_plain(void *arg)
{
	(void)arg;
	gr_store_relaxed(&pair.flag, (uint8_t)1);
	pair.plain = 1;
	gr_store_relaxed(&y, 1);
}

static void look_beside_plain(void *arg)
{
	(void)arg;
	r[0] = gr_load_relaxed(&y);
	r[1] = gr_load_relaxed(&pair.flag);
}

static void count(void *arg)
{
	(void)arg;
	gr_fetch_add_relaxed(&x, 1);
}

#define LITMUS(title, say, set, ...)                                                \
	{                                                                           \
		.name = (title), .setup = setup, .check = (say), .outcomes = (set), \
		.threads = { __VA_ARGS__ }, .preemptions = 4, .stale = 2            \
	}
/* clang-format off */
#define T(function) { .name = #function, .run = (function) }
#define ALL_BUT_IRIW "0000|0001|0010|0011|0100|0101|0110|0111|1000|1001|1011|1100|1101|1110|1111"

static const struct model models[] = {
	LITMUS("SB", say_two, "00|01|10|11", T(sb_x), T(sb_y)),
	LITMUS("SB+seq_cst", say_two, "01|10|11", T(sb_sc_x), T(sb_sc_y)),
	LITMUS("SB+fences", say_two, "01|10|11", T(sb_fence_x), T(sb_fence_y)),
	LITMUS("SB+fence+none", say_two, "00|01|10|11", T(sb_plain_x), T(sb_fence_y)),
	LITMUS("SB+light+heavy", say_two, "01|10|11", T(sb_light_x), T(sb_heavy_y)),
	LITMUS("SB+light+light", say_two, "00|01|10|11", T(sb_light_x), T(sb_light_y)),
	LITMUS("SB+none+heavy", say_two, "00|01|10|11", T(sb_plain_x), T(sb_heavy_y)),
	LITMUS("SB+heavy+fence", say_two, "01|10|11", T(sb_fence_x), T(sb_heavy_y)),
	LITMUS("SB+light+fence", say_two, "00|01|10|11", T(sb_light_x), T(sb_fence_y)),
	LITMUS("MP+relaxed", say_two, "00|01|10|11", T(mp_relaxed), T(look_relaxed)),
	LITMUS("MP+release+relaxed", say_two, "00|01|10|11", T(mp_release), T(look_relaxed)),
	LITMUS("MP+relaxed+acquire", say_two, "00|01|10|11", T(mp_relaxed), T(look_acquire)),
	LITMUS("MP+release+acquire", say_two, "00|01|11", T(mp_release), T(look_acquire)),
	LITMUS("MP+fence+acquire", say_two, "00|01|11", T(mp_fence), T(look_acquire)),
	LITMUS("MP+release+fence", say_two, "00|01|11", T(mp_release), T(look_fence)),
	LITMUS("MP+fence+fence", say_two, "00|01|11", T(mp_fence), T(look_fence)),
	LITMUS("MP+relaxed, beside plain memory", say_two, "00|01|10|11",
		T(mp_beside_plain), T(look_beside_plain)),
	LITMUS("LB", say_two, "00|01|10", T(lb_x), T(lb_y)),
	LITMUS("CoRR", say_two, "00|01|11", T(write_x), T(look_same)),
	LITMUS("IRIW", say_four, ALL_BUT_IRIW "|1010",
		T(write_x), T(write_y), T(read_xy), T(read_yx)),
	LITMUS("IRIW+seq_cst", say_four, ALL_BUT_IRIW,
		T(write_sc_x), T(write_sc_y), T(read_sc_xy), T(read_sc_yx)),
	LITMUS("2+2W", say_memory, "11|12|21|22", T(two_xy), T(two_yx)),
	LITMUS("release sequence", say_if_two, "-|1", T(mp_release), T(add_y), T(look_for_two)),
	LITMUS("no release sequence", say_if_two, "-|0|1",
		T(mp_release), T(store_y), T(look_for_two)),
	LITMUS("atomic counter", say_memory, "30", T(count), T(count), T(count)),
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
