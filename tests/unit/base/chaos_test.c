/* SPDX-License-Identifier: MIT */
/* chaos_test.c: a seed gives a thread the same decisions again, kind by kind (chaos.h). */
#include "../unit.h"

#include <sys/resource.h>

#include "base/atomic.h"
#include "base/chaos.h"

#ifdef GORO_CHAOS

#include <sys/mman.h>

/* The test itself must not draw: its children inherit what it has read of the environment. */
static void *shared_memory(size_t size)
{
	void *m = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(m != MAP_FAILED);
	return m;
}

enum { DRAWS = 200 };

struct run {
	const char *seed, *kinds;
	unsigned stream;
	unsigned char drawn[GR_CHAOS_KINDS][DRAWS];
};

/* In a child, since a process reads its seed once. */
static void draw_all(void *arg)
{
	struct run *r = arg;

	setenv("GORO_CHAOS_SEED", r->seed, 1);
	setenv("GORO_CHAOS", r->kinds, 1);
	gr_chaos_stream(r->stream);
	for (unsigned i = 0; i < DRAWS; i++)
		for (unsigned k = 0; k < GR_CHAOS_KINDS; k++)
			r->drawn[k][i] = (unsigned char)gr_chaos_below((enum gr_chaos_kind)k, 256);
}

static struct run *run(const char *seed, const char *kinds, unsigned stream)
{
	struct run *r = shared_memory(sizeof(*r));

	*r = (struct run){ .seed = seed, .kinds = kinds, .stream = stream };
	child_run(draw_all, r);
	return r;
}

static bool same(const struct run *a, const struct run *b, unsigned kind)
{
	return memcmp(a->drawn[kind], b->drawn[kind], DRAWS) == 0;
}

static void a_seed_and_a_stream_give_the_same_decisions_again(void **state)
{
	struct run *a = run("42", "all", 3), *again = run("42", "all", 3);
	struct run *seed = run("43", "all", 3), *stream = run("42", "all", 4);

	(void)state;
	for (unsigned k = 0; k < GR_CHAOS_KINDS; k++) {
		assert_true(same(a, again, k));
		assert_false(same(a, seed, k));
		assert_false(same(a, stream, k));
		for (unsigned other = 0; other < k; other++)
			assert_memory_not_equal(a->drawn[k], a->drawn[other], DRAWS);
	}
}

static void what_is_turned_off_draws_nothing_and_leaves_the_others_alone(void **state)
{
	static const unsigned char nothing[DRAWS];
	struct run *all = run("42", "all", 3), *some = run("42", "-steal,-late", 3);
	struct run *two = run("42", "steal,late", 3), *none = run("42", "none", 3);

	(void)state;
	for (unsigned k = 0; k < GR_CHAOS_KINDS; k++) {
		bool in_two = k == GR_CHAOS_STEAL || k == GR_CHAOS_LATE;
		struct run *on = in_two ? two : some, *off = in_two ? some : two;

		assert_true(same(all, on, k));
		assert_memory_equal(off->drawn[k], nothing, DRAWS);
		assert_memory_equal(none->drawn[k], nothing, DRAWS);
	}
}

static void name_a_kind_that_is_not(void *arg)
{
	setenv("GORO_CHAOS", "claim,stael", 1);
	gr_chaos(GR_CHAOS_CLAIM, 2);
	(void)arg;
}

static void an_unknown_kind_is_refused(void **state)
{
	struct child c = child_run(name_a_kind_that_is_not, NULL);

	(void)state;
	assert_child_died_of(c, SIGABRT);
	assert_non_null(strstr(c.said, "there is no kind \"stael\""));
}

static void be_described(void *arg)
{
	char text[256];

	(void)arg;
	setenv("GORO_CHAOS_SEED", "7", 1);
	setenv("GORO_CHAOS", "late,site,claim", 1);
	gr_os_write_all(2, text, gr_chaos_describe(text, sizeof(text)));
}

static uint32_t word;

static GR_NOINLINE void touch(void)
{
	gr_store_relaxed(&word, gr_load_relaxed(&word) + 1);
}

static void a_failure_says_how_to_have_it_again_and_which_atomic_is_delayed(void **state)
{
	struct child c = child_run(be_described, NULL);

	(void)state;
	assert_non_null(strstr(c.said, "GORO_CHAOS_SEED=7 GORO_CHAOS=claim,late,site  (site: "));
	assert_non_null(strstr(c.said, ".c:"));
}

/* Nobody comes by here: sites that are not those of touch(). */
static GR_NOINLINE uint32_t look_elsewhere(void)
{
	return gr_load_acquire(&word) + gr_load_seq_cst(&word);
}

uint32_t (*volatile chaos_test_elsewhere)(void) = look_elsewhere;

/* In a child: how often so many passages slept, with only the site's delays. */
struct passing {
	char seed[24];
	long sleeps;
};

static long count_sleeps(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return use.ru_nvcsw;
}

static void pass_often(void *arg)
{
	struct passing *p = arg;
	long before;

	setenv("GORO_CHAOS_SEED", p->seed, 1);
	setenv("GORO_CHAOS", "site", 1);
	before = count_sleeps();
	for (int i = 0; i < 4000; i++)
		touch();
	p->sleeps = count_sleeps() - before;
}

extern struct gr_chaos_site __start_gr_chaos_sites[] __attribute__((visibility("hidden")));
extern struct gr_chaos_site __stop_gr_chaos_sites[] __attribute__((visibility("hidden")));

/* Among as many seeds as there are sites one delays the load of touch(), one its store, and no other
 * either of them. One delay in sixteen sleeps, one passage in four is delayed. */
static void each_atomic_in_turn_is_delayed(void **state)
{
	size_t seeds = (size_t)(__stop_gr_chaos_sites - __start_gr_chaos_sites);
	struct passing *p = shared_memory(seeds * sizeof(*p));
	size_t delayed = 0;

	(void)state;
	assert_true(seeds >= 4);
	for (size_t i = 0; i < seeds; i++) {
		snprintf(p[i].seed, sizeof(p[i].seed), "%zu", i + 1);
		child_run(pass_often, &p[i]);
		delayed += p[i].sleeps > 20;
	}
	assert_int_equal(delayed, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_and_a_stream_give_the_same_decisions_again),
		cmocka_unit_test(what_is_turned_off_draws_nothing_and_leaves_the_others_alone),
		cmocka_unit_test(an_unknown_kind_is_refused),
		cmocka_unit_test(a_failure_says_how_to_have_it_again_and_which_atomic_is_delayed),
		cmocka_unit_test(each_atomic_in_turn_is_delayed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void without_chaos_nothing_is_left_to_chance(void **state)
{
	(void)state;
	gr_chaos_stream(1);
	for (int i = 0; i < 1000; i++)
		for (unsigned k = 0; k < GR_CHAOS_KINDS; k++) {
			assert_false(gr_chaos((enum gr_chaos_kind)k, 1));
			assert_int_equal(gr_chaos_below((enum gr_chaos_kind)k, 9), 0);
		}
	assert_int_equal(gr_chaos_late(5), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_chaos_nothing_is_left_to_chance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
