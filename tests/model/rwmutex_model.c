/* SPDX-License-Identifier: MIT */
/* rwmutex_model.c: sync/rwmutex.c: readers together or a writer alone; who reads is held back while a
 * writer waits (R1); it is passed on, whoever gives up (R2, R3); and the last access of who leaves is
 * the one that shows it: a writer who knows that he is the last one frees the lock at once (R4). */
#include <errno.h>

#include "goro/rwmutex.h"
#include "goro/time.h"
#include "house.h"
#include "sched/ready.h"

#define MANY  100u            /* more users than come: it is not freed */
#define LATER (INT64_MAX - 1) /* house_timer() lets it pass at any time */

static struct object {
	goro_rwmutex rw;
	unsigned written; /* plain: by writers alone, and read by readers */
} * object;

static bool has_read;
static uint32_t users; /* who have not left; counted while they hold it */
static struct gr_coro *waiter;

static bool i_am_the_last(void)
{
	return gr_fetch_sub_relaxed(&users, 1u) == 1;
}

/* `alone`: no other one reads, so that the last user may be this one. */
static void leave_reading(bool alone)
{
	unsigned before = object->written;
	bool frees = i_am_the_last() && alone;

	MODEL_CHECK(object->written == before);
	goro_rwmutex_runlock(&object->rw);
	if (frees)
		model_free(object);
}

static void leave_writing(void)
{
	bool frees = i_am_the_last();

	object->written++;
	goro_rwmutex_unlock(&object->rw);
	if (frees)
		model_free(object);
}

/* Coroutines and threads ------------------------------------------------------------------- */

static void read_it(void *unused)
{
	(void)unused;
	MODEL_CHECK(goro_rwmutex_rlock(&object->rw) == 0);
	leave_reading(false);
}

static void read_alone(void *unused)
{
	(void)unused;
	MODEL_CHECK(goro_rwmutex_rlock(&object->rw) == 0);
	leave_reading(true);
}

static void write_it(void *unused)
{
	(void)unused;
	MODEL_CHECK(goro_rwmutex_lock(&object->rw) == 0);
	leave_writing();
}

static void write_twice(void *unused)
{
	write_it(unused);
	write_it(unused);
}

static void write_and_read(void *unused)
{
	write_it(unused);
	read_it(unused);
}

static void try_to_read(void *unused)
{
	(void)unused;
	while (goro_rwmutex_try_rlock(&object->rw) != 0)
		model_spin();
	leave_reading(false);
}

static void try_to_write(void *unused)
{
	(void)unused;
	while (goro_rwmutex_try_lock(&object->rw) != 0)
		model_spin();
	leave_writing();
}

static bool a_writer_waits(void)
{
	return (uint32_t)gr_load_relaxed(&object->rw.word_) >> 8 != 0;
}

static void leave_when_a_writer_waits(void *unused)
{
	(void)unused;
	while (!a_writer_waits())
		model_spin();
	MODEL_CHECK(goro_rwmutex_try_rlock(&object->rw) == -EBUSY);
	leave_reading(false);
}

static void read_until(int64_t deadline)
{
	int rc = goro_rwmutex_rlock_until(&object->rw, deadline);

	MODEL_CHECK(rc == 0 || rc == -ETIMEDOUT || rc == -ECANCELED);
	if (rc == 0)
		leave_reading(false);
}

static void write_until(int64_t deadline)
{
	int rc = goro_rwmutex_lock_until(&object->rw, deadline);

	MODEL_CHECK(rc == 0 || rc == -ETIMEDOUT || rc == -ECANCELED);
	if (rc == 0)
		leave_writing();
}

static void read_in_time(void *unused)
{
	(void)unused;
	read_until(LATER);
}

static void write_in_time(void *unused)
{
	(void)unused;
	write_until(LATER);
}

static void read_unless_cancelled(void *unused)
{
	(void)unused;
	read_until(GORO_FOREVER);
}

static void write_unless_cancelled(void *unused)
{
	(void)unused;
	write_until(GORO_FOREVER);
}

static void read_and_tell(void *unused)
{
	read_it(unused);
	gr_store_relaxed(&has_read, true);
}

/* Reads until another has read, too, which no writer that has given up may hold back. */
static void cancel_and_read_on(void *unused)
{
	house_cancel(unused);
	while (!gr_load_relaxed(&has_read))
		model_spin();
	leave_reading(false);
}

static bool claim_if_asleep(struct gr_wait *w)
{
	uint64_t word = gr_load_relaxed(&w->word);

	return gr_wait_state(word) == GR_WAIT_PARKED &&
		gr_wait_claim(w, gr_wait_seq(word), -ECANCELED);
}

/* A cancel in two halves: between them the writer still stands in line, and cannot be let in. */
static void leave_within_a_cancel(void *unused)
{
	(void)unused;
	while (!claim_if_asleep(&waiter->wait))
		model_spin();
	leave_reading(false);
	while (!gr_load_relaxed(&has_read))
		model_spin();
	gr_wake(NULL, &waiter->wait);
}

/* ------------------------------------------------------------------------------------------- */

/* One coroutine on each worker. */
static void furnish(unsigned count, void (*first)(void *), void (*second)(void *))
{
	house_open(2);
	gr_store_relaxed(&gr_sched.open, true);
	object = model_alloc(sizeof(*object));
	users = count;
	model_name(&object->rw.word_, sizeof(object->rw.word_), "rwmutex");
	model_name(object, sizeof(*object), "object");
	waiter = house_spawn(0, first, NULL, "first's word");
	if (second != NULL)
		house_spawn(1, second, NULL, "second's word");
}

HOUSE_SETUP(writer, 2, write_it, NULL)

static void setup_writer_behind_reader(void)
{
	furnish(2, write_it, NULL);
	MODEL_CHECK(goro_rwmutex_rlock(&object->rw) == 0);
}

HOUSE_SETUP(reader, 2, read_alone, NULL)
HOUSE_SETUP(reader_of_two_writes, 3, read_alone, NULL)
HOUSE_SETUP(writer_of_three, 3, write_it, NULL)
HOUSE_SETUP(readers, MANY, read_it, read_it)
HOUSE_SETUP(writers, MANY, write_it, write_it)
HOUSE_SETUP(both, MANY, write_it, read_it)
HOUSE_SETUP(late_reader, MANY, read_in_time, NULL)
HOUSE_SETUP(cancelled_reader, MANY, read_unless_cancelled, NULL)
HOUSE_SETUP(late_writer, MANY, write_in_time, NULL)
HOUSE_SETUP(late_writer_in_front, MANY, write_in_time, read_it)
HOUSE_SETUP(cancelled_writer_in_front, MANY, write_unless_cancelled, read_it)

static void setup_cancelled_writer_among_readers(void)
{
	furnish(MANY, write_unless_cancelled, read_and_tell);
	MODEL_CHECK(goro_rwmutex_rlock(&object->rw) == 0);
}

static void check_kept(void)
{
	house_close();
	MODEL_CHECK(object->rw.word_ == 0);
	MODEL_CHECK(object->rw.head_ == NULL && object->rw.writers_head_ == NULL);
}

/* clang-format off */
#define T(function) { .name = #function, .run = (function) }
#define RW(title, start, end, switches, olds, ...) \
	{ .name = "rwmutex, " title, .setup = (start), .check = (end), \
		.preemptions = (switches), .stale = (olds), \
		.threads = { HOUSE_WORKER(0), __VA_ARGS__ } }

static const struct model models[] = {
	RW("two write", setup_writer, house_close, 4, 1, T(write_it)),
	RW("a writer waits", setup_writer, house_close, 4, 1, T(read_alone)),
	RW("a reader waits", setup_reader, house_close, 4, 1, T(write_it)),
	RW("a reader waits again", setup_reader_of_two_writes, house_close, 3, 1, T(write_twice)),
	RW("two read, the writer frees", setup_writer_of_three, house_close, 2, 1,
		T(read_it), T(read_it)),
	RW("readers come together", setup_readers, check_kept, 2, MODEL_NONE,
		HOUSE_WORKER(1), T(write_it)),
	RW("writers and a reader", setup_writers, check_kept, 2, MODEL_NONE,
		HOUSE_WORKER(1), T(write_and_read)),
	RW("both wait", setup_both, check_kept, 2, MODEL_NONE,
		HOUSE_WORKER(1), T(write_and_read)),
	RW("try to read", setup_writer_of_three, house_close, 2, 1, T(write_it), T(try_to_read)),
	RW("try to write", setup_writer_of_three, house_close, 2, 1, T(read_it), T(try_to_write)),
	RW("a reader is held back", setup_writer_behind_reader, house_close, 3, 1,
		T(leave_when_a_writer_waits)),
	RW("deadline of a reader", setup_late_reader, check_kept, 2, 1, T(write_it), HOUSE_TIMER),
	RW("cancel of a reader", setup_cancelled_reader, check_kept, 2, 1, T(write_it), T(house_cancel)),
	RW("deadline of a writer", setup_late_writer, check_kept, 2, 1, T(read_it), HOUSE_TIMER),
	RW("deadline of a writer behind one", setup_late_writer_in_front, check_kept, 1, MODEL_NONE,
		HOUSE_WORKER(1), T(write_it), HOUSE_TIMER),
	RW("cancel of a writer in front", setup_cancelled_writer_in_front, check_kept, 1, MODEL_NONE,
		HOUSE_WORKER(1), T(read_it), T(house_cancel)),
	RW("who gave up holds nobody back", setup_cancelled_writer_among_readers, check_kept, 2,
		MODEL_NONE, HOUSE_WORKER(1), T(cancel_and_read_on)),
	RW("who gives up holds nobody back", setup_cancelled_writer_among_readers, check_kept, 2,
		MODEL_NONE, HOUSE_WORKER(1), T(leave_within_a_cancel)),
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
