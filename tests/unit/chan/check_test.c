/* SPDX-License-Identifier: MIT */
/* check_test.c: a channel that breaks one of its invariants is told at the next unlock, in checked
 * builds (chan.h C1 to C4, and the links of the lines). */
#include "../unit.h"

#include <stdlib.h>

#include "chan/chan.h"

#ifdef GORO_DEBUG

static struct gr_wait waits[3];
static struct gr_waitnode nodes[3];

static void stand(struct gr_waitq *q, int i)
{
	waits[i] = (struct gr_wait){ 0 };
	nodes[i] = (struct gr_waitnode){ .wait = &waits[i] };
	nodes[i].seq = gr_wait_begin(&waits[i], true);
	gr_waitq_push(q, &nodes[i]);
}

static struct goro_chan *make(size_t cap)
{
	struct goro_chan *c = goro_chan_make(sizeof(int), cap);

	assert_non_null(c);
	gr_lock_acquire(&c->lock);
	return c;
}

/* Breaks nothing: what looks odd and is not. */
static void what_is_whole_passes(void **state)
{
	struct goro_chan *c = make(2);

	(void)state;
	gr_chan_check(c);
	stand(&c->receivers, 0);
	stand(&c->receivers, 1);
	stand(&c->receivers, 2);
	gr_chan_check(c);
	c->count =
		1; /* all were claimed by their deadlines, and have not come for their nodes yet */
	for (int i = 0; i < 3; i++)
		assert_true(gr_wait_claim(&waits[i], nodes[i].seq, -ETIMEDOUT));
	gr_chan_check(c);
	c->closed = true;
	gr_chan_check(c);
	free(c); /* not by goro_chan_free(), which would ask who still waits */
}

static void overfill(struct goro_chan *c)
{
	c->count = c->cap + 1;
}

static void receive_beside_an_element(struct goro_chan *c)
{
	c->count = 1;
	stand(&c->receivers, 0);
}

static void send_beside_room(struct goro_chan *c)
{
	c->count = 1;
	stand(&c->senders, 0);
}

static void face_each_other(struct goro_chan *c)
{
	stand(&c->receivers, 0);
	stand(&c->senders, 1);
}

static void wait_though_closed(struct goro_chan *c)
{
	stand(&c->receivers, 0);
	c->closed = true;
}

static void lose_the_tail(struct goro_chan *c)
{
	stand(&c->receivers, 0);
	stand(&c->receivers, 1);
	c->receivers.tail = &nodes[0];
}

static void link_backwards_wrongly(struct goro_chan *c)
{
	stand(&c->receivers, 0);
	stand(&c->receivers, 1);
	stand(&c->receivers, 2);
	nodes[2].prev = &nodes[0];
}

static void unlock_twice(struct goro_chan *c)
{
	gr_lock_release(&c->lock);
}

static void (*const breaks[])(struct goro_chan *) = {
	overfill,
	receive_beside_an_element,
	send_beside_room,
	face_each_other,
	wait_though_closed,
	lose_the_tail,
	link_backwards_wrongly,
	unlock_twice,
};

static void break_and_unlock(void *arg)
{
	struct goro_chan *c = make(2);

	(*(void (*const *)(struct goro_chan *))arg)(c);
	gr_chan_unlock(c);
}

static void each_invariant_that_is_broken_is_told_at_the_unlock(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		struct child c = child_run(break_and_unlock, (void *)(uintptr_t)&breaks[i]);

		assert_child_died_of(c, SIGABRT);
		assert_non_null(strstr(c.said,
			i == 7         ? "base/lock.h:" :
				i >= 5 ? "sched/waitq.h:" :
					 "chan/check.c:"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_whole_passes),
		cmocka_unit_test(each_invariant_that_is_broken_is_told_at_the_unlock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void in_other_builds_nothing_is_looked_at(void **state)
{
	struct goro_chan *c = goro_chan_make(sizeof(int), 2);

	(void)state;
	assert_non_null(c);
	c->count = 3;
	gr_lock_acquire(&c->lock);
	gr_chan_unlock(c);
	c->count = 0;
	goro_chan_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_other_builds_nothing_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
