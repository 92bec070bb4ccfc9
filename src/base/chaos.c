/* SPDX-License-Identifier: MIT */
#define GR_ATOMIC_UNDISTURBED /* or each delay would delay itself */

#include "base/chaos.h"

#ifdef GORO_CHAOS

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "base/check.h"
#include "base/random.h"
#include "os/os.h"

#define OTHERS 4096u /* streams of threads that are no workers begin here */

/* One delay in so many atomic operations on average, one stall in so many. */
#define DELAY_EVERY (UINT32_C(1) << 9)
#define STALL_EVERY (UINT32_C(1) << 20)

static const char *const names[GR_CHAOS_KINDS] = {
	[GR_CHAOS_CLAIM] = "claim",
	[GR_CHAOS_STEAL] = "steal",
	[GR_CHAOS_WAKE] = "wake",
	[GR_CHAOS_LATE] = "late",
	[GR_CHAOS_STALL] = "stall",
	[GR_CHAOS_FULL] = "full",
	[GR_CHAOS_DELAY] = "delay",
	[GR_CHAOS_ATOMIC] = "atomic",
	[GR_CHAOS_SITE] = "site",
	[GR_CHAOS_YIELD] = "yield",
	[GR_CHAOS_ORDER] = "order",
	[GR_CHAOS_INJECT] = "inject",
};

/* Read and written here alone, by functions that are not inlined: a coroutine that calls them may
 * have changed threads since. */
static _Thread_local struct {
	bool begun;
	uint32_t to_delay, to_stall; /* atomic operations until the next one */
	struct gr_random of[GR_CHAOS_KINDS];
} mine;

static uint64_t the_seed;  /* 0: not read yet */
static uint32_t the_kinds; /* bits; the highest one: read */
static uint32_t others;

#define READ (UINT32_C(1) << 31)
#define ALL  ((UINT32_C(1) << GR_CHAOS_KINDS) - 1)

/* All sites of the program or library that this is linked into. */
extern struct gr_chaos_site __start_gr_chaos_sites[] __attribute__((visibility("hidden"), weak));
extern struct gr_chaos_site __stop_gr_chaos_sites[] __attribute__((visibility("hidden"), weak));

/* What to do ---------------------------------------------------------------------------------- */

GR_NOINLINE uint64_t gr_chaos_seed(void)
{
	uint64_t seed = gr_load_relaxed(&the_seed);
	uint64_t unread = 0;
	const char *text;

	if (seed != 0)
		return seed;
	text = getenv("GORO_CHAOS_SEED");
	if (text == NULL)
		text = getenv("GORO_SEED"); /* the same run again is the same bad luck again */
	seed = text != NULL ? strtoull(text, NULL, 0) : gr_os_entropy();
	if (seed == 0)
		seed = 1;
	return gr_cas_relaxed(&the_seed, &unread, seed) ? seed : unread; /* one of us was first */
}

static uint32_t bit_of(const char *name, size_t length)
{
	for (unsigned k = 0; k < GR_CHAOS_KINDS; k++)
		if (strlen(names[k]) == length && memcmp(names[k], name, length) == 0)
			return UINT32_C(1) << k;
	if (length == 3 && memcmp(name, "all", 3) == 0)
		return ALL;
	if (length == 4 && memcmp(name, "none", 4) == 0)
		return 0;
	gr_store_relaxed(&the_kinds, READ); /* the report asks for them */
	gr_check_fail("GORO_CHAOS: there is no kind \"%.*s\"", (int)length, name);
}

static uint32_t kinds_of(const char *list)
{
	uint32_t kinds = list[0] == '-' ? ALL : 0;

	while (*list != '\0') {
		bool off = *list == '-';
		size_t length;

		list += off;
		length = strcspn(list, ",");
		if (off)
			kinds &= ~bit_of(list, length);
		else
			kinds |= bit_of(list, length);
		list += length;
		list += *list == ',';
	}
	return kinds;
}

/* Each is on three times in four. */
static uint32_t kinds_by_seed(void)
{
	struct gr_random r;
	uint32_t kinds = 0;

	gr_random_seed(&r, gr_chaos_seed());
	for (unsigned k = 0; k < GR_CHAOS_KINDS; k++)
		kinds |= (uint32_t)(gr_random_below(&r, 4) != 0) << k;
	return kinds;
}

static uint32_t kinds(void)
{
	uint32_t seen = gr_load_relaxed(&the_kinds);
	const char *list;

	if (gr_likely(seen != 0))
		return seen;
	list = getenv("GORO_CHAOS");
	seen = READ | (list != NULL ? kinds_of(list) : kinds_by_seed());
	gr_store_relaxed(&the_kinds, seen); /* all of us find the same */
	return seen;
}

static bool on(enum gr_chaos_kind kind)
{
	return kinds() >> kind & 1;
}

static const struct gr_chaos_site *chosen_site(void)
{
	size_t n = (size_t)(__stop_gr_chaos_sites - __start_gr_chaos_sites);

	return n == 0 || !on(GR_CHAOS_SITE) ? NULL : &__start_gr_chaos_sites[gr_chaos_seed() % n];
}

size_t gr_chaos_describe(char *text, size_t size)
{
	const struct gr_chaos_site *site = chosen_site();
	size_t n = (size_t)snprintf(text, size,
		"GORO_CHAOS_SEED=%llu GORO_CHAOS=", (unsigned long long)gr_chaos_seed());
	bool any = false;

	for (unsigned k = 0; k < GR_CHAOS_KINDS && n < size; k++)
		if (on((enum gr_chaos_kind)k)) {
			n += (size_t)snprintf(text + n, size - n, any ? ",%s" : "%s", names[k]);
			any = true;
		}
	if (n < size)
		n += (size_t)snprintf(text + n, size - n, "%s", any ? "" : "none");
	if (n < size && site != NULL)
		n += (size_t)snprintf(
			text + n, size - n, "  (site: %s:%u)", site->file, (unsigned)site->line);
	if (n < size)
		n += (size_t)snprintf(text + n, size - n, "\n");
	return n < size ? n : size - 1;
}

/* Draws --------------------------------------------------------------------------------------- */

/* 1 … 2 * mean - 1 */
static uint32_t soon(enum gr_chaos_kind kind, uint32_t mean)
{
	return 1 + gr_random_below(&mine.of[kind], 2 * mean - 1);
}

GR_NOINLINE void gr_chaos_replay(uint64_t from)
{
	struct gr_random mix;

	gr_random_seed(&mix, from);
	for (unsigned k = 0; k < GR_CHAOS_KINDS; k++)
		gr_random_seed(&mine.of[k], gr_random_next(&mix));
	mine.to_delay = soon(GR_CHAOS_ATOMIC, DELAY_EVERY);
	mine.to_stall = soon(GR_CHAOS_STALL, STALL_EVERY);
	mine.begun = true;
}

void gr_chaos_stream(unsigned index)
{
	struct gr_random mix;

	gr_random_seed(&mix, gr_chaos_seed() + index);
	gr_chaos_replay(gr_random_next(&mix));
}

static void begin(void)
{
	__asm__ volatile("" : : : "memory");
	if (gr_unlikely(!mine.begun))
		gr_chaos_stream(OTHERS + gr_fetch_add_relaxed(&others, 1u));
}

GR_NOINLINE unsigned gr_chaos_below(enum gr_chaos_kind kind, unsigned n)
{
	begin();
	return on(kind) ? gr_random_below(&mine.of[kind], n) : 0;
}

GR_NOINLINE bool gr_chaos(enum gr_chaos_kind kind, unsigned n)
{
	begin();
	return on(kind) && gr_random_below(&mine.of[kind], n) == 0;
}

/* Delays -------------------------------------------------------------------------------------- */

static void pause_some(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		gr_cpu_relax();
}

/* Mostly a few pauses; now and then so long that another thread gets the processor. */
static void delay(enum gr_chaos_kind kind)
{
	unsigned draw = gr_random_below(&mine.of[kind], 64);

	if (draw == 0)
		gr_os_nap(1 + gr_random_below(&mine.of[kind], 50000));
	else if (draw < 4)
		gr_os_nap(1); /* the kernel's own shortest */
	else
		pause_some(4 * draw);
}

void gr_chaos_delay(void)
{
	if (gr_chaos(GR_CHAOS_DELAY, 16))
		delay(GR_CHAOS_DELAY);
}

int64_t gr_chaos_late(int64_t now)
{
	return gr_chaos(GR_CHAOS_LATE, 4) ? now - (int64_t)gr_chaos_below(GR_CHAOS_LATE, 500000) :
					    now;
}

/* The countdowns are the only cost of most operations. */
GR_NOINLINE void gr_chaos_at(const struct gr_chaos_site *site)
{
	static const struct gr_chaos_site *chosen; /* the same whoever writes it */
	static bool known;

	begin();
	if (gr_unlikely(!gr_load_acquire(&known))) {
		gr_store_relaxed(&chosen, chosen_site());
		gr_store_release(&known, true);
	}
	if (gr_unlikely(site == gr_load_relaxed(&chosen)) &&
		gr_random_below(&mine.of[GR_CHAOS_SITE], 4) == 0)
		delay(GR_CHAOS_SITE);
	if (gr_unlikely(--mine.to_delay == 0)) {
		mine.to_delay = soon(GR_CHAOS_ATOMIC, DELAY_EVERY);
		if (on(GR_CHAOS_ATOMIC))
			delay(GR_CHAOS_ATOMIC);
	}
	if (gr_unlikely(--mine.to_stall == 0)) {
		mine.to_stall = soon(GR_CHAOS_STALL, STALL_EVERY);
		if (on(GR_CHAOS_STALL))
			gr_os_nap(100000 + gr_random_below(&mine.of[GR_CHAOS_STALL], 12000000));
	}
}

#else

typedef int nothing_here; /* ISO C wants a declaration in every file */

#endif
