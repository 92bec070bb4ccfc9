/* SPDX-License-Identifier: MIT */
/* rwmutex_test.c: who is let in when somebody leaves or gives up (rwmutex.c R1-R3). */
#include "sleeper.h"

#include "goro/rwmutex.h"

#define WAITERS UINT64_C(2)
#define WRITER  UINT64_C(4)
#define WAITING (UINT64_C(1) << 8)
#define READER  (UINT64_C(1) << 32)

static struct gr_line writers_of(goro_rwmutex *rw)
{
	return (struct gr_line){ &rw->word_, &rw->writers_head_, &rw->writers_tail_ };
}

static void writer_joins(struct sleeper *s, goro_rwmutex *rw)
{
	sleeper_join(s, writers_of(rw));
	rw->word_ += WAITING;
}

static void a_writer_that_leaves_lets_in_all_readers_before_the_next_writer(void **state)
{
	goro_rwmutex rw = { .word_ = WRITER };
	struct sleeper writer, gone, a, b;

	(void)state;
	writer_joins(&writer, &rw);
	sleeper_join(&gone, GR_LINE(&rw));
	sleeper_join(&a, GR_LINE(&rw));
	sleeper_join(&b, GR_LINE(&rw));
	sleeper_give_up(&gone);

	goro_rwmutex_unlock(&rw);
	assert_true(sleeper_awake(&a) && sleeper_awake(&b));
	assert_false(sleeper_awake(&writer) || sleeper_awake(&gone));
	assert_int_equal(rw.word_, 2 * READER + WAITING + WAITERS);
}

static void a_waiting_writer_holds_new_readers_back(void **state)
{
	goro_rwmutex rw = { .word_ = READER };
	struct sleeper writer;

	(void)state;
	assert_int_equal(goro_rwmutex_try_rlock(&rw), 0);
	writer_joins(&writer, &rw);
	assert_int_equal(goro_rwmutex_try_rlock(&rw), -EBUSY);
	assert_int_equal(goro_rwmutex_rlock_until(&rw, INT64_MIN), -ETIMEDOUT);
	goro_rwmutex_runlock(&rw);
	assert_false(sleeper_awake(&writer));
	goro_rwmutex_runlock(&rw);
	assert_true(sleeper_awake(&writer));
	assert_int_equal(rw.word_, WRITER);
}

static void the_last_reader_lets_in_one_writer_and_no_reader(void **state)
{
	goro_rwmutex rw = { .word_ = READER };
	struct sleeper gone, a, b, reader;

	(void)state;
	writer_joins(&gone, &rw);
	writer_joins(&a, &rw);
	writer_joins(&b, &rw);
	sleeper_join(&reader, GR_LINE(&rw));
	sleeper_give_up(&gone);

	goro_rwmutex_runlock(&rw);
	assert_true(sleeper_awake(&a));
	assert_false(sleeper_awake(&b) || sleeper_awake(&reader) || sleeper_awake(&gone));
	assert_int_equal(rw.word_, WRITER + 2 * WAITING + WAITERS);
}

static void behind_a_writer_that_gave_up_the_last_reader_lets_in_the_readers(void **state)
{
	goro_rwmutex rw = { .word_ = READER };
	struct sleeper gone, reader;

	(void)state;
	writer_joins(&gone, &rw);
	sleeper_join(&reader, GR_LINE(&rw));
	sleeper_give_up(&gone);

	goro_rwmutex_runlock(&rw);
	assert_true(sleeper_awake(&reader));
	assert_int_equal(rw.word_, READER + WAITING + WAITERS);
}

static void a_free_one_is_anybodys_though_one_who_gave_up_still_stands_in_line(void **state)
{
	goro_rwmutex rw = { .word_ = READER };
	struct sleeper gone;

	(void)state;
	writer_joins(&gone, &rw);
	sleeper_give_up(&gone);
	goro_rwmutex_runlock(&rw);
	assert_int_equal(rw.word_, WAITING + WAITERS);
	assert_int_equal(goro_rwmutex_try_rlock(&rw), 0);
	goro_rwmutex_runlock(&rw);
	assert_int_equal(goro_rwmutex_try_lock(&rw), 0);
	goro_rwmutex_unlock(&rw);
	assert_int_equal(rw.word_, WAITING + WAITERS);
}

static void *read_once(void *arg)
{
	goro_rwmutex *rw = arg;
	int rc = goro_rwmutex_rlock(rw);

	if (rc == 0)
		goro_rwmutex_runlock(rw);
	return (void *)(intptr_t)rc;
}

static bool readers_wait(goro_rwmutex *rw)
{
	struct gr_line line = GR_LINE(rw);
	uint64_t word = gr_line_lock(line);
	bool wait = rw->head_ != NULL;

	gr_bitlock_release(&rw->word_, word);
	return wait;
}

static void a_writer_that_gives_up_lets_the_readers_go_on(void **state)
{
	goro_rwmutex rw = { .word_ = READER };
	pthread_t reader;
	void *rc;

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct sleeper writer;
		uint64_t word;
		struct gr_waitq q;

		writer_joins(&writer, &rw); /* so that the reader has somebody to wait for */
		pthread_create(&reader, NULL, read_once, &rw);
		while (gr_load_acquire(&rw.word_) & 1 || rw.head_ == NULL)
			sched_yield();

		/* The hand-made writer goes, and a real one stands for it, and gives up. (One whose
		 * time is over before it has come does not stand in line.) */
		word = gr_line_lock(writers_of(&rw)) - WAITING;
		q = gr_line_queue(writers_of(&rw));
		gr_waitq_unlink(&q, &writer.node);
		gr_line_set_queue(writers_of(&rw), q);
		gr_bitlock_release(&rw.word_, word);
		do
			assert_int_equal(
				goro_rwmutex_lock_until(&rw, gr_now() + 200000), -ETIMEDOUT);
		while (readers_wait(&rw));

		pthread_join(reader, &rc);
		assert_int_equal((intptr_t)rc, 0);
		assert_int_equal(rw.word_, READER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_writer_that_leaves_lets_in_all_readers_before_the_next_writer),
		cmocka_unit_test(a_waiting_writer_holds_new_readers_back),
		cmocka_unit_test(the_last_reader_lets_in_one_writer_and_no_reader),
		cmocka_unit_test(behind_a_writer_that_gave_up_the_last_reader_lets_in_the_readers),
		cmocka_unit_test(
			a_free_one_is_anybodys_though_one_who_gave_up_still_stands_in_line),
		cmocka_unit_test(a_writer_that_gives_up_lets_the_readers_go_on),
	};

	return cmocka_run_group_tests(tests, open_for_threads, close_again);
}
