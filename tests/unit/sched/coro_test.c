/* SPDX-License-Identifier: MIT */
/* coro_test.c: descriptors: generations, ids, caches, the registry; and the flag that cancels.
 * No worker runs here: who is made runnable comes out of the global queue. */
#include "../unit.h"

#include "sched/cancel.h"
#include "sched/inject.h"

static const struct gr_entry entry = { .nint = 0 };

static struct gr_coro_cache cache;
static struct gr_stack_cache stacks;
static int class;

static int start_rooms(void **state)
{
	(void)state;
	assert_int_equal(gr_stack_start(), 0);
	class = gr_stack_class(0);
	gr_stack_cache_init(&stacks, class);
	return gr_coro_start();
}

static int stop_rooms(void **state)
{
	(void)state;
	gr_coro_cache_flush(&cache);
	gr_stack_cache_fini(&stacks);
	gr_coro_stop();
	gr_stack_stop();
	return 0;
}

static struct gr_coro *make(bool cancelled)
{
	struct gr_coro *co =
		gr_coro_make(&cache, &stacks, &entry, class, cancelled ? GR_CORO_CANCELLED : 0);

	assert_non_null(co);
	return co;
}

static void end(struct gr_coro *co)
{
	gr_coro_end(&cache, &stacks, co);
}

static void a_new_one_is_alive_and_has_no_stack_yet(void **state)
{
	struct gr_coro *co = make(false);

	(void)state;
	assert_true(gr_coro_live(co));
	assert_false(gr_cancelled(co));
	assert_null(co->stack);
	assert_null(co->locals);
	assert_string_equal(co->name, "");
	assert_ptr_equal(gr_coro_at(co->index), co);
	assert_true(co->index < gr_coro_count());
	assert_int_equal(gr_wait_state(co->wait.word), GR_WAIT_RUNNING);
	end(co);
	assert_false(gr_coro_live(co));
}

static void one_may_be_born_cancelled(void **state)
{
	struct gr_coro *co = make(true);

	(void)state;
	assert_true(gr_cancelled(co));
	end(co);
	assert_false(gr_cancelled(co));
	co = make(false);
	assert_false(gr_cancelled(co)); /* the next in the same place is not */
	end(co);
}

static void the_same_place_never_gives_the_same_id(void **state)
{
	struct gr_coro *first = make(false);
	uint64_t last = gr_coro_id(first);

	(void)state;
	assert_true(last != 0);
	end(first);
	for (int i = 0; i < 1000; i++) {
		struct gr_coro *co = make(false);

		assert_ptr_equal(co, first); /* last in, first out */
		assert_true(gr_coro_id(co) > last);
		last = gr_coro_id(co);
		end(co);
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void all_that_live_have_different_ids_and_are_in_the_registry(void **state)
{
	enum { N = 2000 };
	static struct gr_coro *all[N];
	static uint64_t ids[N];
	uint32_t live = 0;

	(void)state;
	for (int i = 0; i < N; i++) {
		all[i] = make(false);
		ids[i] = gr_coro_id(all[i]);
	}
	qsort(ids, N, sizeof(ids[0]), by_value);
	for (int i = 1; i < N; i++)
		assert_true(ids[i] != ids[i - 1]);
	for (uint32_t i = 0; i < gr_coro_count(); i++) {
		assert_int_equal(gr_coro_at(i)->index, i);
		live += gr_coro_live(gr_coro_at(i));
	}
	assert_int_equal(live, N);
	for (int i = 0; i < N; i++)
		end(all[i]);
	assert_true(cache.count <= GR_CORO_CACHE_MAX); /* the rest went where others find it */
}

static void ids_and_handles_go_on_over_a_stop(void **state)
{
	struct gr_coro *co = make(false);
	uint64_t id, life;

	(void)state;
	for (int i = 0; i < 10; i++) {
		end(co);
		co = make(false);
	}
	id = gr_coro_id(co);
	life = co->life;
	end(co);
	stop_rooms(NULL);
	start_rooms(NULL);
	co = make(false);
	assert_true(gr_coro_id(co) >> 28 > id >> 28);
	assert_int_equal(gr_cancel(co, life), -ESRCH);
	end(co);
}

static void a_thread_without_caches_makes_them_too(void **state)
{
	struct gr_coro *co = gr_coro_make(NULL, NULL, &entry, class, 0);

	(void)state;
	assert_non_null(co);
	assert_true(gr_coro_live(co));
	end(co); /* by a worker, into its cache */
}

static void what_a_worker_leaves_behind_others_can_use(void **state)
{
	struct gr_coro *co = make(false), *again;
	uint32_t count;

	(void)state;
	end(co);
	gr_coro_cache_flush(&cache);
	assert_null(cache.first);
	assert_int_equal(cache.count, 0);
	count = gr_coro_count();
	again = make(false);
	assert_int_equal(gr_coro_count(), count);
	end(again);
}

/* Cancel ------------------------------------------------------------------------------------ */

static struct gr_coro *pop_one(void)
{
	unsigned count;
	struct gr_coro *co = gr_inject_pop(1, &count);

	if (co != NULL)
		gr_coro_move(co, GR_CORO_QUEUED, GR_CORO_ASLEEP); /* as if it had run */
	return co;
}

static uint64_t park(struct gr_coro *co, bool cancellable)
{
	uint64_t seq = gr_wait_begin(&co->wait, cancellable);

	assert_false(gr_wait_commit(&co->wait));
	return seq;
}

static void wake_up(struct gr_coro *co, uint64_t seq)
{
	assert_true(gr_wait_claim(&co->wait, seq, 0));
	assert_true(gr_wait_deliver(&co->wait));
	gr_wait_end(&co->wait);
}

static void one_that_runs_is_only_flagged(void **state)
{
	struct gr_coro *co = make(false);

	(void)state;
	assert_int_equal(gr_cancel(co, co->life), 0);
	assert_true(gr_cancelled(co));
	assert_null(pop_one());
	assert_int_equal(gr_cancel(co, co->life), 0); /* again: it is so already */
	end(co);
}

static void one_that_sleeps_is_woken_with_ecanceled(void **state)
{
	struct gr_coro *co = make(false);

	(void)state;
	park(co, true);
	assert_int_equal(gr_cancel(co, co->life), 0);
	assert_ptr_equal(pop_one(), co);
	assert_int_equal(co->wait.outcome, -ECANCELED);
	assert_null(co->wait.node);
	gr_wait_end(&co->wait);
	end(co);
}

static void one_whose_sleep_has_not_been_committed_is_left_to_the_commit(void **state)
{
	struct gr_coro *co = make(false);
	uint64_t seq = gr_wait_begin(&co->wait, true);

	(void)state;
	assert_int_equal(gr_cancel(co, co->life), 0);
	assert_int_equal(gr_wait_state(co->wait.word), GR_WAIT_PARKING);
	assert_null(pop_one());
	assert_false(gr_wait_commit(&co->wait));
	assert_true(gr_cancelled(co)); /* what the commit looks at now */
	wake_up(co, seq);
	end(co);
}

static void one_that_is_shielded_sleeps_on(void **state)
{
	struct gr_coro *co = make(false);
	uint64_t seq = park(co, false);

	(void)state;
	assert_int_equal(gr_cancel(co, co->life), 0);
	assert_int_equal(gr_wait_state(co->wait.word), GR_WAIT_PARKED);
	assert_null(pop_one());
	assert_true(gr_cancelled(co));
	wake_up(co, seq);
	end(co);
}

static void one_that_has_been_claimed_keeps_its_outcome(void **state)
{
	struct gr_coro *co = make(false);
	uint64_t seq = park(co, true);

	(void)state;
	assert_true(gr_wait_claim(&co->wait, seq, 3));
	assert_int_equal(gr_cancel(co, co->life), 0);
	assert_null(pop_one());
	assert_int_equal(co->wait.outcome, 3);
	assert_true(gr_wait_deliver(&co->wait));
	gr_wait_end(&co->wait);
	end(co);
}

static void a_late_cancel_misses_the_next_in_the_same_place(void **state)
{
	struct gr_coro *co = make(false);
	uint64_t life = co->life, seq;

	(void)state;
	end(co);
	assert_int_equal(gr_cancel(co, life), -ESRCH); /* nobody lives there */
	assert_ptr_equal(make(false), co);
	seq = park(co, true);
	assert_int_equal(gr_cancel(co, life), -ESRCH); /* somebody else does */
	assert_false(gr_cancelled(co));
	assert_int_equal(gr_wait_state(co->wait.word), GR_WAIT_PARKED);
	wake_up(co, seq);
	end(co);
}

static void to_cancel_all_wakes_those_who_can_be_and_flags_the_rest(void **state)
{
	struct gr_coro *sleeps = make(false), *runs = make(false), *shielded = make(false);
	struct gr_coro *dead = make(false);
	uint64_t seq;

	(void)state;
	end(dead);
	park(sleeps, true);
	seq = park(shielded, false);
	gr_cancel_all();
	assert_true(gr_cancelled(sleeps) && gr_cancelled(runs) && gr_cancelled(shielded));
	assert_false(gr_cancelled(dead));
	assert_ptr_equal(pop_one(), sleeps);
	assert_null(pop_one());
	gr_cancel_all();
	assert_null(pop_one());
	gr_wait_end(&sleeps->wait);
	wake_up(shielded, seq);
	end(sleeps);
	end(runs);
	end(shielded);
}

#ifdef GORO_DEBUG

static void queue_it_twice(void *arg)
{
	gr_coro_move(arg, GR_CORO_ASLEEP, GR_CORO_QUEUED);
	gr_coro_move(arg, GR_CORO_ASLEEP, GR_CORO_QUEUED);
}

static void resume_it_while_it_runs(void *arg)
{
	gr_coro_move(arg, GR_CORO_ASLEEP, GR_CORO_QUEUED);
	gr_coro_move(arg, GR_CORO_QUEUED, GR_CORO_RUNNING);
	gr_coro_move(arg, GR_CORO_QUEUED, GR_CORO_RUNNING);
}

static void to_be_in_two_queues_or_to_run_twice_is_told(void **state)
{
	struct gr_coro *co = make(false);
	struct child c;

	(void)state;
	c = child_run(queue_it_twice, co);
	assert_child_died_of(c, SIGABRT);
	assert_non_null(strstr(c.said, "is queued where it should be asleep"));
	c = child_run(resume_it_while_it_runs, co);
	assert_child_died_of(c, SIGABRT);
	assert_non_null(strstr(c.said, "is running where it should be queued"));
	end(co);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_one_is_alive_and_has_no_stack_yet),
		cmocka_unit_test(one_may_be_born_cancelled),
		cmocka_unit_test(the_same_place_never_gives_the_same_id),
		cmocka_unit_test(all_that_live_have_different_ids_and_are_in_the_registry),
		cmocka_unit_test(ids_and_handles_go_on_over_a_stop),
		cmocka_unit_test(a_thread_without_caches_makes_them_too),
		cmocka_unit_test(what_a_worker_leaves_behind_others_can_use),
		cmocka_unit_test(one_that_runs_is_only_flagged),
		cmocka_unit_test(one_that_sleeps_is_woken_with_ecanceled),
		cmocka_unit_test(one_whose_sleep_has_not_been_committed_is_left_to_the_commit),
		cmocka_unit_test(one_that_is_shielded_sleeps_on),
		cmocka_unit_test(one_that_has_been_claimed_keeps_its_outcome),
		cmocka_unit_test(a_late_cancel_misses_the_next_in_the_same_place),
		cmocka_unit_test(to_cancel_all_wakes_those_who_can_be_and_flags_the_rest),
#ifdef GORO_DEBUG
		cmocka_unit_test(to_be_in_two_queues_or_to_run_twice_is_told),
#endif
	};

	return cmocka_run_group_tests(tests, start_rooms, stop_rooms);
}
