/* SPDX-License-Identifier: MIT */
/* poll_model.c: netpoll/poll.c: no event is lost on one who waits for it, whoever else wants him; libuv
 * is told nothing but by the loop's owner, and knows nothing of a file that is gone; and a number that
 * comes back is as if it had never been there (P1 to P5). */
#include "netpoll/poll.h"

#include <errno.h>

#include "wire.h"

#define LATER (INT64_MAX - 1) /* house_timer() lets it pass at any time */

static struct gr_poll *entry;
static unsigned file;
static uint32_t reopened;

/* Coroutines ------------------------------------------------------------------------------- */

static int wait_for(unsigned sides, bool looked, int64_t deadline)
{
	struct gr_caller me;

	MODEL_CHECK(gr_caller_is_coro(&me));
	return gr_poll_wait(&me, entry, sides, looked, deadline, "read", entry);
}

static int read_byte(int64_t deadline)
{
	int rc = 0;

	while (rc == 0 && !wire_read(0, file))
		rc = wait_for(GR_POLL_READ, true, deadline);
	return rc;
}

static void read_one(void *unused)
{
	(void)unused;
	MODEL_CHECK(read_byte(INT64_MAX) == 0);
}

static void read_two(void *unused)
{
	read_one(unused);
	read_one(unused);
}

/* Who has been served looks again only when told: it parks before the system call, if it can. */
static void read_two_waiting(void *unused)
{
	read_one(unused);
	MODEL_CHECK(wait_for(GR_POLL_READ, false, INT64_MAX) == 0);
	read_one(unused);
}

/* Its first wait may be over before the event. */
static void read_in_time(void *unused)
{
	int rc = read_byte(LATER);

	MODEL_CHECK(rc == 0 || rc == -ETIMEDOUT);
	if (rc != 0)
		read_one(unused);
}

static void read_unless_cancelled(void *unused)
{
	int rc = read_byte(INT64_MAX);

	(void)unused;
	MODEL_CHECK(rc == 0 || rc == -ECANCELED);
}

/* For both sides, as goro_fd_wait() does it. */
static void read_or_write(void *unused)
{
	int rc = 0;

	(void)unused;
	while (rc == 0 && !wire_read(0, file) && !wire_may_write(0, file))
		rc = wait_for(GR_POLL_READ | GR_POLL_WRITE, true, INT64_MAX);
	MODEL_CHECK(rc == 0);
}

static void write_one(void *unused)
{
	int rc = 0;

	(void)unused;
	while (rc == 0 && !wire_may_write(0, file))
		rc = wait_for(GR_POLL_WRITE, true, INT64_MAX);
	MODEL_CHECK(rc == 0);
}

static void read_until_evicted(void *unused)
{
	(void)unused;
	MODEL_CHECK(read_byte(INT64_MAX) == -EBADF);
	gr_poll_close(entry);
}

static void pause_until_evicted(void *unused)
{
	struct gr_caller me;

	(void)unused;
	MODEL_CHECK(gr_caller_is_coro(&me));
	MODEL_CHECK(gr_poll_pause(&me, entry, GR_POLL_READ, INT64_MAX, "pause", entry) == -EBADF);
	gr_poll_close(entry);
}

static void read_or_close(void *unused)
{
	int rc = read_byte(LATER);

	(void)unused;
	MODEL_CHECK(rc == 0 || rc == -ETIMEDOUT);
	gr_poll_close(entry);
}

/* The number comes back as soon as it is free; what was posted for the first file may come now. */
static void close_and_open_again(void *unused)
{
	MODEL_CHECK(read_byte(LATER) == -ETIMEDOUT);
	gr_poll_close(entry);
	while ((file = wire_open(0)) == 0)
		model_spin();
	MODEL_CHECK(gr_poll_open(0) == entry);
	gr_store_release(&reopened, 1u);
	read_one(unused);
}

/* Others ----------------------------------------------------------------------------------- */

static void put(void *unused)
{
	(void)unused;
	wire_put(0);
}

static void put_two(void *unused)
{
	put(unused);
	put(unused);
}

static void put_and_make_room(void *unused)
{
	put(unused);
	wire_make_room(0);
}

static void put_into_the_second(void *unused)
{
	while (!gr_load_acquire(&reopened))
		model_spin();
	put(unused);
}

static void evict(void *unused)
{
	(void)unused;
	gr_poll_evict(entry);
}

/* ------------------------------------------------------------------------------------------- */

static void furnish(void (*first)(void *), void (*second)(void *))
{
	house_open(2);
	wire_ready = gr_poll_ready;
	file = wire_open(0);
	entry = gr_poll_open(0);
	MODEL_CHECK(file != 0 && entry != NULL);
	model_name(entry, sizeof(struct gr_lock), "entry's lock");
	house_spawn(0, first, NULL, "first's word");
	if (second != NULL)
		house_spawn(1, second, NULL, "second's word");
}

HOUSE_SETUP(one, read_one, NULL)
HOUSE_SETUP(two, read_two, NULL)
HOUSE_SETUP(two_waiting, read_two_waiting, NULL)
HOUSE_SETUP(late, read_in_time, NULL)
HOUSE_SETUP(cancelled, read_unless_cancelled, NULL)
HOUSE_SETUP(either, read_or_write, NULL)
HOUSE_SETUP(both, read_one, write_one)
HOUSE_SETUP(evicted, read_until_evicted, NULL)
HOUSE_SETUP(pausing, pause_until_evicted, NULL)
HOUSE_SETUP(closed, read_or_close, NULL)
HOUSE_SETUP(again, close_and_open_again, NULL)

static void check_closed(void)
{
	house_close();
	MODEL_CHECK(wire_file(0) == 0);
}

/* clang-format off */
#define T(function) { .name = #function, .run = (function) }
#define POLL(title, start, end, switches, olds, ...) \
	{ .name = "poll, " title, .setup = (start), .check = (end), .preemptions = (switches), \
		.stale = (olds), .threads = { HOUSE_WORKER(0), WIRE_OWNER, __VA_ARGS__ } }

static const struct model models[] = {
	POLL("one", setup_one, house_close, 2, 1, T(put)),
	POLL("two", setup_two, house_close, 1, MODEL_NONE, T(put), T(put)),
	POLL("two, the second waits first", setup_two_waiting, house_close, 1, 1, T(put_two)),
	POLL("deadline", setup_late, house_close, MODEL_NONE, 1, T(put), HOUSE_TIMER),
	POLL("cancel", setup_cancelled, house_close, 1, 1, T(put), T(house_cancel)),
	POLL("either side", setup_either, house_close, 1, 1, T(put_and_make_room)),
	POLL("both sides", setup_both, house_close, MODEL_NONE, 1,
		HOUSE_WORKER(1), T(put_and_make_room)),
	POLL("evict", setup_evicted, check_closed, 2, 1, T(evict)),
	POLL("evict who pauses", setup_pausing, check_closed, 2, 1, T(evict)),
	POLL("close", setup_closed, check_closed, MODEL_NONE, 1, T(put), HOUSE_TIMER),
	POLL("number again", setup_again, house_close, MODEL_NONE, 1,
		T(put_into_the_second), HOUSE_TIMER),
};
/* clang-format on */

int main(int argc, char **argv)
{
	return model_main(argc, argv, models, sizeof(models) / sizeof(models[0]));
}
