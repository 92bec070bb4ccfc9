/* SPDX-License-Identifier: MIT */
/* atomic_test.c: the operations do what their names say, and the litmus tests that the rest
 * relies on (atomic.h). An ordering that is missing shows on most machines in some rounds only. */
#include "../unit.h"

#include "base/atomic.h"
#include "os/os.h"

/* Every ordering of one operation. */
#define each_ordering(check) \
	check(relaxed) check(acquire) check(release) check(acq_rel) check(seq_cst)

static void read_modify_writes_return_the_value_before(void **state)
{
	(void)state;
#define check(ordering)                                                \
	{                                                              \
		uint64_t w = 12;                                       \
		assert_int_equal(gr_exchange_##ordering(&w, 3), 12);   \
		assert_int_equal(gr_fetch_add_##ordering(&w, 4), 3);   \
		assert_int_equal(gr_fetch_sub_##ordering(&w, 1), 7);   \
		assert_int_equal(gr_fetch_or_##ordering(&w, 9), 6);    \
		assert_int_equal(gr_fetch_and_##ordering(&w, 10), 15); \
		assert_int_equal(w, 10);                               \
	}
	each_ordering(check)
#undef check
}

static void a_compare_exchange_fails_by_value_alone_and_tells_what_it_found(void **state)
{
	(void)state;
#define check(ordering)                                            \
	for (int i = 0; i < 1000; i++) {                           \
		uint32_t w = 5, expected = 5;                      \
		assert_true(gr_cas_##ordering(&w, &expected, 6));  \
		assert_int_equal(expected, 5);                     \
		assert_false(gr_cas_##ordering(&w, &expected, 7)); \
		assert_int_equal(expected, 6);                     \
		assert_int_equal(w, 6);                            \
	}
	each_ordering(check)
#undef check
}

static void loads_and_stores_of_each_width_and_of_pointers(void **state)
{
	uint8_t b = 0;
	uint64_t w = 0;
	void *p = NULL;

	(void)state;
	gr_store_relaxed(&b, 200);
	assert_int_equal(gr_load_relaxed(&b), 200);
	gr_store_release(&w, UINT64_MAX);
	assert_true(gr_load_acquire(&w) == UINT64_MAX);
	gr_store_seq_cst(&p, &w);
	assert_ptr_equal(gr_load_seq_cst(&p), &w);
}

/* Litmus -------------------------------------------------------------------------------------- */

/* Rounds come in batches with a variable of each side for every round. In a batch the sides keep
 * step loosely, by looks that give up after a while and order nothing: so they meet often, and on
 * one CPU too they end. Both have read all variables before: then a load is served at once by the
 * own cache while a store still waits for the other's, and misses happen if they can. */
enum { BATCH = 64, LOOKS = 200 };

struct side {
	uint32_t at GR_ALIGNED; /* the round it is in */
	struct {
		uint32_t value GR_ALIGNED;
	} word[BATCH];
	uint32_t saw[BATCH] GR_ALIGNED;
};

static struct {
	struct side light, heavy;
	uint32_t arrived GR_ALIGNED;
	size_t batches, both_missed;
} litmus;

static void await(uint32_t *word, uint32_t value)
{
	for (unsigned turns = 1; gr_load_acquire(word) < value; turns++)
		if (turns % 1024 == 0)
			gr_os_nap(1000); /* fewer CPUs than threads */
}

static void meet(uint32_t at)
{
	gr_fetch_add_acq_rel(&litmus.arrived, 1);
	await(&litmus.arrived, at);
}

static void read_all(void)
{
	for (uint32_t i = 0; i < BATCH; i++) {
		gr_load_relaxed(&litmus.light.word[i].value);
		gr_load_relaxed(&litmus.heavy.word[i].value);
	}
}

static void keep_step(struct side *mine, const struct side *other, uint32_t round)
{
	gr_store_relaxed(&mine->at, round);
	for (int i = 0; i < LOOKS && gr_load_relaxed(&other->at) < round; i++)
		gr_cpu_relax();
}

static void light_side(void *arg)
{
	struct side *me = &litmus.light, *other = &litmus.heavy;

	(void)arg;
	for (uint32_t b = 0; b < litmus.batches; b++) {
		read_all();
		meet(4 * b + 2);
		for (uint32_t i = 0; i < BATCH; i++) {
			keep_step(me, other, b * BATCH + i);
			gr_store_relaxed(&me->word[i].value, b + 1);
			gr_fence_light();
			me->saw[i] = gr_load_relaxed(&other->word[i].value);
		}
		meet(4 * b + 4);
	}
}

static void heavy_side(void)
{
	struct side *me = &litmus.heavy, *other = &litmus.light;

	for (uint32_t b = 0; b < litmus.batches; b++) {
		read_all();
		meet(4 * b + 2);
		for (uint32_t i = 0; i < BATCH; i++) {
			keep_step(me, other, b * BATCH + i);
			gr_store_relaxed(&me->word[i].value, b + 1);
			gr_fence_heavy();
			me->saw[i] = gr_load_relaxed(&other->word[i].value);
		}
		await(&litmus.arrived, 4 * b + 3); /* the other side is through, and waits for us */
		for (uint32_t i = 0; i < BATCH; i++)
			litmus.both_missed += me->saw[i] != b + 1 && other->saw[i] != b + 1;
		meet(4 * b + 4);
	}
}

static void run_litmus(size_t batches)
{
	struct gr_os_thread t;

	memset(&litmus, 0, sizeof(litmus));
	litmus.batches = batches;
	assert_int_equal(gr_os_thread_start(&t, "light", 0, light_side, NULL), 0);
	heavy_side();
	gr_os_thread_join(&t);
	assert_int_equal(litmus.both_missed, 0);
}

static void without_the_kernels_help_both_fences_are_full(void **state)
{
	(void)state;
	gr_atomic_start(NULL);
	assert_false(gr_atomic_asymmetric);
	run_litmus(scaled(4000));
}

static void with_the_kernels_help_one_of_light_and_heavy_sees_the_others_store(void **state)
{
	(void)state;
	if (!gr_os_membarrier_start())
		skip();
	gr_atomic_start(gr_os_membarrier);
	run_litmus(scaled(400));
	gr_atomic_start(NULL);
}

static int heavy_calls;

static void count_heavy(void)
{
	heavy_calls++;
}

static void heavy_alone_calls_the_kernel_and_only_between_starts(void **state)
{
	(void)state;
	heavy_calls = 0;
	gr_atomic_start(count_heavy);
	gr_fence_light();
	assert_int_equal(heavy_calls, 0);
	gr_fence_heavy();
	assert_int_equal(heavy_calls, GR_ATOMIC_ASYMMETRIC ? 1 : 0);
	gr_atomic_start(NULL);
	gr_fence_heavy();
	assert_int_equal(heavy_calls, GR_ATOMIC_ASYMMETRIC ? 1 : 0);
}

static struct {
	uint64_t plain[4];
	uint32_t sequence GR_ALIGNED;
	size_t rounds, torn;
} message;

static void receive(void *arg)
{
	(void)arg;
	for (uint32_t i = 1; i <= message.rounds; i++) {
		await(&message.sequence, 2 * i - 1);
		for (int k = 0; k < 4; k++)
			message.torn += message.plain[k] != i;
		gr_store_release(&message.sequence, 2 * i);
	}
}

static void what_was_written_before_a_release_is_seen_after_the_acquire(void **state)
{
	struct gr_os_thread t;

	(void)state;
	message.rounds = scaled(2000);
	assert_int_equal(gr_os_thread_start(&t, "receive", 0, receive, NULL), 0);
	for (uint32_t i = 1; i <= message.rounds; i++) {
		for (int k = 0; k < 4; k++)
			message.plain[k] = i;
		gr_store_release(&message.sequence, 2 * i - 1);
		await(&message.sequence, 2 * i);
	}
	gr_os_thread_join(&t);
	assert_int_equal(message.torn, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_modify_writes_return_the_value_before),
		cmocka_unit_test(a_compare_exchange_fails_by_value_alone_and_tells_what_it_found),
		cmocka_unit_test(loads_and_stores_of_each_width_and_of_pointers),
		cmocka_unit_test(without_the_kernels_help_both_fences_are_full),
		cmocka_unit_test(
			with_the_kernels_help_one_of_light_and_heavy_sees_the_others_store),
		cmocka_unit_test(heavy_alone_calls_the_kernel_and_only_between_starts),
		cmocka_unit_test(what_was_written_before_a_release_is_seen_after_the_acquire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
