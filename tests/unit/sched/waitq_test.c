/* SPDX-License-Identifier: MIT */
/* waitq_test.c: the line of sleepers: who is claimed, whose node stays, who is woken in which
 * order. There is no worker here: who is made runnable comes out of the global queue. */
#include "../unit.h"

#include "sched/inject.h"
#include "sched/waitq.h"

#define N 5

static struct gr_coro coros[N];
static struct gr_waitnode nodes[N];

/* All N stand in line and sleep. */
static struct gr_waitq line_up(void)
{
	struct gr_waitq q = { NULL, NULL };

	memset(coros, 0, sizeof(coros));
	memset(nodes, 0, sizeof(nodes));
	for (int i = 0; i < N; i++) {
		nodes[i].wait = &coros[i].wait;
		nodes[i].seq = gr_wait_begin(&coros[i].wait, true);
		gr_waitq_push(&q, &nodes[i]);
		assert_false(gr_wait_commit(&coros[i].wait));
	}
	return q;
}

static void give_up(int i)
{
	assert_true(gr_wait_claim(&coros[i].wait, nodes[i].seq, -ETIMEDOUT));
}

/* The line is these, in this order, also seen from behind. */
static void check_line(const struct gr_waitq *q, const char *expected)
{
	const struct gr_waitnode *n = q->head, *before = NULL;

	for (; *expected != '\0'; expected++) {
		assert_ptr_equal(n, &nodes[*expected - '0']);
		if (before != NULL)
			assert_ptr_equal(n->prev, before);
		before = n;
		n = n->next;
	}
	assert_null(n);
	assert_ptr_equal(q->tail, before);
	assert_true(gr_waitq_empty(q) == (before == NULL));
}

static void any_node_can_be_taken_out_and_the_rest_keeps_its_order(void **state)
{
	static const char *const rest[N] = { "1234", "0234", "0134", "0124", "0123" };

	(void)state;
	for (int i = 0; i < N; i++) {
		struct gr_waitq q = line_up();

		check_line(&q, "01234");
		gr_waitq_unlink(&q, &nodes[i]);
		check_line(&q, rest[i]);
		assert_null(nodes[i].wait);
	}
}

static void the_last_one_out_leaves_an_empty_line(void **state)
{
	struct gr_waitq q = line_up();

	(void)state;
	for (int i = 0; i < N; i++)
		gr_waitq_unlink(&q, &nodes[(i * 2) % N]);
	check_line(&q, "");
	nodes[3].wait = &coros[3].wait;
	gr_waitq_push(&q, &nodes[3]);
	check_line(&q, "3");
}

static void to_remove_a_node_twice_does_nothing(void **state)
{
	struct gr_waitq q = line_up();

	(void)state;
	gr_waitq_remove(&q, &nodes[2]);
	gr_waitq_remove(&q, &nodes[2]);
	check_line(&q, "0134");
}

static void the_first_in_line_is_claimed_and_taken_out(void **state)
{
	struct gr_waitq q = line_up();
	struct gr_wait *w = NULL;

	(void)state;
	assert_ptr_equal(gr_waitq_claim(&q, 7, &w), &nodes[0]);
	assert_ptr_equal(w, &coros[0].wait);
	assert_int_equal(w->outcome, 7);
	assert_ptr_equal(w->node, &nodes[0]);
	assert_null(nodes[0].wait);
	assert_int_equal(gr_wait_state(w->word), GR_WAIT_CLAIMED);
	check_line(&q, "1234");
}

static void who_gave_up_is_passed_over_and_stays_in_line(void **state)
{
	struct gr_waitq q = line_up();
	struct gr_wait *w = NULL;

	(void)state;
	give_up(0);
	give_up(1);
	give_up(3);
	assert_ptr_equal(gr_waitq_claim(&q, 7, &w), &nodes[2]);
	check_line(&q, "0134");
	assert_ptr_equal(gr_waitq_claim(&q, 7, &w), &nodes[4]);
	check_line(&q, "013");
	assert_null(gr_waitq_claim(&q, 7, &w));
	check_line(&q, "013");
	for (int i = 0; i < 4; i += i == 1 ? 2 : 1) {
		assert_int_equal(coros[i].wait.outcome, -ETIMEDOUT);
		assert_null(coros[i].wait.node);
	}
}

static void a_node_of_a_wait_that_is_over_does_not_claim_the_next(void **state)
{
	struct gr_waitq q = line_up();
	struct gr_wait *w = NULL;

	(void)state;
	give_up(0);
	assert_true(gr_wait_deliver(&coros[0].wait));
	gr_wait_end(&coros[0].wait);
	gr_wait_begin(&coros[0].wait, true); /* and waits for something else already */
	gr_wait_commit(&coros[0].wait);
	assert_ptr_equal(gr_waitq_claim(&q, 7, &w), &nodes[1]);
	assert_int_equal(gr_wait_state(coros[0].wait.word), GR_WAIT_PARKED);
}

/* For every set of those who gave up. */
static void all_others_are_claimed_at_once_and_woken_in_order(void **state)
{
	(void)state;
	for (unsigned gave_up = 0; gave_up < 1u << N; gave_up++) {
		struct gr_waitq q = line_up();
		struct gr_wait *claimed;
		struct gr_coro *co;
		char stay[N + 1] = "";
		unsigned count;

		for (int i = 0; i < N; i++)
			if (gave_up >> i & 1) {
				give_up(i);
				stay[strlen(stay)] = (char)('0' + i);
			}
		claimed = gr_waitq_claim_all(&q, 9);
		check_line(&q, stay);
		gr_waitq_wake_all(NULL, claimed);
		co = gr_inject_pop(N, &count);
		for (int i = 0; i < N; i++) {
			if (gave_up >> i & 1)
				continue;
			assert_ptr_equal(co, &coros[i]);
			assert_int_equal(co->wait.outcome, 9);
			assert_ptr_equal(co->wait.node, &nodes[i]);
			co = co->next;
		}
		assert_null(co);
		assert_int_equal(gr_inject_len(), 0);
	}
}

static void who_is_claimed_before_its_commit_is_left_to_the_commit(void **state)
{
	struct gr_waitq q = { NULL, NULL };
	struct gr_wait *claimed;

	(void)state;
	memset(coros, 0, sizeof(coros));
	for (int i = 0; i < 2; i++) {
		nodes[i].wait = &coros[i].wait;
		nodes[i].seq = gr_wait_begin(&coros[i].wait, true);
		gr_waitq_push(&q, &nodes[i]);
	}
	claimed = gr_waitq_claim_all(&q, 1);
	assert_ptr_equal(claimed, &coros[0].wait);
	assert_false(gr_wait_commit(&coros[0].wait)); /* comes before the wake */
	gr_waitq_wake_all(NULL, claimed);
	assert_int_equal(gr_inject_len(), 1);
	assert_true(gr_wait_commit(&coros[1].wait)); /* comes after it */
	{
		unsigned count;

		assert_ptr_equal(gr_inject_pop(2, &count), &coros[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_node_can_be_taken_out_and_the_rest_keeps_its_order),
		cmocka_unit_test(the_last_one_out_leaves_an_empty_line),
		cmocka_unit_test(to_remove_a_node_twice_does_nothing),
		cmocka_unit_test(the_first_in_line_is_claimed_and_taken_out),
		cmocka_unit_test(who_gave_up_is_passed_over_and_stays_in_line),
		cmocka_unit_test(a_node_of_a_wait_that_is_over_does_not_claim_the_next),
		cmocka_unit_test(all_others_are_claimed_at_once_and_woken_in_order),
		cmocka_unit_test(who_is_claimed_before_its_commit_is_left_to_the_commit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
