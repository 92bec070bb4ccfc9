/* SPDX-License-Identifier: MIT */
/* cond_test.c: goro_cond through the public header. */
#include <stdatomic.h>

#include "goro_test.h"

struct flag {
	goro_mutex m;
	goro_cond c;
	bool set;
	int woken;
};

static void wait_for_flag(struct flag *f)
{
	CHECK_EQ(goro_mutex_lock(&f->m), 0);
	while (!f->set)
		CHECK_EQ(goro_cond_wait(&f->c, &f->m), 0);
	f->woken++;
	CHECK_EQ(goro_mutex_try_lock(&f->m), -EBUSY); /* it is held */
	goro_mutex_unlock(&f->m);
}

static void set_flag(struct flag *f)
{
	CHECK_EQ(goro_mutex_lock(&f->m), 0);
	f->set = true;
	goro_mutex_unlock(&f->m);
}

GORO_TEST(a_wait_lets_the_mutex_go_and_comes_back_with_it)
{
	struct flag f = { .set = false };

	CHECK_EQ(go(wait_for_flag, &f), 0);
	await_parked(1, "cond");
	CHECK_EQ(goro_mutex_try_lock(&f.m), 0);
	f.set = true;
	goro_cond_signal(&f.c);
	goro_mutex_unlock(&f.m);
	await_alive(1);
	CHECK_EQ(f.woken, 1);
}

GORO_TEST(broadcast_wakes_all)
{
	struct flag f = { .set = false };

	for (int i = 0; i < 50; i++)
		CHECK_EQ(go(wait_for_flag, &f), 0);
	await_parked(50, "cond");
	set_flag(&f);
	goro_cond_broadcast(&f.c);
	await_alive(1);
	CHECK_EQ(f.woken, 50);
}

GORO_TEST_OUTSIDE(threads_wait_and_are_woken_too)
{
	static struct flag f;
	struct test_thread threads[3];

	f = (struct flag){ .set = false };
	test_start();
	for (int i = 0; i < 3; i++) {
		test_thread_start(&threads[i], (void (*)(void *))wait_for_flag, &f);
		CHECK_EQ(go(wait_for_flag, &f), 0);
	}
	await_threads_parked(3);
	await_parked(3, "cond");
	set_flag(&f);
	for (int i = 0; i < 6; i++)
		goro_cond_signal(&f.c);
	for (int i = 0; i < 3; i++)
		test_thread_join(&threads[i]);
	await_alive(0);
	CHECK_EQ(f.woken, 6);
	test_stop();
}

struct turn {
	goro_mutex m;
	goro_cond c;
	atomic_int order;
};

static void take_turn(struct turn *t, int *place)
{
	CHECK_EQ(goro_mutex_lock(&t->m), 0);
	CHECK_EQ(goro_cond_wait(&t->c, &t->m), 0);
	*place = atomic_fetch_add(&t->order, 1);
	goro_mutex_unlock(&t->m);
}

GORO_TEST(each_signal_wakes_the_one_that_has_waited_longest)
{
	struct turn t = { .order = 0 };
	int places[5];

	for (int i = 0; i < 5; i++) {
		CHECK_EQ(go(take_turn, &t, &places[i]), 0);
		await_parked((unsigned)i + 1, "cond");
	}
	for (int i = 0; i < 5; i++) {
		goro_cond_signal(&t.c);
		await_alive(1 + 4 - (unsigned)i);
		CHECK_EQ(atomic_load(&t.order), i + 1); /* one signal, one waiter */
		CHECK_EQ(places[i], i);
	}
}

GORO_TEST(a_signal_that_nobody_waits_for_is_not_kept)
{
	goro_mutex m = GORO_MUTEX_INIT;
	goro_cond c = GORO_COND_INIT;

	CHECK_EQ(goro_mutex_lock(&m), 0);
	goro_cond_signal(&c);
	goro_cond_broadcast(&c);
	CHECK_EQ(goro_cond_wait_until(&c, &m, goro_after(GORO_MILLISECOND)), -ETIMEDOUT);
	goro_mutex_unlock(&m);
}

/* Deadlines -------------------------------------------------------------------------------- */

GORO_TEST(when_the_deadline_has_passed_the_mutex_is_held)
{
	goro_mutex m = GORO_MUTEX_INIT;
	goro_cond c = GORO_COND_INIT;
	int64_t deadlines[] = { INT64_MIN, -1, 0, goro_now(), goro_after(GORO_MILLISECOND) };

	CHECK_EQ(goro_mutex_lock(&m), 0);
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(goro_cond_wait_until(&c, &m, deadlines[i]), -ETIMEDOUT);
		CHECK_LE(deadlines[i], goro_now());
		CHECK_EQ(goro_mutex_try_lock(&m), -EBUSY);
	}
	goro_mutex_unlock(&m);
}

static void set_when_free(struct flag *f)
{
	CHECK_EQ(goro_mutex_lock(&f->m), 0);
	f->set = true;
	goro_mutex_unlock(&f->m);
}

GORO_TEST(a_loop_over_a_deadline_that_has_passed_does_not_keep_the_mutex_for_itself)
{
	struct flag f = { .set = false };

	CHECK_EQ(goro_mutex_lock(&f.m), 0);
	CHECK_EQ(go(set_when_free, &f), 0);
	while (!f.set)
		CHECK_EQ(goro_cond_wait_until(&f.c, &f.m, 0), -ETIMEDOUT);
	goro_mutex_unlock(&f.m);
	await_alive(1);
}

struct token {
	goro_mutex m;
	goro_cond c;
	int there;
	size_t turns;
	bool over;
	goro_waitgroup out;
};

/* Takes none, and passes on each signal that it gets. */
static void wait_in_vain(struct token *t, int64_t patience)
{
	CHECK_EQ(goro_mutex_lock(&t->m), 0);
	while (!t->over) {
		int rc = goro_cond_wait_until(&t->c, &t->m, goro_after(patience));

		if (rc == 0)
			goro_cond_signal(&t->c);
		else
			CHECK_EQ(rc, -ETIMEDOUT);
	}
	goro_mutex_unlock(&t->m);
}

/* Waits without a limit: a signal that is lost hangs it. */
static void take_tokens(struct token *t)
{
	for (size_t i = 0; i < t->turns; i++) {
		CHECK_EQ(goro_mutex_lock(&t->m), 0);
		while (t->there == 0)
			CHECK_EQ(goro_cond_wait(&t->c, &t->m), 0);
		t->there--;
		goro_mutex_unlock(&t->m);
	}
	goro_waitgroup_done(&t->out);
}

GORO_TEST(a_signal_is_not_spent_on_a_waiter_whose_deadline_passes)
{
	struct token t = { .turns = test_scaled(300) };

	goro_waitgroup_add(&t.out, 2);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(go(wait_in_vain, &t, 2000 * (int64_t)(i + 1)), 0);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(go(take_tokens, &t), 0);
	for (size_t i = 0; i < 2 * t.turns; i++) {
		CHECK_EQ(goro_mutex_lock(&t.m), 0);
		t.there++;
		goro_mutex_unlock(&t.m);
		goro_cond_signal(&t.c);
		if (i % 8 == 0)
			goro_yield();
	}
	CHECK_EQ(goro_waitgroup_wait(&t.out), 0);
	CHECK_EQ(goro_mutex_lock(&t.m), 0);
	CHECK_EQ(t.there, 0);
	t.over = true;
	goro_mutex_unlock(&t.m);
	await_alive(1);
}

/* Producer and consumer -------------------------------------------------------------------- */

struct box {
	goro_mutex m;
	goro_cond not_empty, not_full;
	int items[4];
	int n;
	long put, got, sum;
	long total;
};

static void produce(struct box *b, int from, int to)
{
	for (int i = from; i < to; i++) {
		CHECK_EQ(goro_mutex_lock(&b->m), 0);
		while (b->n == 4)
			CHECK_EQ(goro_cond_wait(&b->not_full, &b->m), 0);
		b->items[b->n++] = i;
		b->put++;
		goro_cond_signal(&b->not_empty);
		goro_mutex_unlock(&b->m);
	}
}

static void consume(struct box *b)
{
	CHECK_EQ(goro_mutex_lock(&b->m), 0);
	while (b->got < b->total) {
		if (b->n == 0) {
			CHECK_EQ(goro_cond_wait(&b->not_empty, &b->m), 0);
			continue;
		}
		b->sum += b->items[--b->n];
		if (++b->got == b->total)
			goro_cond_broadcast(&b->not_empty);
		goro_cond_signal(&b->not_full);
	}
	goro_mutex_unlock(&b->m);
}

GORO_TEST(producers_and_consumers_move_each_item_once)
{
	int each = (int)test_scaled(2000);
	struct box b = { .total = 4L * each };

	for (int i = 0; i < 4; i++) {
		CHECK_EQ(go(produce, &b, i * each, (i + 1) * each), 0);
		CHECK_EQ(go(consume, &b), 0);
	}
	await_alive(1);
	CHECK_EQ(b.put, b.total);
	CHECK_EQ(b.got, b.total);
	CHECK_EQ(b.sum, b.total * (b.total - 1) / 2);
}

/* Misuse ----------------------------------------------------------------------------------- */

GORO_TEST_OUTSIDE(null_is_refused_and_the_mutex_left_as_it_was)
{
	goro_mutex m = GORO_MUTEX_INIT;
	goro_cond c = GORO_COND_INIT;

	CHECK_EQ(goro_cond_wait(NULL, &m), -EINVAL);
	CHECK_EQ(goro_cond_wait_until(&c, NULL, 0), -EINVAL);
	test_start();
	CHECK_EQ(goro_mutex_lock(&m), 0);
	CHECK_EQ(goro_cond_wait(NULL, &m), -EINVAL);
	CHECK_EQ(goro_cond_wait(&c, NULL), -EINVAL);
	CHECK_EQ(goro_cond_wait_until(NULL, &m, INT64_MIN), -EINVAL);
	CHECK_EQ(goro_cond_wait_until(&c, NULL, GORO_FOREVER), -EINVAL);
	CHECK_EQ(goro_mutex_try_lock(&m), -EBUSY);
	test_stop();
}

GORO_TEST_OUTSIDE(without_a_runtime_nobody_waits_but_a_signal_does_no_harm)
{
	goro_mutex m = GORO_MUTEX_INIT;
	goro_cond c = GORO_COND_INIT;

	goro_cond_signal(&c);
	goro_cond_broadcast(&c);
	CHECK_EQ(goro_cond_wait(&c, &m), -EPERM);
	test_start();
	CHECK_EQ(goro_mutex_lock(&m), 0);
	test_stop();
	CHECK_EQ(goro_cond_wait(&c, &m), -EPERM);
	CHECK_EQ(goro_cond_wait_until(&c, &m, 0), -EPERM);
	test_start();
	CHECK_EQ(goro_mutex_try_lock(&m), -EBUSY); /* held all the time */
	test_stop();
}

static void signal_null(void *arg)
{
	(void)arg;
	goro_cond_signal(NULL);
}

static void broadcast_null(void *arg)
{
	(void)arg;
	goro_cond_broadcast(NULL);
}

static void wait_without_the_mutex(void *arg)
{
	goro_mutex m = GORO_MUTEX_INIT;
	goro_cond c = GORO_COND_INIT;

	(void)arg;
	goro_cond_wait(&c, &m);
}

static void run_wait_without_the_mutex(void *arg)
{
	(void)arg;
	goro_run(wait_without_the_mutex, NULL);
}

GORO_TEST_PLAIN(misuse_is_told_and_aborts)
{
	CHECK_CHILD_DIES(signal_null, NULL, SIGABRT, "signal of a NULL cond");
	CHECK_CHILD_DIES(broadcast_null, NULL, SIGABRT, "broadcast of a NULL cond");
	CHECK_CHILD_DIES(
		run_wait_without_the_mutex, NULL, SIGABRT, "unlock of a mutex that is not locked");
}
