/* SPDX-License-Identifier: MIT */
/* wait_test.c: the word of a sleeper: of all who want it one wins, and it is made runnable once,
 * by the right one, in every order of the steps that wait.h allows. */
#include "../unit.h"

#include <pthread.h>
#include <sched.h>

#include "sched/wait.h"

#define TIMED_OUT (-ETIMEDOUT)
#define GRANTED   7
#define OTHER     8

/* Every order ------------------------------------------------------------------------------- */

/* Each actor carries out its steps in order; the search tries all orders of all actors. */
enum actor { COMMIT, FIRST, SECOND, CANCELLER, STALE, ACTORS };

static const int steps_of[ACTORS] = { 1, 2, 2, 3, 1 };

struct world {
	struct gr_wait wait;
	uint64_t seq;
	uint64_t seen; /* the canceller's copy of the word */
	int done[ACTORS];
	bool won[ACTORS];
	bool committed;
	int pushes;
	int outcome; /* of who won */
};

static uint64_t orders;

static bool push(struct world *w)
{
	w->pushes++;
	return w->committed; /* W1: never before its registers are saved */
}

static bool claim(struct world *w, enum actor a, uint64_t seq, int outcome)
{
	w->won[a] = gr_wait_claim(&w->wait, seq, outcome);
	if (w->won[a])
		w->outcome = outcome;
	return true;
}

static bool deliver(struct world *w, enum actor a)
{
	return !w->won[a] || !gr_wait_deliver(&w->wait) || push(w);
}

static bool cancel_step(struct world *w, int step)
{
	if (step == 0)
		w->seen = gr_load_acquire(&w->wait.word);
	else if (step == 1 && gr_wait_state(w->seen) == GR_WAIT_PARKED)
		return claim(w, CANCELLER, gr_wait_seq(w->seen), -ECANCELED);
	else if (step == 2)
		return deliver(w, CANCELLER);
	return true;
}

/* False: what must not happen has happened. */
static bool act(struct world *w, enum actor a)
{
	int step = w->done[a]++;

	switch (a) {
	case COMMIT:
		w->committed = true;
		return !gr_wait_commit(&w->wait) || push(w);
	case FIRST:
		return step == 0 ? claim(w, a, w->seq, GRANTED) : deliver(w, a);
	case SECOND:
		return step == 0 ? claim(w, a, w->seq, TIMED_OUT) : deliver(w, a);
	case CANCELLER:
		return cancel_step(w, step);
	default:
		return !gr_wait_claim(&w->wait, w->seq - 1, OTHER);
	}
}

static bool end_is_right(struct world *w)
{
	int winners = 0;

	orders++;
	for (int a = 0; a < ACTORS; a++)
		winners += w->won[a];
	if (winners != 1 || w->pushes != 1 || w->wait.outcome != w->outcome)
		return false;
	gr_wait_end(&w->wait);
	return gr_wait_state(w->wait.word) == GR_WAIT_RUNNING &&
		gr_wait_seq(w->wait.word) == w->seq;
}

static bool all_orders_are_right(const struct world *before)
{
	bool ended = true;

	for (int a = 0; a < ACTORS; a++) {
		struct world w = *before;

		if (w.done[a] == steps_of[a])
			continue;
		ended = false;
		if (!act(&w, (enum actor)a) || !all_orders_are_right(&w))
			return false;
	}
	if (ended) {
		struct world w = *before;

		return end_is_right(&w);
	}
	return true;
}

static void in_every_order_one_claim_wins_and_one_push_follows_the_commit(void **state)
{
	struct world w = { .wait.kind = GR_WAIT_CORO };

	(void)state;
	gr_wait_begin(&w.wait, true); /* a wait that is over: the stale claim goes for it */
	assert_true(gr_wait_claim(&w.wait, 1, OTHER));
	assert_false(gr_wait_deliver(&w.wait));
	assert_true(gr_wait_commit(&w.wait));
	gr_wait_end(&w.wait);
	w.seq = gr_wait_begin(&w.wait, true);
	assert_int_equal(w.seq, 2);
	orders = 0;
	assert_true(all_orders_are_right(&w));
	assert_int_equal(orders, 15120); /* 9! / (1! 2! 2! 3! 1!) */
}

/* One after the other ------------------------------------------------------------------------ */

static void who_claims_a_sleeper_pushes_it(void **state)
{
	struct gr_wait w = { 0 };
	uint64_t seq = gr_wait_begin(&w, true);

	(void)state;
	assert_false(gr_wait_commit(&w));
	assert_int_equal(gr_wait_state(w.word), GR_WAIT_PARKED);
	assert_true(gr_wait_claim(&w, seq, GRANTED));
	assert_int_equal(gr_wait_state(w.word), GR_WAIT_CLAIMED);
	assert_true(gr_wait_deliver(&w));
	assert_int_equal(w.outcome, GRANTED);
}

static void who_claims_before_the_commit_and_delivers_after_it_pushes(void **state)
{
	struct gr_wait w = { 0 };
	uint64_t seq = gr_wait_begin(&w, true);

	(void)state;
	assert_true(gr_wait_claim(&w, seq, GRANTED));
	assert_int_equal(gr_wait_state(w.word), GR_WAIT_PARKING_CLAIMED);
	assert_false(gr_wait_commit(&w));
	assert_true(gr_wait_deliver(&w));
}

static void what_is_delivered_before_the_commit_is_the_commits_to_push(void **state)
{
	struct gr_wait w = { 0 };
	uint64_t seq = gr_wait_begin(&w, true);

	(void)state;
	assert_true(gr_wait_claim(&w, seq, GRANTED));
	assert_false(gr_wait_deliver(&w));
	assert_int_equal(gr_wait_state(w.word), GR_WAIT_DELIVERED);
	assert_true(gr_wait_commit(&w));
}

static void a_loser_writes_nothing(void **state)
{
	struct gr_wait w = { 0 };
	uint64_t seq = gr_wait_begin(&w, true);
	uint64_t word;

	(void)state;
	gr_wait_commit(&w);
	assert_true(gr_wait_claim(&w, seq, GRANTED));
	word = w.word;
	assert_false(gr_wait_claim(&w, seq, OTHER));
	assert_false(gr_wait_claim(&w, seq + 1, OTHER));
	assert_int_equal(w.outcome, GRANTED);
	assert_int_equal(w.word, word);
}

/* In each state of each later wait. */
static void a_claim_of_a_wait_that_is_over_loses_for_ever(void **state)
{
	struct gr_wait w = { 0 };
	uint64_t old = gr_wait_begin(&w, true);

	(void)state;
	gr_wait_commit(&w);
	gr_wait_claim(&w, old, GRANTED);
	gr_wait_deliver(&w);
	gr_wait_end(&w);
	for (int i = 0; i < 4; i++) {
		uint64_t seq;

		assert_false(gr_wait_claim(&w, old, OTHER)); /* RUNNING */
		seq = gr_wait_begin(&w, i % 2 == 0);
		assert_false(gr_wait_claim(&w, old, OTHER)); /* PARKING */
		gr_wait_commit(&w);
		assert_false(gr_wait_claim(&w, old, OTHER)); /* PARKED */
		assert_true(gr_wait_claim(&w, seq, GRANTED));
		assert_false(gr_wait_claim(&w, old, OTHER)); /* CLAIMED */
		gr_wait_deliver(&w);
		gr_wait_end(&w);
		assert_int_equal(w.outcome, GRANTED);
	}
}

static void the_sequence_grows_by_one_and_outlives_a_carry_into_the_upper_half(void **state)
{
	struct gr_wait w = { .word = UINT64_C(0xffffffff) << GR_WAIT_SHIFT };

	(void)state;
	assert_int_equal(gr_wait_begin(&w, true), UINT64_C(0x100000000));
	assert_false(gr_wait_claim(&w, 0, OTHER));
	assert_true(gr_wait_claim(&w, UINT64_C(0x100000000), GRANTED));
}

static void the_bit_that_says_not_cancellable_stays_until_the_end(void **state)
{
	struct gr_wait w = { 0 };
	uint64_t seq = gr_wait_begin(&w, false);

	(void)state;
	assert_true(w.word & GR_WAIT_NOCANCEL);
	gr_wait_commit(&w);
	assert_true(w.word & GR_WAIT_NOCANCEL);
	assert_true(gr_wait_claim(&w, seq, GRANTED));
	assert_true(w.word & GR_WAIT_NOCANCEL);
	assert_true(gr_wait_deliver(&w));
	gr_wait_end(&w);
	assert_false(w.word & GR_WAIT_NOCANCEL);
	assert_int_equal(gr_wait_seq(w.word), seq);
	gr_wait_begin(&w, true);
	assert_false(w.word & GR_WAIT_NOCANCEL);
}

static void the_plain_commit_says_what_it_has_stored(void **state)
{
	struct gr_wait w = { 0 };
	uint64_t seq = gr_wait_begin(&w, false);
	uint64_t word = gr_wait_commit_unclaimed(&w);

	(void)state;
	assert_int_equal(w.word, word);
	assert_int_equal(gr_wait_state(word), GR_WAIT_PARKED);
	assert_int_equal(gr_wait_seq(word), seq);
	assert_true(word & GR_WAIT_NOCANCEL);
	assert_true(gr_wait_claim(&w, seq, GRANTED));
}

static void a_wait_begins_without_the_node_of_the_last(void **state)
{
	struct gr_wait w = { .node = &w };

	(void)state;
	gr_wait_begin(&w, true);
	assert_null(w.node);
}

static void deliver_unclaimed(void *arg)
{
	struct gr_wait w = { 0 };

	(void)arg;
	gr_wait_begin(&w, true);
	gr_wait_commit(&w);
	gr_wait_deliver(&w);
}

static void commit_twice(void *arg)
{
	struct gr_wait w = { 0 };

	(void)arg;
	gr_wait_begin(&w, true);
	gr_wait_commit(&w);
	gr_wait_commit(&w);
}

static void to_deliver_what_was_not_claimed_or_to_commit_twice_aborts(void **state)
{
	struct child c;

	(void)state;
	c = child_run(deliver_unclaimed, NULL);
	assert_child_died_of(c, SIGABRT);
	assert_non_null(strstr(c.said, "from PARKED of wait 1 to DELIVERED of wait 1"));
	c = child_run(commit_twice, NULL);
	assert_child_died_of(c, SIGABRT);
	assert_non_null(strstr(c.said, "from PARKED of wait 1 to PARKED of wait 1"));
}

/* At once ------------------------------------------------------------------------------------ */

#define CLAIMERS 3

static struct gr_wait shared;
static uint64_t round_now; /* the sequence to claim; 0: the end */
static unsigned arrived;
static unsigned wins, pushed;

static void *claim_each_round(void *arg)
{
	uint64_t last = 0;

	for (;;) {
		uint64_t seq;

		while ((seq = gr_load_acquire(&round_now)) == last)
			sched_yield();
		if (seq == UINT64_MAX)
			return NULL;
		last = seq;
		if (gr_wait_claim(&shared, seq, (int)(intptr_t)arg)) {
			gr_fetch_add_relaxed(&wins, 1u);
			if (gr_wait_deliver(&shared))
				gr_fetch_add_release(&pushed, 1u);
		}
		gr_fetch_add_acq_rel(&arrived, 1u);
	}
}

static void threads_that_claim_at_once_agree_on_one(void **state)
{
	pthread_t threads[CLAIMERS];
	size_t rounds = scaled(20000), wrong = 0;

	(void)state;
	for (intptr_t i = 0; i < CLAIMERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, claim_each_round, (void *)i), 0);
	for (size_t i = 0; i < rounds; i++) {
		gr_store_relaxed(&arrived, 0u);
		gr_store_relaxed(&wins, 0u);
		gr_store_relaxed(&pushed, 0u);
		gr_store_release(&round_now, gr_wait_begin(&shared, true));
		if (gr_wait_commit(&shared))
			gr_fetch_add_relaxed(&pushed, 1u);
		while (gr_load_acquire(&arrived) != CLAIMERS)
			sched_yield();
		wrong += gr_load_relaxed(&wins) != 1 || gr_load_relaxed(&pushed) != 1 ||
			shared.outcome < 0 || shared.outcome >= CLAIMERS;
		gr_wait_end(&shared);
	}
	gr_store_release(&round_now, UINT64_MAX);
	for (int i = 0; i < CLAIMERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_every_order_one_claim_wins_and_one_push_follows_the_commit),
		cmocka_unit_test(who_claims_a_sleeper_pushes_it),
		cmocka_unit_test(who_claims_before_the_commit_and_delivers_after_it_pushes),
		cmocka_unit_test(what_is_delivered_before_the_commit_is_the_commits_to_push),
		cmocka_unit_test(a_loser_writes_nothing),
		cmocka_unit_test(a_claim_of_a_wait_that_is_over_loses_for_ever),
		cmocka_unit_test(
			the_sequence_grows_by_one_and_outlives_a_carry_into_the_upper_half),
		cmocka_unit_test(the_bit_that_says_not_cancellable_stays_until_the_end),
		cmocka_unit_test(the_plain_commit_says_what_it_has_stored),
		cmocka_unit_test(a_wait_begins_without_the_node_of_the_last),
		cmocka_unit_test(to_deliver_what_was_not_claimed_or_to_commit_twice_aborts),
		cmocka_unit_test(threads_that_claim_at_once_agree_on_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
